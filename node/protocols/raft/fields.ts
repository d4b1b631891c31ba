/**
 * Fields as bytes, big-endian. A number is 8 bytes and at most 2^53 - 1, a flag is one byte, bytes are their length as u32
 * and themselves, and a list of entries is its count as u32, then for each entry its kind as one byte, its term as 7, and
 * its payload as bytes. A configuration is bytes, see `configuration-codec.ts`.
 *
 * Reading takes no number at its word: a count or a length is held against what is left of the bytes before anything is
 * made of it. Payloads are views into the bytes; nothing is copied.
 */
import { type Configuration, emptyConfiguration } from './configuration.ts';
import { decodeConfiguration } from './configuration-codec.ts';
import type { Entry } from './messages.ts';

const version = 2;
/** The most entries that one message or record may carry. */
export const maxEntries = 65_536;

/** What a number takes. */
export const numberBytes = 8;
const headBytes = 2;
const entryHeadBytes = numberBytes + 4;
/** The kinds of entries. */
const commands = 0;
const configuration = 1;
const none = 0;
const some = 1;

/** Writes fields one after the other into one buffer, made for exactly them. */
export class Writer {
  readonly buffer: Buffer;
  #at = headBytes;
  readonly #pieces: Uint8Array[] = [];
  /** What was written from here on is in no piece yet. */
  #from = 0;

  constructor(type: number, fieldBytes: number) {
    this.buffer = Buffer.allocUnsafe(headBytes + fieldBytes);
    this.buffer[0] = version;
    this.buffer[1] = type;
  }

  number(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no index, term or round`);
    this.buffer.writeUInt32BE(Math.floor(value / 2 ** 32), this.#at);
    this.buffer.writeUInt32BE(value % 2 ** 32, this.#at + 4);
    this.#at += numberBytes;
    return this;
  }

  flag(value: boolean): this {
    this.buffer[this.#at] = value ? some : none;
    this.#at += 1;
    return this;
  }

  bytes(value: Uint8Array): this {
    this.buffer.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  sized(value: Uint8Array): this {
    this.#at = this.buffer.writeUInt32BE(value.length, this.#at);
    return this.bytes(value);
  }

  /** @param copiedBytes - payloads with fewer bytes are copied; larger ones become pieces */
  entries(entries: readonly Entry[], copiedBytes: number): this {
    this.#at = this.buffer.writeUInt32BE(entries.length, this.#at);
    for (const { term, payload, kind } of entries) {
      const at = this.#at;
      this.number(term);
      // A term takes no more than 7 of its 8 bytes.
      this.buffer[at] = kind === undefined ? commands : configuration;
      this.#at = this.buffer.writeUInt32BE(payload.length, this.#at);
      if (payload.length < copiedBytes) this.bytes(payload);
      else this.#piece(payload);
    }
    return this;
  }

  #piece(payload: Uint8Array): void {
    this.#pieces.push(this.buffer.subarray(this.#from, this.#at), payload);
    this.#from = this.#at;
  }

  /** All that was written, in order. */
  pieces(): readonly Uint8Array[] {
    if (this.#at > this.#from) this.#pieces.push(this.buffer.subarray(this.#from, this.#at));
    return this.#pieces;
  }
}

/** The bytes of entries without the payloads that are not copied. */
export function entriesBytes(entries: readonly Entry[], copiedBytes: number): number {
  if (entries.length > maxEntries) throw new RangeError(`${entries.length} entries, and at most ${maxEntries} fit`);
  let bytes = 4;
  for (const { payload } of entries) bytes += entryHeadBytes + (payload.length < copiedBytes ? payload.length : 0);
  return bytes;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads fields one after the other. What is not there reads as nothing and makes `whole` false. */
export class Reader {
  readonly #buffer: Buffer;
  #at = headBytes;
  #sound = true;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The type that the bytes claim; -1 where they are of another version, or too few. */
  get type(): number {
    return this.#buffer.length >= headBytes && this.#buffer[0] === version ? (this.#buffer[1] as number) : -1;
  }

  /** Whether every field was there and in range, and nothing is left over. */
  get whole(): boolean {
    return this.#sound && this.#at === this.#buffer.length;
  }

  number(min = 0): number {
    if (!this.#has(numberBytes)) return min;
    const value = this.#buffer.readUInt32BE(this.#at) * 2 ** 32 + this.#buffer.readUInt32BE(this.#at + 4);
    this.#at += numberBytes;
    if (Number.isSafeInteger(value) && value >= min) return value;
    this.#sound = false;
    return min;
  }

  flag(): boolean {
    if (!this.#has(1)) return false;
    const value = this.#buffer[this.#at] as number;
    this.#at += 1;
    if (value > some) this.#sound = false;
    return value === some;
  }

  /** All that is left, as UTF-8. */
  text(): string {
    const bytes = this.#buffer.subarray(this.#at);
    this.#at = this.#buffer.length;
    try {
      return utf8.decode(bytes);
    } catch {
      this.#sound = false;
      return '';
    }
  }

  sized(): Uint8Array {
    const length = this.#u32();
    if (!this.#has(length)) return this.#buffer.subarray(0, 0);
    const bytes = this.#buffer.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  configuration(): Configuration {
    const decoded = decodeConfiguration(this.sized());
    if (decoded === null) this.#sound = false;
    return decoded ?? emptyConfiguration;
  }

  entries(): readonly Entry[] {
    const entries: Entry[] = [];
    const count = this.#u32();
    // Each entry takes at least its head, so this also bounds the work by the bytes that have come.
    if (count > maxEntries || !this.#has(count * entryHeadBytes)) {
      this.#sound = false;
      return entries;
    }
    for (let left = count; left > 0 && this.#sound; left -= 1) {
      const kind = this.#buffer[this.#at];
      const term = this.#termBehindKind();
      const payload = this.sized();
      if (kind === commands) entries.push({ term, payload });
      else if (kind === configuration) entries.push({ term, payload, kind: 'configuration' });
      else this.#sound = false;
    }
    return entries;
  }

  #termBehindKind(): number {
    if (!this.#has(numberBytes)) return 0;
    const value = (this.#buffer.readUInt32BE(this.#at) % 2 ** 24) * 2 ** 32 + this.#buffer.readUInt32BE(this.#at + 4);
    this.#at += numberBytes;
    if (!Number.isSafeInteger(value)) this.#sound = false;
    return value;
  }

  #u32(): number {
    if (!this.#has(4)) return 0;
    const value = this.#buffer.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  #has(bytes: number): boolean {
    if (this.#sound && bytes <= this.#buffer.length - this.#at) return true;
    this.#sound = false;
    return false;
  }
}
