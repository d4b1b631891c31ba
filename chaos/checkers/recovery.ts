import type { Checker, Evidence, LabEvent, Recording } from '../contracts.ts';
import { pairOperations } from '../history.ts';
import { seconds } from '../words.ts';

/**
 * Service comes back within a bound: after each heal the next write that is invoked succeeds in time, and after the last
 * of them all replicas come to rest and agree.
 */
const checker: Checker = {
  summary: 'service is back within a bound after each heal, and all replicas come to rest',
  kind: 'liveness',
  check: async (recording) => {
    const limit = recording.plan.experiment.limits.recovery;
    const { slowest, evidence } = slowestRecovery(recording, limit);
    const stalled = recording.events.filter((event) => event.type === 'stalled');
    for (const event of stalled) {
      evidence.push({ sentences: [`The cluster did not settle: ${event.why}.`], fromMs: event.atMs, toMs: event.atMs, ops: [] });
    }
    const figures = slowest === null ? {} : { value: slowest, limit, unit: 'ms' };
    if (evidence.length > 0) {
      const summary = stalled.length > 0 ? 'The cluster did not come to rest.' : 'Service did not come back in time.';
      return { verdict: 'invalid', summary, ...figures, evidence: evidence.slice(0, 5) };
    }
    if (slowest === null) return { verdict: 'valid', summary: 'Nothing was struck, and the cluster settled.', evidence };
    const summary = `After a heal, writes succeeded again within ${seconds(slowest)} at worst.`;
    return { verdict: 'valid', summary, ...figures, evidence };
  },
};

/** The longest time from a heal to the next successful write, where load went on for long enough to tell. */
function slowestRecovery(recording: Recording, limit: number): { slowest: number | null; evidence: Evidence[] } {
  const endMs = loadEnd(recording.events);
  const done = pairOperations(recording.history)
    .filter(({ f, type, result }) => type === 'ok' && f !== 'read' && result !== false)
    .map(({ completeMs }) => completeMs)
    .sort((a, b) => a - b);
  let slowest: number | null = null;
  const evidence: Evidence[] = [];
  for (const event of recording.events) {
    if (event.type !== 'healed') continue;
    const next = done.find((atMs) => atMs >= event.atMs);
    if (next === undefined && endMs - event.atMs < limit) continue;
    const tookMs = (next ?? endMs) - event.atMs;
    slowest = Math.max(slowest ?? 0, tookMs);
    if (tookMs <= limit) continue;
    evidence.push({
      sentences: [
        `Strike ${event.strike} was healed at ${seconds(event.atMs)}.`,
        `No write succeeded for ${seconds(tookMs)} after that; the limit is ${seconds(limit)}.`,
      ],
      fromMs: event.atMs,
      toMs: event.atMs + tookMs,
      ops: [],
    });
  }
  return { slowest, evidence };
}

function loadEnd(events: readonly LabEvent[]): number {
  return events.find((event) => event.type === 'phase' && event.phase === 'heal')?.atMs ?? 0;
}

export default checker;
