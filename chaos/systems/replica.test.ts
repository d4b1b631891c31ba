import { describe, expect, test } from 'vitest';
import type { CallOutcome } from '../../node/client.ts';
import type { Operation } from '../contracts/operations.ts';
import { completionOf } from './replica.ts';

const read: Operation = { f: 'read', key: 'k', value: null };
const answer = (value: string | null): CallOutcome => ({ kind: 'answered', result: { status: 'ok', value } });

describe('what a read saw', () => {
  test('is the value, or that there is none', () => {
    expect(completionOf(read, answer('[1,"x"]'))).toEqual({ type: 'ok', value: [1, 'x'] });
    expect(completionOf(read, answer(null))).toEqual({ type: 'ok', value: null });
  });

  test.each(['', '{', 'undefined'])('is not known where malicious replicas agree on what is no value: "%s"', (text) => {
    expect(completionOf(read, answer(text))).toMatchObject({ type: 'info', value: null });
  });
});
