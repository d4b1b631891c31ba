import { describe, expect, it } from 'vitest';
import type { LabEvent } from '../../contracts/events.ts';
import { strikeWindows } from '../../statistics.ts';
import { sampleRecording } from './sample-recording.ts';
import {
  appliedSeries,
  binHistory,
  binWidthMs,
  leaderlessSpans,
  nodeLanes,
  observationsOf,
  observedSpans,
} from './series.ts';

const sample = sampleRecording();

function withEvents(events: LabEvent[]) {
  return { ...sample, history: [], events: [...events, { atMs: 1000, type: 'phase', phase: 'done' } as const] };
}

describe('binHistory', () => {
  it('holds every operation that ended while the load ran', () => {
    const bins = binHistory(sample);
    const ended = sample.history.filter(({ type, atMs }) => type !== 'invoke' && atMs <= 30_000).length;
    expect(bins.reduce((sum, bin) => sum + bin.ok + bin.fail + bin.info, 0)).toBe(ended);
    expect(bins.at(-1)?.toMs).toBe(30_000);
  });

  it('has no latency where nothing succeeded', () => {
    const silent = binHistory(sample).filter((bin) => bin.fromMs >= 4250 && bin.toMs <= 5000);
    expect(silent.map(({ ok, p50 }) => [ok, p50])).toEqual(silent.map(() => [0, null]));
  });

  it('never has more bins than a chart can show', () => {
    for (const endMs of [1, 1000, 30_000, 3_600_000, 48 * 3_600_000, 1e12]) {
      expect(endMs / binWidthMs(endMs)).toBeLessThanOrEqual(160);
    }
  });
});

describe('nodeLanes', () => {
  it('ends a role when the replica goes, and knows none until it reports one again', () => {
    const lanes = nodeLanes(
      withEvents([
        { atMs: -50, type: 'role', node: 'n1', role: 'leader', epoch: 3 },
        { atMs: 200, type: 'node-down', node: 'n1' },
        { atMs: 500, type: 'node-up', node: 'n1' },
        { atMs: 700, type: 'role', node: 'n1', role: 'follower', epoch: 4 },
      ]),
    );
    expect(lanes[0]).toEqual({
      node: 'n1',
      roles: [
        { fromMs: 0, toMs: 200, role: 'leader', epoch: 3 },
        { fromMs: 500, toMs: 700, role: null, epoch: null },
        { fromMs: 700, toMs: 1000, role: 'follower', epoch: 4 },
      ],
      absences: [{ fromMs: 200, toMs: 500, kind: 'down' }],
    });
  });

  it('takes a role that is taken up again and again as one, for as long as the epoch is the same', () => {
    const stands = (atMs: number, epoch: number): LabEvent => {
      return { atMs, type: 'role', node: 'n1', role: 'candidate', epoch };
    };
    const [lane] = nodeLanes(withEvents([stands(100, 4), stands(300, 4), stands(500, 5)]));
    expect(lane?.roles.map(({ fromMs, toMs, epoch }) => [fromMs, toMs, epoch])).toEqual([
      [100, 500, 4],
      [500, 1000, 5],
    ]);
  });

  it('tells down from paused and from stopped', () => {
    const [n1, n2] = nodeLanes(
      withEvents([
        { atMs: 100, type: 'node-paused', node: 'n1' },
        { atMs: 300, type: 'node-resumed', node: 'n1' },
        { atMs: 400, type: 'stopped', node: 'n2', reason: 'its log is broken' },
      ]),
    );
    expect(n1?.absences).toEqual([{ fromMs: 100, toMs: 300, kind: 'paused' }]);
    expect(n2?.absences).toEqual([{ fromMs: 400, toMs: 1000, kind: 'stopped' }]);
  });
});

describe('leaderlessSpans', () => {
  it('is when nobody who was there led', () => {
    expect(leaderlessSpans(nodeLanes(sample), 31_400)).toEqual([{ fromMs: 4018, toMs: 5240 }]);
  });

  it('does not count a paused leader', () => {
    const lanes = nodeLanes(
      withEvents([
        { atMs: 0, type: 'role', node: 'n1', role: 'leader', epoch: 1 },
        { atMs: 100, type: 'node-paused', node: 'n1' },
        { atMs: 300, type: 'node-resumed', node: 'n1' },
      ]),
    );
    expect(leaderlessSpans(lanes, 1000)).toEqual([{ fromMs: 100, toMs: 300 }]);
  });

  it('says nothing of a system that reports no leaders', () => {
    expect(leaderlessSpans(nodeLanes(withEvents([])), 1000)).toEqual([]);
  });
});

describe('appliedSeries', () => {
  it('keeps the last index until the next one, starting with what was applied before load began', () => {
    const { atMs, perNode } = appliedSeries(
      withEvents([
        { atMs: -5, type: 'apply', node: 'n1', index: 2, hash: 0 },
        { atMs: 120, type: 'apply', node: 'n1', index: 3, hash: 0 },
        { atMs: 130, type: 'apply', node: 'n2', index: 1, hash: 0 },
      ]),
    );
    expect(atMs.slice(0, 3)).toEqual([50, 100, 150]);
    expect(perNode.get('n1')?.slice(0, 4)).toEqual([2, 2, 3, 3]);
    expect(perNode.get('n2')?.slice(0, 4)).toEqual([null, null, 1, 1]);
    expect(perNode.has('n3')).toBe(false);
  });

  it('counts what came with a snapshot as applied', () => {
    const { perNode } = appliedSeries(
      withEvents([
        { atMs: 10, type: 'apply', node: 'n1', index: 3, hash: 0 },
        { atMs: 60, type: 'restore', node: 'n1', index: 40, from: 'replica' },
        { atMs: 120, type: 'restore', node: 'n2', index: 7, from: 'disk' },
      ]),
    );
    expect(perNode.get('n1')?.slice(0, 3)).toEqual([3, 40, 40]);
    expect(perNode.get('n2')?.slice(0, 3)).toEqual([null, null, 7]);
  });
});

describe('observedSpans', () => {
  const lanes = nodeLanes(sample);
  const windows = strikeWindows(sample);
  const seen = (position: number, node: string) => {
    const window = windows[position];
    const lane = lanes.find((each) => each.node === node);
    if (window === undefined || lane === undefined) throw new Error('the sample has changed');
    return observedSpans(observationsOf(sample), window, lane);
  };

  it('is the absence of a process, as observed and not as requested', () => {
    expect(seen(0, 'n1')).toEqual([{ fromMs: 4018, toMs: 7050, what: 'down' }]);
  });

  it('is when links dropped a message', () => {
    expect(seen(1, 'n3')[0]).toEqual({ fromMs: 12_030, toMs: 12_030, what: 'message dropped, n3 to n1' });
    expect(seen(1, 'n3')).toHaveLength(4);
  });
});
