import { describe, expect, it } from 'vitest';
import { sampleFootprint } from '../../sample-plan.ts';
import { footprintSeries } from './footprints.ts';

describe('footprintSeries', () => {
  const log = (atMs: number, kib: number) => sampleFootprint(atMs, { logBytes: kib * 1024 });

  it('has every sample as it was, so that a log which is cut can be seen to fall', () => {
    const { log: lines } = footprintSeries(new Map([['n1', [log(0, 1), log(1000, 2), log(2000, 0.5)]]]));
    expect(lines.atMs).toEqual([0, 1000, 2000]);
    expect(lines.perNode.get('n1')).toEqual([1, 2, 0.5]);
  });

  it('has nothing of a replica while others had a sample and it had none, nor of the time before load', () => {
    const nodes = new Map([
      ['n1', [log(-500, 7), log(500, 1), log(2500, 3)]],
      ['n2', [log(500, 4), log(1500, 5), log(2500, 6)]],
    ]);
    const { log: lines } = footprintSeries(nodes);
    expect(lines.atMs).toEqual([500, 1500, 2500]);
    expect(lines.perNode.get('n1')).toEqual([1, null, 3]);
    expect(lines.perNode.get('n2')).toEqual([4, 5, 6]);
  });

  it('takes payloads and state together as memory, in KiB', () => {
    const sample = sampleFootprint(0, { heldBytes: 1024, stateBytes: 512, snapshotBytes: 100 });
    const { memory, snapshot } = footprintSeries(new Map([['n1', [sample]]]));
    expect(memory.perNode.get('n1')).toEqual([1.5]);
    expect(snapshot.perNode.get('n1')).toEqual([0.1]);
  });
});
