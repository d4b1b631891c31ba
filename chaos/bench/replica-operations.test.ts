import { describe, expect, it } from 'vitest';
import type { CallOutcome } from '../../node/client.ts';
import { applyToStore } from '../../node/machine/key-value.ts';
import { Store } from '../../node/machine/store.ts';
import type { BenchOperation } from './contracts.ts';
import { commandOf, outcomeOf, readValue } from './replica-operations.ts';

/** Carries out operations on one copy of our machine; gives what each is told. */
function answersTo(operations: readonly BenchOperation[]) {
  const store = new Store();
  return operations.map((operation) => {
    const result = applyToStore(store, { ...commandOf(operation), session: 1, sequence: 1 });
    const outcome: CallOutcome = { kind: 'answered', result };
    return [outcomeOf(outcome), readValue(operation, outcome)];
  });
}

describe('the operations of a benchmark', () => {
  it('do on our machine what they say', () => {
    expect(
      answersTo([
        { kind: 'read', key: 'k' },
        { kind: 'insert', key: 'k', value: 'one' },
        { kind: 'read', key: 'k' },
        { kind: 'update', key: 'k', value: 'two' },
        { kind: 'read', key: 'k' },
        { kind: 'scan', key: 'a', count: 100 },
      ]),
    ).toEqual([
      ['ok', null],
      ['ok', undefined],
      ['ok', 'one'],
      ['ok', undefined],
      ['ok', 'two'],
      ['ok', undefined],
    ]);
  });

  it('are of unknown outcome where a session has expired: an attempt before may have been carried out', () => {
    const expired: CallOutcome = { kind: 'answered', result: { status: 'expired', value: null } };
    expect(outcomeOf(expired)).toBe('unknown');
  });

  it.each(['failed', 'unknown'] as const)('have read nothing where they were not answered: %s', (kind) => {
    const outcome: CallOutcome = { kind, error: 'no time left' };
    expect([outcomeOf(outcome), readValue({ kind: 'read', key: 'k' }, outcome)]).toEqual([kind, undefined]);
  });
});
