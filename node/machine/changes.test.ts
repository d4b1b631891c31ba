import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Changes } from './changes.ts';

const span = 10;

describe('since when a key is as it is', () => {
  test('is when it was changed last, or the beginning where it never was', () => {
    const changes = new Changes(0, span);
    changes.note('a', 3);
    changes.note('b', 4);
    changes.note('a', 6);
    expect(['a', 'b', 'c'].map((key) => changes.since(key, 7))).toEqual([6, 4, 0]);
  });

  test('is the beginning of the span before, where it was changed longer ago: so much is forgotten', () => {
    const changes = new Changes(0, span);
    changes.note('a', 9);
    changes.note('b', 12);
    expect(changes.since('a', 19)).toBe(9);
    expect(changes.since('a', 20)).toBe(10);
    expect(changes.since('b', 20)).toBe(12);
    expect(changes.since('b', 45)).toBe(30);
  });

  test('is no earlier than the state that was taken over', () => {
    const changes = new Changes(17, span);
    changes.note('a', 18);
    expect(changes.since('a', 19)).toBe(18);
    expect(changes.since('b', 19)).toBe(17);
    expect(changes.since('b', 30)).toBe(20);
  });
});

// What makes equal answers of equal dates answers of one state.
test('whatever was changed when: nothing has changed from then on; and two spans after a state was taken over all say the same', () => {
  const keys = ['a', 'b', 'c'];
  const history = fc.array(fc.constantFrom(...keys, null), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(history, fc.nat(60), (commands, taken) => {
      const begin = Math.min(taken, commands.length);
      const whole = new Changes(0, span);
      const later = new Changes(begin, span);
      for (const [place, key] of commands.entries()) {
        const position = place + 1;
        if (key === null) continue;
        whole.note(key, position);
        if (position > begin) later.note(key, position);
      }
      const now = commands.length;
      for (const key of keys) {
        for (const changes of [whole, later]) {
          const since = changes.since(key, now);
          expect(since).toBeLessThanOrEqual(now);
          expect(commands.slice(since)).not.toContain(key);
        }
        if (now >= begin + 2 * span) expect(later.since(key, now)).toBe(whole.since(key, now));
      }
    }),
  );
});
