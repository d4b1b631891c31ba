import { describe, expect, it } from 'vitest';
import type { CompletedOperation } from '../../contracts/operations.ts';
import type { CheckResult } from '../../contracts/verdict.ts';
import {
  cut,
  describeOperation,
  formatAt,
  formatBytes,
  formatFigure,
  formatMargin,
  formatMeasure,
  formatMs,
} from './format.ts';

const operation = (over: Partial<CompletedOperation>): CompletedOperation => {
  return {
    op: 1,
    process: 1,
    f: 'read',
    key: 'k',
    value: null,
    result: null,
    type: 'ok',
    invokeMs: 0,
    completeMs: 1,
    ...over,
  };
};

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [0.42, '0.42 ms'],
    [4.25, '4.3 ms'],
    [9.97, '10 ms'],
    [87.4, '87 ms'],
    [999.7, '1 s'],
    [2140, '2.1 s'],
    [125_000, '2 min 5 s'],
    [3_599_400, '59 min 59 s'],
    [3_600_000, '1 h'],
    [5_399_000, '1 h 30 min'],
    [86_400_000, '24 h'],
    [-1210, '-1.2 s'],
    [Number.POSITIVE_INFINITY, 'unknown'],
  ])('%d ms is %s', (ms, text) => expect(formatMs(ms)).toBe(text));

  it('moments have milliseconds, or a dash', () => {
    expect(formatAt(12_004.4)).toBe('12.004 s');
    expect(formatAt(null)).toBe('–');
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1,023 bytes'],
    [34_000, '33.2 KiB'],
    [3 * 2 ** 20, '3 MiB'],
  ])('%d is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it('are what a check measured in bytes', () => expect(formatMeasure(2048, 'bytes')).toBe('2 KiB'));
});

describe('figures', () => {
  it.each([
    [12_403, '12,403'],
    [98.34, '98.3'],
    [1204.4, '1,204'],
    [0.0213, '0.0213'],
  ])('%d is %s', (value, text) => expect(formatFigure(value)).toBe(text));

  it('measures carry their unit', () => {
    expect(formatMeasure(2100, 'ms')).toBe('2.1 s');
    expect(formatMeasure(3, 'lost writes')).toBe('3 lost writes');
    expect(formatMeasure(undefined, 'ms')).toBe('–');
  });

  it('margins are what is left of a limit', () => {
    const check = (value: number, limit: number): CheckResult => {
      return { check: 'c', kind: 'liveness', verdict: 'valid', summary: '', evidence: [], value, limit, unit: 'ms' };
    };
    expect(formatMargin(check(1250, 5000))).toBe('3.8 s (75 %)');
    expect(formatMargin(check(6000, 5000))).toBe('-1 s (-20 %)');
    expect(formatMargin(check(0, 0))).toBe('–');
  });
});

describe('describeOperation', () => {
  it.each([
    [operation({ result: 7 }), 'read k → 7'],
    [operation({ type: 'info' }), 'read k (unknown)'],
    [operation({ f: 'write', value: 5 }), 'write k ← 5'],
    [operation({ f: 'write', value: 5, type: 'fail' }), 'write k ← 5 (failed)'],
    [operation({ f: 'cas', value: [null, 2], result: true }), 'cas k: nothing → 2'],
    [operation({ f: 'cas', value: [1, 2], result: false }), 'cas k: 1 → 2, refused'],
    [operation({ f: 'append', value: { a: 1 }, result: [1] }), 'append k {"a":1} → [1]'],
  ])('%#: %s', (each, words) => expect(describeOperation(each)).toBe(words));
});

describe('cut', () => {
  it('marks what is missing', () => {
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(cut('abcd', 4)).toBe('abcd');
  });
});
