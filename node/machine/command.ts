/**
 * Commands and results of the key-value machine as bytes. Protocols never decode them.
 *
 * A command is `op u8 | session f64 | sequence u32 | key | a | b`, a batch is commands each behind a u32 length, and a
 * result is `status u8 | value`. A string is its length as u32 (0xffffffff: absent) and its UTF-8 bytes. All numbers are
 * big-endian.
 */

export const operations = ['register', 'get', 'put', 'delete', 'cas', 'add', 'append', 'scan'] as const;
export type OperationName = (typeof operations)[number];

/** Whether an operation changes nothing: it needs no session, and no place in the order of writes, but may have both. */
export function isRead(op: OperationName): boolean {
  return op === 'get' || op === 'scan';
}

export interface Command {
  readonly op: OperationName;
  /** The session that `register` gave; for `register` itself a number that the client drew. At most 2^53. */
  readonly session: number;
  /** Grows by one with each new command of a session; a retry keeps it. Ignored by `register`, and by a read that is no command of its session. */
  readonly sequence: number;
  /** scan: where it begins; this key need not exist. */
  readonly key: string;
  /**
   * put: the value; cas: the expected value (null: absent); add, append: the operand; scan: how many records at most, in
   * decimal, 1 to `maxScanRecords`.
   */
  readonly a: string | null;
  /** cas: the new value. */
  readonly b: string | null;
}

/** What of a command says whom its result is for. */
export type CommandHead = Pick<Command, 'op' | 'session' | 'sequence'>;

export const statuses = ['ok', 'mismatch', 'expired', 'malformed'] as const;
export type ResultStatus = (typeof statuses)[number];

export interface Result {
  /** `mismatch`: a cas found another value. `expired`: the session is not known (any more). */
  readonly status: ResultStatus;
  /** Of a `scan`: its records, see `encodeRecords`. */
  readonly value: string | null;
}

/** A key and its value. */
export type KeyValue = readonly [key: string, value: string];

const headerBytes = 13;
const absent = 0xffffffff;
/** The largest command that a replica takes, in bytes. */
export const maxCommandBytes = 1 << 20;
/** The most records that one `scan` may ask for. */
export const maxScanRecords = 1000;

/** What a command asks for, whoever asks. */
export type Operation = Pick<Command, 'op' | 'key' | 'a' | 'b'>;

/** Commands are written one behind the other into pieces of memory of this size: a buffer for each would cost more. */
const slabBytes = 64 * 1024;
/** A UTF-16 code unit takes at most so many bytes of UTF-8. */
export const maxBytesPerUnit = 3;
/** A string of at most so many characters is written here, if all are ASCII: a call into the machine's own code takes longer. */
const shortLength = 24;

let slab = Buffer.allocUnsafeSlow(slabBytes);
let slabUsed = 0;

export function encodeCommand(command: Command): Uint8Array {
  return encodeOperation(command, command.session, command.sequence);
}

/** As `encodeCommand`, for an operation that a session asks for. */
export function encodeOperation(operation: Operation, session: number, sequence: number): Uint8Array {
  const { key, a, b } = operation;
  // More than it may take, for counting bytes means to read the strings twice. What is not used goes to the next one.
  const most = headerBytes + 12 + maxBytesPerUnit * (key.length + (a?.length ?? 0) + (b?.length ?? 0));
  if (most > slabBytes / 4) {
    const exact = Buffer.allocUnsafe(headerBytes + stringBytes(key) + stringBytes(a) + stringBytes(b));
    putCommand(exact, 0, operation, session, sequence);
    return exact;
  }
  if (slabUsed + most > slabBytes) {
    slab = Buffer.allocUnsafeSlow(slabBytes);
    slabUsed = 0;
  }
  const start = slabUsed;
  slabUsed = putCommand(slab, start, operation, session, sequence);
  return slab.subarray(start, slabUsed);
}

