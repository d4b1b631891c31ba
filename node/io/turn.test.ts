import { describe, expect, test } from 'vitest';
import { atEndOfTurn, onceReceived } from './turn.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the end of a turn', () => {
  test('comes after what was received, whichever was asked for first, and once for each', async () => {
    const seen: string[] = [];
    atEndOfTurn(() => seen.push('leaves'));
    onceReceived(() => {
      seen.push('gathered');
      atEndOfTurn(() => seen.push('leaves with the rest'));
    });
    expect(seen).toEqual([]);
    await nextTurn();
    expect(seen).toEqual(['gathered', 'leaves', 'leaves with the rest']);
    await nextTurn();
    expect(seen).toHaveLength(3);
  });

  test('what gathers again does so in the next turn', async () => {
    const seen: string[] = [];
    onceReceived(() => {
      onceReceived(() => seen.push('second'));
      atEndOfTurn(() => seen.push('first'));
    });
    await nextTurn();
    expect(seen).toEqual(['first']);
    await nextTurn();
    expect(seen).toEqual(['first', 'second']);
  });

  test('what leaves may ask for more, a turn later', async () => {
    const seen: string[] = [];
    atEndOfTurn(() => atEndOfTurn(() => seen.push('later')));
    await nextTurn();
    expect(seen).toEqual([]);
    await nextTurn();
    expect(seen).toEqual(['later']);
  });
});
