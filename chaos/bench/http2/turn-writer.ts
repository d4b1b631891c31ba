/** Gathers what one turn of the event loop has to send, and hands it to the socket in one write. */
import type { Socket } from 'node:net';

const bufferBytes = 64 << 10;
const maxSpares = 4;

export class TurnWriter {
  readonly #socket: Socket;
  readonly #spares: Buffer[] = [];
  #isScheduled = false;
  #end = 0;
  /** Where `reserve` makes room; another one after each `reserve`. */
  buffer: Buffer = Buffer.allocUnsafeSlow(bufferBytes);

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Makes room for so many bytes in `buffer`, and returns where; they must be filled in this turn. */
  reserve(bytes: number): number {
    const at = this.#end;
    if (at + bytes > this.buffer.length) this.#grow(at + bytes);
    this.#end = at + bytes;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => this.flush());
    }
    return at;
  }

  write(frame: Uint8Array): void {
    const at = this.reserve(frame.length);
    this.buffer.set(frame, at);
  }

  /** Bytes that the system has not taken yet. */
  get waitingBytes(): number {
    return this.#end + this.#socket.writableLength;
  }

  flush(): void {
    this.#isScheduled = false;
    const { buffer } = this;
    if (this.#end === 0 || this.#socket.destroyed) return;
    const content = buffer.subarray(0, this.#end);
    this.#end = 0;
    this.buffer = this.#spares.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
    // The socket reads from the memory until it says that it is done.
    this.#socket.write(content, () => {
      if (buffer.length === bufferBytes && this.#spares.length < maxSpares) this.#spares.push(buffer);
    });
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.buffer.length));
    larger.set(this.buffer.subarray(0, this.#end));
    this.buffer = larger;
  }
}
