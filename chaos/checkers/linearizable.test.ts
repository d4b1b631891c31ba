import { expect, test } from 'vitest';
import type { Recording } from '../contracts/events.ts';
import type { Plan } from '../contracts/plan.ts';
import type { CheckLimits } from '../contracts/verdict.ts';
import { experimentSchema } from '../experiment.ts';
import { play } from './linearizability/play.ts';
import linearizable from './linearizable.ts';

const limits: CheckLimits = { timeMs: 10_000, maxStates: 100_000 };

function recording(text: string): Recording {
  const experiment = experimentSchema.parse({ question: 'Is it one copy?', why: 'A test.' });
  return { plan: { experiment } as Plan, history: play(text), events: [] };
}

test('judges each key by the model of the workload', async () => {
  const result = await linearizable.check(recording('1 write a 5\n2 read b\n1 ok\n2 ok\n1 read a\n1 ok 5'), limits);
  expect(result).toEqual({
    verdict: 'valid',
    summary: '3 completed operations and 0 of unknown outcome on 2 keys fit a single copy of each key.',
    evidence: [],
  });
});

test('one illegal key is enough, and is named', async () => {
  const result = await linearizable.check(recording('1 write a 5\n1 ok\n1 write b 6\n1 ok\n2 read b\n2 ok'), limits);
  expect(result.verdict).toBe('invalid');
  expect(result.summary).toBe(
    'b is not linearizable: 2 of its 2 operations cannot be put in an order that fits a single copy.',
  );
  expect(result.evidence[0]?.ops).toEqual([1, 2]);
});

test('a history without a success proves nothing', async () => {
  const result = await linearizable.check(recording('1 write a 5\n1 info\n2 read a\n2 fail'), limits);
  expect(result).toMatchObject({ verdict: 'unknown', evidence: [] });
});

/** Overlapping writes, of which a few configurations decide nothing. */
const hardKey = [
  ...Array.from({ length: 12 }, (_, n) => `${n} write a ${n + 1}`),
  ...Array.from({ length: 12 }, (_, n) => `${n} ok\n99 read a\n99 ok ${n + 1}`),
].join('\n');
const tight: CheckLimits = { timeMs: 10_000, maxStates: 5 };

test('past its limits it says so, with the keys that it could not decide', async () => {
  const result = await linearizable.check(recording(`${hardKey}\n98 read b\n98 ok`), tight);
  expect(result.verdict).toBe('unknown');
  expect(result.summary).toBe(
    'Not decided within 10,000 ms and 5 configurations a key: a (states limit); 1 of 2 keys fit a single copy.',
  );
});

test('an illegal key is found behind one that is too hard', async () => {
  const result = await linearizable.check(recording(`${hardKey}\n98 read b\n98 ok 3`), tight);
  expect(result.verdict).toBe('invalid');
  expect(result.summary).toContain('b is not linearizable');
});
