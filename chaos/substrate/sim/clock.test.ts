import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SimClock } from './clock.ts';

describe('events', () => {
  test('run in the order of their times, and in order of scheduling where these are equal', async () => {
    const clock = new SimClock();
    const seen: string[] = [];
    for (const [name, atMs] of [
      ['c', 5],
      ['a', 1],
      ['d', 5],
      ['b', 3],
      ['e', 5],
    ] as const) {
      clock.after(atMs, () => void seen.push(`${name}@${clock.now()}`));
    }
    await clock.sleep(10);
    expect(seen).toEqual(['a@1', 'b@3', 'c@5', 'd@5', 'e@5']);
    expect(clock.now()).toBe(10);
  });

  test('any number of them, however scheduled: time never goes back, and ties keep their order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 200 }), async (delays) => {
        const clock = new SimClock();
        const seen: number[] = [];
        for (const [order, delayMs] of delays.entries()) clock.after(delayMs, () => void seen.push(order));
        await clock.sleep(20);
        const stable = delays.map((_, order) => order).sort((a, b) => (delays[a] ?? 0) - (delays[b] ?? 0));
        expect(seen).toEqual(stable);
      }),
    );
  });

  test('may schedule others; one for the present moment comes after those that are due already', async () => {
    const clock = new SimClock();
    const seen: string[] = [];
    clock.after(1, () => {
      seen.push('first');
      clock.after(0, () => void seen.push('scheduled by first'));
    });
    clock.after(1, () => void seen.push('second'));
    await clock.sleep(1);
    await clock.sleep(1);
    expect(seen).toEqual(['first', 'second', 'scheduled by first']);
  });

  test('that are cancelled do not run, and cost no time', async () => {
    const clock = new SimClock();
    const seen: string[] = [];
    const cancel = clock.after(1, () => void seen.push('cancelled'));
    clock.after(2, () => void seen.push('kept'));
    cancel();
    cancel();
    await clock.sleep(3);
    expect(seen).toEqual(['kept']);
    expect(clock.eventCount).toBe(2);
  });

  test('never come early: a wait for what is left of a time ends at that time or after it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1e6, noNaN: true }), async (delayMs) => {
        const clock = new SimClock();
        await clock.sleep(0.1);
        const dueMs = clock.now() + delayMs;
        await clock.sleep(delayMs);
        expect(clock.now()).toBeGreaterThanOrEqual(dueMs - 1e-9);
        expect(clock.now()).toBeLessThan(dueMs + 0.002);
      }),
    );
  });

  test('of the past happen now', async () => {
    const clock = new SimClock();
    await clock.sleep(5);
    let atMs = -1;
    clock.after(-3, () => {
      atMs = clock.now();
    });
    await clock.sleep(1);
    expect(atMs).toBe(5);
  });
});

describe('soon', () => {
  test('is after the present event and before the next, at the same time', async () => {
    const clock = new SimClock();
    const seen: string[] = [];
    clock.after(1, () => {
      clock.soon(() => {
        seen.push('soon');
        clock.soon(() => void seen.push('sooner or later'));
      });
      seen.push('event');
    });
    clock.after(1, () => void seen.push('next event'));
    await clock.sleep(2);
    expect(seen).toEqual(['event', 'soon', 'sooner or later', 'next event']);
  });

  test('outside of an event is an event of the present moment', async () => {
    const clock = new SimClock();
    let atMs = -1;
    clock.soon(() => {
      atMs = clock.now();
    });
    expect(atMs).toBe(-1);
    await clock.sleep(1);
    expect(atMs).toBe(0);
  });
});

describe('sleepers', () => {
  test('are resumed between events, and all that they set going comes to rest before time moves on', async () => {
    const clock = new SimClock();
    const seen: string[] = [];
    const deep = async (depth: number): Promise<void> => {
      if (depth > 0) await deep(depth - 1);
      await Promise.resolve();
    };
    const worker = (async () => {
      await clock.sleep(1);
      await deep(50);
      seen.push(`worker@${clock.now()}`);
    })();
    clock.after(1.001, () => void seen.push(`event@${clock.now()}`));
    await Promise.all([worker, clock.sleep(2)]);
    expect(seen).toEqual(['worker@1', 'event@1.001']);
  });

  test('wake in the order of their times', async () => {
    const clock = new SimClock();
    const seen: number[] = [];
    const sleeper = async (ms: number) => {
      await clock.sleep(ms);
      seen.push(ms);
    };
    await Promise.all([3, 1, 2].map(sleeper));
    expect(seen).toEqual([1, 2, 3]);
  });

  test('time stands still while nobody sleeps', async () => {
    const clock = new SimClock();
    let ran = false;
    clock.after(1, () => {
      ran = true;
    });
    await Promise.resolve();
    expect({ ran, now: clock.now() }).toEqual({ ran: false, now: 0 });
    await clock.sleep(1);
    expect(ran).toBe(true);
  });

  test('wake at once when their signal is aborted, also by an event', async () => {
    const clock = new SimClock();
    const end = new AbortController();
    clock.after(5, () => end.abort());
    await clock.sleep(1000, end.signal);
    expect(clock.now()).toBe(5);
    await clock.sleep(1000, end.signal);
    expect(clock.now()).toBe(5);
    // The wait that was given up leaves nothing behind that would wake anybody.
    await clock.sleep(2000);
    expect(clock.now()).toBe(2005);
  });

  test('hear of it when an event throws; the clock can be used after that', async () => {
    const clock = new SimClock();
    clock.after(3, () => {
      throw new Error('the lab is broken');
    });
    const all = await Promise.allSettled([clock.sleep(5), clock.sleep(10)]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(all[0]).toMatchObject({ reason: new Error('the lab is broken') });
    expect(clock.now()).toBe(3);
    await clock.sleep(1);
    expect(clock.now()).toBe(4);
  });

  test('who slept before it threw is not disturbed by it', async () => {
    const clock = new SimClock();
    const first = clock.sleep(1);
    clock.after(2, () => {
      throw new Error('later');
    });
    const second = clock.sleep(3);
    await first;
    expect(clock.now()).toBe(1);
    await expect(second).rejects.toThrow('later');
  });
});
