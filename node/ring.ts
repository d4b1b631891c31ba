interface Numbered {
  readonly number: number;
}

/**
 * What is under way, by numbers that count up, each in the place that is its number modulo the length.
 *
 * Why this is no Map: one that is added to and deleted from all the time leaves outgrown tables behind, each of which refers
 * to the next and to all that it held, and once the first is old, V8 takes all of them for alive until it collects the old
 * space.
 */
export class Ring<T extends Numbered> {
  readonly #places: (T | undefined)[];
  #last = 0;
  #count = 0;

  constructor(length: number) {
    this.#places = new Array<T | undefined>(length).fill(undefined);
  }

  /** How many items there are. */
  get count(): number {
    return this.#count;
  }

  /** The next number: to be given to the item that is then `put`. */
  next(): number {
    this.#last += 1;
    return this.#last;
  }

  /** As `next`, past the numbers whose places are taken. Some place must be free. */
  nextFree(): number {
    let number = this.next();
    while (this.#places[number % this.#places.length] !== undefined) number = this.next();
    return number;
  }

  /** Puts an item into its place; gives the older one that had to make room for it. */
  put(item: T): T | undefined {
    const place = item.number % this.#places.length;
    const older = this.#places[place];
    this.#places[place] = item;
    if (older === undefined) this.#count += 1;
    return older;
  }

  /** Removes the item with this number, and gives it; undefined where it is not there any more. */
  take(number: number): T | undefined {
    const place = number % this.#places.length;
    const item = this.#places[place];
    if (item?.number !== number) return undefined;
    this.#places[place] = undefined;
    this.#count -= 1;
    return item;
  }

  /** Every item, the oldest first; one may be taken out when it has come. */
  *items(): Generator<T> {
    const { length } = this.#places;
    for (let number = this.#last + 1; this.#count > 0 && number <= this.#last + length; number += 1) {
      const item = this.#places[number % length];
      if (item !== undefined) yield item;
    }
  }
}
