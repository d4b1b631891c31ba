import { describe, expect, test } from 'vitest';
import type { LabEvent } from './contracts/events.ts';
import { typesInWords, workRows } from './reporters/shared/work.ts';
import { record } from './run.ts';
import { samplePlan, sampleRun } from './sample-plan.ts';
import { runStatistics } from './statistics.ts';
import { simSubstrate } from './substrate/sim/index.ts';
import { fastShare, type Work, workDone } from './work.ts';

const work = (atMs: number, node: string, messages: Work['messages'], rest: Partial<Work> = {}): LabEvent => ({
  ...{ atMs, type: 'work', node, messages, bytes: 0, signatures: 0, verifications: 0, syncs: 0 },
  ...rest,
});
const apply = (atMs: number, index: number, node = 'n1'): LabEvent => ({ atMs, type: 'apply', node, index, hash: 1 });

describe('the work of a run', () => {
  test('is what all replicas did between the begin of the load and its end', () => {
    const events = [
      apply(-5, 4),
      work(0, 'n1', { vote: 3 }, { syncs: 7 }),
      work(0, 'n2', { vote: 1 }, { bytes: 10 }),
      apply(2000, 5),
      apply(2500, 6, 'n2'),
      work(9000, 'n1', { vote: 5, status: 2 }, { syncs: 9, signatures: 1, verifications: 6 }),
      work(9000, 'n2', { vote: 3 }, { bytes: 210 }),
      apply(9001, 7),
    ];
    expect(workDone(sampleRun({ events }), 3)).toEqual({
      ...{ slots: 2, operations: 3, messages: 6, messagesByType: { vote: 4, status: 2 }, bytes: 200 },
      ...{ signatures: 1, verifications: 6, syncs: 2, fastShare: null },
    });
  });

  test('is not known where nobody counted, the load never ended, or nothing was decided', () => {
    const begin = work(0, 'n1', {});
    expect(workDone(sampleRun({ events: [] }), 3)).toBeNull();
    expect(workDone(sampleRun({ events: [begin, apply(5, 1)] }), 3)).toBeNull();
    expect(workDone(sampleRun({ events: [begin, work(9000, 'n1', { vote: 1 })] }), 3)).toBeNull();
  });

  test('tells which share of decisions a fast path brought about, where replicas tell', () => {
    const decided = (atMs: number, path: string) => ({ atMs, type: 'decided', path });
    const facts = [decided(0, 'slow'), decided(1, 'fast'), decided(2, 'fast'), decided(3, 'slow'), decided(4, 'fast')];
    expect(fastShare(facts, 0, 4)).toBe(0.75);
    expect(fastShare(facts, 5, 9)).toBeNull();
  });

  test('is counted in the simulator, signatures only where replicas sign', async () => {
    const { signal } = new AbortController();
    const load = { rate: 50, clients: 2 };
    const run = (protocol: string, nodes: string[]) =>
      record(samplePlan({ duration: 3000, load }, { protocol, nodes }), simSubstrate, { signal });
    const raft = runStatistics(await run('raft', ['n1', 'n2', 'n3'])).work;
    expect(raft).toMatchObject({ signatures: 0, verifications: 0, fastShare: null });
    expect(raft?.slots).toBeGreaterThan(20);
    expect(raft?.messages).toBeGreaterThan(4 * (raft?.slots ?? 0));
    expect(raft?.bytes).toBeGreaterThan(10 * (raft?.messages ?? 0));
    expect(raft?.syncs).toBeGreaterThan(raft?.slots ?? 0);
    const pbft = runStatistics(await run('pbft', ['n1', 'n2', 'n3', 'n4'])).work;
    // A share and a commit of each replica.
    expect(pbft?.signatures).toBeGreaterThanOrEqual(8 * (pbft?.slots ?? 0) - 8);
    expect(pbft?.verifications).toBeGreaterThan(pbft?.signatures ?? 0);
  });
});

test('the work of a run in rows: in all, per slot, per operation', () => {
  const done = {
    ...{ slots: 10, operations: 20, messages: 240, messagesByType: { propose: 30, vote: 210 }, bytes: 40_960 },
    ...{ signatures: 80, verifications: 150, syncs: 30, fastShare: 0.9 },
  };
  expect(workRows(done)).toEqual([
    ['messages between replicas', '240', '24', '12'],
    ['their bytes, about', '40 KiB', '4 KiB', '2 KiB'],
    ['signatures', '80', '8', '4'],
    ['verifications', '150', '15', '7.5'],
    ['syncs of the logs', '30', '3', '1.5'],
    ['slots decided', '10', '–', '–'],
    ['decided by the fast path', '90 %', '–', '–'],
  ]);
  expect(typesInWords(done)).toBe('vote 210, propose 30');
  expect(workRows(null)).toEqual([]);
});
