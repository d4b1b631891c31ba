import { describe, expect, it } from 'vitest';
import type { LabEvent, Recording } from './contracts/events.ts';
import type { HistoryEvent } from './contracts/operations.ts';
import type { PlannedStrike } from './contracts/plan.ts';
import { experimentSchema } from './experiment.ts';
import { percentiles } from './percentiles.ts';
import { sampleFootprint } from './sample-plan.ts';
import { calmRatePerSecond, faultSpans, loadSpan, runStatistics, strikeWindows, writeGaps } from './statistics.ts';

const strike: PlannedStrike = {
  id: 's1',
  trigger: { atMs: 2000 },
  durationMs: 1000,
  fault: 'crash',
  params: {},
  target: 'leader',
  outage: false,
};

const phases: LabEvent[] = [
  { atMs: -100, type: 'phase', phase: 'boot' },
  { atMs: 0, type: 'phase', phase: 'load' },
  { atMs: 10_000, type: 'phase', phase: 'heal' },
];

const struck: LabEvent[] = [
  { atMs: 2000, type: 'strike', strike: 's1', fault: 'crash', target: 'leader', nodes: ['n1'], links: [] },
  { atMs: 2010, type: 'struck', strike: 's1' },
  { atMs: 3000, type: 'heal', strike: 's1' },
  { atMs: 3020, type: 'healed', strike: 's1' },
];

function recording(history: HistoryEvent[], events: LabEvent[], strikes: PlannedStrike[] = [strike]): Recording {
  return {
    plan: {
      schemaVersion: 1,
      experiment: experimentSchema.parse({ question: 'Does it hold?', why: 'Because.' }),
      experimentName: 'hand-made',
      substrate: 'sim',
      system: 'replica',
      protocol: 'raft',
      nodes: ['n1', 'n2', 'n3'],
      seed: 1,
      durationMs: 10_000,
      strikes,
    },
    history: [...history].sort((a, b) => a.atMs - b.atMs),
    events: [...phases, ...events].sort((a, b) => a.atMs - b.atMs),
  };
}

let next = 0;
function operation(f: string, fromMs: number, toMs: number, type: 'ok' | 'fail' | 'info', value: unknown = null) {
  next += 1;
  const both = { op: next, process: next };
  const history: HistoryEvent[] = [
    { ...both, type: 'invoke', atMs: fromMs, f, key: 'k', value: f === 'read' ? null : 1 },
    { ...both, type, atMs: toMs, value },
  ];
  return history;
}

/** A write that succeeds within 2 ms, every `everyMs` in [fromMs, toMs). */
function writes(fromMs: number, toMs: number, everyMs: number): HistoryEvent[] {
  const history: HistoryEvent[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += everyMs) history.push(...operation('write', atMs, atMs + 2, 'ok'));
  return history;
}

describe('percentiles', () => {
  it('are the nearest ranks', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(percentiles(hundred)).toEqual({ p50: 50, p99: 99, p999: 100, max: 100 });
  });

  it('of one value are that value, and of none are null', () => {
    expect(percentiles([7])).toEqual({ p50: 7, p99: 7, p999: 7, max: 7 });
    expect(percentiles([])).toBeNull();
  });
});

describe('spans', () => {
  it('takes the load from its phase to the next one', () => {
    expect(loadSpan(recording([], []))).toEqual({ fromMs: 0, toMs: 10_000 });
  });

  it('lets the load of a run that broke off end with its recording', () => {
    const broken = recording(writes(0, 400, 100), []);
    const events = broken.events.filter(({ atMs }) => atMs <= 0);
    expect(loadSpan({ ...broken, events })).toEqual({ fromMs: 0, toMs: 302 });
  });

  it('knows the times of each strike, and of one that never began', () => {
    const [first, second] = strikeWindows(recording([], struck, [strike, { ...strike, id: 's2' }]));
    expect(first).toMatchObject({ requestedMs: 2000, struckMs: 2010, healRequestedMs: 3000, healedMs: 3020 });
    expect(second).toMatchObject({ requestedMs: null, struckMs: null, error: null, nodes: [] });
  });

  it('keeps the reason of a strike that failed, which is then no fault in force', () => {
    const failed: LabEvent = { atMs: 2001, type: 'strike-failed', strike: 's1', error: 'no such process' };
    const run = recording([], [...struck.slice(0, 1), failed]);
    expect(strikeWindows(run)[0]).toMatchObject({ error: 'no such process', struckMs: null });
    expect(faultSpans(run)).toEqual([]);
  });

  it('lets a fault that was never healed last to the end of the recording', () => {
    expect(faultSpans(recording([], struck.slice(0, 2)))).toEqual([{ fromMs: 2010, toMs: 10_000 }]);
  });
});

