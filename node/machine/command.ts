/**
 * Commands and results of the key-value machine as bytes. Protocols never decode them.
 *
 * A command is `op u8 | session f64 | sequence u32 | key | a | b`, a batch is commands each behind a u32 length, and a
 * result is `status u8 | value`. A string is its length as u32 (0xffffffff: absent) and its UTF-8 bytes. All numbers are
 * big-endian.
 */

export const operations = ['register', 'get', 'put', 'delete', 'cas', 'add', 'append'] as const;
export type OperationName = (typeof operations)[number];

export interface Command {
  readonly op: OperationName;
  /** The session that `register` gave; for `register` itself a number that the client drew. At most 2^53. */
  readonly session: number;
  /** Grows by one with each new command of a session; a retry keeps it. Ignored by `get` and `register`. */
  readonly sequence: number;
  readonly key: string;
  /** put: the value; cas: the expected value (null: absent); add, append: the operand. */
  readonly a: string | null;
  /** cas: the new value. */
  readonly b: string | null;
}

export const statuses = ['ok', 'mismatch', 'expired', 'malformed'] as const;
export type ResultStatus = (typeof statuses)[number];

export interface Result {
  /** `mismatch`: a cas found another value. `expired`: the session is not known (any more). */
  readonly status: ResultStatus;
  readonly value: string | null;
}

const headerBytes = 13;
const absent = 0xffffffff;
/** The largest command that a replica takes, in bytes. */
export const maxCommandBytes = 1 << 20;

function stringBytes(value: string | null): number {
  return 4 + (value === null ? 0 : Buffer.byteLength(value));
}

function putString(buffer: Buffer, at: number, value: string | null): number {
  if (value === null) return buffer.writeUInt32BE(absent, at);
  const length = buffer.write(value, at + 4);
  buffer.writeUInt32BE(length, at);
  return at + 4 + length;
}

export function encodeCommand(command: Command): Uint8Array {
  const { key, a, b } = command;
  const buffer = Buffer.allocUnsafe(headerBytes + stringBytes(key) + stringBytes(a) + stringBytes(b));
  buffer[0] = operations.indexOf(command.op);
  buffer.writeDoubleBE(command.session, 1);
  buffer.writeUInt32BE(command.sequence, 9);
  putString(buffer, putString(buffer, putString(buffer, headerBytes, key), a), b);
  return buffer;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What the runtime needs to route a reply; null where the bytes are no command. */
export function peekCommand(bytes: Uint8Array): Pick<Command, 'op' | 'session' | 'sequence'> | null {
  if (bytes.length < headerBytes + 12 || bytes.length > maxCommandBytes) return null;
  const op = operations[bytes[0] as number];
  if (op === undefined) return null;
  const buffer = asBuffer(bytes);
  const session = buffer.readDoubleBE(1);
  if (!Number.isSafeInteger(session) || session < 0) return null;
  return { op, session, sequence: buffer.readUInt32BE(9) };
}

/** A string on its way out of a buffer: where it ends, and what it is. Reused, for decoding is on the hot path. */
const cursor: { at: number; value: string | null } = { at: 0, value: null };

/** Reads the string at the cursor; false where the buffer ends before it does. */
function takeString(buffer: Buffer): boolean {
  const { at } = cursor;
  if (at + 4 > buffer.length) return false;
  const length = buffer.readUInt32BE(at);
  cursor.at = at + 4;
  cursor.value = null;
  if (length === absent) return true;
  if (cursor.at + length > buffer.length) return false;
  cursor.value = buffer.toString('utf8', cursor.at, cursor.at + length);
  cursor.at += length;
  return true;
}

/** Decodes a command; null where the bytes are none. Never reads past the end. */
export function decodeCommand(bytes: Uint8Array): Command | null {
  const head = peekCommand(bytes);
  if (head === null) return null;
  const buffer = asBuffer(bytes);
  cursor.at = headerBytes;
  if (!takeString(buffer) || cursor.value === null) return null;
  const key = cursor.value;
  if (!takeString(buffer)) return null;
  const a = cursor.value;
  if (!takeString(buffer) || cursor.at !== buffer.length) return null;
  return { op: head.op, session: head.session, sequence: head.sequence, key, a, b: cursor.value };
}

/** Joins encoded commands into one payload. */
export function encodeBatch(commands: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const command of commands) size += 4 + command.length;
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  for (const command of commands) {
    at = buffer.writeUInt32BE(command.length, at);
    buffer.set(command, at);
    at += command.length;
  }
  return buffer;
}

/** Calls `each` with every command of a payload, as views without a copy. A damaged tail ends the walk. */
export function forEachCommand(payload: Uint8Array, each: (command: Uint8Array) => void): void {
  const buffer = asBuffer(payload);
  let at = 0;
  while (at + 4 <= buffer.length) {
    const length = buffer.readUInt32BE(at);
    at += 4;
    if (at + length > buffer.length) return;
    each(buffer.subarray(at, at + length));
    at += length;
  }
}

export function encodeResult(status: ResultStatus, value: string | null): Uint8Array {
  const buffer = Buffer.allocUnsafe(1 + stringBytes(value));
  buffer[0] = statuses.indexOf(status);
  putString(buffer, 1, value);
  return buffer;
}

/** Decodes a result; `malformed` where the bytes are none. */
export function decodeResult(bytes: Uint8Array): Result {
  const status = statuses[bytes[0] as number];
  if (status === undefined || bytes.length < 5) return { status: 'malformed', value: null };
  const buffer = asBuffer(bytes);
  const length = buffer.readUInt32BE(1);
  if (length === absent) return { status, value: null };
  if (5 + length !== buffer.length) return { status: 'malformed', value: null };
  return { status, value: buffer.toString('utf8', 5) };
}
