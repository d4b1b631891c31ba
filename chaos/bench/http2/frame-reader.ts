/** Cuts a stream of bytes into frames: RFC 9113, section 4.1. */
import { ConnectionError, defaultMaxFrameBytes, flag, frameHeadBytes, frameType } from './frames.ts';

const nothing = Buffer.alloc(0);

/**
 * To be used as a cursor, so that no frame costs an object:
 *
 *     reader.push(chunk);
 *     while (reader.next()) ...
 */
export class FrameReader {
  /** What the frame's content lies in, from `start` to `end`; padding and priority are cut off. */
  buffer: Buffer = nothing;
  start = 0;
  end = 0;
  type = 0;
  flags = 0;
  stream = 0;
  /** The length of the frame with its padding: that is what flow control counts. */
  length = 0;
  #at = 0;
  #limit = 0;
  #rest: Buffer = nothing;

  /** `chunk` may be overwritten once `next` has said false. */
  push(chunk: Buffer): void {
    this.buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = nothing;
    this.#at = 0;
    this.#limit = this.buffer.length;
  }

  /**
   * Goes to the next frame; false where it is not there as a whole.
   *
   * @throws ConnectionError where what came is no frame
   */
  next(): boolean {
    const { buffer } = this;
    const at = this.#at;
    if (this.#limit - at < frameHeadBytes) return this.#keepRest();
    const length = ((buffer[at] as number) << 16) | ((buffer[at + 1] as number) << 8) | (buffer[at + 2] as number);
    // This side never announces that it takes larger ones.
    if (length > defaultMaxFrameBytes) throw new ConnectionError('FRAME_SIZE_ERROR', `a frame of ${length} bytes`);
    if (this.#limit - at < frameHeadBytes + length) return this.#keepRest();
    this.length = length;
    this.type = buffer[at + 3] as number;
    this.flags = buffer[at + 4] as number;
    this.stream = buffer.readUInt32BE(at + 5) & 0x7fffffff;
    this.start = at + frameHeadBytes;
    this.end = this.start + length;
    this.#at = this.end;
    if (this.type === frameType.data || this.type === frameType.headers) this.#cut();
    return true;
  }

  /** The content, as a view. */
  content(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  #keepRest(): false {
    // A copy: whoever pushed the chunk may use its memory again.
    if (this.#at < this.#limit) this.#rest = Buffer.from(this.buffer.subarray(this.#at));
    this.buffer = nothing;
    this.#at = 0;
    this.#limit = 0;
    return false;
  }

  #cut(): void {
    if ((this.flags & flag.padded) !== 0) {
      if (this.length === 0) throw new ConnectionError('FRAME_SIZE_ERROR', 'a padded frame without its length');
      this.end -= this.buffer[this.start] as number;
      this.start += 1;
    }
    if (this.type === frameType.headers && (this.flags & flag.priority) !== 0) this.start += 5;
    if (this.start > this.end) throw new ConnectionError('PROTOCOL_ERROR', 'a frame with more padding than content');
  }
}
