/** Plans and recordings for tests, made by hand. */
import type { z } from 'zod';
import type { LabEvent, Recording } from './contracts/events.ts';
import type { HistoryEvent } from './contracts/operations.ts';
import type { Plan, PlannedStrike } from './contracts/plan.ts';
import { experimentSchema } from './experiment.ts';
import type { Footprint } from './samples.ts';

/** A plan of three replicas, in which nothing is struck unless it is said. */
export function samplePlan(
  experiment: Partial<z.input<typeof experimentSchema>> = {},
  overrides: Partial<Plan> = {},
): Plan {
  const parsed = experimentSchema.parse({ question: 'Does it work?', why: 'It may not.', ...experiment });
  return {
    schemaVersion: 1,
    experiment: parsed,
    experimentName: 'sample',
    substrate: 'sim',
    system: 'replica',
    protocol: 'raft',
    nodes: ['n1', 'n2', 'n3'],
    seed: 1,
    durationMs: parsed.duration,
    strikes: [],
    ...overrides,
  };
}

/** A strike on `n1` at one second, for one second, unless it is said otherwise. */
export function sampleStrike(overrides: Partial<PlannedStrike> = {}): PlannedStrike {
  return {
    id: 's1.1',
    trigger: { atMs: 1000 },
    durationMs: 1000,
    fault: 'crash',
    params: {},
    target: 'n1',
    outage: false,
    ...overrides,
  };
}

/** A sample of `n1` that holds nothing, unless it is said otherwise. */
export function sampleFootprint(atMs: number, overrides: Partial<Footprint> = {}): Footprint {
  return {
    ...{ atMs, type: 'footprint', node: 'n1', logRecords: 0, logBytes: 0, snapshotBytes: 0 },
    ...{ heldBytes: 0, stateBytes: 0, keys: 0, sessions: 0 },
    ...overrides,
  };
}

/** A recording of what is given, with the phases of a run around it: load from 0 to `endMs`, then a settled cluster. */
export function sampleRun(parts: {
  readonly plan?: Plan;
  readonly history?: readonly HistoryEvent[];
  readonly events?: readonly LabEvent[];
  readonly endMs?: number;
}): Recording {
  const endMs = parts.endMs ?? 10_000;
  const [before, during, after] = [[] as LabEvent[], [] as LabEvent[], [] as LabEvent[]];
  for (const event of parts.events ?? []) (event.atMs < 0 ? before : event.atMs <= endMs ? during : after).push(event);
  return {
    plan: parts.plan ?? samplePlan(),
    history: parts.history ?? [],
    events: [
      ...before,
      { atMs: 0, type: 'phase', phase: 'load' },
      ...during,
      { atMs: endMs, type: 'phase', phase: 'heal' },
      { atMs: endMs, type: 'phase', phase: 'settle' },
      { atMs: endMs, type: 'settled', tookMs: 0 },
      ...after,
      { atMs: endMs, type: 'phase', phase: 'read-back' },
      { atMs: endMs, type: 'phase', phase: 'done' },
    ],
  };
}

/** Operations that each succeed one millisecond after they were invoked, in the given order. */
export function successes(
  operations: readonly (readonly [f: string, atMs: number, result?: unknown])[],
): HistoryEvent[] {
  return operations.flatMap(([f, atMs, result = null], op): HistoryEvent[] => [
    { type: 'invoke', op, process: op, atMs, f, key: 'k1', value: null },
    { type: 'ok', op, process: op, atMs: atMs + 1, value: result },
  ]);
}

/** A strike that began, and was healed. */
export function struck(strike: string, fromMs: number, toMs: number, fault = 'crash', nodes = ['n1']): LabEvent[] {
  return [
    { atMs: fromMs, type: 'strike', strike, fault, target: 'n1', nodes, links: [] },
    { atMs: fromMs, type: 'struck', strike },
    { atMs: toMs, type: 'heal', strike },
    { atMs: toMs, type: 'healed', strike },
  ];
}
