/**
 * A map of strings of which one past state can be read, little by little, while it goes on changing.
 *
 * Copy on write, and it is the old value that moves: before a key changes for the first time since the freeze, its value
 * of then is put aside. So reads of the present look into one map only, and nothing is left to be merged afterwards. What
 * must not happen is that a key leaves the map before the past was read there; a key that is deleted meanwhile stays,
 * without a value, and is removed by later changes, a few at a time.
 */
import type { KeyValue } from './command.ts';
import type { Frozen } from './frozen.ts';
import { OldValues } from './old-values.ts';

/** How many deleted keys a change removes: more than one, so that there is an end to it. */
const removedPerChange = 2;

export class FreezableMap {
  /** Undefined under a key that was deleted while a past state was read. */
  readonly #values = new Map<string, string | undefined>();
  /** The keys that have no value. */
  readonly #deleted = new Set<string>();
  /** Where the removal of those stands. Kept, for a set is slow to find its first element behind many that are gone. */
  #toRemove: Iterator<string> = this.#deleted.values();
  /** Of the keys that changed since the freeze; none while nothing is frozen. */
  #old: OldValues | undefined;
  /** Whether nothing is frozen and no deleted key is left: a change is then nothing but a change. */
  #plain = true;

  get size(): number {
    return this.#values.size - this.#deleted.size;
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: string): void {
    if (!this.#plain) {
      this.#prepare(key);
      this.#deleted.delete(key);
    }
    this.#values.set(key, value);
  }

  /** Whether the key was there. */
  delete(key: string): boolean {
    return this.#plain ? this.#values.delete(key) : this.#deleteCarefully(key);
  }

  /** In no particular order. */
  *keys(): Generator<string> {
    for (const [key, value] of this.#values) if (value !== undefined) yield key;
  }

  /**
   * The present state, to be read while it changes, in no particular order or in that of the keys that are given. Takes no time, whatever the size; until the
   * release the first change of each key looks it up three times more, and what it replaces stays in memory. Keys that an
   * earlier freeze left to be removed are passed over, which may take a step some milliseconds for a hundred thousand.
   *
   * @param order - all keys of the present, which stay as they are while it is read
   * @throws Error where another past state was not released
   */
  freeze(order?: Iterable<string>): Frozen<string, string> {
    if (this.#old !== undefined) throw new Error('One past state is being read already.');
    const old = new OldValues();
    this.#old = old;
    this.#plain = false;
    const { size } = this;
    const records = order === undefined ? this.#past(old, size) : this.#pastOf(order, old);
    return { size, records, release: () => this.#release(old) };
  }

  *#pastOf(order: Iterable<string>, old: OldValues): Generator<KeyValue> {
    for (const key of order) {
      const value = old.before(key, this.#values.get(key));
      if (value !== undefined) yield [key, value];
    }
  }

  *#past(old: OldValues, size: number): Generator<KeyValue> {
    let left = size;
    for (const [key, present] of this.#values) {
      // What follows came later, and more may come as fast as it is read.
      if (left === 0) return;
      const value = old.before(key, present);
      if (value === undefined) continue;
      yield [key, value];
      left -= 1;
    }
  }

  #release(old: OldValues): void {
    if (this.#old !== old) return;
    this.#old = undefined;
    this.#toRemove = this.#deleted.values();
    this.#plain = this.#deleted.size === 0;
  }

  /** What goes before each change that is not plain. */
  #prepare(key: string): void {
    if (this.#old === undefined) this.#removeSome();
    else this.#old.keep(key, this.#values);
  }

  #deleteCarefully(key: string): boolean {
    this.#prepare(key);
    if (this.#values.get(key) === undefined) return false;
    if (this.#old === undefined) return this.#values.delete(key);
    this.#values.set(key, undefined);
    this.#deleted.add(key);
    return true;
  }

  #removeSome(): void {
    for (let left = removedPerChange; left > 0; left -= 1) {
      const next = this.#toRemove.next();
      if (next.done) {
        this.#plain = true;
        return;
      }
      this.#values.delete(next.value);
      this.#deleted.delete(next.value);
    }
  }
}
