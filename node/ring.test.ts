import { expect, test } from 'vitest';
import { Ring } from './ring.ts';

const items = (ring: Ring<{ number: number }>) => [...ring.items()].map(({ number }) => number);

function ringOf(length: number, count: number) {
  const ring = new Ring<{ number: number }>(length);
  for (let added = 0; added < count; added += 1) ring.put({ number: ring.next() });
  return ring;
}

test('gives each item back by its number, once', () => {
  const ring = ringOf(4, 3);
  expect(ring.take(2)).toEqual({ number: 2 });
  expect(ring.take(2)).toBeUndefined();
  expect(ring.take(6)).toBeUndefined();
  expect(items(ring)).toEqual([1, 3]);
  expect(ring.count).toBe(2);
});

test('the oldest makes room, and is not mistaken for what took its place', () => {
  const ring = ringOf(3, 3);
  expect(ring.put({ number: ring.next() })).toEqual({ number: 1 });
  expect(ring.take(1)).toBeUndefined();
  expect(items(ring)).toEqual([2, 3, 4]);
  expect(ring.count).toBe(3);
});

test('or a number whose place is taken is passed over', () => {
  const ring = ringOf(4, 4);
  ring.take(3);
  expect(ring.nextFree()).toBe(7);
});

test('its items may be taken out while they are walked through', () => {
  const ring = ringOf(5, 12);
  const seen: number[] = [];
  for (const { number } of ring.items()) if (ring.take(number) !== undefined) seen.push(number);
  expect(seen).toEqual([8, 9, 10, 11, 12]);
  expect(ring.count).toBe(0);
});
