/** What all workloads share: the records of a run, their keys and values, and the load phase that inserts them. */
import type { RandomSource } from '../contracts/faults.ts';
import type { BenchOperation, WorkloadSettings } from './contracts.ts';
import { scatter } from './keys/scatter.ts';

/** Every byte in two hexadecimal digits: joining these is cheaper than formatting a number. */
const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * The key of record `index`, 0 to 2^32 - 1: twelve characters, different for each record. As YCSB's hashed insert order has
 * it, records that were inserted one after the other are far apart in key order.
 */
export function keyOf(index: number): string {
  const bits = scatter(index);
  const high = `${hexBytes[bits >>> 24]}${hexBytes[(bits >>> 16) & 255]}`;
  return `user${high}${hexBytes[(bits >>> 8) & 255]}${hexBytes[bits & 255]}`;
}

/** A few megabytes of them. */
const rememberedKeys = 1 << 16;

function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => keyOf(index));
}

/**
 * The records that exist: those of the load phase, and what the run inserts.
 *
 * An insert can be read once it was acknowledged; what was acknowledged last is the newest. YCSB keeps to the order in which
 * records were inserted, so that one insert of unknown fate hides all that follow it. Here none waits for another, and what
 * was never acknowledged is never read.
 */
export class Records {
  readonly #loaded: number;
  /** The keys of the first records, once they were asked for: remembering one is cheaper than making it again. */
  readonly #keys: string[] = [];
  readonly #readable: string[] = [];
  #inserted = 0;

  constructor(loaded: number) {
    this.#loaded = loaded;
  }

  /** How many can be read. */
  get count(): number {
    return this.#loaded + this.#readable.length;
  }

  /** The key of one that can be read, by its place: 0 to `count` - 1, the newest last. */
  keyAt(place: number): string {
    if (place >= this.#loaded) return this.#readable[place - this.#loaded] as string;
    return this.#keys[place] ?? this.#rememberKey(place);
  }

  #rememberKey(place: number): string {
    if (this.#keys.length === 0) this.#keys.push(...keysOf(Math.min(this.#loaded, rememberedKeys)));
    return this.#keys[place] ?? keyOf(place);
  }

  /** The key of a record that is to be inserted: each time another. */
  nextKey(): string {
    this.#inserted += 1;
    return keyOf(this.#loaded + this.#inserted - 1);
  }

  /** The record of a key that `nextKey` gave was inserted. To be called once. */
  acknowledged(key: string): void {
    this.#readable.push(key);
  }
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';
const digitPairs = [...digits].flatMap((high) => [...digits].map((low) => high + low));
/** A value begins with its number in so many digits of base 64. */
const numberLength = 8;
/** The last two digits of a number count up; what stands before them is so many numbers. */
const highNumbers = digitPairs.length ** 3;
/** At so many places the text of a value may begin. */
const poolStarts = 1 << 18;

/**
 * Values of `valueBytes` characters of one byte. Each begins with a number and goes on with a piece of a text that was drawn
 * once: unpredictable, but not drawn anew character by character.
 *
 * No two values of a stream are equal while it gives fewer than 64^valueBytes (2^48 from 8 bytes on). The first number is
 * random, so that values of 8 bytes and more differ between streams of different seeds as well: histories that tell of
 * many streams need that.
 */
export class Values {
  readonly #random: RandomSource;
  readonly #textLength: number;
  readonly #pool: string;
  /** The number of the next value: its last two digits, and the others as text. */
  #low = 0;
  #high: number;
  #highDigits: string;

  constructor(valueBytes: number, random: RandomSource) {
    this.#random = random;
    this.#textLength = valueBytes - numberLength;
    const pool = Buffer.alloc(poolStarts + Math.max(0, this.#textLength));
    for (let at = 0; at < pool.length; at += 1) pool[at] = digits.charCodeAt(random.integer(0, digits.length - 1));
    this.#pool = pool.toString('latin1');
    this.#high = random.integer(0, highNumbers - 1);
    this.#highDigits = highDigitsOf(this.#high);
  }

  next(): string {
    if (this.#low === digitPairs.length) {
      this.#low = 0;
      this.#high = (this.#high + 1) % highNumbers;
      this.#highDigits = highDigitsOf(this.#high);
    }
    const number = `${this.#highDigits}${digitPairs[this.#low]}`;
    this.#low += 1;
    // The last digits are what differs.
    if (this.#textLength <= 0) return number.slice(-this.#textLength);
    const start = Math.floor(this.#random.fraction() * poolStarts);
    return number + this.#pool.slice(start, start + this.#textLength);
  }
}

function highDigitsOf(high: number): string {
  const pairAt = (place: number) => digitPairs[Math.floor(high / digitPairs.length ** place) % digitPairs.length];
  return `${pairAt(2)}${pairAt(1)}${pairAt(0)}`;
}

/** The load phase. */
export interface LoadStream {
  /** The next record to insert: each once, in the order of their numbers. Null after the last one. */
  next(): BenchOperation | null;
}

export function loadStream(settings: WorkloadSettings, random: RandomSource): LoadStream {
  const values = new Values(settings.valueBytes, random);
  let index = 0;
  return {
    next: () => {
      if (index >= settings.records) return null;
      index += 1;
      return { kind: 'insert', key: keyOf(index - 1), value: values.next() };
    },
  };
}
