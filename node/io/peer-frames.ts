/** `Frames` of node/proto/peer.proto as bytes, and messages cut into frames and put together again. */
import { FieldReader, fieldBytes, putFieldHead, putFixed64, wireType } from './wire.ts';

/** The largest frame that a receiver takes, in bytes. */
export const maxFrameBytes = 4 << 20;
/** What a sender puts into one frame, in bytes: small enough that a sign of life is not stuck behind it for long. */
export const fullFrameBytes = 1 << 20;
/** The largest message of a protocol, in bytes. */
export const maxMessageBytes = 64 << 20;

export interface Frame {
  /** Counts the frames of one call, from 1. */
  readonly sequence: number;
  /** The sender's wall clock, in milliseconds since 1970. */
  readonly sentAtMs: number;
  readonly messages: readonly Uint8Array[];
  /** Whether the last message goes on in the next frame. */
  readonly unfinished: boolean;
}

export function encodeFrame(frame: Frame): Buffer {
  let size = 18 + (frame.unfinished ? 2 : 0);
  for (const message of frame.messages) size += fieldBytes(message.length);
  const buffer = Buffer.allocUnsafe(size);
  let at = putFixed64(buffer, 0, 1, frame.sequence);
  buffer[at] = (2 << 3) | wireType.fixed64;
  at = buffer.writeDoubleLE(frame.sentAtMs, at + 1);
  for (const message of frame.messages) {
    at = putFieldHead(buffer, at, 3, message.length);
    buffer.set(message, at);
    at += message.length;
  }
  if (frame.unfinished) {
    buffer[at] = 4 << 3;
    buffer[at + 1] = 1;
  }
  return buffer;
}

/** Messages are views into `bytes`. Null where the bytes are no frame; never throws, never reads past the end. */
export function decodeFrame(bytes: Buffer): Frame | null {
  const reader = new FieldReader(bytes);
  let sequence = 0;
  let sentAtMs = Number.NaN;
  let unfinished = false;
  const messages: Uint8Array[] = [];
  while (reader.next()) {
    const { field, type } = reader;
    if (field === 1 && type === wireType.fixed64) sequence = reader.fixed64();
    else if (field === 2 && type === wireType.fixed64) sentAtMs = reader.double();
    else if (field === 3 && type === wireType.bytes) messages.push(reader.bytes());
    else if (field === 4 && type === wireType.varint) unfinished = reader.varint() !== 0;
    else reader.skip();
  }
  if (reader.failed || sequence === 0 || !Number.isFinite(sentAtMs)) return null;
  if (unfinished && messages.length === 0) return null;
  return { sequence, sentAtMs, messages, unfinished };
}

/** Puts the messages of one call together again. */
export class Reassembly {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** The messages that `frame` completes; null where the sender exceeds `maxMessageBytes`, and cannot be followed. */
  take(frame: Frame): readonly Uint8Array[] | null {
    if (this.#parts.length === 0 && !frame.unfinished) return frame.messages;
    const whole: Uint8Array[] = [];
    for (const [index, message] of frame.messages.entries()) {
      this.#parts.push(message);
      this.#bytes += message.length;
      if (this.#bytes > maxMessageBytes) return null;
      if (frame.unfinished && index === frame.messages.length - 1) break;
      whole.push(this.#parts.length === 1 ? message : Buffer.concat(this.#parts, this.#bytes));
      this.#parts = [];
      this.#bytes = 0;
    }
    return whole;
  }
}
