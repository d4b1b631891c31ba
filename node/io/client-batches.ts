/** `Requests` and `Replies` of node/proto/client.proto as bytes, and one `Request` or `Reply` alone. */
import { bundleRoom } from '../bundle.ts';
import { maxCommandBytes } from '../machine/command.ts';
import type { ClientReply, ClientRequest } from '../ports.ts';
import { FieldReader, fieldBytes, putFieldHead, putFixed64, putFixed64Halves, wireType } from './wire.ts';

/** The largest batch of requests or replies that is taken, in bytes. */
export const maxBatchBytes = 4 << 20;
/** What a sender puts into one batch, in bytes; a batch of one may be larger. */
export const fullBatchBytes = 1 << 20;

/** The longest command, also where it stands in a bundle; behind its own length there. */
export const maxAskedBytes = maxCommandBytes + 4 + bundleRoom;

const emptyView = Buffer.alloc(0);
/** Ids are whole numbers up to 2^53 - 1, and these their upper 32 bits. */
export const maxLine = 2 ** 21 - 1;
/** A result of at most so many bytes that equals the one before it in its batch becomes one and the same view. */
const sharedResultBytes = 16;

function requestBytes(request: ClientRequest): number {
  return 9 + (request.access === 'read' ? 2 : 0) + fieldBytes(request.command.length);
}

/**
 * @param lines - a number of the sender's own for each request, which becomes the upper 32 bits of its id: replies bear it,
 *   too. Where absent the ids are whole as they are.
 */
export function encodeRequests(requests: readonly ClientRequest[], lines?: readonly number[]): Buffer {
  let size = 0;
  for (const request of requests) size += fieldBytes(requestBytes(request));
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  for (let place = 0; place < requests.length; place += 1) {
    const request = requests[place] as ClientRequest;
    at = putFieldHead(buffer, at, 1, requestBytes(request));
    const line = lines === undefined ? Math.floor(request.id / 2 ** 32) : (lines[place] as number);
    at = putRequest(buffer, putFixed64Halves(buffer, at, 1, request.id >>> 0, line), request);
  }
  return buffer;
}

export function encodeRequest(request: ClientRequest): Buffer {
  const buffer = Buffer.allocUnsafe(requestBytes(request));
  putRequest(buffer, putFixed64(buffer, 0, 1, request.id), request);
  return buffer;
}

/** All but the id. */
function putRequest(buffer: Buffer, from: number, { access, command }: ClientRequest): number {
  let at = from;
  if (access === 'read') {
    buffer[at] = 2 << 3;
    buffer[at + 1] = 1;
    at += 2;
  }
  at = putFieldHead(buffer, at, 3, command.length);
  buffer.set(command, at);
  return at + command.length;
}

/** Commands are views into `bytes`. Null where the bytes are no batch; a command that is too large is one such case. */
export function decodeRequests(bytes: Buffer): ClientRequest[] | null {
  const requests: ClientRequest[] = [];
  const reader = new FieldReader(bytes);
  while (reader.next()) {
    if (reader.field !== 1 || reader.type !== wireType.bytes) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    const request = readRequest(reader);
    reader.leave(outer);
    if (request === null) return null;
    requests.push(request);
  }
  return reader.failed ? null : requests;
}

/** Null where the bytes are no request, or its command is too large. */
export function decodeRequest(bytes: Buffer): ClientRequest | null {
  return readRequest(new FieldReader(bytes));
}

function readRequest(reader: FieldReader): ClientRequest | null {
  let id = 0;
  let access: ClientRequest['access'] = 'write';
  let command: Uint8Array = emptyView;
  while (reader.next()) {
    const { field, type } = reader;
    if (field === 1 && type === wireType.fixed64) id = reader.fixed64();
    else if (field === 2 && type === wireType.varint) access = reader.varint() === 1 ? 'read' : 'write';
    else if (field === 3 && type === wireType.bytes) command = reader.bytes();
    else reader.skip();
  }
  return reader.failed || command.length > maxAskedBytes ? null : { id, access, command };
}

function outcomeBytes(reply: ClientReply): number {
  if (reply.status === 'ok') return reply.result.length;
  return reply.leader === undefined ? 0 : fieldBytes(Buffer.byteLength(reply.leader));
}

/** The bytes that `reply` adds to a batch. */
export function replyBytes(reply: ClientReply): number {
  return fieldBytes(9 + fieldBytes(outcomeBytes(reply)));
}

