/**
 * PBFT's messages and durable records: immutable values.
 *
 * The words are those of Castro and Liskov, "Practical Byzantine Fault Tolerance" (OSDI 1999), but for two: a sequence number
 * is a slot, and the vote of the first phase is a share, the primary's PRE-PREPARE and the PREPARE of a backup alike, for the
 * fast path counts both (Gueta and others, "SBFT", DSN 2019).
 */
import type { NodeId } from '../../contract/ids.ts';

/** SHA-256 of a batch or a state, in hexadecimal digits. */
export type Digest = string;

/** A signature under a statement; `statements.ts` says of what bytes. */
export interface Signature {
  readonly signer: NodeId;
  readonly bytes: Uint8Array;
}

/** A batch in a slot of a view. */
export interface Choice {
  readonly view: number;
  readonly slot: number;
  readonly digest: Digest;
}

/** A phase in which replicas vote for a choice. Each signs in a domain of its own, so that no vote stands for one of the other. */
export type Phase = 'share' | 'commit';

/**
 * What enough replicas have signed. `prepared`: a quorum of shares. `slow`: a quorum of commits. `fast`: the shares of all.
 * The last two prove that the batch is decided.
 */
export interface Certificate extends Choice {
  readonly kind: 'prepared' | 'slow' | 'fast';
  /** Of different signers. */
  readonly signatures: readonly Signature[];
}

/** PRE-PREPARE: the primary puts a batch into a slot. The signature is that of its share. */
export interface Propose extends Choice {
  readonly type: 'propose';
  readonly payload: Uint8Array;
  readonly signature: Signature;
}

/** PREPARE, and COMMIT. */
export interface Vote extends Choice {
  readonly type: 'vote';
  readonly phase: Phase;
  readonly signature: Signature;
}

/** What the sender has gathered: whoever hears it need not have heard the votes. */
export interface Certified {
  readonly type: 'certified';
  readonly certificate: Certificate;
}

/** CHECKPOINT: the sender has applied all slots up to this one; `digest` is of all batches up to it, in order. */
export interface Checkpoint {
  readonly type: 'checkpoint';
  readonly slot: number;
  readonly digest: Digest;
  readonly signature: Signature;
}

/** A slot up to which a quorum has applied the same. Slot 0, without a signature, is where all begin. */
export interface StableCheckpoint {
  readonly slot: number;
  readonly digest: Digest;
  readonly signatures: readonly Signature[];
}

/** The last stable checkpoint of the sender, for one who has an earlier one. */
export interface Stable {
  readonly type: 'stable';
  readonly checkpoint: StableCheckpoint;
}

/** What a replica that leaves a view says of one slot. */
export interface SlotReport {
  readonly slot: number;
  /** Any proof that the slot is decided. */
  readonly decided?: Certificate;
  /** The prepared certificate of the highest view. */
  readonly prepared?: Certificate;
  /** The last share that it has sent, prepared or not. */
  readonly share?: { readonly view: number; readonly digest: Digest };
}

/** VIEW-CHANGE: the sender takes part in no view before this one any more. */
export interface ViewChange {
  readonly type: 'view-change';
  readonly view: number;
  readonly stable: StableCheckpoint;
  /** In the order of the slots, all behind the stable checkpoint. */
  readonly slots: readonly SlotReport[];
  readonly signature: Signature;
}

/** NEW-VIEW: the primary of a view begins it. What it proposes follows from the view changes; see `selection.ts`. */
export interface NewView {
  readonly type: 'new-view';
  readonly view: number;
  /** Of a quorum, by different replicas. What proves the same has its signatures where it comes first; see `shared-proofs.ts`. */
  readonly changes: readonly ViewChange[];
  readonly signature: Signature;
}

/** Where the sender stands; said now and then, so that the others send again what it has missed. Not signed: it proves nothing. */
export interface Status {
  readonly type: 'status';
  readonly view: number;
  /** It has left the view before, and this one has not begun. */
  readonly changing: boolean;
  readonly applied: number;
  readonly stable: number;
}

/** The sender lacks the slots from here on. */
export interface Fetch {
  readonly type: 'fetch';
  readonly from: number;
}

