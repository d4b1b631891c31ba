/** The message in the DATA frames of a reply. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */

/** Before a message: whether it is compressed, and its length. */
export const prefixBytes = 5;
/** The largest reply that is taken, in bytes; it bounds what a call can hold. */
export const maxReplyBytes = 16 << 20;

export class ReplyMessage {
  #prefixLeft = prefixBytes;
  #length = 0;
  #message: Buffer | null = null;
  #filled = 0;

  /** Takes the content of a DATA frame, as a copy; what is wrong with it, null where nothing is. */
  take(buffer: Buffer, start: number, end: number): string | null {
    let at = start;
    while (at < end) {
      if (this.#message === null) {
        const problem = this.#takePrefix(buffer[at] as number);
        if (problem !== null) return problem;
        at += 1;
      } else {
        const count = Math.min(end - at, this.#length - this.#filled);
        if (count === 0) return 'more than one message came';
        buffer.copy(this.#message, this.#filled, at, at + count);
        this.#filled += count;
        at += count;
      }
    }
    return null;
  }

  /** The message; null as long as it is not there as a whole. */
  get whole(): Buffer | null {
    return this.#filled === this.#length ? this.#message : null;
  }

  #takePrefix(byte: number): string | null {
    if (this.#prefixLeft === prefixBytes && byte !== 0) return 'a compressed message came, which was not asked for';
    this.#length = this.#length * 256 + byte;
    this.#prefixLeft -= 1;
    if (this.#prefixLeft > 0) return null;
    if (this.#length > maxReplyBytes) return `a message of ${this.#length} bytes came; ${maxReplyBytes} is the limit`;
    this.#message = Buffer.allocUnsafe(this.#length);
    return null;
  }
}
