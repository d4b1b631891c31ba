import { describe, expect, test } from 'vitest';
import type { LabEvent, Recording } from '../contracts/events.ts';
import type { Plan } from '../contracts/plan.ts';
import durable, { judgeDurability } from './durable.ts';
import { play } from './linearizability/play.ts';

/** A recording of a play; the read-back begins after the line `--`, ten milliseconds being a line. */
function recording(text: string): Recording {
  const [load = '', back] = text.split('\n--\n');
  const phases: LabEvent[] = [{ atMs: 0, type: 'phase', phase: 'load' }];
  if (back !== undefined) phases.push({ atMs: load.split('\n').length * 10, type: 'phase', phase: 'read-back' });
  return { plan: {} as Plan, history: play(back === undefined ? load : `${load}\n${back}`), events: phases };
}

const judged = (text: string) => judgeDurability(recording(text));

describe('what was acknowledged is there', () => {
  test.each([
    ['the last write', '1 write k 5\n1 ok\n1 write k 6\n1 ok\n--\n2 read k\n2 ok 6'],
    ['either of two concurrent writes', '1 write k 5\n2 write k 6\n1 ok\n2 ok\n--\n3 read k\n3 ok 5'],
    ['a cas', '1 write k 5\n1 ok\n1 cas k [5,6]\n1 ok true\n--\n2 read k\n2 ok 6'],
    ['a refused cas is no write', '1 write k 5\n1 ok\n1 cas k [4,6]\n1 ok false\n--\n2 read k\n2 ok 5'],
    ['a write of unknown outcome took effect late', '1 write k 5\n1 info\n2 write k 6\n2 ok\n--\n3 read k\n3 ok 5'],
    ['a failed write does not count', '1 write k 5\n1 ok\n1 write k 6\n1 fail\n--\n2 read k\n2 ok 5'],
    ['the last successful read counts', '1 write k 5\n1 ok\n--\n2 read k\n2 ok 5\n3 read k\n3 fail'],
  ])('%s', (_, text) => {
    expect(judged(text)).toMatchObject({ verdict: 'valid', value: 0, limit: 0, unit: 'lost writes', evidence: [] });
  });
});

describe('what was acknowledged is gone', () => {
  test.each([
    ['an older value', '1 write k 5\n1 ok\n1 write k 6\n1 ok\n--\n2 read k\n2 ok 5', [2, 1]],
    ['nothing at all', '1 write k 5\n1 ok\n--\n2 read k\n2 ok', [1, 0]],
    ['an older value than a cas', '1 write k 5\n1 ok\n1 cas k [5,6]\n1 ok true\n--\n2 read k\n2 ok 5', [2, 1]],
    [
      'an older value of unknown outcome that had been seen',
      '1 write k 5\n1 info\n2 read k\n2 ok 5\n2 write k 6\n2 ok\n--\n3 read k\n3 ok 5',
      [3, 2],
    ],
  ])('%s', (_, text, ops) => {
    const result = judged(text);
    expect(result).toMatchObject({ verdict: 'invalid', value: 1 });
    expect(result.summary).toBe('1 acknowledged write is gone at the end.');
    expect(result.evidence[0]?.ops).toEqual(ops);
  });

  test('names the lost writes, the newest first, and how many more there are', () => {
    const writes = Array.from({ length: 7 }, (_, n) => `1 write k ${n + 1}\n1 ok`).join('\n');
    const result = judged(`${writes}\n--\n2 read k\n2 ok`);
    expect(result).toMatchObject({ verdict: 'invalid', value: 7 });
    const sentences = result.evidence[0]?.sentences ?? [];
    expect(sentences).toHaveLength(7);
    expect(sentences.slice(0, 2)).toEqual([
      'The final read of k, at 0.140 s, got null.',
      'But the write of 7 by process 1 began after that value was in place, and was acknowledged at 0.130 s: it is lost.',
    ]);
    expect(sentences.at(-1)).toBe('Showing 5 of 7 lost writes.');
  });

  test('a value that nobody wrote', () => {
    const result = judged('1 write k 5\n1 ok\n--\n2 read k\n2 ok 9');
    expect(result).toMatchObject({ verdict: 'invalid', summary: 'At the end there is a value that nobody wrote.' });
    expect(result.evidence[0]?.sentences).toEqual([
      'The final read of k, at 0.020 s, got 9.',
      'But nobody had written 9 to k.',
    ]);
  });

  test('a value that was reported as not written', () => {
    expect(judged('1 write k 5\n1 fail\n--\n2 read k\n2 ok 5').verdict).toBe('invalid');
  });
});

describe('nothing can be said', () => {
  test.each([
    ['no read-back', '1 write k 5\n1 ok\n2 read k\n2 ok 5', 'No final read succeeded of k.'],
    ['no successful final read', '1 write k 5\n1 ok\n--\n2 read k\n2 info', 'No final read succeeded of k.'],
    ['no acknowledged write', '1 write k 5\n1 info\n--\n2 read k\n2 ok 5', 'No write was acknowledged'],
  ])('%s', (_, text, summary) => {
    const result = judged(text);
    expect(result.verdict).toBe('unknown');
    expect(result.summary).toContain(summary);
  });

  test('but one key that lost a write decides, whatever the others', () => {
    const text = '1 write a 5\n1 ok\n1 write b 6\n1 ok\n--\n2 read a\n2 info\n3 read b\n3 ok';
    expect(judged(text).verdict).toBe('invalid');
  });
});

test('the checker is about safety', async () => {
  const limits = { timeMs: 1000, maxStates: 1000 };
  expect(durable.kind).toBe('safety');
  const result = await durable.check(recording('1 write k 5\n1 ok\n--\n2 read k\n2 ok 5'), limits);
  expect(result.summary).toBe('Every acknowledged write of 1 key is there at the end.');
});
