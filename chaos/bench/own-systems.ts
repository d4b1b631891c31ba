/** Our replicas as systems of a benchmark: one, or one for each storage engine that was asked for. */
import type { BenchPlan } from './contracts.ts';

export interface OwnSystem {
  readonly name: string;
  /** What keeps the logs; the default of a replica where absent. */
  readonly storage?: string;
}

/** `raft`, or `raft-lmdb` where the storage was asked for by its name. */
export function ownName(protocol: string, storage?: string): string {
  return storage === undefined ? protocol : `${protocol}-${storage}`;
}

/** In the order in which they were asked for; at least one. */
export function ownSystems({ protocol, storages }: Pick<BenchPlan, 'protocol' | 'storages'>): readonly OwnSystem[] {
  if (storages.length === 0) return [{ name: ownName(protocol) }];
  return storages.map((storage) => ({ name: ownName(protocol, storage), storage }));
}

/** Whether a system of a plan is ours, and no peer. */
export function isOwn(plan: Pick<BenchPlan, 'protocol' | 'storages'>, system: string): boolean {
  return ownSystems(plan).some(({ name }) => name === system);
}
