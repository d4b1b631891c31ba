/** Makes values unchangeable, so that a change throws where it is made. */
export class Frozen {
  /** Bytes cannot be frozen; they are compared at the end instead. */
  readonly #bytes = new Map<Uint8Array, Uint8Array>();

  freeze<T>(value: T): T {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Uint8Array) {
      if (!this.#bytes.has(value)) this.#bytes.set(value, Uint8Array.from(value));
      return value;
    }
    if (Object.isFrozen(value)) return value;
    Object.freeze(value);
    for (const field of Object.values(value)) this.freeze(field);
    return value;
  }

  assertUnchanged(): void {
    for (const [bytes, before] of this.#bytes) {
      if (bytes.length !== before.length || bytes.some((byte, at) => byte !== before[at])) {
        throw new TypeError(`bytes were changed: ${before} became ${bytes}`);
      }
    }
  }
}
