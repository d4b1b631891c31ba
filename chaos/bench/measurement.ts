/** What a point cost: the difference of the replicas' counters over the measured time. */
import type { LoadResult, Measurement, ReplicaCost, ReplicaCounters } from './contracts.ts';

type Counter = 'cpuSeconds' | 'syncs' | 'sentMessages' | 'sentBytes' | 'batches' | 'signatures' | 'verifications';

export function measurementOf(
  where: Pick<Measurement, 'point' | 'round'>,
  load: LoadResult,
  before: readonly ReplicaCounters[],
  after: readonly ReplicaCounters[],
): Measurement {
  const seconds = load.durationMs / 1000;
  const perOperation = (counter: Counter, scale = 1): number | null => {
    const grown = growth(before, after, counter);
    return grown === null || load.ok === 0 ? null : (grown * scale) / load.ok;
  };
  return {
    ...where,
    opsPerSecond: load.ok / seconds,
    load,
    replicas: after.map((replica) => costOf(replica, before, seconds)),
    perOperation: {
      // Not 0, which would look like the best.
      cpuMicroseconds: perOperation('cpuSeconds', 1e6) ?? Number.NaN,
      syncs: perOperation('syncs'),
      messages: perOperation('sentMessages'),
      bytes: perOperation('sentBytes'),
      signatures: perOperation('signatures'),
      verifications: perOperation('verifications'),
    },
    operationsPerBatch: operationsPerBatch(load, before, after),
    generatorCpuPercent: (100 * load.cpuSeconds) / seconds,
  };
}

/** Over all replicas; null where one of them does not tell, or none was asked. */
function growth(
  before: readonly ReplicaCounters[],
  after: readonly ReplicaCounters[],
  counter: Counter,
): number | null {
  if (after.length === 0) return null;
  let sum = 0;
  for (const replica of after) {
    const grown = grownBy(replica, before, counter);
    if (grown === null) return null;
    sum += grown;
  }
  return sum;
}

/** By the replica that applied the most batches: one that is behind has applied fewer. Null where no batch was applied. */
function operationsPerBatch(
  { ok }: LoadResult,
  before: readonly ReplicaCounters[],
  after: readonly ReplicaCounters[],
): number | null {
  const batches = Math.max(0, ...after.map((replica) => grownBy(replica, before, 'batches') ?? 0));
  return batches === 0 ? null : ok / batches;
}

function grownBy(replica: ReplicaCounters, before: readonly ReplicaCounters[], counter: Counter): number | null {
  const then = before.find(({ node }) => node === replica.node)?.[counter];
  const now = replica[counter];
  return now === null || then === null || then === undefined ? null : now - then;
}

function costOf(replica: ReplicaCounters, before: readonly ReplicaCounters[], seconds: number): ReplicaCost {
  const { node, leads, memoryBytes } = replica;
  const cpuSeconds = grownBy(replica, before, 'cpuSeconds') ?? Number.NaN;
  return { node, leads, memoryBytes, cpuPercent: (100 * cpuSeconds) / seconds };
}
