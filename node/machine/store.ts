/** What one copy of the key-value machine holds: strings under keys, and their order where somebody asks for it. */
import { EmptyBTree, type ISortedMap } from 'sorted-btree';
import type { KeyValue } from './command.ts';
import { FreezableMap } from './freezable-map.ts';
import type { Frozen } from './frozen.ts';

/**
 * Where a scan ends although there are more records, in UTF-16 code units of keys and values. Three bytes each at most,
 * they fit into a reply that clients take; see `maxBatchBytes` of the clients' API.
 */
const fullScanLength = 1 << 20;

/** A set of keys, ordered as JavaScript compares strings: by UTF-16 code units. */
interface KeyOrder extends ISortedMap<string, undefined> {
  /** A copy that shares what does not change: it takes no time. */
  clone(): KeyOrder;
}

export class Store {
  readonly #values = new FreezableMap();
  /** The keys in order. The first scan makes it, so that a machine that never scans pays nothing for it. */
  #order: KeyOrder | undefined;
  readonly #inOrder: boolean;

  /** @param inOrder - whether frozen states are read in the order of the keys */
  constructor(inOrder = false) {
    this.#inOrder = inOrder;
    if (inOrder) this.#order = this.#sorted();
  }

  /** How many keys there are. */
  get size(): number {
    return this.#values.size;
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: string): void {
    if (this.#order !== undefined && this.#values.get(key) === undefined) this.#order.set(key, undefined);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#order?.delete(key);
  }

  /** All keys, in no particular order. */
  keys(): Iterable<string> {
    return this.#values.keys();
  }

  /** The present state, to be read while it changes; see `FreezableMap`. */
  freeze(): Frozen<string, string> {
    return this.#values.freeze(this.#inOrder ? this.#order?.clone().keys() : undefined);
  }

  /**
   * Up to `count` records in key order, from `key` on. It may end early, after a record at least, where they get longer
   * than a reply may be: going on behind the last key finds the rest.
   */
  *scan(key: string, count: number): Generator<KeyValue> {
    this.#order ??= this.#sorted();
    let left = count;
    let length = 0;
    for (const each of this.#order.keys(key)) {
      const value = this.#values.get(each) ?? '';
      length += each.length + value.length;
      if (length > fullScanLength && left < count) return;
      yield [each, value];
      left -= 1;
      if (left === 0) return;
    }
  }

  #sorted(): KeyOrder {
    // A copy of the empty tree: Node and the test runner do not agree on what the default export of this package is.
    const order: KeyOrder = EmptyBTree.clone();
    // Sorting first is faster than inserting at random.
    for (const key of [...this.#values.keys()].sort()) order.set(key, undefined);
    return order;
  }
}
