import { describe, expect, test } from 'vitest';
import { Pending } from './pending.ts';

const batch = (length: number) => new Uint8Array(length);

describe('what clients wait for', () => {
  test('is kept in the order in which it came, neither proposed nor handed over', () => {
    const pending = new Pending(100);
    expect([pending.isEmpty, pending.oldest, pending.heldBytes]).toEqual([true, 0, 0]);
    for (const id of [7, 3, 9]) expect(pending.add(id, batch(id), 5)).toBe(true);
    expect([pending.isEmpty, pending.oldest, pending.heldBytes]).toEqual([false, 7, 19]);
    expect(pending.count).toBe(3);
    expect([...pending.batches()]).toEqual(
      [7, 3, 9].map((id) => ({ payload: batch(id), askedIn: 5, proposedIn: -1, forwardedIn: -1 })),
    );
  });

  test('goes in any order; what has waited longest is known', () => {
    const pending = new Pending(100);
    for (const id of [7, 3, 9]) pending.add(id, batch(id), 5);
    pending.remove(3);
    expect([pending.oldest, pending.heldBytes]).toEqual([7, 16]);
    pending.remove(7);
    expect([pending.oldest, pending.heldBytes]).toEqual([9, 9]);
    pending.remove(9);
    expect([pending.isEmpty, pending.oldest, pending.heldBytes]).toEqual([true, 0, 0]);
  });

  test('is proposed once in a view', () => {
    const pending = new Pending(100);
    for (const id of [7, 3, 9]) pending.add(id, batch(id), 5);
    const [first, second] = pending.unproposed(1);
    for (const each of [first, second]) if (each !== undefined) each.proposedIn = 1;
    expect([...pending.unproposed(1)].map(({ payload }) => payload.length)).toEqual([9]);
    expect([...pending.unproposed(2)]).toHaveLength(3);
  });

  test('is not changed by the end of what it does not know', () => {
    const pending = new Pending(100);
    pending.add(1, batch(10), 5);
    expect([2, 1, 1].map((id) => pending.remove(id)?.payload.length)).toEqual([undefined, 10, undefined]);
    expect([pending.isEmpty, pending.heldBytes]).toEqual([true, 0]);
  });

  test('has room for so many bytes, and always for one batch', () => {
    const pending = new Pending(10);
    expect(pending.add(1, batch(50), 5)).toBe(true);
    expect(pending.add(2, batch(1), 5)).toBe(false);
    pending.remove(1);
    expect([pending.add(3, batch(6), 5), pending.add(4, batch(5), 5), pending.add(5, batch(4), 5)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([...pending.batches()].map(({ payload }) => payload.length)).toEqual([6, 4]);
    expect(pending.heldBytes).toBe(10);
  });
});
