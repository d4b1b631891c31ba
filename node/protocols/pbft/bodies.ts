import type { Digest } from './messages.ts';

/** A batch, and the record of this replica that holds it. */
export interface Body {
  readonly payload: Uint8Array;
  /** 0 where none does. */
  position: number;
}

/** The batches by their digests, of slots that may still need them. */
export class Bodies {
  readonly #bodies = new Map<Digest, Body>();

  get(digest: Digest): Body | undefined {
    return this.#bodies.get(digest);
  }

  /** Keeps a batch whose digest is this one. */
  keep(digest: Digest, payload: Uint8Array, position = 0): Body {
    const known = this.#bodies.get(digest);
    if (known !== undefined) {
      if (known.position === 0) known.position = position;
      return known;
    }
    const body: Body = { payload: apart(payload), position };
    this.#bodies.set(digest, body);
    return body;
  }

  /** Lets go of all others. */
  keepOnly(needed: ReadonlySet<Digest>): void {
    for (const digest of this.#bodies.keys()) if (!needed.has(digest)) this.#bodies.delete(digest);
  }

  /** The records before this position go; a batch that only one of them holds is written anew where it is needed again. */
  unwriteBefore(position: number): void {
    for (const body of this.#bodies.values()) if (body.position < position) body.position = 0;
  }

  get heldBytes(): number {
    let bytes = 0;
    for (const { payload } of this.#bodies.values()) bytes += payload.length;
    return bytes;
  }
}

/** A batch that was the smaller part of what came with it, as a copy: all of that would stay in memory with a view. */
function apart(payload: Uint8Array): Uint8Array {
  if (2 * payload.length >= payload.buffer.byteLength) return payload;
  // `slice` of a Buffer is a view.
  return Uint8Array.prototype.slice.call(payload);
}
