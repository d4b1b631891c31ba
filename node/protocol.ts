/**
 * The contract between a consensus protocol and the runtime that carries it out.
 *
 * A protocol is a pure, deterministic state machine: one `Input` in, a list of `Effect`s out. It sees no clock, no
 * generator, no socket, no disk and no promise. `docs/decisions/0001-protocol-contract.md` plays the contract through
 * for every protocol that the lab will host; change that page when you change this file.
 */

import type { DeskRules } from './client-desk.ts';
import type { MachineRules } from './machine/rules.ts';
import type { Forgery } from './malice/kit/forgery.ts';

/** The name of a replica, unique over all groups of a cluster: `n1`, or `shard2/n1`. */
export type NodeId = string;

/** The name of a client connection, as the runtime sees it. Protocols never see one. */
export type ClientId = string;

/** What happens to a replica. */
export type Input<M, R = never> =
  /** A message of another replica, or one that this replica sent to itself. */
  | { readonly kind: 'message'; readonly from: NodeId; readonly msg: M }
  /** A timer that an earlier effect set has run out. */
  | { readonly kind: 'timeout'; readonly timer: string }
  /**
   * A batch of client commands, encoded; opaque to the protocol. A `read` batch changes no state: the protocol either
   * answers it with a `read` effect, or treats it as a write and orders it.
   */
  | { readonly kind: 'request'; readonly id: number; readonly access: 'write' | 'read'; readonly payload: Uint8Array }
  /**
   * The stream of messages from `node` broke off: most likely it ended, but it may be that only the connection did. For
   * liveness alone; it may come at any time, about anybody, or never.
   */
  | { readonly kind: 'suspected'; readonly node: NodeId }
  /** The operator of the group wants something of it. Answered by one `ordered`, unless this replica ends before. */
  | { readonly kind: 'order'; readonly id: number; readonly order: Order }
  /** The answer of an outside service to an earlier `ask`. */
  | { readonly kind: 'answer'; readonly id: number; readonly payload: Uint8Array }
  /**
   * Nobody waits for a result of the write batch `id` any more: all its commands were applied, whoever proposed them, or they
   * were given up. For protocols whose clients contact all, in which every replica keeps what it was asked until it is done;
   * the others are not told. A command that waits is in one batch, however often it was asked for.
   */
  | { readonly kind: 'settled'; readonly id: number }
  /** The read batch `id` was to be answered within some time, and that is over; it was not answered. */
  | { readonly kind: 'lapsed'; readonly id: number }
  /** The record that an earlier `recall` asked for. */
  | { readonly kind: 'recalled'; readonly position: number; readonly record: R }
  /** The snapshot that an earlier `snapshot` asked for is durable, and so long. */
  | {
      readonly kind: 'snapshotted';
      readonly index: number;
      readonly bytes: number;
      /** SHA-256 of each of its pieces, where these were asked for. */
      readonly digests?: readonly string[];
    }
  /** The piece that an earlier `load` asked for; `last` where nothing follows it. */
  | {
      readonly kind: 'loaded';
      readonly index: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly last: boolean;
    }
  /** The snapshot of an earlier `install` is durable, so long, and the machine's state is that of its index. */
  | { readonly kind: 'installed'; readonly index: number; readonly bytes: number };

/**
 * What a replica wants done, in order. Every effect waits until all records that were persisted before it are durable,
 * unless it is marked `eager`, or is a timer: what time it is has nothing to do with the disk. A replica that counts its own vote or its own copy of an entry sends that fact to itself:
 * the message waits behind the barrier like any other, so an unflushed record is never counted.
 */
