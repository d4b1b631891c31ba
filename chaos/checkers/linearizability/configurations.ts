/**
 * The configurations that the search has been in: which operations have taken effect, and the state after them. Being
 * in one a second time can lead to nothing new (Lowe, "Testing for linearizability", section 3.2).
 *
 * Two things make it smaller than a set of bitsets. Let r be the first rank whose completion is still to be explained:
 * all lower ranks have taken effect and none above `reach[r]` can have, so only the words of the bitset between the two
 * are kept. And operations of unknown outcome are kept apart, because a configuration is no better than one with the
 * same state, the same ranked operations and fewer of those: whatever can follow it can follow the smaller one.
 */
import type { PendingList } from './pending-list.ts';

/** Spreads a number over 32 bits (the finaliser of MurmurHash3). */
function spread(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

// An entry in the arena: the next entry of its bucket, its hash, r, the state, then both runs of words.
const headerInts = 4;

export class Configurations {
  /** How many are remembered. */
  count = 0;
  private readonly ranked: number;
  private readonly reach: Int32Array;
  private readonly rankedBits: Int32Array;
  private readonly unknownBits: Int32Array;
  private hash = 0;
  private arena = new Int32Array(1 << 12);
  /** 0 is no entry. */
  private used = 1;
  private heads = new Int32Array(1 << 9);

  constructor(list: PendingList, ranked: number) {
    this.ranked = ranked;
    this.reach = list.reach;
    this.rankedBits = new Int32Array((ranked + 31) >>> 5);
    this.unknownBits = new Int32Array((list.size - ranked + 31) >>> 5);
  }

  /** Flips whether an operation has taken effect. */
  toggle(operation: number): void {
    if (operation < this.ranked) {
      this.rankedBits[operation >>> 5] = (this.rankedBits[operation >>> 5] as number) ^ (1 << (operation & 31));
      this.hash ^= spread(operation + 1);
    } else {
      const bit = operation - this.ranked;
      this.unknownBits[bit >>> 5] = (this.unknownBits[bit >>> 5] as number) ^ (1 << (bit & 31));
    }
  }

  /**
   * Remembers the present configuration.
   *
   * @param firstLeft - the first rank whose completion is still to be explained
   * @returns false where it, or one that is at least as good, was there before
   */
  add(firstLeft: number, state: number): boolean {
    const hash = this.hash ^ spread(~state);
    const from = firstLeft >>> 5;
    const to = (this.reach[firstLeft] as number) >>> 5;
    const slot = hash & (this.heads.length - 1);
    for (let entry = this.heads[slot] as number; entry !== 0; entry = this.arena[entry] as number) {
      if (this.covers(entry, hash, firstLeft, state, from, to)) return false;
    }
    this.insert(slot, hash, firstLeft, state, from, to);
    return true;
  }

  private covers(entry: number, hash: number, firstLeft: number, state: number, from: number, to: number): boolean {
    const { arena, rankedBits, unknownBits } = this;
    if (arena[entry + 1] !== hash || arena[entry + 2] !== firstLeft || arena[entry + 3] !== state) return false;
    let at = entry + headerInts;
    for (let word = from; word <= to; word++) {
      if (arena[at++] !== rankedBits[word]) return false;
    }
    for (let word = 0; word < unknownBits.length; word++) {
      if (((arena[at++] as number) & ~(unknownBits[word] as number)) !== 0) return false;
    }
    return true;
  }

  private insert(slot: number, hash: number, firstLeft: number, state: number, from: number, to: number): void {
    const entry = this.used;
    this.used += headerInts + (to - from + 1) + this.unknownBits.length;
    if (this.used > this.arena.length) {
      const larger = new Int32Array(Math.max(this.arena.length * 2, this.used));
      larger.set(this.arena);
      this.arena = larger;
    }
    const { arena } = this;
    arena[entry] = this.heads[slot] as number;
    arena[entry + 1] = hash;
    arena[entry + 2] = firstLeft;
    arena[entry + 3] = state;
    arena.set(this.rankedBits.subarray(from, to + 1), entry + headerInts);
    arena.set(this.unknownBits, entry + headerInts + (to - from + 1));
    this.heads[slot] = entry;
    this.count += 1;
    if (this.count > this.heads.length) this.grow();
  }

  private grow(): void {
    const old = this.heads;
    const { arena } = this;
    const heads = new Int32Array(old.length * 4);
    for (let slot = 0; slot < old.length; slot++) {
      for (let entry = old[slot] as number; entry !== 0; ) {
        const following = arena[entry] as number;
        const target = (arena[entry + 1] as number) & (heads.length - 1);
        arena[entry] = heads[target] as number;
        heads[target] = entry;
        entry = following;
      }
    }
    this.heads = heads;
  }
}