describe('outages', () => {
  it('count the edges of the load', () => {
    const run = recording(writes(3000, 6000, 100), []);
    expect(writeGaps(run, 1000)).toEqual([
      { fromMs: 0, toMs: 3002 },
      { fromMs: 5902, toMs: 10_000 },
    ]);
    expect(runStatistics(run).longestOutageMs).toBe(4098);
  });

  it('are not ended by reads, by refused compare-and-sets, or by what failed', () => {
    const run = recording(
      [
        ...operation('write', 0, 1, 'ok'),
        ...operation('read', 3000, 3001, 'ok'),
        ...operation('cas', 4000, 4001, 'ok', false),
        ...operation('write', 5000, 5001, 'fail'),
        ...operation('write', 5000, 6000, 'info'),
        ...operation('cas', 9000, 9001, 'ok', true),
      ],
      [],
    );
    expect(runStatistics(run).longestOutageMs).toBe(9000);
  });

  it('last for the whole load where nothing was written', () => {
    expect(runStatistics(recording([], [])).longestOutageMs).toBe(10_000);
  });
});

describe('recovery', () => {
  it('counts from the last heal to the first second at 95 % of the calm rate', () => {
    const run = recording([...writes(0, 2000, 10), ...writes(5000, 10_000, 10)], struck);
    expect(calmRatePerSecond(run)).toBeCloseTo(100, 0);
    // At 4920 + 100 the window [5020, 6020) is the first to hold at least 95 % of 100 successes.
    expect(runStatistics(run).recoveryTo95Ms).toBe(2000);
  });

  it('is null where the rate never came back, where nothing was struck, and where nothing was calm', () => {
    expect(runStatistics(recording(writes(0, 2000, 10), struck)).recoveryTo95Ms).toBeNull();
    expect(runStatistics(recording(writes(0, 9000, 10), [], [])).recoveryTo95Ms).toBeNull();
    const atOnce: LabEvent[] = [
      { atMs: 0, type: 'struck', strike: 's1' },
      { atMs: 1000, type: 'healed', strike: 's1' },
    ];
    expect(runStatistics(recording(writes(0, 9000, 10), atOnce)).recoveryTo95Ms).toBeNull();
  });
});

