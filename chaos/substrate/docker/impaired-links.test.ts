import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ImpairedLinks, inheritanceMs } from './impaired-links.ts';

const link = { from: 'n1', to: 'n2' };
const back = { from: 'n2', to: 'n1' };
let seen: string[];
let links: ImpairedLinks;

beforeEach(() => {
  vi.useFakeTimers();
  seen = [];
  links = new ImpairedLinks(({ from, to }, strike) => seen.push(`${from}->${to} ${strike}`));
});
afterEach(() => vi.useRealTimers());

/** Cut by two strikes one after the other; the first is healed. */
function cutTwice(): void {
  links.add(link, 's1', 'cut');
  links.fellSilent(link);
  links.add(link, 's2', 'cut');
  links.remove(link, 's1');
}

test('an observation is explained by the strike of its kind that came first, as long as it lasts', () => {
  links.add(link, 's0', 'latency');
  links.add(link, 's1', 'cut');
  links.add(link, 's2', 'cut');
  expect([links.explain(link, 'cut'), links.explain(link, 'latency'), links.explain(back, 'cut')]).toEqual([
    's1',
    's0',
    undefined,
  ]);
  links.remove(link, 's1');
  expect(links.explain(link, 'cut')).toBe('s2');
  links.clear();
  expect(links.explain(link, 'cut')).toBeUndefined();
});

test('a link that stays silent after the first of two cuts was healed is cut by the second', () => {
  cutTwice();
  vi.advanceTimersByTime(inheritanceMs - 1);
  expect(seen).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(seen).toEqual(['n1->n2 s2']);
});

test('one that is heard meanwhile is not, nor one whose receiver is gone or whose second cut is healed, too', () => {
  cutTwice();
  links.wasHeard(link);
  vi.advanceTimersByTime(inheritanceMs);
  cutTwice();
  links.stoppedListening('n2');
  vi.advanceTimersByTime(inheritanceMs);
  cutTwice();
  links.remove(link, 's2');
  vi.advanceTimersByTime(inheritanceMs);
  cutTwice();
  links.clear();
  vi.advanceTimersByTime(inheritanceMs);
  expect(seen).toEqual([]);
});

test('the end of the second cut says nothing of the first', () => {
  links.add(link, 's1', 'cut');
  links.fellSilent(link);
  links.add(link, 's2', 'cut');
  links.remove(link, 's2');
  vi.advanceTimersByTime(inheritanceMs);
  expect(seen).toEqual([]);
});
