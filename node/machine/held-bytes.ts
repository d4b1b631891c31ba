/** Bytes that came in pieces and are to be read from their front, as soon as enough of them are there. */
export class HeldBytes {
  #buffer = Buffer.allocUnsafeSlow(128 * 1024);
  #from = 0;
  #to = 0;

  get length(): number {
    return this.#to - this.#from;
  }

  /** Copies them: memory grows by what really came, whatever it says of what follows. */
  add(bytes: Uint8Array): void {
    if (this.#to + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /** Passes over the first `count`. */
  drop(count: number): void {
    this.#from += count;
  }

  u32(at: number): number {
    return this.#buffer.readUInt32BE(this.#from + at);
  }

  f64(at: number): number {
    return this.#buffer.readDoubleBE(this.#from + at);
  }

  text(at: number, length: number): string {
    const from = this.#from + at;
    return this.#buffer.toString('utf8', from, from + length);
  }

  /** A copy of its own. */
  bytes(at: number, length: number): Uint8Array {
    const from = this.#from + at;
    return Buffer.from(this.#buffer.subarray(from, from + length));
  }

  #makeRoom(more: number): void {
    const { length } = this;
    const held = this.#buffer.subarray(this.#from, this.#to);
    // Doubled, so that a long item is not copied again for each piece of it.
    if (length + more > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(2 * (length + more));
    this.#buffer.set(held);
    this.#from = 0;
    this.#to = length;
  }
}
