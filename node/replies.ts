/**
 * What replicas have said to one bundle, or to one command in it, where several must say the same: some of them may be
 * malicious, and say anything at any time. Each has one voice (Castro and Liskov, "Practical Byzantine Fault Tolerance", 1999,
 * section 4.1), which is what it said last, to any try of the bundle: where a round trip takes longer than a try, replies to
 * one and the same would never come together.
 *
 * Why a later answer takes the place of an earlier one: with two voices fewer replicas than are asked for could make an
 * answer. Why it is not the other way round: an honest replica says something else only where a registration was carried out
 * again, and then the others say that too, while nobody may be left who says what was said before.
 */
import type { NodeId } from './contract/ids.ts';

export class Replies {
  readonly #members: readonly NodeId[];
  /** What each member said last, null where it only refused; never more than there are members, whoever writes. */
  readonly #last: (Uint8Array | null | undefined)[];

  constructor(members: readonly NodeId[]) {
    this.#members = members;
    this.#last = members.map(() => undefined);
  }

  /** Takes what a replica says, and gives how many members say just that now; 0 where it is no member. */
  take(from: NodeId, bytes: Uint8Array): number {
    const member = this.#members.indexOf(from);
    if (member < 0) return 0;
    this.#last[member] = bytes;
    return this.#saying(bytes);
  }

  /** A replica has nothing to say. What it said before it has said. */
  refuse(from: NodeId): void {
    const member = this.#members.indexOf(from);
    if (member >= 0) this.#last[member] ??= null;
  }

  /** How many members may come to say the same yet, if each says something once. */
  get attainable(): number {
    let silent = 0;
    let most = 0;
    for (const said of this.#last) {
      if (said === undefined) silent += 1;
      else if (said !== null) most = Math.max(most, this.#saying(said));
    }
    return silent + most;
  }

  #saying(bytes: Uint8Array): number {
    let equal = 0;
    for (const other of this.#last) if (other && Buffer.compare(other, bytes) === 0) equal += 1;
    return equal;
  }
}
