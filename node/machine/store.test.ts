import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Store } from './store.ts';

type Reading = { model: Map<string, string>; found: [string, string][]; next: () => boolean; release: () => void };

/** Begins to read the state of `store`, which `model` has as well. */
function freeze(store: Store, model: ReadonlyMap<string, string>): Reading {
  const { size, records, release } = store.freeze();
  const reading = records[Symbol.iterator]();
  const found: [string, string][] = [];
  expect(size).toBe(model.size);
  const next = () => {
    const { done, value } = reading.next();
    if (!done) found.push([...(value as [string, string])]);
    return done !== true;
  };
  return { model: new Map(model), found, next, release };
}

function finish({ model, found, next, release }: Reading): void {
  while (next());
  expect(found).toHaveLength(model.size);
  expect(new Map(found)).toEqual(model);
  release();
}

const sorted = (model: ReadonlyMap<string, string>) => [...model].sort(([a], [b]) => (a < b ? -1 : 1));

// Few keys, so that they meet: in a part of the old values and out of it.
const key = fc.constantFrom('', 'a', 'b', 'aa', 'ab', 'caa', 'dd', '\u{1f600}');
const change = fc.record({ kind: fc.constantFrom('set', 'set', 'delete'), key, value: fc.string() });
const other = fc.record({ kind: fc.constantFrom('freeze', 'read', 'give up', 'scan'), key, value: fc.string() });
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: change }, { weight: 2, arbitrary: other }), {
  maxLength: 120,
  size: 'max',
});

/** A store beside its model, both of which go through the same. */
class Play {
  readonly #store = new Store();
  readonly #model = new Map<string, string>();
  #reading: Reading | undefined;

  step({ kind, key, value }: { kind: string; key: string; value: string }): void {
    if (kind === 'set') {
      this.#store.set(key, value);
      this.#model.set(key, value);
    } else if (kind === 'delete') {
      this.#store.delete(key);
      this.#model.delete(key);
    } else if (kind === 'scan') {
      expect([...this.#store.scan('', 100)]).toEqual(sorted(this.#model));
    } else if (kind === 'freeze') {
      if (this.#reading !== undefined) finish(this.#reading);
      this.#reading = freeze(this.#store, this.#model);
    } else if (kind === 'read') {
      this.#reading?.next();
    } else {
      this.#reading?.release();
      this.#reading = undefined;
    }
    expect(this.#store.get(key)).toBe(this.#model.get(key));
    expect(this.#store.size).toBe(this.#model.size);
    expect(new Set(this.#store.keys())).toEqual(new Set(this.#model.keys()));
  }

  end(): void {
    if (this.#reading !== undefined) finish(this.#reading);
  }
}

describe('a frozen state of the store', () => {
  test('is read as it was, and the store goes on as if nobody read', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const play = new Play();
        for (const each of list) play.step(each);
        play.end();
      }),
      { numRuns: 300 },
    );
  });

  test('is there once', () => {
    const store = new Store();
    const { release } = store.freeze();
    expect(() => store.freeze()).toThrow('One past state is being read already.');
    release();
    const second = store.freeze();
    // The first is over, and what it says does not end the second.
    release();
    expect(() => store.freeze()).toThrow();
    second.release();
    expect(() => store.freeze()).not.toThrow();
  });

  test('is not followed by what came later, however fast it comes', () => {
    const store = new Store();
    store.set('a', '1');
    store.set('b', '2');
    let added = 0;
    const found: (readonly [string, string])[] = [];
    for (const record of store.freeze().records) {
      found.push(record);
      for (const end = added + 10; added < end; added += 1) store.set(`later ${added}`, 'x');
    }
    expect(found).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });
});
