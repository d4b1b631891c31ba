import { loadFault, loadWorkload } from '../catalog.ts';
import type { LabEvent, Recording } from '../contracts/events.ts';
import type { CompletedOperation } from '../contracts/operations.ts';
import type { PlannedStrike } from '../contracts/plan.ts';
import type { Checker, Evidence } from '../contracts/verdict.ts';
import { pairOperations } from '../history.ts';
import { idleMalice } from '../malice.ts';
import { leftNoQuorum, timeWithoutQuorum } from '../quorum-left.ts';
import type { Span } from '../spans.ts';
import { isSuccessfulWrite, type StrikeWindow, strikeWindows } from '../statistics.ts';
import { clockToleranceMs } from '../strike-effects.ts';
import { seconds } from '../words.ts';

type StrikeEvent = Extract<LabEvent, { type: 'strike' }>;

interface Window {
  readonly event: StrikeEvent;
  readonly fromMs: number;
  /** The end of the heal; where nothing can succeed before, with the recovery that follows. */
  readonly toMs: number;
}

/**
 * A run proves something only if its faults took effect and work was done under them: each strike was seen to bite, and
 * each kind of operation succeeded inside a fault window.
 */
const checker: Checker = {
  summary: 'every fault was seen to bite, and every kind of operation succeeded under fault',
  kind: 'coverage',
  check: async (recording) => {
    const windows = faultWindows(recording, await timeWithoutQuorum(recording));
    const evidence = [
      ...interrupted(recording),
      ...missing(recording, windows),
      ...(await toothless(recording, windows)),
      ...neverDeceived(recording),
      ...(await idleKinds(recording, windows)),
      ...falseOutages(recording, windows),
    ];
    if (evidence.length > 0) {
      return { verdict: 'unknown', summary: evidence[0]?.sentences[0] ?? '', evidence: evidence.slice(0, 10) };
    }
    if (windows.length === 0) return { verdict: 'valid', summary: 'The experiment strikes nothing.', evidence };
    return {
      verdict: 'valid',
      summary: `${windows.length === 1 ? 'The strike was' : `All ${windows.length} strikes were`} seen to bite, under load.`,
      evidence,
    };
  },
};

function note(sentence: string, fromMs: number, toMs = fromMs): Evidence {
  return { sentences: [sentence], fromMs, toMs, ops: [] };
}

function interrupted({ events }: Recording): Evidence[] {
  return events.filter(({ type }) => type === 'interrupted').map(({ atMs }) => note('The run was interrupted.', atMs));
}

function faultWindows(recording: Recording, withoutQuorum: readonly Span[]): Window[] {
  const { plan, events } = recording;
  const end = events.find((event) => event.type === 'phase' && event.phase === 'heal')?.atMs ?? 0;
  const became = new Map(strikeWindows(recording).map((window) => [window.strike, window]));
  return events
    .filter((event): event is StrikeEvent => event.type === 'strike')
    .map((event) => {
      const window = became.get(event.strike);
      const healedMs = window?.healedMs ?? end;
      const possibleMs = window === undefined ? null : possibleFromMs(window, healedMs, withoutQuorum);
      const toMs = possibleMs === null ? healedMs : possibleMs + plan.experiment.limits.recovery;
      return { event, fromMs: event.atMs, toMs };
    });
}

/** When something can succeed again, where nothing can as long as a strike lasts; null where something can. */
function possibleFromMs(strike: StrikeWindow, healedMs: number, withoutQuorum: readonly Span[]): number | null {
  if (strike.outage) return healedMs;
  if (!leftNoQuorum(strike, withoutQuorum)) return null;
  // Others may keep the group without one for longer.
  return withoutQuorum.find(({ fromMs, toMs }) => fromMs <= healedMs && toMs >= healedMs)?.toMs ?? healedMs;
}

function neverDeceived(recording: Recording): Evidence[] {
  return idleMalice(recording).map(({ node, behaviour }) =>
    note(`${node} was malicious (${behaviour}), and never did what an honest replica would not have done.`, 0),
  );
}

/** The strike of the experiment that a repetition belongs to: `s2` for `s2.3`. */
const specificationOf = (id: string): string => id.split('.')[0] ?? id;

