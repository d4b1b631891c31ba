/** The values that keys had before they changed. */
type Values = Map<string, string | undefined>;

/**
 * How many maps hold them. One that grows is rebuilt at once, which took a tenth of a second with half a million keys; these
 * are smaller, and do not grow at the same time.
 */
const partCount = 64;

export class OldValues {
  readonly #parts = Array.from({ length: partCount }, (): Values => new Map());

  /** Keeps the value that the key has in `present`, or that it has none; but only the first time. */
  keep(key: string, present: Readonly<Values>): void {
    const part = this.#partOf(key);
    if (!part.has(key)) part.set(key, present.get(key));
  }

  /** What was kept, or `present` where nothing was; undefined where the key had no value. */
  before(key: string, present: string | undefined): string | undefined {
    const part = this.#partOf(key);
    return part.get(key) ?? (part.has(key) ? undefined : present);
  }

  /** By its last two units, in which keys differ most. All keys shorter than that share a part. */
  #partOf(key: string): Values {
    const place = (31 * key.charCodeAt(key.length - 2) + key.charCodeAt(key.length - 1)) % partCount;
    return this.#parts[place || 0] as Values;
  }
}
