import { afterAll, describe, expect, test } from 'vitest';
import { loadDefect } from '../catalog.ts';
import { isByExperiment } from '../finders.ts';
import { makePlan } from '../plan.ts';
import { simSubstrate } from '../substrate/sim/index.ts';
import { Scratch, splitbrain } from './spawned.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

describe.concurrent('soak', () => {
  test('runs every seed, finds the planted bug among them, and prints its rates', async () => {
    // A small experiment, so that a hundred runs are soon over; the hundredth brings a planted bug with it.
    const file = scratch.write(
      'small.yml',
      'question: Is it quick?\nwhy: To see.\nnodes: 3\nduration: 900ms\nload: { rate: 60 }\n',
    );
    const { code, stdout, stderr } = await splitbrain(['soak', file, '--seeds', '100', '--jobs', '2', '--json']);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^seeds 1 to 100 of 1 experiment\(s\), 2 process\(es\)\n/);
    expect(stderr).toMatch(/^101 runs: PASS 100; 1 runs with a planted bug$/m);
    expect(stderr).toMatch(
      /^[1-9]\d* runs per minute; [1-9]\d* virtual seconds per second on one core, [1-9]\d* in all$/m,
    );
    expect(JSON.parse(stdout)).toMatchObject({ runs: 101, counts: { PASS: 100 }, canaries: 1 });
  });

  test('with a planted bug fails with 1, stops at the first failure, and says how to see it again', async () => {
    const { foundBy } = await loadDefect('raft', 'stale-read');
    if (!isByExperiment(foundBy)) throw new Error('stale-read is found by no experiment');
    const flags = ['--seed', String(foundBy.seed), '--seeds', '1000', '--bug', 'stale-read'];
    const { code, stderr } = await splitbrain(['soak', foundBy.experiment, ...flags, '--jobs', '1', '--until-failure']);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(new RegExp(`FAIL \\(safety\\)  ${foundBy.experiment} seed ${foundBy.seed}: `));
    const command = `npx splitbrain run ${foundBy.experiment} --seed ${foundBy.seed} --bug stale-read`;
    expect(stderr).toContain(`\n  again: ${command}\n`);
    expect(stderr).toMatch(/^1 runs: FAIL \(safety\) 1$/m);
  });

  test('says of a run that did not pass how to see it again, malicious replicas and all', async () => {
    const flags = ['--protocol', 'pbft', '--malicious', 'n1=mute,n2=mute', '--duration', '6000ms', '--rate', '10'];
    const { code, stderr } = await splitbrain(['soak', 'leader-crash', '--seed', '1', '--seeds', '1', ...flags]);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/^ {2}again: npx splitbrain run leader-crash --seed 1 .*--malicious 'n1=mute,n2=mute' /m);
  });

  test('looks for planted bugs, and holds the correct version against the same seeds', async () => {
    const flags = ['--seeds', '1', '--jobs', '1', '--json'];
    const bugs = ['commit-past-match', 'volatile-vote'];
    const { code, stdout, stderr } = await splitbrain(['soak', '--bugs', 'raft', ...bugs, ...flags]);
    expect(code, stderr).toBe(2);
    expect(JSON.parse(stdout)).toEqual([
      {
        bug: 'commit-past-match',
        experiment: 'leader-isolated',
        seeds: 1,
        outcome: 'FAIL (safety)',
        correctFailed: [],
      },
      { bug: 'volatile-vote', experiment: 'split-vote', seeds: null, outcome: null, correctFailed: [] },
    ]);
    expect(stderr).toMatch(/^2 planted bugs of raft, each on up to 1 seeds of its experiment$/m);
    expect(stderr).toMatch(/^commit-past-match shows on seed 1 of leader-isolated$/m);
    expect(stderr).toMatch(/^volatile-vote was not found by split-vote$/m);
  });

  test('names the planted bugs that no experiment finds, and proves nothing of them', async () => {
    const { code, stdout, stderr } = await splitbrain(['soak', '--bugs', 'pbft', 'equal-views', '--json']);
    expect(code, stderr).toBe(2);
    const search = 'node/protocols/pbft/search/search.test.ts';
    expect(JSON.parse(stdout)).toEqual([{ bug: 'equal-views', foundBy: { search } }]);
    expect(stderr).toContain(`\nequal-views is found by an exhaustive search: npx vitest run ${search}\n`);
  });

  test('a soak in which nothing came to its end proves nothing', async () => {
    const flags = ['--seeds', '4', '--jobs', '1', '--duration', '10h', '--budget', '2'];
    const { code, stdout, stderr } = await splitbrain(['soak', 'leader-crash', ...flags, '--json']);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain('No run came to its end, so nothing was tried.');
    expect(JSON.parse(stdout)).toMatchObject({ runs: 0 });
  });

  test('a seed whose schedule has no time for a strike is named in a sentence', async () => {
    const file = scratch.write(
      'late.yml',
      'question: Is it late?\nwhy: To see.\nduration: 2500ms\n' +
        'strikes: [{ fault: pause, target: n1, at: [1s, 3s], for: 200ms }]\n',
    );
    const fits = (seed: number) =>
      makePlan(file, { seed, substrate: 'sim', capabilities: simSubstrate.capabilities }).then(
        () => true,
        () => false,
      );
    let seed = 1;
    while (!((await fits(seed)) && !(await fits(seed + 1)))) seed += 1;
    const { code, stderr } = await splitbrain(['soak', file, '--seed', String(seed), '--seeds', '2', '--jobs', '1']);
    expect(code, stderr).toBe(5);
    expect(stderr).toMatch(
      new RegExp(`LAB ERROR  .*late\\.yml seed ${seed + 1}: a run of 2\\.5 s leaves no time for any strike`),
    );
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test.each([
    [['soak'], /^error: no experiment is named$/m],
    [['soak', 'leader-crsh'], /^error: there is no experiment "leader-crsh"\. Did you mean "leader-crash"\?$/m],
    [['soak', '--bugs', 'rft'], /^error: there is no protocol "rft"\. Did you mean "raft"\?$/m],
    [
      ['soak', '--bugs', 'raft', 'stale-reed'],
      /^error: there is no planted bug of raft "stale-reed"\. Did you mean "stale-read"\?$/m,
    ],
    [['soak', '--all', '--bugs', 'raft'], /^error: --bugs does not go with --all: each bug has an/m],
    [['soak', '--bugs', 'raft', 'stale-read', '--nodes', '3'], /^error: --bugs does not go with --nodes: /m],
    [['soak', 'leader-crash', '--seeds', '0'], /^error: .*wants a whole number from 1 to 10000000\.$/m],
    [['soak', 'leader-crash', '--budget', '-1'], /^error: .*wants a whole number from 1/m],
  ])('%j is refused', async (args, why) => {
    const { code, stderr } = await splitbrain(args);
    expect(code).toBe(4);
    expect(stderr).toMatch(why);
  });
});
