/** What a leader knows of a follower. Dissertation, sections 3.5, 5.1 and 10.2; the states are those of etcd's raft. */
import type { RaftRecord, SnapshotRecord } from './messages.ts';

export interface Progress {
  /**
   * `probe`: one message at a time, until the logs are known to meet. `replicate`: a stream of messages. `snapshot`: what
   * the follower lacks is no longer in the log, and it is sent a snapshot, piece by piece.
   */
  state: 'probe' | 'replicate' | 'snapshot';
  /** While probing: a message is on its way. */
  probing: boolean;
  nextIndex: number;
  matchIndex: number;
  /** The latest round of leadership confirmation that it echoed. */
  round: number;
  /** Whether it was heard of since the last check of the quorum. */
  active: boolean;
  /** What is being read for it. Only where the logs are known to meet: how far they do is asked without entries. */
  recall: Recall | undefined;
  /** In the state `snapshot` only. */
  transfer: Transfer | undefined;
}

/** Entries that are read from the disk, to be sent in one message. */
export interface Recall {
  readonly from: number;
  readonly to: number;
  /** The positions of the records that have not come yet. */
  readonly awaited: Set<number>;
  readonly records: Map<number, RaftRecord>;
}

/** A snapshot on its way to a follower: one piece at a time. */
export interface Transfer {
  readonly record: SnapshotRecord;
  /** Where the piece begins that is being read, or was sent and is not answered yet, in bytes. */
  offset: number;
  /** Whether that piece is being read. */
  loading: boolean;
  /** How often the timer of the heartbeat has run out since it was sent. */
  beats: number;
}

export function newProgress(nextIndex: number): Progress {
  return {
    state: 'probe',
    probing: false,
    nextIndex,
    matchIndex: 0,
    round: 0,
    active: true,
    recall: undefined,
    transfer: undefined,
  };
}
