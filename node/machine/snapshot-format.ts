/**
 * A snapshot of the machine as bytes. All numbers are big-endian; a string is its length in bytes as u32 and its UTF-8
 * bytes, as in a command, and so is the result of a session, whose bytes are those of `encodeResult`.
 *
 *     header    version u32 | last session f64 | applied commands f64 | number of sessions u32
 *     session   number f64 | used at f64 | sequence u32 | result | client (version 2 only)
 *     ...
 *     keys      number of keys u32
 *     record    key | value
 *     ...
 *     end       0x454e4421 ("END!") u32
 *
 * Version 1 is of a machine whose clients do not sign, and whose sessions therefore belong to nobody.
 *
 * Sessions stand in the order of their numbers, the one in which they were registered; records in none, or in that of their
 * keys where equal states are to have equal snapshots. There is no
 * checksum: the disk and the network have theirs. What the layout does not allow is refused nonetheless.
 */
import { maxBytesPerUnit, putString, stringBytes } from './command.ts';
import type { Frozen } from './frozen.ts';
import { HeldBytes } from './held-bytes.ts';
import { maxSessions, nobody, type Session, SessionTable } from './session-table.ts';
import { Store } from './store.ts';

/** Without, and with the owners of sessions. */
const versions = { unsigned: 1, signed: 2 } as const;
const endMark = 0x454e4421;
const headerBytes = 24;
/** What a session takes in addition to its result. */
const sessionBytes = 24;
/** How long a piece is at most. */
const pieceBytes = 64 * 1024;
/** The longest name of a client. */
const maxNameBytes = 64;
/** No string of V8 takes more, for it has up to 2^29 - 24 units; and a result is a string behind five bytes. */
const maxItemBytes = maxBytesPerUnit * (2 ** 29 - 24) + 5;

/** A state that stays as it is while it is written. */
export interface FrozenState {
  /** The last session that was given. */
  readonly lastSession: number;
  /** How many commands were applied. */
  readonly applied: number;
  /** Whether clients sign, and sessions belong to them. */
  readonly signed: boolean;
  readonly sessions: Pick<Frozen<number, Readonly<Session>>, 'size' | 'records'>;
  readonly store: Pick<Frozen<string, string>, 'size' | 'records'>;
}

/** A state as it was read. */
export interface MachineState {
  readonly applied: number;
  readonly sessions: SessionTable;
  readonly store: Store;
}

/** Encodes a state piece by piece. A step encodes up to a piece, or one string or result where that is longer. */
export function* encodeSnapshot(state: FrozenState): Generator<Uint8Array> {
  const out = new PieceWriter();
  out.u32(state.signed ? versions.signed : versions.unsigned);
  out.f64(state.lastSession);
  out.f64(state.applied);
  out.u32(state.sessions.size);
  for (const [number, { client, usedAt, sequence, result }] of state.sessions.records) {
    const bytes = sessionBytes + result.length + (state.signed ? stringBytes(client) : 0);
    if (!out.fits(bytes)) yield* out.begin(bytes);
    out.f64(number);
    out.f64(usedAt);
    out.u32(sequence);
    out.u32(result.length);
    out.bytes(result);
    if (state.signed) out.text(client);
  }
  if (!out.fits(4)) yield* out.begin(4);
  out.u32(state.store.size);
  for (const [key, value] of state.store.records) {
    const bytes = roomFor(key, value);
    if (!out.fits(bytes)) yield* out.begin(bytes);
    out.text(key);
    out.text(value);
  }
  if (!out.fits(4)) yield* out.begin(4);
  out.u32(endMark);
  yield* out.begin(0);
}

/** More than a record may take: counting its bytes means to read it twice, and is done where the difference matters. */
function roomFor(key: string, value: string): number {
  const most = 8 + maxBytesPerUnit * (key.length + value.length);
  return most <= pieceBytes ? most : stringBytes(key) + stringBytes(value);
}

/** Writes items one behind the other into pieces of memory. */
class PieceWriter {
  #buffer = Buffer.allocUnsafeSlow(pieceBytes);
  #at = 0;

  fits(bytes: number): boolean {
    return this.#at + bytes <= this.#buffer.length;
  }

  /** Hands out what was written, and makes room for an item of so many bytes. */
  *begin(bytes: number): Generator<Uint8Array> {
    const written = this.#buffer.subarray(0, this.#at);
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(bytes, pieceBytes));
    this.#at = 0;
    for (let at = 0; at < written.length; at += pieceBytes) yield written.subarray(at, at + pieceBytes);
  }

  u32(value: number): void {
    this.#at = this.#buffer.writeUInt32BE(value, this.#at);
  }

  f64(value: number): void {
    this.#at = this.#buffer.writeDoubleBE(value, this.#at);
  }

  text(value: string): void {
    this.#at = putString(this.#buffer, this.#at, value);
  }

  bytes(value: Uint8Array): void {
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }
}

/** Takes the next item out of what is held; false where not all of it is there yet. */
type Step = () => boolean;

