/** A past state of a table, which can be read little by little while the table goes on changing. */
export interface Frozen<K, V> {
  /** How many records there are. */
  readonly size: number;
  /** Each record once. Can be read once, and not after the release. */
  readonly records: Iterable<readonly [key: K, value: V]>;
  /** Forgets it. */
  release(): void;
}
