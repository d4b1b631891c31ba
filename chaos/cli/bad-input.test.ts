import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Scratch, splitbrain } from './spawned.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const asFile = (text: string, name = 'mine.yml') => {
  const folder = scratch.fresh();
  mkdirSync(folder);
  return scratch.write(join(folder.slice(scratch.path.length + 1), name), text);
};
const experiment = (rest: string, name?: string) => asFile(`question: Does it hold?\nwhy: To see.\n${rest}\n`, name);
const strike = (rest: string) => experiment(`strikes: [{ ${rest} }]`);

/**
 * Runs what must be refused, and checks how: with this code, in one sentence that says what and why, one more that says
 * what to do, no stack trace, nothing on stdout, nothing run and nothing left behind.
 */
async function refused(args: readonly string[], code: number, why: RegExp, out = scratch.fresh()): Promise<void> {
  const before = existsSync(out);
  const ended = await splitbrain([...args, '--out', out]);
  expect(ended.code, ended.stderr).toBe(code);
  expect(ended.stdout).toBe('');
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  const lines = ended.stderr.trimEnd().split('\n');
  if (lines[0]?.startsWith('seed ')) lines.shift();
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^error: \S/);
  expect(lines[0]).toMatch(why);
  expect(lines[1]).toMatch(/^[A-Za-z].*(\.|npx splitbrain .*)$/);
  expect(existsSync(out)).toBe(before);
}

describe.concurrent('names and flags', () => {
  const quick = ['run', 'leader-crash'];
  test.each<[readonly string[], RegExp]>([
    [['run', 'leader-crsh'], /there is no experiment "leader-crsh"\. Did you mean "leader-crash"\?$/],
    [['run', 'lea"der; rm -rf'], /there is no experiment "lea"der; rm -rf"\.$/],
    [['run', './nowhere.yml'], /there is no experiment file .*nowhere\.yml$/],
    [['run'], /no experiment is named/],
    [['run', '--all', 'leader-crash'], /--all and the name of an experiment do not go together/],
    [[...quick, '--nonsense'], /unknown option '--nonsense'/],
    [[...quick, '--seed', 'abc'], /'--seed <number>' argument 'abc' is invalid\. wants a whole number/],
    [[...quick, '--nodes', '0'], /wants a whole number from 1 to 200\.$/],
    [[...quick, '--duration', 'banana'], /'banana' is invalid\. wants a duration such as 30s/],
    [[...quick, '--duration', '1s'], /a run of 1 s leaves no time for any strike/],
    [[...quick, '--rate', '-1'], /wants a positive number/],
    [[...quick, '--on', 'docker-swarm'], /'docker-swarm' is invalid\. Allowed choices are sim/],
    [[...quick, '--protocol', 'rafft'], /there is no protocol "rafft"\. Did you mean "raft"\?$/],
    [[...quick, '--bug', 'stale-raed'], /there is no planted bug of raft "stale-raed"\. Did you mean "stale-read"\?$/],
    [[...quick, '--storage', 'lmbd'], /there is no storage "lmbd"\. Did you mean "lmdb"\?$/],
    [[...quick, '--storage', 'lmdb'], /the storage "lmdb" cannot be chosen in the simulator: its disk is simulated$/],
    [[...quick, '--mode', 'linear'], /the protocol "raft" has one way to run, and no mode "linear"$/],
    [[...quick, '--protocol', 'pbft', '--mode', 'lin'], /the protocol "pbft" has no mode "lin"; it has all-to-all/],
    [[...quick, '--reporter', 'juni'], /there is no reporter "juni"\. Did you mean "junit"\?$/],
  ])('%j', async (args, why) => refused(args, 4, why));

  test('an unknown command, with the one that was probably meant', async () => {
    const { code, stdout, stderr } = await splitbrain(['rnu']);
    expect(code).toBe(4);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      "error: unknown command 'rnu'\n(Did you mean run?)\nSee what there is with: npx splitbrain --help\n",
    );
  });

  test('a wrong value in the environment is named as such', async () => {
    const { code, stderr } = await splitbrain(['run', 'leader-crash'], { env: { SPLITBRAIN_SEED: 'abc' } });
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: .*'abc' from env 'SPLITBRAIN_SEED' is invalid/);
  });
});

