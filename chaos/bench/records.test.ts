import { describe, expect, test } from 'vitest';
import { randomFor } from '../random.ts';
import { keyOf, loadStream, Records, Values } from './records.ts';

const valuesOf = (seed: number, valueBytes: number, count: number): string[] => {
  const values = new Values(valueBytes, randomFor(seed, 'values'));
  return Array.from({ length: count }, () => values.next());
};

describe('keys', () => {
  const keys = Array.from({ length: 200_000 }, (_, index) => keyOf(index));

  test('are twelve characters, and different for each record', () => {
    expect(keys.every((key) => /^user[0-9a-f]{8}$/.test(key))).toBe(true);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keyOf(2 ** 32 - 1)).not.toBe(keyOf(0));
  });

  test('are in no order: half of the neighbours go up, half go down', () => {
    const rises = keys.filter((key, index) => key > (keys[index - 1] ?? '')).length;
    expect(Math.abs(rises / keys.length - 0.5)).toBeLessThan(0.01);
  });

  test('stay what they are: other processes count on them', () => {
    expect([keyOf(0), keyOf(1), keyOf(999_999)]).toMatchInlineSnapshot(`
      [
        "user92ca2f0e",
        "user36deb503",
        "user6c73a81c",
      ]
    `);
  });
});

describe('the records that can be read', () => {
  test('are those that were loaded, and then what was acknowledged, the newest last', () => {
    const records = new Records(2);
    const [first, second, third] = [records.nextKey(), records.nextKey(), records.nextKey()];
    expect([first, second, third]).toEqual([keyOf(2), keyOf(3), keyOf(4)]);
    expect(records.count).toBe(2);
    // The second is of unknown fate: it hides nothing.
    records.acknowledged(third);
    records.acknowledged(first);
    expect(Array.from({ length: records.count }, (_, place) => records.keyAt(place))).toEqual([
      keyOf(0),
      keyOf(1),
      third,
      first,
    ]);
    // It turns out later that it was carried out.
    records.acknowledged(second);
    expect(records.keyAt(4)).toBe(second);
  });
});

describe('values', () => {
  test.each([1, 2, 7, 8, 9, 100, 4096])('have %d characters of one byte', (valueBytes) => {
    for (const value of valuesOf(1, valueBytes, 200)) {
      expect(value).toHaveLength(valueBytes);
      expect(Buffer.byteLength(value)).toBe(valueBytes);
    }
  });

  test.each([
    [1, 64],
    [2, 4096],
    [3, 20_000],
    [8, 20_000],
    [9, 20_000],
    [100, 20_000],
  ])('of %d bytes: no two of %d are equal', (valueBytes, count) => {
    expect(new Set(valuesOf(2, valueBytes, count)).size).toBe(count);
  });

  test('are unique also where the last number is followed by the first', () => {
    const values = new Values(8, { ...randomFor(3, 'values'), integer: (_min, max) => max });
    const drawn = Array.from({ length: 4097 }, () => values.next());
    expect(drawn[0]).toBe('______00');
    expect(drawn[4096]).toBe('00000000');
  });

  // Histories tell of many streams.
  test.each([8, 100])('of %d bytes are others in a stream of another seed', (valueBytes) => {
    const both = [...valuesOf(4, valueBytes, 5000), ...valuesOf(5, valueBytes, 5000)];
    expect(new Set(both).size).toBe(10_000);
  });

  test('are decided by the seed', () => {
    expect(valuesOf(6, 100, 5000)).toEqual(valuesOf(6, 100, 5000));
  });

  test('are unpredictable: behind its number, every value has a text of its own', () => {
    const texts = valuesOf(7, 100, 1000).map((value) => value.slice(8));
    expect(new Set(texts).size).toBeGreaterThan(990);
    const used = new Set(texts.join(''));
    expect(used.size).toBe(64);
  });
});

describe('the load phase', () => {
  test('inserts every record once, and then ends', () => {
    const stream = loadStream({ records: 5000, valueBytes: 100 }, randomFor(8, 'load'));
    const inserted = Array.from({ length: 5000 }, () => stream.next());
    expect(inserted.map((operation) => operation?.kind)).toEqual(inserted.map(() => 'insert'));
    expect(inserted.map((operation) => operation?.key)).toEqual(inserted.map((_, index) => keyOf(index)));
    const values = inserted.map((operation) => (operation?.kind === 'insert' ? operation.value : null));
    expect(new Set(values).size).toBe(5000);
    expect(values.every((value) => value?.length === 100)).toBe(true);
    expect([stream.next(), stream.next()]).toEqual([null, null]);
  });

  test('of no records ends at once', () => {
    expect(loadStream({ records: 0, valueBytes: 1 }, randomFor(9, 'load')).next()).toBe(null);
  });
});
