/**
 * Where each durable record stands: four bytes a record, outside of the heap, where the garbage collector does not walk
 * through them.
 */
import { frameHeaderBytes, headerBytes } from './format.ts';

/** Offsets in a segment are kept in 32 bits. */
export const maxSegmentBytes = 2 ** 32;

/** The frame of a record. */
export interface FramePlace {
  /** The first position of its segment, which names the file. */
  readonly segmentFirst: number;
  readonly tag: number;
  /** Its offset in the file. */
  readonly at: number;
  /** How long it is, header included. */
  readonly bytes: number;
}

/** The offsets of the frames of one segment, which follow each other without a gap. */
class SegmentPositions {
  readonly first: number;
  readonly #tag: number;
  #offsets = new Uint32Array(256);
  #count = 0;
  #end = headerBytes;

  constructor(first: number, tag: number) {
    this.first = first;
    this.#tag = tag;
  }

  add(payloadBytes: number): void {
    if (this.#count === this.#offsets.length) {
      const grown = new Uint32Array(2 * this.#count);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[this.#count] = this.#end;
    this.#count += 1;
    this.#end += frameHeaderBytes + payloadBytes;
  }

  /** No record follows: what was kept free for more is given back. */
  seal(): void {
    this.#offsets = this.#offsets.slice(0, this.#count);
  }

  placeOf(position: number): FramePlace | undefined {
    const index = position - this.first;
    if (index >= this.#count) return undefined;
    const at = this.#offsets[index] as number;
    const end = index + 1 < this.#count ? (this.#offsets[index + 1] as number) : this.#end;
    return { segmentFirst: this.first, tag: this.#tag, at, bytes: end - at };
  }
}

export class Positions {
  /** By their first positions. */
  readonly #segments: SegmentPositions[] = [];

  /** The first position of the first segment; 1 where there is none. */
  get first(): number {
    return this.#segments[0]?.first ?? 1;
  }

  /** The records that are added from now on stand in this segment. */
  begin(firstPosition: number, tag: number): void {
    const last = this.#segments.at(-1);
    // An empty segment too short for a record: a longer one takes its place under the same name.
    if (last?.first === firstPosition) this.#segments.pop();
    else last?.seal();
    this.#segments.push(new SegmentPositions(firstPosition, tag));
  }

  /** Lets go of the segments before the one that begins here; returns their first positions, in order. */
  removeBefore(segmentFirst: number): number[] {
    const index = this.#segments.findIndex(({ first }) => first >= segmentFirst);
    return this.#segments.splice(0, index).map(({ first }) => first);
  }

  /** The next record has a payload of so many bytes. */
  add(payloadBytes: number): void {
    this.#segments.at(-1)?.add(payloadBytes);
  }

  /** Undefined where no such record was added. */
  placeOf(position: number): FramePlace | undefined {
    if (!Number.isSafeInteger(position)) return undefined;
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#segments[middle] as SegmentPositions).first <= position) low = middle + 1;
      else high = middle;
    }
    return this.#segments[low - 1]?.placeOf(position);
  }
}