export type Effect<M, R> =
  /** Write a record to the log of this replica. A barrier for all that follows. */
  | { readonly kind: 'persist'; readonly record: R }
  /**
   * Read a record again, that memory need not hold all of a log; comes back as `recalled`, and waits for nothing but its
   * record to be durable. Records are numbered from 1 in the order in which they were persisted, those that survived
   * earlier lives included.
   */
  | { readonly kind: 'recall'; readonly position: number }
  /**
   * Save the machine's state, which has just applied `index`, under a record that describes it; comes back as `snapshotted`.
   * One is saved at a time. With `pieceBytes` the digests of its pieces are told, each so long but for the last; under a
   * protocol that signs, equal states have equal snapshots.
   */
  | {
      readonly kind: 'snapshot';
      readonly index: number;
      readonly record: R;
      readonly pieceBytes?: number;
      readonly eager?: boolean;
    }
  /** Read up to so many bytes of the durable snapshot at `index`, from `offset` on; comes back as `loaded`. */
  | {
      readonly kind: 'load';
      readonly index: number;
      readonly offset: number;
      readonly maxBytes: number;
      readonly eager?: boolean;
    }
  /** Keep a piece of a snapshot that another replica saved. They come in order; offset 0 gives up what came before. */
  | {
      readonly kind: 'receive';
      readonly index: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly eager?: boolean;
    }
  /**
   * All pieces of the snapshot at `index` were received: make it durable, and its state that of the machine; comes back as
   * `installed`. Nothing is applied in between.
   */
  | { readonly kind: 'install'; readonly index: number; readonly record: R; readonly eager?: boolean }
  /** Records before `position` and snapshots before `index` are needed no more. */
  | { readonly kind: 'compact'; readonly position: number; readonly index: number }
  /** Send `msg`. To this replica itself: delivered as a `message` input, never through the network. */
  | { readonly kind: 'send'; readonly to: NodeId; readonly msg: M; readonly eager?: boolean }
  /** Set (or set again) a named timer. The runtime draws the delay from the range [min, max], in milliseconds. */
  | { readonly kind: 'timer'; readonly timer: string; readonly afterMs: readonly [number, number] }
  /** Forget a named timer. */
  | { readonly kind: 'cancel'; readonly timer: string }
  /**
   * The batch at `index` is decided. Indexes come without gaps, in order; an empty payload is a no-op. `learned`: not by
   * votes that were counted for this replica, but from another one that had proof; who waits for it here is answered all the same.
   */
  | {
      readonly kind: 'apply';
      readonly index: number;
      readonly payload: Uint8Array;
      readonly learned?: boolean;
      readonly eager?: boolean;
    }
  /** Answer the read batch `id` from a state that has applied at least `index`; but see `ReadWindow`. */
  | {
      readonly kind: 'read';
      readonly id: number;
      readonly index: number;
      readonly within?: ReadWindow;
      readonly eager?: boolean;
    }
  /** Remember under `mark` what time it is now. Only the latest marks are kept. */
  | { readonly kind: 'mark'; readonly mark: number; readonly eager?: boolean }
  /** The batch `id` was not taken up and never will be: its clients may try elsewhere, best at `leader`. */
  | { readonly kind: 'reject'; readonly id: number; readonly leader?: NodeId }
  /** What became of the order `id`: it is done, or `error` says in a sentence why it is not. */
  | { readonly kind: 'ordered'; readonly id: number; readonly error?: string }
  /** Ask a service outside of the replica (an application in another process); comes back as an `answer`. */
  | { readonly kind: 'ask'; readonly id: number; readonly service: string; readonly payload: Uint8Array }
  /** A fact for the observers of the experiment. Changes nothing. Emitted only when the replica is traced. */
  | { readonly kind: 'note'; readonly fact: ProtocolFact };

/**
 * A read that may be answered only until so many milliseconds after the time of a mark, by the clock of this replica.
 * Otherwise, or where the mark is not known any more, the batch comes back as `lapsed`.
 */
export interface ReadWindow {
  readonly mark: number;
  readonly ms: number;
}

/** What an operator may ask of a group. A protocol that cannot do it says so. */
export type Order =
  /** Who belongs to the group from now on: those who vote, and those who only learn what is decided. */
  | { readonly kind: 'reconfigure'; readonly voters: readonly NodeId[]; readonly learners: readonly NodeId[] }
  /** This replica is to lead. */
  | { readonly kind: 'transfer'; readonly to: NodeId };

