/** What a replica wants done. */

import type { ProtocolFact } from './facts.ts';
import type { NodeId } from './ids.ts';

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
