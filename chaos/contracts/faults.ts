/** What strikes a cluster, and where. */

import type { ProtocolAbility } from '../../node/contract/definition.ts';
import type { NodeId } from '../../node/contract/ids.ts';
import type { Capability, Cluster, Heal, NodeStatus } from './cluster.ts';
import type { LabEvent, Link } from './events.ts';

export interface RandomSource {
  /** An integer in [min, max]. */
  integer(min: number, max: number): number;
  /** A number in [0, 1). */
  fraction(): number;
  /** A number in [min, max). */
  between(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** `count` different items, in random order. */
  sample<T>(items: readonly T[], count: number): T[];
}

/** What a fault works with. */
export interface StrikeContext {
  readonly cluster: Cluster;
  readonly strike: string;
  readonly nodes: readonly NodeId[];
  readonly links: readonly Link[];
}

/** What an observer saw between a strike and the end of its heal; the fault says whether that shows that it bit. */
export interface StrikeEvidence {
  readonly nodes: readonly NodeId[];
  readonly links: readonly Link[];
  readonly events: readonly LabEvent[];
}

/** The default export of `faults/<name>.ts`. */
export interface Fault<P> {
  readonly summary: string;
  /** Of the substrate. What needs `link.cut` lets nothing pass on its links from `struck` until its heal. */
  readonly needs: readonly Capability[];
  /** Of the protocol; nothing in particular where absent. */
  readonly needsOfProtocol?: readonly ProtocolAbility[];
  /** Throws a sentence where the parameters are wrong. */
  readonly parse: (params: unknown) => P;
  /** The links that it touches, given its target nodes; none for a fault of processes. */
  readonly links: (target: readonly NodeId[], all: readonly NodeId[], params: P) => Link[];
  /** Strikes, and returns its own heal. Keeps nothing but what belongs to the cluster of the strike. */
  readonly strike: (context: StrikeContext, params: P) => Promise<Heal>;
  /** Whether the observations show that the fault took effect. */
  readonly bit: (evidence: StrikeEvidence) => boolean;
}

/** The default export of `targets/<name>.ts`. */
export interface Target {
  readonly summary: string;
  /** Chooses nodes now. `struck` counts how often each node was hit before. An empty list: there is none just now. */
  readonly choose: (view: {
    readonly statuses: readonly NodeStatus[];
    readonly tolerated: number;
    readonly struck: ReadonlyMap<NodeId, number>;
    readonly random: RandomSource;
  }) => NodeId[];
}
