import { createHash } from 'node:crypto';

/** Bytes that pass through in chunks, cut anywhere, and are hashed in pieces of one length on their way. */
export class HashedPieces implements Iterator<Uint8Array> {
  readonly #chunks: Iterator<Uint8Array>;
  readonly #pieceBytes: number;
  readonly #digests: string[] = [];
  #hash = createHash('sha256');
  /** How many bytes of the present piece were hashed. */
  #hashed = 0;

  /** @param pieceBytes - how long a piece is, but for the last: at least 1 */
  constructor(chunks: Iterator<Uint8Array>, pieceBytes: number) {
    this.#chunks = chunks;
    this.#pieceBytes = pieceBytes;
  }

  next(): IteratorResult<Uint8Array> {
    const next = this.#chunks.next();
    if (!next.done) this.#take(next.value);
    return next;
  }

  return(): IteratorResult<Uint8Array> {
    return this.#chunks.return?.() ?? { done: true, value: undefined };
  }

  /** SHA-256 of each piece, once all chunks have passed. */
  digests(): readonly string[] {
    if (this.#hashed > 0) this.#end();
    return this.#digests;
  }

  #take(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length) {
      const to = Math.min(chunk.length, from + this.#pieceBytes - this.#hashed);
      this.#hash.update(chunk.subarray(from, to));
      this.#hashed += to - from;
      from = to;
      if (this.#hashed === this.#pieceBytes) this.#end();
    }
  }

  #end(): void {
    this.#digests.push(this.#hash.digest('hex'));
    this.#hash = createHash('sha256');
    this.#hashed = 0;
  }
}
