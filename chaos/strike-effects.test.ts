import { describe, expect, it } from 'vitest';
import type { LabEvent, Link } from './contracts/events.ts';
import type { StrikeWindow } from './statistics.ts';
import { strikeEffects } from './strike-effects.ts';

const endMs = 10_000;

/** A strike from `requestedMs` for a second, on n1 and no link unless it is said otherwise. */
function strike(name: string, requestedMs: number, over: Partial<StrikeWindow> = {}): StrikeWindow {
  return {
    strike: name,
    fault: 'crash',
    target: 'one',
    nodes: ['n1'],
    links: [],
    requestedMs,
    struckMs: requestedMs + 30,
    healRequestedMs: requestedMs + 1000,
    healedMs: requestedMs + 1040,
    error: null,
    outage: false,
    ...over,
  };
}

const down = (node: string, atMs: number): LabEvent => ({ atMs, type: 'node-down', node });
const toN2: Link = { from: 'n1', to: 'n2' };
const toN3: Link = { from: 'n1', to: 'n3' };

function dropped(link: Link, name: string, atMs: number, lastedMs?: number): LabEvent {
  return { atMs, type: 'link-dropped', ...link, strike: name, ...(lastedMs === undefined ? {} : { lastedMs }) };
}

/** The delays of strikes of one fault: median and maximum. */
function effect(windows: readonly StrikeWindow[], events: readonly LabEvent[]): unknown {
  const rows = strikeEffects(windows, events, endMs);
  expect(rows.length).toBeLessThanOrEqual(1);
  return rows[0] === undefined ? null : [rows[0].strikes, rows[0].medianMs, rows[0].maxMs];
}

describe('strikes on processes', () => {
  it('take effect when the last of their nodes goes', () => {
    const both = strike('s1', 1000, { nodes: ['n1', 'n2'] });
    expect(effect([both], [down('n2', 1012.25), down('n1', 1040)])).toEqual([1, 40, 40]);
  });

  it('do not count where a node was not seen to go', () => {
    const both = strike('s1', 1000, { nodes: ['n1', 'n2'] });
    expect(effect([both], [down('n1', 1012), down('n3', 1013)])).toBeNull();
  });

  it('take the first that was seen of a node, be it gone or paused', () => {
    const paused: LabEvent = { atMs: 1020, type: 'node-paused', node: 'n1' };
    expect(effect([strike('s1', 1000)], [paused, down('n1', 1500)])).toEqual([1, 20, 20]);
  });

  it('on disks are felt by their disks, and those on a group by no replica, whatever else befalls one meanwhile', () => {
    const crashed = down('n1', 1400);
    const slow: LabEvent = { atMs: 1010, type: 'disk-slow', node: 'n1' };
    expect(effect([strike('s1', 1000, { fault: 'slow-disk' })], [slow, crashed])).toEqual([1, 10, 10]);
    expect(effect([strike('s1', 1000, { fault: 'slow-disk' })], [crashed])).toBeNull();
    const wiped: LabEvent = { atMs: 1500, type: 'disk-wiped', node: 'n1' };
    expect(effect([strike('s1', 1000, { fault: 'wipe' })], [crashed, wiped])).toEqual([1, 500, 500]);
    expect(effect([strike('s1', 1000, { fault: 'remove' })], [crashed])).toBeNull();
  });

  it('are not felt before their command, but for what two clocks may differ by', () => {
    expect(effect([strike('s1', 1000)], [down('n1', 995)])).toEqual([1, 0, 0]);
    expect(effect([strike('s1', 1000)], [down('n1', 994.9)])).toBeNull();
  });

  it('are not felt after their heal, or until the end where they were not healed', () => {
    expect(effect([strike('s1', 1000)], [down('n1', 2040)])).toEqual([1, 1040, 1040]);
    expect(effect([strike('s1', 1000)], [down('n1', 2041)])).toBeNull();
    expect(effect([strike('s1', 1000, { healedMs: null })], [down('n1', 2041)])).toEqual([1, 1041, 1041]);
    expect(effect([strike('s1', 1000, { healedMs: null })], [down('n1', endMs + 1)])).toBeNull();
  });

  it('do not count where they never began', () => {
    expect(effect([strike('s1', 1000, { requestedMs: null })], [down('n1', 1010)])).toBeNull();
  });
});

describe('strikes on links', () => {
  const cut = (over: Partial<StrikeWindow> = {}) => strike('s1', 1000, { fault: 'cut', links: [toN2, toN3], ...over });

  it('take effect when the last of the links that carried anything is felt', () => {
    expect(effect([cut()], [dropped(toN2, 's1', 1030), dropped(toN3, 's1', 1050)])).toEqual([1, 50, 50]);
    expect(effect([cut()], [dropped(toN2, 's1', 1030)])).toEqual([1, 30, 30]);
    expect(effect([cut()], [])).toBeNull();
  });

  it('are felt since what was noticed late began, and never before their command', () => {
    expect(effect([cut()], [dropped(toN2, 's1', 1500, 480)])).toEqual([1, 20, 20]);
    expect(effect([cut()], [dropped(toN2, 's1', 1500, 700)])).toEqual([1, 0, 0]);
  });

  it('take the first that was felt on a link, whichever was noticed first', () => {
    const twice = [dropped(toN2, 's1', 1200, 100), dropped(toN2, 's1', 1500, 480), dropped(toN2, 's1', 1900)];
    expect(effect([cut()], twice)).toEqual([1, 20, 20]);
  });

  it('are felt as a delay, too', () => {
    const delayed: LabEvent = { atMs: 1070, type: 'link-delayed', ...toN2, strike: 's1' };
    expect(effect([cut()], [delayed])).toEqual([1, 70, 70]);
  });

  it('are told by nothing but their own links and their own name', () => {
    const others = [dropped(toN2, 's2', 1030), dropped({ from: 'n2', to: 'n1' }, 's1', 1040), down('n1', 1050)];
    expect(effect([cut()], others)).toBeNull();
  });
});

describe('rows', () => {
  it('are one per fault, by name, with the nearest rank as the median', () => {
    const windows = [
      strike('s1', 1000, { fault: 'pause' }),
      ...[2000, 4000, 6000, 8000].map((atMs, i) => strike(`s2.${i}`, atMs, { nodes: ['n2'] })),
      strike('s3', 9000, { fault: 'cut', links: [toN2] }),
    ];
    const events = [down('n1', 1005), down('n2', 2040), down('n2', 4010), down('n2', 6030.0004), down('n2', 8020)];
    expect(strikeEffects(windows, events, endMs)).toEqual([
      { fault: 'crash', strikes: 4, medianMs: 20, maxMs: 40 },
      { fault: 'pause', strikes: 1, medianMs: 5, maxMs: 5 },
    ]);
  });

  it('are to the microsecond', () => {
    expect(effect([strike('s1', 1000.1)], [down('n1', 1000.3)])).toEqual([1, 0.2, 0.2]);
  });
});
