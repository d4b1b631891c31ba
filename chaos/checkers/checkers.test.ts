/** The checkers that read events, each on recordings made by hand. */
import { describe, expect, test } from 'vitest';
import { loadChecker, namesOf } from '../catalog.ts';
import type { LabEvent, Recording } from '../contracts/events.ts';
import type { CheckResult } from '../contracts/verdict.ts';
import { samplePlan, sampleRun, successes } from '../sample-plan.ts';

const limits = { timeMs: 1000, maxStates: 1000 };

async function check(name: string, recording: Recording): Promise<Omit<CheckResult, 'check' | 'kind'>> {
  return (await loadChecker(name)).check(recording, limits);
}

const checked = (name: string, events: LabEvent[]) => check(name, sampleRun({ events }));

/** Every word of evidence, for a person. */
const words = ({ evidence }: Pick<CheckResult, 'evidence'>) =>
  evidence.flatMap(({ sentences }) => sentences).join('\n');

const leads = (node: string, epoch: number, atMs: number): LabEvent => ({
  atMs,
  type: 'role',
  node,
  role: 'leader',
  epoch,
});

describe('every checker', () => {
  test.each(namesOf('checker'))('%s: of a run in which nothing happened it does not say invalid', async (name) => {
    const { verdict, summary } = await check(name, { plan: samplePlan(), history: [], events: [] });
    expect(verdict).not.toBe('invalid');
    expect(summary).toMatch(/^[A-Z].*\.$/s);
  });

  test.each(namesOf('checker'))('%s: says what it is about, and changes nothing', async (name) => {
    const { summary, kind } = await loadChecker(name);
    expect(summary).not.toBe('');
    expect(['safety', 'liveness', 'coverage']).toContain(kind);
    const recording = sampleRun({ history: successes([['write', 100]]), events: [leads('n1', 1, -10)] });
    const before = structuredClone(recording);
    await check(name, recording);
    expect(recording).toEqual(before);
  });
});

describe('election-safety', () => {
  test('one leader a term is valid, however often it says so', async () => {
    const events = [leads('n1', 1, 100), leads('n1', 1, 200), leads('n2', 2, 300)];
    expect(await checked('election-safety', events)).toMatchObject({ verdict: 'valid', evidence: [] });
  });

  test('two leaders of one term are named, with the term and both times', async () => {
    const result = await checked('election-safety', [leads('n1', 1, 100), leads('n2', 2, 300), leads('n3', 2, 1250)]);
    expect(result.verdict).toBe('invalid');
    expect(words(result)).toMatch(/n2\b.* term 2\b.* at 0\.300 s/);
    expect(words(result)).toMatch(/n3\b.* at 1\.250 s/);
    expect(result.evidence).toEqual([expect.objectContaining({ fromMs: 300, toMs: 1250 })]);
  });

  test('candidates and followers are no leaders', async () => {
    const stands = (node: string): LabEvent => ({ atMs: 5, type: 'role', node, role: 'candidate', epoch: 1 });
    const events = [stands('n1'), stands('n2'), leads('n2', 1, 10)];
    expect((await checked('election-safety', events)).verdict).toBe('valid');
    expect((await checked('election-safety', [stands('n1')])).verdict).toBe('unknown');
  });
});

describe('log-matching', () => {
  const entry = (node: string, index: number, epoch: number, prevEpoch: number, hash: number, atMs = 100): LabEvent => {
    return { atMs, type: 'append', node, index, epoch, prevEpoch, hash };
  };

  test('the same entries on every replica are valid, and an entry may be overwritten in a later term', async () => {
    const logs = ['n1', 'n2'].flatMap((node) => [
      entry(node, 1, 1, 0, 7),
      entry(node, 2, 1, 1, 8),
      entry(node, 2, 2, 1, 9),
    ]);
    expect((await checked('log-matching', logs)).verdict).toBe('valid');
  });

  test.each([
    ['another payload', entry('n2', 2, 1, 1, 99, 400)],
    ['another entry before it', entry('n2', 2, 1, 0, 8, 400)],
  ])('%s at the same index and term', async (_, other) => {
    const result = await checked('log-matching', [entry('n1', 1, 1, 0, 7), entry('n1', 2, 1, 1, 8, 300), other]);
    expect(result.verdict).toBe('invalid');
    expect(words(result)).toMatch(/n1\b.* 2\b.* at 0\.300 s/);
    expect(words(result)).toMatch(/n2\b.* at 0\.400 s/);
  });

  test('where nothing is reported, nothing is known', async () => {
    expect((await checked('log-matching', [leads('n1', 1, 5)])).verdict).toBe('unknown');
  });

  test('of many differences the first few are shown, and all are counted', async () => {
    const events = Array.from({ length: 20 }, (_, at) => [entry('n1', at, 1, 1, 1), entry('n2', at, 1, 1, 2)]).flat();
    const result = await checked('log-matching', events);
    expect(result.evidence).toHaveLength(5);
    expect(result.summary).toContain('20');
  });
});

describe('invariants', () => {
  test('nobody stopped', async () => {
    expect((await checked('invariants', [])).verdict).toBe('valid');
  });

  test('a replica that stopped itself is named, with its reason', async () => {
    const result = await checked('invariants', [
      { atMs: 1500, type: 'stopped', node: 'n2', reason: 'index 4 was decided twice' },
    ]);
    expect(result.verdict).toBe('invalid');
    expect(words(result)).toMatch(/n2\b.* at 1\.500 s.*index 4 was decided twice/);
  });
});