describe('runStatistics', () => {
  it('counts operations by kind and outcome, without what was read back after the load', () => {
    const run = recording(
      [
        ...operation('write', 0, 1, 'ok'),
        ...operation('write', 1, 2, 'fail'),
        ...operation('read', 2, 1002, 'info'),
        ...operation('read', 10_500, 10_501, 'ok'),
      ],
      [],
    );
    const statistics = runStatistics(run);
    expect(statistics.operations).toEqual({ ok: 1, fail: 1, info: 1 });
    expect(statistics.perKind).toEqual({ read: { ok: 0, fail: 0, info: 1 }, write: { ok: 1, fail: 1, info: 0 } });
    expect(statistics.throughputPerSecond).toBe(0.1);
  });

  it('counts an operation that touches a fault window as under fault', () => {
    const run = recording(
      [
        ...operation('write', 100, 103, 'ok'),
        ...operation('write', 1990, 2500, 'ok'),
        ...operation('write', 2500, 2520, 'ok'),
        ...operation('write', 4000, 4007, 'ok'),
      ],
      struck,
    );
    const { latencyCalmMs, latencyFaultMs } = runStatistics(run);
    expect(latencyCalmMs).toEqual({ p50: 3, p99: 7, p999: 7, max: 7 });
    expect(latencyFaultMs).toEqual({ p50: 20, p99: 510, p999: 510, max: 510 });
  });

  it('has no latency where nothing succeeded', () => {
    const statistics = runStatistics(recording(operation('write', 1, 2, 'fail'), struck));
    expect(statistics).toMatchObject({ latencyCalmMs: null, latencyFaultMs: null, throughputPerSecond: 0 });
  });

  it('counts leaders that were elected after load began', () => {
    const role = (atMs: number, node: string, name: string): LabEvent => {
      return { atMs, type: 'role', node, role: name, epoch: 1 };
    };
    const run = recording(
      [],
      [
        role(-50, 'n1', 'leader'),
        role(2100, 'n2', 'candidate'),
        role(2200, 'n2', 'leader'),
        role(5000, 'n3', 'primary'),
      ],
    );
    expect(runStatistics(run).leaderChanges).toBe(2);
  });

  it('counts the boot from the start of the containers to the first write that was acknowledged', () => {
    const booting: LabEvent = { atMs: -3200, type: 'booting', engine: '27.3.1', images: {} };
    const history = [
      ...operation('read', 5, 6, 'ok'),
      ...operation('cas', 5, 7, 'ok', false),
      ...operation('write', 5, 90, 'ok'),
      ...operation('write', 10, 60.5, 'ok'),
      ...operation('write', 10, 20, 'fail'),
    ];
    expect(runStatistics(recording(history, [booting])).bootToFirstWriteMs).toBe(3260.5);
    expect(runStatistics(recording(operation('read', 5, 6, 'ok'), [booting])).bootToFirstWriteMs).toBeNull();
    expect(runStatistics(recording(history, [])).bootToFirstWriteMs).toBeNull();
  });

  it('tells how soon strikes bit', () => {
    const down: LabEvent = { atMs: 2008, type: 'node-down', node: 'n1' };
    const { strikeEffects } = runStatistics(recording([], [...struck, down]));
    expect(strikeEffects).toEqual([{ fault: 'crash', strikes: 1, medianMs: 8, maxMs: 8 }]);
    expect(runStatistics(recording([], struck)).strikeEffects).toEqual([]);
  });

  it('lets a strike that was never healed be felt until the end of the recording', () => {
    const late: LabEvent = { atMs: 9000, type: 'node-paused', node: 'n1' };
    const { strikeEffects } = runStatistics(recording([], [...struck.slice(0, 2), late]));
    expect(strikeEffects).toEqual([{ fault: 'crash', strikes: 1, medianMs: 7000, maxMs: 7000 }]);
  });

  it('gives the same for the same recording', () => {
    const run = recording(writes(0, 9000, 30), struck);
    expect(JSON.stringify(runStatistics(run))).toBe(JSON.stringify(runStatistics(run)));
  });
});

describe('what the replicas held', () => {
  it('is the most of each, of whichever replica and sample, and how often logs were cut', () => {
    const cut: LabEvent = { atMs: 50, type: 'compact', node: 'n1', index: 3, entries: 1, bytes: 9 };
    const samples = [
      sampleFootprint(100, { logBytes: 9, snapshotBytes: 4, heldBytes: 3, stateBytes: 3 }),
      sampleFootprint(200, { node: 'n2', logBytes: 5, snapshotBytes: 6, heldBytes: 1, stateBytes: 7 }),
    ];
    expect(runStatistics(recording([], [...phases, cut, ...samples]))).toMatchObject({
      compactions: 1,
      peakFootprint: { logBytes: 9, snapshotBytes: 6, memoryBytes: 8 },
    });
  });

  it('is not known where that was not sampled', () => {
    expect(runStatistics(recording([], phases))).toMatchObject({ compactions: 0, peakFootprint: null });
  });
});
