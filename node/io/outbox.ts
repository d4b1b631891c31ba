/**
 * Messages that wait for a link, bounded. When it overflows the OLDEST go: a protocol repeats what was lost, and after a
 * stall the newest messages carry the present term and commit index, while the oldest speak of a past that is over.
 */
import { type Frame, fullFrameBytes, maxMessageBytes } from './peer-frames.ts';

const maxQueuedBytes = 16 << 20;
const maxQueuedMessages = 8192;

type Content = Pick<Frame, 'messages' | 'unfinished'>;

export class Outbox {
  #queue: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;
  /** How much of the first message is sent already; it is then too late to drop it. */
  #sentOfFirst = 0;
  /** How many messages were dropped, or were larger than `maxMessageBytes`. */
  dropped = 0;

  get empty(): boolean {
    return this.#head === this.#queue.length;
  }

  get length(): number {
    return this.#queue.length - this.#head;
  }

  push(message: Uint8Array): void {
    if (message.length > maxMessageBytes) {
      this.dropped += 1;
      return;
    }
    this.#queue.push(message);
    this.#bytes += message.length;
    while (this.length > maxQueuedMessages || (this.#bytes > maxQueuedBytes && this.length > 1)) {
      if (this.#sentOfFirst > 0) this.#dropSecond();
      else this.#shift();
      this.dropped += 1;
    }
  }

  /** Forgets everything; each message counts as dropped. */
  clear(): void {
    this.dropped += this.length;
    this.#queue = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#sentOfFirst = 0;
  }

  /** The link broke: the rest of a message that is half sent means nothing to the next connection. */
  restart(): void {
    if (this.#sentOfFirst === 0) return;
    this.#shift();
    this.dropped += 1;
  }

  /** Takes out what makes one frame. To be called only while there is something. */
  take(): Content {
    const messages: Uint8Array[] = [];
    let room = fullFrameBytes;
    while (room > 0) {
      const message = this.#queue[this.#head];
      if (message === undefined) break;
      const part = this.#sentOfFirst === 0 ? message : message.subarray(this.#sentOfFirst);
      if (part.length > room) {
        // A message that fits into one frame is not cut, only to fill this one.
        if (messages.length > 0 && part.length <= fullFrameBytes) break;
        this.#sentOfFirst += room;
        messages.push(part.subarray(0, room));
        return { messages, unfinished: true };
      }
      messages.push(part);
      room -= part.length;
      this.#shift();
    }
    return { messages, unfinished: false };
  }

  #shift(): void {
    const first = this.#queue[this.#head] as Uint8Array;
    this.#bytes -= first.length;
    this.#sentOfFirst = 0;
    this.#head += 1;
    if (this.#head < 1024 && this.#head < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }

  #dropSecond(): void {
    const [second] = this.#queue.splice(this.#head + 1, 1);
    this.#bytes -= second?.length ?? 0;
  }
}
