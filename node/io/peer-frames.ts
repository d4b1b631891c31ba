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

/** Stands for a frame that could not be decoded. */
export const badFrame: Frame = { sequence: 0, sentAtMs: 0, messages: [], unfinished: false };

/** Why a frame is of no use, and with it the rest of the call that it came in. */
export type FrameFlaw =
  | 'frame-undecodable'
  /** Not the one that follows: one is missing, or came again. */
  | 'frame-out-of-order'
  /** What its sender puts together exceeds `maxMessageBytes`. */
  | 'message-too-long';

/** Puts the messages of one call together again. */
export class Reassembly {
  #lastSequence = 0;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** The messages that `frame` completes; or why the sender cannot be followed any further. */
  take(frame: Frame): readonly Uint8Array[] | FrameFlaw {
    if (frame === badFrame) return 'frame-undecodable';
    if (frame.sequence !== this.#lastSequence + 1) return 'frame-out-of-order';
    this.#lastSequence = frame.sequence;
    if (this.#parts.length === 0 && !frame.unfinished) return frame.messages;
    const whole: Uint8Array[] = [];
    for (const [index, message] of frame.messages.entries()) {
      this.#parts.push(message);
      this.#bytes += message.length;
      if (this.#bytes > maxMessageBytes) return 'message-too-long';
      if (frame.unfinished && index === frame.messages.length - 1) break;
      whole.push(this.#parts.length === 1 ? message : Buffer.concat(this.#parts, this.#bytes));
      this.#parts = [];
      this.#bytes = 0;
    }
    return whole;
  }
}
