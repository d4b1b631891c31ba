/** What a protocol says of itself to those who run it. */

import type { Forgery } from '../malice/kit/forgery.ts';
import type { Codec } from './codec.ts';
import type { ReplicaConfig } from './config.ts';
import type { Defect } from './defect.ts';
import type { Protocol } from './protocol.ts';

/**
 * How clients of this protocol behave. Those that sign ask all replicas at once (`bundle-client.ts`), the others look for the
 * leader (`client.ts`). Every replica that was asked answers, once it has applied.
 */
export interface ClientPolicy {
  /**
   * How many equal replies of different replicas make an answer, out of `nodeCount` replicas. Present where clients sign;
   * elsewhere whoever answers is believed.
   */
  readonly replyQuorum?: (nodeCount: number) => number;
  /**
   * How many equal replies make an answer with `ReplicaConfig.quorumReads`: any two sets of so many replicas have an honest one
   * in common that is in both. Absent where the protocol has no such reads.
   */
  readonly readQuorum?: (nodeCount: number) => number;
  /** `asked`: reads go beside the log, under no session. `ordered`: a read is a command like any other, decided and applied. */
  readonly reads: 'asked' | 'ordered';
}

/** What a protocol may or may not be able to do, beside having commands decided. An experiment asks for what it needs of it. */
export type ProtocolAbility =
  /** The operator may change the members of the group (`Order`). */
  | 'reconfigure'
  /** The operator may have the leader hand over to another replica (`Order`). */
  | 'transfer'
  /** A leader may answer reads by its clock (`ReplicaConfig.leaseReads`). */
  | 'lease-reads'
  /** A quorum of replicas may answer reads from their states (`ReplicaConfig.quorumReads`); `ClientPolicy.readQuorum` says how many. */
  | 'quorum-reads'
  /** The sizes of quorums may be chosen (`ReplicaConfig.quorums`). */
  | 'flexible-quorums'
  /** A replica that comes back without its disk (`Durable.lost`) takes part again, and breaks no promise that it forgot. */
  | 'disk-loss';

/** By what anybody who knows the public keys can convict a replica, without the state of any. */
export interface Accountability {
  /**
   * What the signer of both texts has done and no honest replica does, in words that follow its name; undefined where an honest
   * one may have signed both, in whatever order, and however often it crashed in between. Never throws.
   */
  readonly contradiction: (one: string, other: string) => string | undefined;
}

/** The default export of `protocols/<name>/index.ts`. */
export interface ProtocolDefinition<M, R> {
  readonly summary: string;
  /** What its epochs are called where it comes from: term, ballot, view, round. */
  readonly epochName: string;
  readonly faultModel: 'crash' | 'byzantine';
  readonly abilities: ReadonlySet<ProtocolAbility>;
  /**
   * The ways in which its replicas can come to a decision, with a summary of each, the one that they take by default first.
   * Absent where there is one way only.
   */
  readonly modes?: Readonly<Record<string, string>>;
  readonly defaultNodeCount: number;
  /** Why a group of so many replicas cannot be, in a sentence; undefined where it can. Absent where any number will do. */
  readonly sizeFlaw?: (nodeCount: number) => string | undefined;
  /** Whether replicas sign what they say, and clients what they ask for: `ReplicaConfig` then has `crypto` and `isGenuine`. */
  readonly signs: boolean;
  /** How many faulty replicas `nodeCount` replicas tolerate. */
  readonly tolerated: (nodeCount: number) => number;
  readonly client: ClientPolicy;
  readonly codec: Codec<M, R>;
  /** What malicious replicas can forge of its messages; what is absent here they can do all the same: be silent, late, repeat. */
  readonly forgery?: Forgery<M>;
  /** Absent where what replicas sign convicts nobody. */
  readonly accountability?: Accountability;
  /** A replica; `defect` is a planted bug of this protocol, as its file exports it. */
  readonly create: (config: ReplicaConfig, defect?: Defect) => Protocol<M, R>;
}
