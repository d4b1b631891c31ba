/** What learners say to each other, and write down: the same in every protocol that chooses a value a slot. */
import type { GroupFrom } from './groups.ts';
import type { Value } from './value.ts';

/** Asks for what was chosen from slot `from` on. */
export interface Learn {
  readonly type: 'learn';
  readonly from: number;
}

/** What was chosen in the slots from `from` on. */
export interface Learned {
  readonly type: 'learned';
  readonly from: number;
  readonly values: readonly Value[];
  /** The sender knows what was chosen in all slots up to here. */
  readonly chosenTo: number;
}

/** Asks for the piece of a snapshot that begins at `offset`. */
export interface Fetch {
  readonly type: 'fetch';
  readonly index: number;
  readonly offset: number;
}

/** A piece of the sender's snapshot, where what was asked for is no longer in its log. */
export interface Piece {
  readonly type: 'piece';
  /** The last slot that the snapshot covers. */
  readonly index: number;
  /** Who decides the slots behind it. */
  readonly groups: readonly GroupFrom[];
  /** Where in the snapshot the piece belongs, in bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Nothing follows it. */
  readonly last: boolean;
}

export type LearnerMessage = Learn | Learned | Fetch | Piece;

/** Values that another learner told, from slot `from` on. */
export interface ChosenRecord {
  readonly kind: 'chosen';
  readonly from: number;
  readonly values: readonly Value[];
}

/** Describes a snapshot. In the log: the snapshot was installed, and what was written of the slots up to `index` is void. */
export interface SnapshotRecord {
  readonly kind: 'snapshot';
  readonly index: number;
  readonly groups: readonly GroupFrom[];
  /** Absent where the replica never lost its disk; see `Durable.lost`. */
  readonly loss?: number;
}

export type LearnerRecord = ChosenRecord | SnapshotRecord;
