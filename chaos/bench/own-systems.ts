/** Our replicas as systems of a benchmark: one, or one for each protocol, mode or storage engine that was asked for. */
import type { BenchPlan } from './contracts.ts';

export interface OwnSystem {
  readonly name: string;
  readonly protocol: string;
  /** In which way they come to a decision; that of the protocol by default where absent. */
  readonly mode?: string;
  /** What keeps the logs; the default of a replica where absent. */
  readonly storage?: string;
}

type Asked = Pick<BenchPlan, 'protocols' | 'beside' | 'modes' | 'storages'>;

/** `raft`, or `pbft-linear` and `raft-lmdb` where the mode or the storage was asked for by its name. */
export function ownName({ protocol, mode, storage }: Omit<OwnSystem, 'name'>): string {
  return [protocol, mode, storage].filter((part) => part !== undefined).join('-');
}

/** In the order in which they were asked for; at least one. */
export function ownSystems({ protocols, beside, modes, storages }: Asked): readonly OwnSystem[] {
  return protocols.flatMap((protocol) =>
    orNone(protocol === beside ? [] : modes).flatMap((mode) =>
      orNone(storages).map((storage): OwnSystem => {
        const system = {
          protocol,
          ...(mode === undefined ? {} : { mode }),
          ...(storage === undefined ? {} : { storage }),
        };
        return { name: ownName(system), ...system };
      }),
    ),
  );
}

function orNone(asked: readonly string[]): readonly (string | undefined)[] {
  return asked.length === 0 ? [undefined] : asked;
}

/** The one of that name; undefined for a peer. */
export function ownSystem(plan: Asked, name: string): OwnSystem | undefined {
  return ownSystems(plan).find((system) => system.name === name);
}

/** Whether a system of a plan is ours, and no peer. */
export function isOwn(plan: Asked, system: string): boolean {
  return ownSystem(plan, system) !== undefined;
}
