import type { Crypto } from './crypto.ts';
import type { NodeId } from './ids.ts';

export interface LeaseReads {
  readonly maxClockDrift: number;
}

/**
 * How many of the first members make a quorum of each phase. Any two quorums of different phases have a member in common,
 * and two of the same phase need not: Howard, Malkhi and Spiegelman, "Flexible Paxos", 2016, arXiv 1608.06696.
 */
export interface QuorumSizes {
  /** How many voters promise before a leader proposes. */
  readonly phase1: number;
  /** How many voters accept before a value is chosen. */
  readonly phase2: number;
}

/** What every replica is told about itself and its group. */
export interface ReplicaConfig {
  readonly id: NodeId;
  /** Who votes in the group at its very beginning, in the same order everywhere. This replica may come to it later. */
  readonly members: readonly NodeId[];
  readonly electionTimeoutMs: readonly [min: number, max: number];
  readonly heartbeatIntervalMs: number;
  /** The most entries (batches) that one message may carry. */
  readonly maxEntriesPerMessage: number;
  /** How much of what is decided a replica keeps in memory, in bytes; older parts of its log it reads again from its disk. */
  readonly logCacheBytes: number;
  /** How much a replica takes up that is not decided yet, in bytes; more is turned away. */
  readonly maxUncommittedBytes: number;
  /**
   * How many bytes of decided payloads a log may gather behind the newest snapshot before the next is saved. Where the
   * snapshot itself is long, more: its length times a factor, so that saving stays a part of all writing.
   */
  readonly snapshotAfterBytes: number;
  /** How much of a snapshot one message may carry, in bytes. */
  readonly snapshotChunkBytes: number;
  /**
   * Present where a leader may answer reads by its clock alone, for a while after a majority has confirmed that it leads.
   * That is linearizable only where the clocks of no two replicas run apart by more than this part of the time (0.01: one
   * hundredth); what time they show does not matter.
   */
  readonly leaseReads?: LeaseReads;
  /**
   * Whether clients may ask all replicas for a read beside the log, and believe what a quorum says of one state; the protocol
   * itself does nothing for it. Replies then wait until what they tell of is durable: a replica that has said something is counted
   * on to know it afterwards, also after a power cut.
   */
  readonly quorumReads?: boolean;
  /** Majorities where absent. `quorumFlaw` finds nothing wrong with them. */
  readonly quorums?: QuorumSizes;
  /** One of `ProtocolDefinition.modes`, the same on all replicas; the first of them where absent. */
  readonly mode?: string;
  /** Whether the replica reports its facts (`note` effects). */
  readonly trace: boolean;
  /** Present where the protocol signs. */
  readonly crypto?: Crypto;
  /**
   * Present where the protocol signs, for clients sign then, too: whether a batch consists of what clients of the run have asked
   * for, each part signed by whoever wants it, and of nothing else. Whoever is to vote for a batch that another replica
   * proposes asks first, or a malicious primary could have carried out what nobody wanted. Pure.
   */
  readonly isGenuine?: (payload: Uint8Array) => boolean;
  /** Batches one behind the other are a batch, of so many bytes at most. Where absent each stays for itself. */
  readonly maxJoinedBytes?: number;
}
