import { describe, expect, test } from 'vitest';
import { randomFor } from '../../random.ts';
import type { BenchOperation, BenchWorkload, OperationKind } from '../contracts.ts';
import { theta, zeta } from '../keys/zipfian.ts';
import { keyOf } from '../records.ts';
import put from './put.ts';
import read from './read.ts';
import a from './ycsb-a.ts';
import b from './ycsb-b.ts';
import c from './ycsb-c.ts';
import d from './ycsb-d.ts';
import e from './ycsb-e.ts';
import f from './ycsb-f.ts';

const settings = { records: 1000, valueBytes: 40 };
const streamOf = (workload: BenchWorkload, seed: number) => workload.stream(settings, randomFor(seed, 'workload'));
const loaded = Array.from({ length: settings.records }, (_, index) => keyOf(index));

/** Draws operations that are all acknowledged at once. */
function drawn(workload: BenchWorkload, count: number, seed = 1): BenchOperation[] {
  const stream = streamOf(workload, seed);
  return Array.from({ length: count }, () => {
    const operation = stream.next();
    stream.acknowledged(operation);
    return operation;
  });
}

function countsOf<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

const valuesIn = (operations: readonly BenchOperation[]): string[] =>
  operations.flatMap((operation) => ('value' in operation ? [operation.value] : []));

// YCSB, table 2 of the paper.
const workloads: Record<string, [BenchWorkload, Partial<Record<OperationKind, number>>]> = {
  put: [put, { update: 1 }],
  read: [read, { read: 1 }],
  'ycsb-a': [a, { read: 0.5, update: 0.5 }],
  'ycsb-b': [b, { read: 0.95, update: 0.05 }],
  'ycsb-c': [c, { read: 1 }],
  'ycsb-d': [d, { read: 0.95, insert: 0.05 }],
  'ycsb-e': [e, { scan: 0.95, insert: 0.05 }],
  'ycsb-f': [f, { read: 0.5, 'read-modify-write': 0.5 }],
};

describe.each(Object.entries(workloads))('%s', (_name, [workload, mix]) => {
  test('mixes its operations as it should, to one percent', () => {
    const operations = drawn(workload, 100_000);
    const counts = countsOf(operations.map(({ kind }) => kind));
    expect([...counts.keys()].sort()).toEqual(Object.keys(mix).sort());
    expect([...workload.kinds].sort()).toEqual(Object.keys(mix).sort());
    for (const [kind, share] of Object.entries(mix)) {
      expect(Math.abs((counts.get(kind as OperationKind) ?? 0) / operations.length - share)).toBeLessThan(0.01);
    }
  });

  test('writes values of the size that was asked for, none of them twice', () => {
    const values = valuesIn(drawn(workload, 20_000));
    expect(values.every((value) => value.length === settings.valueBytes)).toBe(true);
    expect(new Set(values).size).toBe(values.length);
  });

  test('is decided by its seed', () => {
    expect(drawn(workload, 2000, 7)).toEqual(drawn(workload, 2000, 7));
    expect(drawn(workload, 2000, 7)).not.toEqual(drawn(workload, 2000, 8));
  });

  // Of what is under way, anything may end next; a tenth never does.
  test('asks for no record that was not acknowledged, and inserts none twice', () => {
    const stream = streamOf(workload, 9);
    const random = randomFor(9, 'acknowledgements');
    const known = new Set(loaded);
    const inserted = new Set<string>();
    const underWay: BenchOperation[] = [];
    for (let step = 0; step < 50_000; step += 1) {
      const operation = stream.next();
      if (operation.kind === 'insert') {
        expect(known.has(operation.key) || inserted.has(operation.key)).toBe(false);
        inserted.add(operation.key);
      } else if (!known.has(operation.key)) throw new Error(`${operation.key} is not known to exist`);
      if (random.chance(0.9)) underWay.push(operation);
      if (underWay.length < 100) continue;
      const [ended] = underWay.splice(random.integer(0, underWay.length - 1), 1);
      if (ended === undefined) continue;
      stream.acknowledged(ended);
      if (ended.kind === 'insert') known.add(ended.key);
    }
    if (workload.kinds.includes('insert')) expect(known.size).toBeGreaterThan(3000);
    else expect(inserted.size).toBe(0);
  });
});

describe('the keys', () => {
  const sharesOf = (workload: BenchWorkload): number[] => {
    const operations = drawn(workload, 200_000).filter(({ kind }) => kind !== 'insert');
    const counts = countsOf(operations.map(({ key }) => key));
    return [...counts.values()].map((count) => count / operations.length).sort((one, other) => other - one);
  };

  test.each(Object.entries({ put, read }))('of %s are all equally likely', (_name, workload) => {
    const shares = sharesOf(workload);
    expect(shares).toHaveLength(settings.records);
    expect(shares[0]).toBeLessThan(0.0015);
    expect(shares.at(-1)).toBeGreaterThan(0.0006);
  });

  test.each(Object.entries({ a, b, c, f }))('of YCSB %s are zipfian over 10^10 ranks', (_name, workload) => {
    const shares = sharesOf(workload);
    for (const [index, rank] of [1, 2, 3].entries()) {
      // What else goes to the same record is a thousandth of the rest, about.
      const least = 1 / (rank ** theta * zeta(10_000_000_000));
      expect(shares[index]).toBeGreaterThan(least * 0.97);
      expect(shares[index]).toBeLessThan(least * 1.2 + 0.002);
    }
    expect(shares).toHaveLength(settings.records);
  });

  test('of YCSB D are the newest, with the frequencies of their ages', () => {
    const stream = streamOf(d, 3);
    const newestFirst = [...loaded].reverse();
    const ages = new Map<number, number>();
    let reads = 0;
    // Few inserts, so that the ranks stay comparable.
    for (let step = 0; step < 60_000; step += 1) {
      const operation = stream.next();
      if (operation.kind === 'insert') {
        if (newestFirst.length < 1500) {
          stream.acknowledged(operation);
          newestFirst.unshift(operation.key);
        }
        continue;
      }
      reads += 1;
      const age = newestFirst.indexOf(operation.key);
      ages.set(age, (ages.get(age) ?? 0) + 1);
    }
    expect(ages.get(-1)).toBe(undefined);
    for (const age of [0, 1, 9]) {
      const expected = 1 / ((age + 1) ** theta * zeta(1500));
      expect(Math.abs((ages.get(age) ?? 0) / reads / expected - 1)).toBeLessThan(0.1);
    }
  });

  test('of YCSB E are where a scan of 1 to 100 records begins, also at inserted ones', () => {
    const operations = drawn(e, 100_000);
    const scans = operations.flatMap((operation) => (operation.kind === 'scan' ? [operation] : []));
    const counts = countsOf(scans.map(({ count }) => count));
    expect([Math.min(...counts.keys()), Math.max(...counts.keys()), counts.size]).toEqual([1, 100, 100]);
    for (const count of counts.values()) expect(Math.abs((count * 100) / scans.length - 1)).toBeLessThan(0.2);
    const begun = new Set(scans.map(({ key }) => key));
    const inserted = operations.filter(({ kind }) => kind === 'insert').map(({ key }) => key);
    expect(inserted.filter((key) => begun.has(key)).length).toBeGreaterThan(inserted.length / 2);
  });
});

test('another seed draws other values', () => {
  const both = [...valuesIn(drawn(put, 5000, 1)), ...valuesIn(drawn(put, 5000, 2))];
  expect(new Set(both).size).toBe(10_000);
});
