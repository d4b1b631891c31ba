/**
 * Why a quorum of a read must speak of one state: all logs of three entries, with one malicious replica of four, a write that is
 * done when three say so, and two reads, one after the other.
 */
import { expect, test } from 'vitest';
import { Changes } from './machine/changes.ts';

const key = 'k';
/** What an entry writes under the key; null where it writes elsewhere. */
const entries = ['a', 'b', null] as const;
type Log = readonly (typeof entries)[number][];
/** How many entries each honest replica has applied. */
type Positions = readonly number[];

interface Answer {
  readonly value: string;
  readonly since: number;
}

const length = 3;
const upTo = (count: number) => Array.from({ length: count + 1 }, (_, number) => number);
const logs: readonly Log[] = entries.flatMap((x) => entries.flatMap((y) => entries.map((z) => [x, y, z] as const)));
const allPositions = upTo(length).flatMap((x) => upTo(length).flatMap((y) => upTo(length).map((z) => [x, y, z])));
/** Which honest replicas a quorum of three has where the malicious one says the same as they; it may also have all three. */
const quorums: readonly (readonly number[])[] = [
  [0, 1],
  [0, 2],
  [1, 2],
  [0, 1, 2],
];

/** What a replica says of the key when it has applied so many entries of a log; at first there is "a". */
function answers(log: Log): Answer[] {
  return upTo(length).map((position) => {
    const changes = new Changes();
    let value = 'a';
    for (const [place, entry] of log.slice(0, position).entries()) {
      if (entry === null) continue;
      value = entry;
      changes.note(key, place + 1);
    }
    return { value, since: changes.since(key, position) };
  });
}

/** Up to where the log may have been acknowledged: two honest replicas have applied it, and the malicious one says so, too. */
const acknowledged = (positions: Positions) => [...positions].sort((a, b) => b - a)[1] as number;

/** The states that replicas may answer a read from: each goes on from where it was. */
const later = (from: Positions) => allPositions.filter((to) => to.every((position, at) => position >= (from[at] ?? 0)));

interface Read {
  readonly from: Positions;
  readonly to: Positions;
  readonly value: string;
}

/** All reads that a client believes which begins when replicas are so far. */
function reads(said: readonly Answer[], from: Positions, isSame: (one: Answer, other: Answer) => boolean): Read[] {
  return later(from).flatMap((to) =>
    quorums.flatMap((quorum) => {
      const [first, ...others] = quorum.map((replica) => said[to[replica] as number] as Answer);
      if (first === undefined || !others.every((other) => isSame(first, other))) return [];
      // Who is not in the quorum has not gone on.
      return to.every((position, at) => quorum.includes(at) || position === from[at])
        ? [{ from, to, value: first.value }]
        : [];
    }),
  );
}

/** The points of the log at which a single copy would have answered so: after all that was done before, of what there was. */
function points(said: readonly Answer[], { from, to, value }: Read): number[] {
  const most = Math.max(...to);
  return upTo(most).filter((point) => point >= acknowledged(from) && said[point]?.value === value);
}

/** How often a read and a later one, whatever was done in between, fit no single copy. */
function violations(isSame: (one: Answer, other: Answer) => boolean): number {
  let count = 0;
  for (const log of logs) {
    const said = answers(log);
    const ranges = new Map(
      allPositions.map((begin) => {
        const found = reads(said, begin, isSame).map((read) => ({ to: read.to, points: points(said, read) }));
        return [begin, found] as const;
      }),
    );
    for (const found of ranges.values()) {
      for (const { to, points: first } of found) {
        const earliest = first[0] ?? Number.POSITIVE_INFINITY;
        for (const between of later(to)) {
          if (ranges.get(between)?.some(({ points: second }) => (second.at(-1) ?? -1) < earliest)) count += 1;
        }
      }
    }
  }
  return count;
}

test('equal values are not enough: one may be of before a write, and one of after the next that brings it back', () => {
  expect(violations((one, other) => one.value === other.value)).toBeGreaterThan(0);
});

test('equal values of one state are', () => {
  expect(violations((one, other) => one.value === other.value && one.since === other.since)).toBe(0);
});
