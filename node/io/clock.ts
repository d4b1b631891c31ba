/** Real time and real chance, as the runtime needs them. */
import { randomBytes } from 'node:crypto';
// The global one is a getter, and it is asked for each operation of a load generator.
import { performance } from 'node:perf_hooks';
import type { Clock, Random } from '../ports.ts';
import { onceReceived } from './turn.ts';

/**
 * The wall clock in milliseconds since 1970, with a fraction. It is read once at start and goes on monotonically, so a
 * stepped host clock never makes a delay negative within one process.
 */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, fn) => {
    const timer = setTimeout(fn, delayMs);
    return () => clearTimeout(timer);
  },
  soon: onceReceived,
};

const poolNumbers = 1024;

/** Chance from the operating system's generator, drawn 1024 numbers at a time. */
export function systemRandom(): Random {
  let pool = Buffer.alloc(0);
  const next = (): number => {
    if (pool.length < 6) pool = randomBytes(6 * poolNumbers);
    const number = pool.readUIntBE(0, 6);
    pool = pool.subarray(6);
    return number / 2 ** 48;
  };
  return { between: (min, max) => min + (max - min) * next() };
}
