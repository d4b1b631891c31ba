import { describe, expect, it } from 'vitest';
import type { LoadResult, ReplicaCounters } from './contracts.ts';
import { measurementOf } from './measurement.ts';

const where = {
  point: { system: 'raft', driver: 'streams', workload: 'put', clients: 1, loop: { kind: 'closed' } },
  round: 2,
} as const;

const load: LoadResult = {
  ...{ durationMs: 2000, ok: 1000, failed: 3, unknown: 1, perSecond: [500, 500], latency: {}, cpuSeconds: 0.5 },
};

function counters(node: string, change: Partial<ReplicaCounters> = {}): ReplicaCounters {
  return {
    ...{ node, leads: false, cpuSeconds: 10, memoryBytes: 1000, syncs: 100, sentMessages: 5, sentBytes: 7 },
    ...{ batches: 4, signatures: null, verifications: null },
    ...change,
  };
}

const nothing = {
  ...{ cpuMicroseconds: Number.NaN, syncs: null, messages: null, bytes: null },
  ...{ signatures: null, verifications: null },
};

describe('a measurement', () => {
  const before = [counters('n1'), counters('n2', { cpuSeconds: 20, syncs: 0 })];
  const after = [
    counters('n2', { cpuSeconds: 20.5, memoryBytes: 3000, syncs: 50, sentMessages: 105 }),
    counters('n1', { cpuSeconds: 11, memoryBytes: 2000, syncs: 250, sentBytes: 5007, leads: true }),
  ];

  it('has what the counters of all replicas grew by, for each operation that was acknowledged', () => {
    const { opsPerSecond, perOperation, generatorCpuPercent, round, point } = measurementOf(where, load, before, after);
    expect({ round, point }).toEqual(where);
    expect(opsPerSecond).toBe(500);
    expect(perOperation).toEqual({
      ...{ cpuMicroseconds: 1500, syncs: 0.2, messages: 0.1, bytes: 5 },
      ...{ signatures: null, verifications: null },
    });
    expect(generatorCpuPercent).toBe(25);
  });

  it('has what was signed and verified, where the protocol signs', () => {
    const then = [
      counters('n1', { signatures: 5, verifications: 0 }),
      counters('n2', { signatures: 0, verifications: 7 }),
    ];
    const now = [
      counters('n1', { signatures: 25, verifications: 60 }),
      counters('n2', { signatures: 20, verifications: 107 }),
    ];
    expect(measurementOf(where, load, then, now).perOperation).toMatchObject({ signatures: 0.04, verifications: 0.16 });
  });

  it('has how many operations were applied at a time, by the replica that is furthest', () => {
    const now = [counters('n1', { batches: 6 }), counters('n2', { batches: 9 })];
    expect(measurementOf(where, load, before, now).operationsPerBatch).toBe(200);
    expect(measurementOf(where, load, before, before).operationsPerBatch).toBeNull();
    const silent = now.map((each) => ({ ...each, batches: null }));
    expect(measurementOf(where, load, before, silent).operationsPerBatch).toBeNull();
  });

  it('has what each replica used: its share of a core in the measured time, and its memory at the end', () => {
    expect(measurementOf(where, load, before, after).replicas).toEqual([
      { node: 'n2', leads: false, cpuPercent: 25, memoryBytes: 3000 },
      { node: 'n1', leads: true, cpuPercent: 50, memoryBytes: 2000 },
    ]);
  });

  it('is null where one replica does not tell: part of a sum is no sum', () => {
    const silent = [counters('n1', { syncs: null, sentMessages: null }), counters('n2')];
    expect(measurementOf(where, load, silent, after).perOperation).toMatchObject({ syncs: null, messages: null });
    expect(measurementOf(where, load, before, silent).perOperation).toMatchObject({ syncs: null, messages: null });
    expect(measurementOf(where, load, silent, after).perOperation.bytes).not.toBeNull();
  });

  it.each([
    ['a replica was not asked before', before.slice(1), after],
    ['nobody was asked at all', [], []],
    ['nobody was asked afterwards', before, []],
  ])('tells no cost where %s, rather than none', (_, then, now) => {
    const { perOperation, replicas } = measurementOf(where, load, then, now);
    expect(perOperation).toEqual(nothing);
    expect(replicas.map(({ node, cpuPercent }) => [node, cpuPercent])).toEqual(
      now.map(({ node }) => [node, node === 'n1' ? Number.NaN : 25]),
    );
  });

  it('tells no cost of an operation where none was acknowledged', () => {
    const { opsPerSecond, perOperation } = measurementOf(where, { ...load, ok: 0 }, before, after);
    expect(opsPerSecond).toBe(0);
    expect(perOperation).toEqual(nothing);
  });
});
