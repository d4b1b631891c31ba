/** Our replicas as systems of a benchmark: one, or one for each protocol or storage engine that was asked for. */
import type { BenchPlan } from './contracts.ts';

export interface OwnSystem {
  readonly name: string;
  readonly protocol: string;
  /** What keeps the logs; the default of a replica where absent. */
  readonly storage?: string;
}

type Asked = Pick<BenchPlan, 'protocols' | 'storages'>;

/** `raft`, or `raft-lmdb` where the storage was asked for by its name. */
export function ownName(protocol: string, storage?: string): string {
  return storage === undefined ? protocol : `${protocol}-${storage}`;
}

/** In the order in which they were asked for; at least one. */
export function ownSystems({ protocols, storages }: Asked): readonly OwnSystem[] {
  return protocols.flatMap((protocol): OwnSystem[] => {
    if (storages.length === 0) return [{ name: ownName(protocol), protocol }];
    return storages.map((storage) => ({ name: ownName(protocol, storage), protocol, storage }));
  });
}

/** The one of that name; undefined for a peer. */
export function ownSystem(plan: Asked, name: string): OwnSystem | undefined {
  return ownSystems(plan).find((system) => system.name === name);
}

/** Whether a system of a plan is ours, and no peer. */
export function isOwn(plan: Asked, system: string): boolean {
  return ownSystem(plan, system) !== undefined;
}