/** One decided slot, with its proof. */
export interface Decision {
  readonly payload: Uint8Array;
  readonly certificate: Certificate;
}

/** Slots that are decided, one behind the other. Nothing has to be believed. */
export interface Decided {
  readonly type: 'decided';
  readonly decisions: readonly Decision[];
}

/** The sender lacks the batches with these digests. */
export interface AskBodies {
  readonly type: 'ask-bodies';
  readonly digests: readonly Digest[];
}

export interface Bodies {
  readonly type: 'bodies';
  readonly payloads: readonly Uint8Array[];
}

/** A state that was saved: equal on all honest replicas. */
export interface Snapshot {
  /** All batches up to it led to the state. */
  readonly slot: number;
  /** Of these batches, in order. */
  readonly history: Digest;
  /** How many bytes of a log they take. */
  readonly total: number;
  /** The digests of the pieces of the state; none is empty. */
  readonly pieces: readonly Digest[];
}

/** A snapshot that a quorum has, each replica its own. */
export interface ProvenSnapshot {
  readonly snapshot: Snapshot;
  readonly signatures: readonly Signature[];
}

/** The sender has a durable snapshot of this digest; see `statements.ts`. */
export interface Saved {
  readonly type: 'saved';
  readonly slot: number;
  readonly digest: Digest;
  readonly signature: Signature;
}

/** What the receiver lacks is not in any log any more, and this is what it led to. */
export interface Manifest {
  readonly type: 'manifest';
  readonly proven: ProvenSnapshot;
}

/** The sender lacks a piece of a snapshot, counted from 0. */
export interface FetchPiece {
  readonly type: 'fetch-piece';
  readonly slot: number;
  readonly piece: number;
}

export interface Piece {
  readonly type: 'piece';
  readonly slot: number;
  readonly piece: number;
  readonly bytes: Uint8Array;
}

/** A backup hands a batch to the primary, which seems not to have been asked. */
export interface Forward {
  readonly type: 'forward';
  readonly payload: Uint8Array;
}

export type PbftMessage =
  | Propose
  | Vote
  | Certified
  | Checkpoint
  | Stable
  | ViewChange
  | NewView
  | Status
  | Fetch
  | Decided
  | AskBodies
  | Bodies
  | Saved
  | Manifest
  | FetchPiece
  | Piece
  | Forward;

/** The share of this replica; durable before it is sent. The batch stands beside the first one that it is needed for. */
export interface ShareRecord extends Choice {
  readonly kind: 'share';
  readonly payload?: Uint8Array;
}

/** Durable before the commit is sent that follows from it. */
export interface PreparedRecord {
  readonly kind: 'prepared';
  readonly certificate: Certificate;
}

/** A decided slot. Nothing waits for it: the votes behind it are durable elsewhere. */
export interface DecidedRecord {
  readonly kind: 'decided';
  readonly certificate: Certificate;
  /** Where no record before holds it. */
  readonly payload?: Uint8Array;
}

/** This replica takes part in no view before this one any more. Durable before its VIEW-CHANGE is sent. */
export interface LeaveRecord {
  readonly kind: 'leave';
  readonly view: number;
}

/** This replica has begun a view. All of it is kept, for others may need it to begin that view too. */
export interface EnterRecord {
  readonly kind: 'enter';
  readonly newView: NewView;
}

export interface StableRecord {
  readonly kind: 'stable';
  readonly checkpoint: StableCheckpoint;
}

/** Beside the bytes of a snapshot; and in the log, where that goes on behind one that cannot be given to others. */
export interface SnapshotRecord extends Omit<Snapshot, 'pieces'> {
  readonly kind: 'snapshot';
}

/** A quorum has the snapshot of this replica too. */
export interface ProvenRecord {
  readonly kind: 'proven';
  readonly proven: ProvenSnapshot;
}

export type PbftRecord =
  | ShareRecord
  | PreparedRecord
  | DecidedRecord
  | LeaveRecord
  | EnterRecord
  | StableRecord
  | SnapshotRecord
  | ProvenRecord;