/** Builds a state out of the pieces of a snapshot, which nobody has checked. Holds an item and a piece at most beside it. */
export class SnapshotDecoder {
  readonly #held = new HeldBytes();
  #sessions = new SessionTable();
  readonly #store: Store;
  #applied = 0;
  /** Sessions or keys that are still to come. */
  #left = 0;
  #keys = 0;
  /** The number of the session before. */
  #number = 0;
  #signed = false;
  #whole = false;
  #step: Step = () => this.#header();

  /** @param inOrder - whether the state that is read is to be frozen in the order of its keys */
  constructor(inOrder = false) {
    this.#store = new Store(inOrder);
  }

  /** @throws Error (a sentence) where the bytes belong to no snapshot of this version */
  take(bytes: Uint8Array): void {
    this.#held.add(bytes);
    while (this.#step());
  }

  /** @throws Error (a sentence) where the bytes that came are no whole snapshot */
  finish(): MachineState {
    if (!this.#whole || this.#held.length > 0) throw new Error('The bytes that came are no whole snapshot.');
    return { applied: this.#applied, sessions: this.#sessions, store: this.#store };
  }

  #header(): boolean {
    const held = this.#held;
    if (held.length < 4) return false;
    const found = held.u32(0);
    this.#signed = found === versions.signed;
    if (!this.#signed && found !== versions.unsigned) {
      throw new Error(`The snapshot has version ${found}, and only 1 and 2 are known.`);
    }
    if (held.length < headerBytes) return false;
    this.#sessions = new SessionTable(inRange('last session', held.f64(4), 0, Number.MAX_SAFE_INTEGER));
    this.#applied = inRange('count of applied commands', held.f64(12), 0, Number.MAX_SAFE_INTEGER);
    this.#left = inRange('number of sessions', held.u32(20), 0, maxSessions);
    held.drop(headerBytes);
    this.#step = () => this.#session();
    return true;
  }

  #session(): boolean {
    const held = this.#held;
    if (this.#left === 0) return this.#countOfKeys();
    if (held.length < sessionBytes) return false;
    const number = inRange('number of a session', held.f64(0), this.#number + 1, this.#sessions.last);
    const usedAt = inRange('last use of a session', held.f64(8), 0, this.#applied);
    const length = inRange('length of a result', held.u32(20), 0, maxItemBytes);
    const end = sessionBytes + length;
    const name = this.#clientAt(end);
    if (held.length < end || name === undefined) return false;
    const { client, bytes } = name;
    this.#sessions.add(number, { client, usedAt, sequence: held.u32(16), result: held.bytes(sessionBytes, length) });
    held.drop(end + bytes);
    this.#number = number;
    this.#left -= 1;
    return true;
  }

  /** Whose session it is, and how many bytes tell that; undefined where not all of them are there yet. */
  #clientAt(at: number): { readonly client: string; readonly bytes: number } | undefined {
    if (!this.#signed) return { client: nobody, bytes: 0 };
    const held = this.#held;
    if (held.length < at + 4) return undefined;
    const length = inRange('length of a name', held.u32(at), 0, maxNameBytes);
    if (held.length < at + 4 + length) return undefined;
    const client = held.text(at + 4, length);
    if (!/^[ -~]*$/.test(client)) throw new Error('The snapshot names a client by what is no ASCII.');
    return { client, bytes: 4 + length };
  }

  #countOfKeys(): boolean {
    if (this.#held.length < 4) return false;
    this.#keys = this.#held.u32(0);
    this.#held.drop(4);
    this.#left = this.#keys;
    this.#step = () => this.#record();
    return true;
  }

  #record(): boolean {
    const held = this.#held;
    if (this.#left === 0) return this.#end();
    if (held.length < 4) return false;
    const keyBytes = inRange('length of a key', held.u32(0), 0, maxItemBytes);
    if (held.length < 8 + keyBytes) return false;
    const valueBytes = inRange('length of a value', held.u32(4 + keyBytes), 0, maxItemBytes);
    const bytes = 8 + keyBytes + valueBytes;
    if (held.length < bytes) return false;
    this.#store.set(held.text(4, keyBytes), held.text(8 + keyBytes, valueBytes));
    held.drop(bytes);
    this.#left -= 1;
    return true;
  }

  #end(): boolean {
    if (this.#held.length < 4) return false;
    if (this.#held.u32(0) !== endMark) throw new Error('The snapshot has no end mark behind its last key.');
    if (this.#store.size !== this.#keys) throw new Error('The snapshot holds a key more than once.');
    this.#held.drop(4);
    this.#whole = true;
    this.#step = () => this.#nothing();
    return true;
  }

  #nothing(): boolean {
    if (this.#held.length > 0) throw new Error('The snapshot goes on behind its end mark.');
    return false;
  }
}

function inRange(what: string, value: number, from: number, to: number): number {
  if (Number.isSafeInteger(value) && value >= from && value <= to) return value;
  throw new Error(`The snapshot gives ${value} as the ${what}, which is not between ${from} and ${to}.`);
}
