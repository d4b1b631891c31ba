/** What a replica begins from: that of its earlier lives which its disk has kept. */

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
