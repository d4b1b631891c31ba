import { describe, expect, it } from 'vitest';
import { type LinkFact, LinkWatch } from './link-watch.ts';

const intervalMs = 25;

/** A watch over one link, and a time that goes on in intervals. */
function scene() {
  const facts: LinkFact[] = [];
  const watch = new LinkWatch(['n2'], intervalMs, (fact) => facts.push(fact));
  let nowMs = 1000;
  watch.tick(nowMs);
  return {
    facts,
    watch,
    types: () => facts.splice(0).map(({ type }) => type),
    /** So many intervals, with a frame of that delay in each, or none. */
    pass: (intervals: number, delayMs?: number) => {
      for (let count = 0; count < intervals; count += 1) {
        if (delayMs !== undefined) watch.heard('n2', nowMs, delayMs);
        nowMs += intervalMs;
        watch.tick(nowMs);
      }
    },
    /** A frame comes, some time after the last tick. */
    hear: (afterMs: number) => watch.heard('n2', nowMs + afterMs, 0.2),
    sleep: (ms: number) => {
      nowMs += ms;
      watch.tick(nowMs);
    },
    table: () => watch.table(nowMs),
  };
}

describe('a watched link', () => {
  it('is silent from the start, reported once when that lasts, and when it is first heard', () => {
    const { pass, facts, types, table } = scene();
    expect(table()).toMatchObject([{ from: 'n2', silent: true, lastHeardMs: null, delayMs: null }]);
    pass(4);
    expect(facts).toEqual([]);
    pass(20);
    expect(facts).toEqual([{ type: 'link-silent', from: 'n2', silentMs: 125 }]);
    types();
    pass(1, 0.2);
    expect(types()).toEqual(['link-heard']);
    expect(table()).toMatchObject([{ silent: false, lastHeardMs: 25, delayMs: 0.2, frames: 1 }]);
  });

  it('is reported once when it falls silent, after 60 ms and two intervals, and once when it is heard again', () => {
    const { pass, types } = scene();
    pass(10, 0.2);
    types();
    pass(3);
    expect(types()).toEqual([]);
    pass(1);
    expect(types()).toEqual(['link-silent']);
    pass(40);
    expect(types()).toEqual([]);
    pass(5, 0.2);
    expect(types()).toEqual(['link-heard']);
  });

  it.each([
    [0, 125, 4],
    [10, 115, 4],
    [15, 110 + 25, 5],
    [24, 126, 5],
  ])(
    'whose last frame came %i ms after a tick was silent for %i ms when it is reported',
    (afterMs, silentMs, ticks) => {
      const { pass, hear, facts } = scene();
      pass(10, 0.2);
      facts.length = 0;
      hear(afterMs);
      // The interval in which it came, and whole ones after it.
      pass(ticks);
      expect(facts).toEqual([]);
      pass(1);
      expect(facts).toEqual([{ type: 'link-silent', from: 'n2', silentMs }]);
    },
  );

  it('is silent for two intervals of a pause, and for what this replica ran before and after', () => {
    const { pass, hear, sleep, facts } = scene();
    pass(10, 0.2);
    facts.length = 0;
    hear(20);
    pass(1);
    sleep(5000);
    pass(2);
    expect(facts).toEqual([]);
    pass(1);
    expect(facts).toEqual([{ type: 'link-silent', from: 'n2', silentMs: 5 + 2 * intervalMs + 3 * intervalMs }]);
  });

  it('is not to blame while this replica itself did not run', () => {
    const { pass, sleep, types } = scene();
    pass(10, 0.2);
    types();
    sleep(5000);
    pass(10, 0.2);
    expect(types()).toEqual([]);
  });

  it('is slow when every frame of a while comes late, and calm again afterwards', () => {
    const { pass, facts } = scene();
    pass(10, 0.5);
    facts.length = 0;
    pass(12, 30.5);
    expect(facts).toEqual([{ type: 'link-slow', from: 'n2', delayMs: 30.5, calmMs: 0.5 }]);
    pass(12, 0.7);
    expect(facts[1]).toEqual({ type: 'link-calm', from: 'n2', delayMs: 0.7, calmMs: 0.5 });
    expect(facts.length).toBe(2);
  });

  it('is not slow for one frame that a busy machine delayed', () => {
    const { pass, types } = scene();
    pass(10, 0.5);
    types();
    pass(1, 80);
    pass(10, 0.5);
    expect(types()).toEqual([]);
  });

  it('is not reported over and over when the delay stays close to the bound', () => {
    const { pass, types } = scene();
    pass(10, 0.5);
    types();
    for (let count = 0; count < 10; count += 1) {
      pass(6, 11);
      pass(6, 9);
    }
    expect(types()).toEqual(['link-slow']);
  });

  it('counts what could not be decoded, and ignores strangers', () => {
    const { watch, table } = scene();
    watch.undecodable('n2');
    watch.undecodable('n9');
    watch.heard('n9', 0, 0);
    expect(table()).toMatchObject([{ from: 'n2', undecodable: 1, frames: 0 }]);
  });
});