/** Facts that the lab's invariant checkers read. `epoch` is the term, ballot, view or round. */
export type ProtocolFact =
  | { readonly type: 'role'; readonly role: string; readonly epoch: number }
  /** An entry was put into the log: at `index`, from `epoch`, after an entry of `prevEpoch`; `hash` is of its payload. */
  | {
      readonly type: 'append';
      readonly index: number;
      readonly epoch: number;
      readonly prevEpoch: number;
      readonly hash: number;
    }
  /** The configuration that is in force from `index` on; `outgoing` are voters of the one that is being left. */
  | {
      readonly type: 'configuration';
      readonly index: number;
      readonly voters: readonly NodeId[];
      readonly outgoing: readonly NodeId[];
      readonly learners: readonly NodeId[];
    }
  /** Of the log, so many entries (and bytes of payloads) are left; those up to `index` are in a snapshot, and gone. */
  | { readonly type: 'compact'; readonly index: number; readonly entries: number; readonly bytes: number }
  /**
   * A ballot (term, view) of this replica came to nothing: it stood for `epoch` in the slot `index` (the first slot that it
   * is for), and a later one, `by`, stood against it.
   */
  | { readonly type: 'overtaken'; readonly index: number; readonly epoch: number; readonly by: number }
  /**
   * The slot `index` was decided: by an optimistic path that needs everybody, or by the one that goes on without some. Once by
   * each replica to which votes, or whoever counts them for all, proved it; not where it only catches up.
   */
  | { readonly type: 'decided'; readonly index: number; readonly path: 'fast' | 'slow' }
  /** The culprit has signed both statements, and no honest replica signs both; see `Accountability`. */
  | {
      readonly type: 'evidence';
      readonly culprit: NodeId;
      readonly statements: readonly [SignedText, SignedText];
    }
  /** This replica behaves so, and has just done for the first time what an honest one would not have done; see `malice/`. */
  | { readonly type: 'deceived'; readonly behaviour: string };

/** A text, and a signature under its UTF-8 bytes in lower-case hexadecimal digits. */
export interface SignedText {
  readonly text: string;
  readonly signature: string;
}

/** What a replica looks like from outside; for targets, progress lines and status pages. */
export interface ProtocolView {
  readonly role: string;
  /** The term, ballot, view or round. */
  readonly epoch: number;
  readonly leader?: NodeId;
  readonly commitIndex: number;
  readonly lastIndex: number;
  /** Who belongs to the group as far as this replica knows; absent where that cannot change. */
  readonly group?: Group;
}

export interface Group {
  /** Of a group that is changing its members: of both halves. */
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
}

/** What of earlier lives a replica begins from. */
export interface Durable<R> {
  /** The records that survived, in the order in which they were persisted. */
  readonly records: readonly R[];
  /** The position of the first of them: 1, or more where older ones were given up. */
  readonly firstPosition: number;
  /** The newest snapshot that is durable. The machine's state is already that of its index. */
  readonly snapshot?: DurableSnapshot<R>;
  /**
   * This replica lived before, and its disk holds nothing of that: it may have promised and accepted what it no longer knows.
   * A mark outside of the disk tells (Chandra, Griesemer, Redstone, "Paxos Made Live", 2007, section 5.1). Said at each start
   * until something is durable again, and never after: where a later life is to know of it, that is to be persisted first.
   * The number is one that no other loss of this replica has, so that what was meant for a life before is not taken for this one's.
   */
  readonly lost?: number;
}

export interface DurableSnapshot<R> {
  readonly index: number;
  readonly record: R;
  readonly bytes: number;
}

/** What a replica begins from that never lived before. */
export const nothingDurable: Durable<never> = { records: [], firstPosition: 1 };

