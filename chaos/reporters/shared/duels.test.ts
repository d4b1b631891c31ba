import { describe, expect, it } from 'vitest';
import type { LabEvent } from '../../contracts/events.ts';
import type { DuelledSlot } from '../../contracts/statistics.ts';
import { sampleRun } from '../../sample-plan.ts';
import { duelRows, overtakenSeries, waitInWords } from './duels.ts';

const slot = (heldUpMs: number | null): DuelledSlot => ({ index: 88, overtaken: 1, fromMs: 5, toMs: 5, heldUpMs });

function overtaken(atMs: number, node: string): LabEvent {
  return { atMs, type: 'overtaken', node, index: 5, epoch: 1, by: 2 };
}

describe('a duel in words', () => {
  it.each([
    [912, 'slot 88 waited 912 ms', 'slot 88, 1 view, applied after 912 ms'],
    [0, 'no slot waited', 'slot 88, 1 view, applied before'],
    [null, 'slot 88 was not applied by the end', 'slot 88, 1 view, not applied by the end'],
  ])('says how long its slot waited: %s', (heldUpMs, wait, row) => {
    expect(waitInWords(slot(heldUpMs))).toBe(wait);
    const duels = { overtaken: 1, most: slot(heldUpMs), longest: slot(heldUpMs) };
    expect(duelRows(duels, 'view')).toEqual([
      ['views overtaken', '1'],
      ['the most views overtaken in one slot', 'slot 88, 1 view, from 0.005 s to 0.005 s'],
      ['the longest duel', row],
    ]);
  });

  it('is not there where nothing was overtaken', () => {
    expect(duelRows(null, 'ballot')).toEqual([]);
  });
});

describe('overtakenSeries', () => {
  it('counts by replica and bin, 0 where a replica had none, and nothing from before the load', () => {
    const events = [
      overtaken(-20, 'n2'),
      overtaken(0, 'n1'),
      overtaken(99.9, 'n1'),
      overtaken(100, 'n3'),
      overtaken(10_000, 'n3'),
    ];
    const series = overtakenSeries(sampleRun({ events }));
    expect(series?.atMs.slice(0, 2)).toEqual([100, 200]);
    expect(series?.atMs.at(-1)).toBe(10_000);
    expect([...(series?.perNode ?? [])].map(([node, counts]) => [node, counts.slice(0, 2), counts.at(-1)])).toEqual([
      ['n1', [2, 0], 0],
      ['n2', [0, 0], 0],
      ['n3', [0, 1], 1],
    ]);
  });

  it('is null where nothing was overtaken under load', () => {
    expect(overtakenSeries(sampleRun({}))).toBeNull();
    expect(overtakenSeries(sampleRun({ events: [overtaken(-20, 'n2')] }))).toBeNull();
  });
});