function putCommand(
  buffer: Buffer,
  at: number,
  { op, key, a, b }: Operation,
  session: number,
  sequence: number,
): number {
  buffer[at] = operations.indexOf(op);
  buffer.writeDoubleBE(session, at + 1);
  buffer.writeUInt32BE(sequence, at + 9);
  return putString(buffer, putString(buffer, putString(buffer, at + headerBytes, key), a), b);
}

/** How many bytes `putString` writes. */
export function stringBytes(value: string | null): number {
  return 4 + (value === null ? 0 : Buffer.byteLength(value));
}

/** Writes a string as the layout has it; gives back where it ends. */
export function putString(buffer: Buffer, at: number, value: string | null): number {
  if (value === null) return buffer.writeUInt32BE(absent, at);
  const short = value.length <= shortLength && putAscii(buffer, at + 4, value);
  const length = short ? value.length : buffer.write(value, at + 4);
  buffer.writeUInt32BE(length, at);
  return at + 4 + length;
}

/** False where not all is ASCII. */
function putAscii(buffer: Buffer, at: number, value: string): boolean {
  for (let place = 0; place < value.length; place += 1) {
    const unit = value.charCodeAt(place);
    if (unit >= 0x80) return false;
    buffer[at + place] = unit;
  }
  return true;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What the runtime needs to route a reply; null where the bytes are no command. */
export function peekCommand(bytes: Uint8Array): CommandHead | null {
  return headAt(asBuffer(bytes), 0, bytes.length);
}

function headAt(buffer: Buffer, from: number, to: number): CommandHead | null {
  if (!isHeadAt(buffer, from, to)) return null;
  const op = operations[buffer[from] as number] as OperationName;
  return { op, session: buffer.readDoubleBE(from + 1), sequence: buffer.readUInt32BE(from + 9) };
}

function isHeadAt(buffer: Buffer, from: number, to: number): boolean {
  const length = to - from;
  if (length < headerBytes + 12 || length > maxCommandBytes) return false;
  if ((buffer[from] as number) >= operations.length) return false;
  const session = buffer.readDoubleBE(from + 1);
  return Number.isSafeInteger(session) && session >= 0;
}

/** A string on its way out of a buffer: where it ends, and what it is. Reused, for decoding is on the hot path. */
const cursor: { at: number; value: string | null } = { at: 0, value: null };

/** Reads the string at the cursor; false where the command, which ends at `to`, ends before it does. */
function takeString(buffer: Buffer, to: number): boolean {
  const { at } = cursor;
  if (at + 4 > to) return false;
  const length = buffer.readUInt32BE(at);
  cursor.at = at + 4;
  cursor.value = null;
  if (length === absent) return true;
  if (cursor.at + length > to) return false;
  cursor.value = buffer.toString('utf8', cursor.at, cursor.at + length);
  cursor.at += length;
  return true;
}

/** Decodes a command; null where the bytes are none. Never reads past the end. */
export function decodeCommand(bytes: Uint8Array): Command | null {
  const buffer = asBuffer(bytes);
  const head = headAt(buffer, 0, buffer.length);
  return head === null ? null : decodeBody(head, buffer, 0, buffer.length);
}

function decodeBody({ op, session, sequence }: CommandHead, buffer: Buffer, from: number, to: number): Command | null {
  cursor.at = from + headerBytes;
  if (!takeString(buffer, to) || cursor.value === null) return null;
  const key = cursor.value;
  if (!takeString(buffer, to)) return null;
  const a = cursor.value;
  if (!takeString(buffer, to) || cursor.at !== to) return null;
  return { op, session, sequence, key, a, b: cursor.value };
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

/** What was joined by `encodeBatch`, as views; null where the bytes are anything else. */
export function decodeBatch(payload: Uint8Array): Uint8Array[] | null {
  const buffer = asBuffer(payload);
  const items: Uint8Array[] = [];
  let at = 0;
  while (at < buffer.length) {
    if (at + 4 > buffer.length) return null;
    const from = at + 4;
    at = from + buffer.readUInt32BE(at);
    if (at > buffer.length) return null;
    items.push(buffer.subarray(from, at));
  }
  return items;
}

/** Whether a payload is one or more commands, each of which tells whom its result is for, and nothing else. */
export function isWholeBatch(payload: Uint8Array): boolean {
  const buffer = asBuffer(payload);
  let at = 0;
  while (at + 4 <= buffer.length) {
    const from = at + 4;
    at = from + buffer.readUInt32BE(at);
    if (at > buffer.length || !isHeadAt(buffer, from, at)) return false;
  }
  return at > 0 && at === buffer.length;
}

/** The heads of the commands that `forEachCommand` walks; no more of them is decoded than is asked for. */
export function* headsIn(payload: Uint8Array): Generator<CommandHead> {
  const buffer = asBuffer(payload);
  for (let at = 0; at + 4 <= buffer.length; ) {
    const from = at + 4;
    at = from + buffer.readUInt32BE(at);
    const head = at > buffer.length ? null : headAt(buffer, from, at);
    if (head !== null) yield head;
  }
}

/**
 * Calls `each` with every command of a payload, decoded where it stands. What begins like a command and is none has a
 * head and no body; what does not even begin like one is passed over. A damaged tail ends the walk.
 */
export function forEachCommand(payload: Uint8Array, each: (head: CommandHead, command: Command | null) => void): void {
  const buffer = asBuffer(payload);
  let at = 0;
  while (at + 4 <= buffer.length) {
    const from = at + 4;
    const to = from + buffer.readUInt32BE(at);
    if (to > buffer.length) return;
    const head = headAt(buffer, from, to);
    if (head !== null) each(head, decodeBody(head, buffer, from, to));
    at = to;
  }
}

/** Results without a value, made once: nobody writes to the bytes of a result. */
const valueless = new Map(statuses.map((status) => [status, encodeAnyResult(status, null)]));

export function encodeResult(status: ResultStatus, value: string | null): Uint8Array {
  return value === null ? (valueless.get(status) as Uint8Array) : encodeAnyResult(status, value);
}

function encodeAnyResult(status: ResultStatus, value: string | null): Uint8Array {
  const buffer = Buffer.allocUnsafe(1 + stringBytes(value));
  buffer[0] = statuses.indexOf(status);
  putString(buffer, 1, value);
  return buffer;
}

const valuelessResults = new Map(statuses.map((status): [string, Result] => [status, { status, value: null }]));

/** Decodes a result; `malformed` where the bytes are none. */
export function decodeResult(bytes: Uint8Array): Result {
  const status = statuses[bytes[0] as number];
  if (status === undefined || bytes.length < 5) return { status: 'malformed', value: null };
  const buffer = asBuffer(bytes);
  const length = buffer.readUInt32BE(1);
  if (length === absent) return valuelessResults.get(status) as Result;
  if (5 + length !== buffer.length) return { status: 'malformed', value: null };
  return { status, value: buffer.toString('utf8', 5) };
}

/**
 * The records of a scan as one text: netstrings, key and value by turns, as in `1:k5:value`. A length counts UTF-16 code
 * units, for then neither side has to look for the ends of characters. Source: D. J. Bernstein, "Netstrings" (1997),
 * without the comma.
 */
export function encodeRecords(records: Iterable<KeyValue>): string {
  let text = '';
  for (const [key, value] of records) text += `${key.length}:${key}${value.length}:${value}`;
  return text;
}

/** Decodes the records of a scan; null where the text holds none such. */
export function decodeRecords(text: string): KeyValue[] | null {
  const records: KeyValue[] = [];
  let at = 0;
  const take = (): string | null => {
    const colon = text.indexOf(':', at);
    const digits = colon < 0 ? '' : text.slice(at, colon);
    at = colon + 1 + Number(digits);
    return /^\d{1,10}$/.test(digits) && at <= text.length ? text.slice(colon + 1, at) : null;
  };
  while (at < text.length) {
    const key = take();
    const value = key === null ? null : take();
    if (key === null || value === null) return null;
    records.push([key, value]);
  }
  return records;
}