/**
 * One replica of a protocol.
 *
 * @typeParam M - its messages, immutable values
 * @typeParam R - its durable records, immutable values
 */
export interface Protocol<M, R> {
  /** Begin from what survived. Called once, before any step. */
  start(durable: Durable<R>): readonly Effect<M, R>[];
  /** Take one input. Throws `InvariantViolation` when its own state is broken; the runtime then stops the replica. */
  step(input: Input<M, R>): readonly Effect<M, R>[];
  view(): ProtocolView;
  /** The bytes of payloads that memory holds, decided or not; absent where a protocol cannot tell. */
  heldBytes?(): number;
  /**
   * How many messages of other replicas came to nothing in this life, by why in a word or two; each counts once. Absent where
   * a protocol does not count. Counted and no facts: a flood of such messages must not become one of facts.
   */
  refused?(): Readonly<Record<string, number>>;
}

/** Pure, synchronous cryptography. Ed25519 signing is deterministic (RFC 8032), so a protocol that signs stays pure. */
export interface Crypto {
  /** Signs with the key of this replica; `signatureBytes` long. */
  sign(bytes: Uint8Array): Uint8Array;
  /** False where the signer is not known, or the signature is not one of these bytes. Never throws. */
  verify(signer: NodeId, bytes: Uint8Array, signature: Uint8Array): boolean;
  /** SHA-256 (FIPS 180-4), in 64 lower-case hexadecimal digits. */
  digest(bytes: Uint8Array): string;
}

/** How long a signature is: that of Ed25519 (RFC 8032, section 5.1.6). */
export const signatureBytes = 64;

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
}

/** Messages and records as bytes, for sockets and disks. The simulator passes values and never encodes. */
export interface Codec<M, R> {
  readonly encodeMessage: (msg: M) => Uint8Array;
  /** Null where the bytes are no message of this version; never throws, never reads past the end. */
  readonly decodeMessage: (bytes: Uint8Array) => M | null;
  /** In pieces that follow one another, for a large payload need not be copied. None is written to afterwards. */
  readonly encodeRecord: (record: R) => readonly Uint8Array[];
  /** Null where the bytes are no record; the replica then refuses to start. */
  readonly decodeRecord: (bytes: Uint8Array) => R | null;
}

/** How a client of this protocol behaves; see `client.ts`. Every replica that was asked answers, once it has applied. */
export interface ClientPolicy {
  /** Where a request goes first. */
  readonly contact: 'leader' | 'all';
  /** How many equal replies of different replicas make an answer, out of `nodeCount` replicas. */
  readonly replyQuorum: (nodeCount: number) => number;
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

/**
 * What finds a planted bug, and nothing where it is not. Some need a malicious replica that says the right lie at the right
 * moment, which random schedules hardly bring about: those are found by a test, named by its file.
 */
export type Finder =
  /** An experiment, and a seed on which it does. */
  | { readonly experiment: string; readonly seed: number }
  /** An exhaustive search of a small model that takes the rules from the protocol. */
  | { readonly search: string }
  /** A play with a fixed script, among real replicas. */
  | { readonly play: string };

/** The default export of `protocols/<name>/defects/<bug>.ts`: a small, named bug that the lab must find. */
export interface Defect {
  /** What is wrong, in a sentence. */
  readonly summary: string;
  /** The rule that it breaks, with its source. */
  readonly breaks: string;
  /** What an experiment shows of it: that something wrong was done, or that nothing was done for too long. */
  readonly violates: 'safety' | 'liveness';
  readonly foundBy: Finder;
  /** The overridden rules; each protocol narrows this to its own. */
  readonly rules: object;
  /** The overridden rules of the machine that is replicated, where the bug is there. */
  readonly machine?: Partial<MachineRules>;
  /** The overridden rules of the clients' side of a replica, where the bug is there. */
  readonly desk?: Partial<DeskRules>;
}

/** A replica found its own state broken. It must stop, and not serve another request. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Stops the replica when `condition` does not hold. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}
