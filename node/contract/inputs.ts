/** What happens to a replica, and what an operator may ask of its group. */

import type { NodeId } from './ids.ts';

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
   * were given up. For protocols whose clients sign, in which every replica keeps what it was asked until it is done;
   * the others are not told. A bundle that waits is in one batch, however often it was asked for.
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

/** What an operator may ask of a group. A protocol that cannot do it says so. */
export type Order =
  /** Who belongs to the group from now on: those who vote, and those who only learn what is decided. */
  | { readonly kind: 'reconfigure'; readonly voters: readonly NodeId[]; readonly learners: readonly NodeId[] }
  /** This replica is to lead. */
  | { readonly kind: 'transfer'; readonly to: NodeId };
