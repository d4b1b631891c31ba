/**
 * Fields as bytes, for the messages and records of any protocol:
 *
 *     version u8 | type u8 | fields
 *
 * All is big-endian. A number is 8 bytes and at most 2^53 - 1, a flag is one byte, and sized bytes are their length as u32
 * and themselves. A tagged number is a number whose first byte, which it never needs, is a tag.
 *
 * Reading takes no number at its word: a count or a length is held against what is left of the bytes before anything is
 * made of it. What is read as bytes is a view; nothing is copied.
 */

/** What a number takes, and a tagged one. */
export const numberBytes = 8;
/** What the version and the type take. */
export const headBytes = 2;

const none = 0;
const some = 1;
const noTag = -1;

/** Writes fields one after the other into one buffer, made for exactly them. */
export class Writer {
  /** All that was written, but for what are pieces of their own. */
  readonly buffer: Buffer;
  #at = headBytes;
  readonly #pieces: Uint8Array[] = [];
  /** What was written from here on is in no piece yet. */
  #from = 0;

  /** @param fieldBytes - what the fields take in all, without the head and without what become pieces of their own */
  constructor(version: number, type: number, fieldBytes: number) {
    this.buffer = Buffer.allocUnsafe(headBytes + fieldBytes);
    this.buffer[0] = version;
    this.buffer[1] = type;
  }

  /** @throws RangeError where this is no safe non-negative integer */
  number(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no safe non-negative integer`);
    this.buffer.writeUInt32BE(Math.floor(value / 2 ** 32), this.#at);
    this.buffer.writeUInt32BE(value % 2 ** 32, this.#at + 4);
    this.#at += numberBytes;
    return this;
  }

  /**
   * A number and a byte in the place of one number, for lists in which each has a kind.
   * @throws RangeError where the value is no safe non-negative integer, or the tag no byte
   */
  tagged(tag: number, value: number): this {
    const at = this.#at;
    // A number takes no more than 7 of its 8 bytes.
    this.number(value);
    this.buffer[at] = checkedByte(tag);
    return this;
  }

  /** @throws RangeError where this is no integer from 0 to 255 */
  byte(value: number): this {
    return this.#put(checkedByte(value));
  }

  flag(value: boolean): this {
    return this.#put(value ? some : none);
  }

  /** @throws RangeError where this is no integer from 0 to 2^32 - 1 */
  u32(value: number): this {
    if (value >>> 0 !== value) throw new RangeError(`${value} is no unsigned integer of 32 bits`);
    this.#at = this.buffer.writeUInt32BE(value, this.#at);
    return this;
  }

  /** The bytes alone: how many they are must follow from the rest, or they are the last. */
  bytes(value: Uint8Array): this {
    this.buffer.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  sized(value: Uint8Array): this {
    return this.u32(value.length).bytes(value);
  }

  /** As `bytes`, but a piece of its own: not copied, and no part of `buffer`. */
  piece(payload: Uint8Array): this {
    this.#cut();
    this.#pieces.push(payload);
    return this;
  }

  /** All that was written, in order. */
  pieces(): readonly Uint8Array[] {
    this.#cut();
    return this.#pieces;
  }

  #put(byte: number): this {
    // A buffer takes what is written behind its end without a word.
    if (this.#at >= this.buffer.length)
      throw new RangeError(`more fields than the ${this.buffer.length} bytes made for them`);
    this.buffer[this.#at] = byte;
    this.#at += 1;
    return this;
  }

  #cut(): void {
    if (this.#at > this.#from) this.#pieces.push(this.buffer.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }
}

function checkedByte(value: number): number {
  if ((value & 0xff) !== value) throw new RangeError(`${value} is no byte`);
  return value;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads fields one after the other. What is not there reads as nothing and makes `whole` false. */
export class Reader {
  readonly #buffer: Buffer;
  /** The type that the bytes claim; -1 where they are of another version, or too few. */
  readonly type: number;
  /** The tag of the tagged number that was read last; -1 where that was not there. */
  tag = noTag;
  #at = headBytes;
  #sound: boolean;

  constructor(bytes: Uint8Array, version: number) {
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#sound = this.#buffer.length >= headBytes && this.#buffer[0] === version;
    this.type = this.#sound ? (this.#buffer[1] as number) : -1;
  }

  /** Whether the version is right, every field was there and in range, and nothing is left over. */
  get whole(): boolean {
    return this.#sound && this.#at === this.#buffer.length;
  }

  /** Whether all that was read so far was there and in range. */
  get sound(): boolean {
    return this.#sound;
  }

  /** `min` where there is none of at least that. */
  number(min = 0): number {
    if (!this.#has(numberBytes)) return min;
    const value = this.#buffer.readUInt32BE(this.#at) * 2 ** 32 + this.#buffer.readUInt32BE(this.#at + 4);
    this.#at += numberBytes;
    if (Number.isSafeInteger(value) && value >= min) return value;
    this.#sound = false;
    return min;
  }

  /** The number; its tag is then in `tag`. */
  tagged(): number {
    this.tag = noTag;
    if (!this.#has(numberBytes)) return 0;
    const high = this.#buffer.readUInt32BE(this.#at);
    const value = (high % 2 ** 24) * 2 ** 32 + this.#buffer.readUInt32BE(this.#at + 4);
    this.#at += numberBytes;
    this.tag = high >>> 24;
    if (Number.isSafeInteger(value)) return value;
    this.#sound = false;
    return 0;
  }

  byte(): number {
    if (!this.#has(1)) return 0;
    const value = this.#buffer[this.#at] as number;
    this.#at += 1;
    return value;
  }

  flag(): boolean {
    const value = this.byte();
    if (value > some) this.#sound = false;
    return value === some;
  }

  u32(): number {
    if (!this.#has(4)) return 0;
    const value = this.#buffer.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  /**
   * How many items follow, as u32. As each takes at least so many bytes, the work that it asks for is bounded by the bytes
   * that have come. 0 where there are more than `max`, or more than what is left has room for.
   */
  count(max: number, minBytesEach: number): number {
    const count = this.u32();
    if (count <= max && this.#has(count * minBytesEach)) return count;
    this.#sound = false;
    return 0;
  }

  /** All that is left, as UTF-8. */
  text(): string {
    if (!this.#has(0)) return '';
    const bytes = this.#buffer.subarray(this.#at);
    this.#at = this.#buffer.length;
    try {
      return utf8.decode(bytes);
    } catch {
      this.#sound = false;
      return '';
    }
  }

  /** A view of as many bytes as their length says. */
  sized(): Uint8Array {
    const length = this.u32();
    if (!this.#has(length)) return this.#buffer.subarray(0, 0);
    const bytes = this.#buffer.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  /** As many bytes as their length says, as UTF-8. */
  sizedText(): string {
    const bytes = this.sized();
    try {
      return utf8.decode(bytes);
    } catch {
      this.#sound = false;
      return '';
    }
  }

  /** Says that what was read means nothing: `whole` is false from now on, and every further field reads as nothing. */
  fail(): void {
    this.#sound = false;
  }

  #has(bytes: number): boolean {
    if (this.#sound && bytes <= this.#buffer.length - this.#at) return true;
    this.#sound = false;
    return false;
  }
}

/** What `read` makes of the bytes, or null where they are not exactly what it asked for. */
export function decodeWith<T>(read: (reader: Reader) => T | null, bytes: Uint8Array, version: number): T | null {
  const reader = new Reader(bytes, version);
  const value = read(reader);
  return reader.whole ? value : null;
}
