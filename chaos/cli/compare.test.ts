import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Comparison, Measured } from '../compare/contracts.ts';
import { runsIn, Scratch, splitbrain } from './spawned.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const slots = 16;
/** It has a machine to itself, or it has not; in milliseconds. */
const limitMs = 200_000;

describe('compare', () => {
  let comparison: Comparison;
  let markdown = '';
  let page = '';
  beforeAll(async () => {
    const out = scratch.fresh();
    const { code, stdout, stderr } = await splitbrain(['compare', '--slots', String(slots), '--json', '--out', out], {
      limitMs,
    });
    expect(code, stderr).toBe(0);
    comparison = JSON.parse(stdout);
    const [run = ''] = runsIn(out);
    expect(JSON.parse(readFileSync(join(run, 'compare.json'), 'utf8'))).toEqual(comparison);
    markdown = readFileSync(join(run, 'compare.md'), 'utf8');
    page = readFileSync(join(run, 'compare.html'), 'utf8');
    expect(stderr).toContain('compare.html');
  }, limitMs);
  const calm = () => comparison.measured.filter(({ load }) => load === 'calm');
  const named = (all: readonly Measured[]) => all.map(({ protocol, mode, nodes }) => `${protocol} ${mode} ${nodes}`);

  test('sets each protocol beside the others at as many faults and with as many replicas', () => {
    const names = calm().map(({ protocol, nodes, tolerated }) => `${protocol} ${nodes} ${tolerated}`);
    expect([...new Set(names)]).toEqual(['raft 3 1', 'raft 4 1', 'multi-paxos 3 1', 'multi-paxos 4 1', 'pbft 4 1']);
    const slow = comparison.measured.filter(({ load }) => load === 'slow replica');
    expect(named(slow)).toEqual(named(calm()));
    for (const each of slow) expect(each.slow).toMatch(/^n\d$/);
  });

  test('has a slot for each command', () => {
    for (const each of comparison.measured) expect(each).toMatchObject({ commands: slots, slots });
  });

  test.each([
    ['raft', null, 3, 4, 4, 0],
    ['raft', null, 4, 6, 4, 0],
    ['multi-paxos', null, 3, 4, 4, 0],
    ['multi-paxos', null, 4, 6, 4, 0],
    ['pbft', 'all-to-all', 4, 24, 5, 8],
    ['pbft', 'fast', 4, 12, 4, 4],
    ['pbft', 'linear', 4, 9, 5, 4],
  ])('counts for %s (%s) with %i replicas the %i messages of the literature, and its %i hops', (...expected) => {
    const [protocol, mode, nodes, messages, hops, signatures] = expected;
    const found = calm().find((each) => each.protocol === protocol && each.mode === mode && each.nodes === nodes);
    expect(found?.commitMessages).toBe(messages);
    expect(found?.expected).toMatchObject({ messages, hops, signatures });
    // Beside these there are checkpoints, one of each replica in eight slots.
    expect(found?.signatures).toBeGreaterThanOrEqual(signatures);
    expect(found?.signatures).toBeLessThan(signatures + nodes / 4);
    // Disks take a little of a hop.
    expect(found?.hops).toBeGreaterThanOrEqual(hops);
    expect(found?.hops).toBeLessThan(hops + 0.5);
    // Heartbeats are not hidden.
    expect(found?.allMessages).toBeGreaterThan(messages);
    expect(found?.idlePerSecond).toBeGreaterThan(0);
  });

  test('counts signatures where replicas sign, and syncs of all', () => {
    for (const { protocol, signatures, verifications, syncs, nodes } of calm()) {
      // A share and a commit of each, and what it costs to check those of the others.
      if (protocol === 'pbft') expect(Math.min(signatures / 2, verifications / 3)).toBeGreaterThanOrEqual(nodes / 2);
      else expect([signatures, verifications]).toEqual([0, 0]);
      expect(syncs).toBeGreaterThanOrEqual(nodes / 2);
    }
  });

  test('says in Markdown what was held equal, and shows both loads', () => {
    expect(markdown).toContain(`Seed 1: ${slots} commands one after the other`);
    expect(markdown).toMatch(/## Calm\n\n\| protocol \|[\s\S]*\| raft \| 3 \| 1 \| 4 \| 4 = 2\(n - 1\) \|/);
    expect(markdown).toContain('## One replica is slow');
  });

  test('says how often the fast path was of use: always in calm, and hardly ever beside a slow replica', () => {
    const shares = (load: Measured['load'], mode: string) =>
      comparison.measured.find((each) => each.load === load && each.mode === mode)?.fastShare;
    for (const mode of ['fast', 'linear']) {
      expect(shares('calm', mode)).toBe(1);
      expect(shares('slow replica', mode)).toBeLessThan(0.25);
    }
    expect(markdown).toMatch(
      /## Decided by the fast path\n\n\| protocol \|[\s\S]*\| pbft, fast \| 4 \| 100 % \| [\d.]+ % \|/,
    );
  });

  test('leaves a page that says so, too', () => {
    expect(page).toContain('<strong>AS EXPECTED</strong>');
    expect(page).toContain('24 = 2n(n - 1)');
    expect(page).toContain('pbft, fast decides 100 % by its fast path');
  });

  test('prints the table where no JSON is asked for', async () => {
    const flags = ['--protocols', 'pbft', '--slots', '9', '--out', scratch.fresh()];
    const { code, stdout } = await splitbrain(['compare', ...flags]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^pbft, fast +4 +1 +12 +12 = n\(n - 1\) /m);
    expect(stdout).toMatch(
      /Decided by the fast path\n\nprotocol +n +all are well +one is slow\n.*fast +4 +100 % +[\d.]+ %/,
    );
  });

  test('gives the same figures again', async () => {
    const flags = ['--protocols', 'pbft', '--slots', String(slots), '--json', '--out', scratch.fresh()];
    const { measured } = JSON.parse((await splitbrain(['compare', ...flags])).stdout) as Comparison;
    expect(measured).toEqual(comparison.measured.filter(({ protocol }) => protocol === 'pbft'));
  });
});

test.each([
  [['--protocols', 'rafft'], /there is no protocol "rafft"\. Did you mean "raft"\?/],
  [['--protocols', 'raft,raft'], /names a protocol twice\./],
  [['--faults', '0'], /wants a whole number from 1 to 10\./],
  [['--slots', '1'], /wants a whole number from 9 to 10000\./],
  [['--hop', 'long'], /wants a whole number from 1 to 50\./],
  [['--slow', '16'], /wants a whole number from 1 to 15\./],
  [['--nonsense'], /unknown option '--nonsense'/],
])('compare refuses %j', async (flags, why) => {
  const { code, stdout, stderr } = await splitbrain(['compare', ...flags, '--out', scratch.fresh()]);
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(stderr).toMatch(why);
});