describe.concurrent('experiment files', () => {
  test.each<[string, () => string, RegExp]>([
    ['broken YAML', () => asFile('question: [\n'), /mine\.yml is not valid YAML: .* at line \d+, column \d+/],
    ['a wrong type', () => experiment('nodes: many'), /is not a valid experiment: nodes: .*expected number/],
    ['a wrong duration', () => experiment('duration: soon'), /duration: wants a duration such as 30s .*not "soon"/],
    [
      'a time-out of nothing',
      () => experiment('settings: { electionTimeout: 0s }'),
      /settings\.electionTimeout is 0 ms, and wants at least 1 ms/,
    ],
    ['an unknown fault', () => strike('fault: crsh, target: leader, at: 1s, for: 1s'), /Did you mean "crash"\?/],
    ['an unknown target', () => strike('fault: crash, target: leeder, at: 1s, for: 1s'), /Did you mean "leader"\?/],
    [
      'wrong params',
      () => strike('fault: loss, target: all, at: 1s, for: 1s, params: { probability: 2 }'),
      /of loss are/,
    ],
    ['neither at nor on', () => strike('fault: crash, target: leader, for: 1s'), /has neither "at" nor "on"/],
    [
      'too many strikes',
      () => strike('fault: crash, target: all, at: 1s, every: 1ms, for: 1ms'),
      /more than 10000 strikes are too many for one run/,
    ],
    ['an odd name', () => experiment('duration: 3s', 'Odd Name.yml'), /"Odd Name" is not a name for an experiment/],
  ])('%s', async (_, file, why) => refused(['run', file(), '--seed', '1'], 4, why));

  test('a folder in its place', async () => {
    await refused(['run', `${scratch.path}/`], 4, /"splitbrain-test-.*" is not a name|cannot be read/);
  });
});

describe.concurrent('the results folder', () => {
  const quick = ['run', 'leader-crash', '--seed', '1', '--duration', '8s'];
  const file = scratch.write('a-file', 'kept');

  test('is a file', async () => {
    await refused(quick, 5, /the results folder .*a-file cannot be written: /, file);
    expect(readFileSync(file, 'utf8')).toBe('kept');
  });

  test('lies below a file', async () => {
    await refused(quick, 5, /the results folder .*below cannot be written: /, join(file, 'far', 'below'));
  });

  test('has no name', async () => {
    const { code, stderr } = await splitbrain([...quick, '--out', '']);
    expect(code).toBe(4);
    expect(stderr).toContain('wants the path of a folder.');
  });

  test.runIf(process.platform === 'linux').each(['/proc/splitbrain', '/proc/splitbrain/deep', '/dev/null/x'])(
    'cannot be made: %s',
    async (out) => refused(quick, 5, /the results folder \/\S+ cannot be written: /, out),
  );

  test.runIf(process.platform === 'linux')('a disk that fills up midway leaves no half of a run', async () => {
    const out = scratch.fresh();
    // A limit on the size of a file: the schedule fits into it, and the history does not.
    const main = scratch.write(
      'limited.mjs',
      `import { spawnSync } from 'node:child_process';
       const line = 'ulimit -f 16; exec "$0" "$@"';
       const args = ['-c', line, process.execPath, 'chaos/cli/splitbrain.mjs', ...process.argv.slice(2)];
       process.exitCode = spawnSync('bash', args, { stdio: 'inherit', timeout: 40_000 }).status;`,
    );
    const { code, stderr } = await splitbrain([...quick, '--out', out], { main });
    expect(code, stderr).toBe(5);
    expect(stderr).toMatch(/^error: .*history\.jsonl could not be written: EFBIG.*\nMake room on the disk/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(readdirSync(out)).toEqual([]);
  });

  test.runIf(process.platform === 'linux')('stdout that cannot be written is no violation', async () => {
    const main = scratch.write(
      'full.mjs',
      `import { openSync } from 'node:fs';
       import { spawnSync } from 'node:child_process';
       const stdio = ['ignore', openSync('/dev/full', 'w'), 'inherit'];
       const args = ['chaos/cli/splitbrain.mjs', 'list', '--json'];
       process.exitCode = spawnSync(process.execPath, args, { stdio, timeout: 40_000 }).status;`,
    );
    const { code, stderr } = await splitbrain([], { main });
    expect(code, stderr).toBe(5);
    expect(stderr).toMatch(/^error: the output cannot be written: ENOSPC/);
  });
});