/** Strikes that failed, and strikes of the experiment of which no repetition came about. */
function missing({ plan, events }: Recording, windows: readonly Window[]): Evidence[] {
  const failed = events
    .filter((event) => event.type === 'strike-failed')
    .map((event) => note(`Strike ${event.strike} failed: ${event.error}.`, event.atMs));
  const came = new Set(windows.map(({ event }) => specificationOf(event.strike)));
  // The first that is left of each: a schedule that was shrunk may begin with any repetition.
  const absent = new Map<string, PlannedStrike>();
  for (const strike of plan.strikes) {
    const name = specificationOf(strike.id);
    if (!came.has(name) && !absent.has(name)) absent.set(name, strike);
  }
  return [
    ...failed,
    ...[...absent.values()].map(({ id, fault, target }) =>
      note(`No strike like ${id} (${fault} of ${target}) came about.`, 0),
    ),
  ];
}

async function toothless({ events }: Recording, windows: readonly Window[]): Promise<Evidence[]> {
  const evidence: Evidence[] = [];
  for (const { event, fromMs, toMs } of windows) {
    const fault = await loadFault(event.fault);
    const seen = events.filter(
      (other) =>
        other.atMs >= fromMs - clockToleranceMs &&
        other.atMs <= toMs &&
        (!('strike' in other) || other.strike === event.strike),
    );
    if (fault.bit({ nodes: event.nodes, links: event.links, events: seen })) continue;
    const where = event.nodes.join(', ');
    evidence.push(note(`Strike ${event.strike} (${event.fault} of ${where}) was not seen to bite.`, fromMs, toMs));
  }
  return evidence;
}

/**
 * A strike that is meant to last less than this, in milliseconds, or did, is too short to ask that anything succeeds under
 * it. What was planned counts too: a container takes longer to come back than a process of the simulator, and proves no
 * more by that.
 */
const tellingMs = 1000;

/** Kinds of operations that never succeeded under one of the experiment's strikes, taken with all its repetitions. */
async function idleKinds({ plan, history }: Recording, windows: readonly Window[]): Promise<Evidence[]> {
  const { load } = plan.experiment;
  const kinds = (await loadWorkload(load.workload)).kinds(load.params);
  const operations = pairOperations(history).filter(({ type, result }) => type === 'ok' && result !== false);
  const evidence: Evidence[] = [];
  const brief = new Set(plan.strikes.filter(({ durationMs }) => durationMs < tellingMs).map(({ id }) => id));
  const telling = windows.filter(({ event, fromMs, toMs }) => !brief.has(event.strike) && toMs - fromMs >= tellingMs);
  for (const [name, own] of bySpecification(telling)) {
    const inside = ({ completeMs }: CompletedOperation) =>
      own.some(({ fromMs, toMs }) => completeMs >= fromMs && completeMs <= toMs);
    const [from, to] = [own[0]?.fromMs ?? 0, own.at(-1)?.toMs ?? 0];
    for (const kind of kinds) {
      if (operations.some((op) => op.f === kind && inside(op))) continue;
      evidence.push(note(`No ${kind} succeeded under ${name} (${seconds(from)} to ${seconds(to)}).`, from, to));
    }
  }
  return evidence;
}

function bySpecification(windows: readonly Window[]): Map<string, Window[]> {
  const grouped = new Map<string, Window[]>();
  for (const window of windows) {
    const { strike, fault, target } = window.event;
    const name = `strike ${specificationOf(strike)} (${fault} of ${target})`;
    grouped.set(name, [...(grouped.get(name) ?? []), window]);
  }
  return grouped;
}

/** A strike that is declared to let nothing succeed, and under which writes went on all the same, excuses nothing. */
function falseOutages(recording: Recording, windows: readonly Window[]): Evidence[] {
  const became = new Map(strikeWindows(recording).map((strike) => [strike.strike, strike]));
  const writes = pairOperations(recording.history).filter(isSuccessfulWrite);
  return windows.flatMap(({ event, fromMs, toMs }) => {
    const strike = became.get(event.strike);
    const struckMs = strike?.struckMs ?? null;
    if (strike?.outage !== true || struckMs === null) return [];
    const healMs = strike.healRequestedMs ?? toMs;
    if (!writes.some(({ invokeMs, completeMs }) => invokeMs >= struckMs && completeMs <= healMs)) return [];
    return [
      note(
        `Strike ${event.strike} was declared to let nothing succeed, and writes succeeded under it.`,
        fromMs,
        healMs,
      ),
    ];
  });
}

export default checker;