/** @param room - how many bytes are left free in front, for whoever sends it */
export function encodeReply(reply: ClientReply, id = reply.id, room = 0): Buffer {
  const length = outcomeBytes(reply);
  const buffer = Buffer.allocUnsafe(room + 9 + fieldBytes(length));
  putReply(buffer, room, id, reply, length);
  return buffer;
}

export function encodeReplies(replies: readonly ClientReply[]): Buffer {
  let size = 0;
  for (const reply of replies) size += replyBytes(reply);
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  for (const reply of replies) {
    const length = outcomeBytes(reply);
    at = putReply(buffer, putFieldHead(buffer, at, 1, 9 + fieldBytes(length)), reply.id, reply, length);
  }
  return buffer;
}

function putReply(buffer: Buffer, from: number, id: number, reply: ClientReply, length: number): number {
  let at = putFixed64(buffer, from, 1, id);
  if (reply.status === 'ok') {
    at = putFieldHead(buffer, at, 2, length);
    buffer.set(reply.result, at);
  } else {
    at = putFieldHead(buffer, at, 3, length);
    if (reply.leader !== undefined) {
      buffer.write(reply.leader, putFieldHead(buffer, at, 1, Buffer.byteLength(reply.leader)));
    }
  }
  return at + length;
}

/** Takes a reply, `line` being the upper 32 bits of its id and `reply.id` the lower ones. */
export type TakeReply = (line: number, reply: ClientReply) => void;

/**
 * Gives each reply of a batch to `take`. Results are views into `bytes`. False where the bytes are no batch; what stands
 * before the damage was taken.
 */
export function forEachReply(bytes: Buffer, take: TakeReply): boolean {
  const reader = new ReplyReader(bytes);
  while (reader.next()) {
    if (reader.field !== 1 || reader.type !== wireType.bytes) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    const reply = reader.reply();
    reader.leave(outer);
    if (reply === null) return false;
    take(reader.line, reply);
  }
  return !reader.failed;
}

/** Results are views into `bytes`. Null where the bytes are no batch. */
export function decodeReplies(bytes: Buffer): ClientReply[] | null {
  const replies: ClientReply[] = [];
  const whole = forEachReply(bytes, (line, reply) => replies.push(withLine(line, reply)));
  return whole ? replies : null;
}

/** Null where the bytes are no reply. */
export function decodeReply(bytes: Buffer): ClientReply | null {
  const reader = new ReplyReader(bytes);
  const reply = reader.reply();
  return reply === null ? null : withLine(reader.line, reply);
}

function withLine(line: number, reply: ClientReply): ClientReply {
  return line === 0 ? reply : { ...reply, id: line * 2 ** 32 + reply.id };
}

class ReplyReader extends FieldReader {
  /** The upper 32 bits of the id of the reply that was read last. */
  line = 0;
  #last: Buffer = emptyView;

  /** The reply that goes to the end of what is being read, with the lower 32 bits of its id; null where it is none. */
  reply(): ClientReply | null {
    let id = 0;
    let result: Buffer | undefined;
    let leader: string | undefined;
    this.line = 0;
    while (this.next()) {
      const { field, type } = this;
      if (field === 1 && type === wireType.fixed64) {
        id = this.fixed64Low();
        this.line = this.high;
      } else if (field === 2 && type === wireType.bytes) result = this.#result();
      else if (field === 3 && type === wireType.bytes) leader = decodeLeader(this.bytes());
      else this.skip();
    }
    if (this.failed || this.line > maxLine) return null;
    if (result !== undefined) return { id, status: 'ok', result };
    // A reply of neither kind comes from a newer version: it must not be read as a refusal.
    if (leader === undefined) return null;
    return leader === '' ? { id, status: 'rejected' } : { id, status: 'rejected', leader };
  }

  /** Most results say only that it went well. */
  #result(): Buffer {
    const result = this.bytesOr(this.#last);
    if (result.length <= sharedResultBytes) this.#last = result;
    return result;
  }
}

/** Empty where nobody is named. */
function decodeLeader(bytes: Buffer): string {
  let leader = '';
  const reader = new FieldReader(bytes);
  while (reader.next()) {
    if (reader.field === 1 && reader.type === wireType.bytes) leader = reader.bytes().toString('utf8');
    else reader.skip();
  }
  return reader.failed ? '' : leader;
}
