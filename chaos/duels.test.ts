import { describe, expect, it } from 'vitest';
import type { LabEvent } from './contracts/events.ts';
import { duels } from './duels.ts';
import { sampleRun } from './sample-plan.ts';
import { runStatistics } from './statistics.ts';

/** A ballot of `node` for the slot `index` that came to nothing. */
function overtaken(atMs: number, node: string, index: number, epoch: number): LabEvent {
  return { atMs, type: 'overtaken', node, index, epoch, by: epoch + 1 };
}

function applied(atMs: number, node: string, index: number): LabEvent {
  return { atMs, type: 'apply', node, index, hash: index };
}

const ofEvents = (events: readonly LabEvent[]) => duels(sampleRun({ events }));

describe('duels', () => {
  it('are counted by slot: which took the most ballots, and which waited longest', () => {
    const found = ofEvents([
      overtaken(1000, 'n1', 88, 7),
      overtaken(1100.25, 'n2', 88, 8),
      overtaken(1300, 'n1', 88, 9),
      applied(1400, 'n3', 88),
      overtaken(2000, 'n3', 95, 11),
      applied(2100, 'n1', 94),
      applied(2912.5, 'n2', 95),
      applied(3000, 'n1', 95),
    ]);
    expect(found).toEqual({
      overtaken: 4,
      most: { index: 88, overtaken: 3, fromMs: 1000, toMs: 1300, heldUpMs: 400 },
      longest: { index: 95, overtaken: 1, fromMs: 2000, toMs: 2000, heldUpMs: 912.5 },
    });
  });

  it('are told apart by slot also where they go on at once', () => {
    const found = ofEvents([
      overtaken(100, 'n1', 5, 1),
      overtaken(110, 'n2', 6, 2),
      overtaken(120, 'n1', 5, 3),
      applied(150, 'n3', 5),
      applied(170, 'n3', 6),
    ]);
    expect(found).toMatchObject({
      overtaken: 3,
      most: { index: 5, overtaken: 2 },
      longest: { index: 6, heldUpMs: 60 },
    });
  });

  it('without end are the longest, when nobody ever applied the slot', () => {
    const events = [
      overtaken(1000, 'n1', 3, 1),
      applied(5000, 'n1', 3),
      overtaken(5500, 'n1', 9, 4),
      overtaken(5600, 'n2', 9, 5),
    ];
    const endless = { index: 9, overtaken: 2, fromMs: 5500, toMs: 5600, heldUpMs: null };
    expect(ofEvents(events)).toEqual({ overtaken: 3, most: endless, longest: endless });
  });

  it('that began just before the end of a recording do not outlast one that was long', () => {
    const found = ofEvents([overtaken(1000, 'n1', 3, 1), applied(3000, 'n1', 3), overtaken(9000, 'n1', 9, 4)]);
    expect(found?.longest).toMatchObject({ index: 3, heldUpMs: 2000 });
  });

  it('hold nothing up where the slot had been applied before, by whomever and however often', () => {
    const found = ofEvents([applied(900, 'n3', 4), overtaken(1000, 'n1', 4, 2), applied(2000, 'n1', 4)]);
    expect(found?.longest).toEqual({ index: 4, overtaken: 1, fromMs: 1000, toMs: 1000, heldUpMs: 0 });
  });

  it('before load began are no loss to anybody', () => {
    const boot = [overtaken(-300, 'n1', 1, 1), overtaken(-200, 'n2', 1, 2), applied(-100, 'n1', 1)];
    expect(ofEvents(boot)).toBeNull();
    expect(ofEvents([...boot, overtaken(50, 'n2', 2, 4), applied(60, 'n1', 2)])).toMatchObject({ overtaken: 1 });
  });

  it('are not known where no replica reported any', () => {
    expect(ofEvents([applied(10, 'n1', 1)])).toBeNull();
  });

  it('are among the figures of a run', () => {
    const run = sampleRun({ events: [overtaken(10, 'n1', 1, 1), applied(30, 'n1', 1)] });
    expect(runStatistics(run).duels).toEqual(duels(run));
    expect(runStatistics(sampleRun({})).duels).toBeNull();
  });
});
