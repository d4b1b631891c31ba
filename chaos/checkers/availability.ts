import type { Checker, Recording } from '../contracts.ts';
import { pairOperations } from '../history.ts';
import { roundMs } from '../percentiles.ts';
import { isSuccessfulWrite, strikeWindows } from '../statistics.ts';
import { seconds } from '../words.ts';

/** How long writes may stop while a quorum is left. Strikes that leave none (`outage: true`) do not count. */
const checker: Checker = {
  summary: 'writes go on while a quorum is left, but for a bounded gap',
  kind: 'liveness',
  check: async (recording) => {
    const limit = recording.plan.experiment.limits.outage;
    const endMs = recording.events.find((event) => event.type === 'phase' && event.phase === 'heal')?.atMs;
    if (endMs === undefined) {
      return { verdict: 'unknown', summary: 'The load did not come to its end.', evidence: [] };
    }
    if (!recording.history.some((event) => event.type === 'invoke' && event.f !== 'read')) {
      return { verdict: 'unknown', summary: 'No write was tried.', evidence: [] };
    }
    const { longestMs, atMs } = longestGap(recording, endMs);
    const figures = { value: roundMs(longestMs), limit, unit: 'ms' };
    const hasOutage = recording.plan.strikes.some(({ outage }) => outage);
    const excused = hasOutage ? ', time without a quorum by design left out' : '';
    const summary = `Writes stopped for ${seconds(longestMs)} at worst${excused}.`;
    if (longestMs <= limit) return { verdict: 'valid', summary, ...figures, evidence: [] };
    const sentences = [
      `From ${seconds(atMs)} on, no write succeeded for ${seconds(longestMs)}; the limit is ${seconds(limit)}.`,
    ];
    return {
      verdict: 'invalid',
      summary,
      ...figures,
      evidence: [{ sentences, fromMs: atMs, toMs: atMs + longestMs, ops: [] }],
    };
  },
};

/** The longest stretch of the load without a successful write, outside of outages by design. */
function longestGap(recording: Recording, endMs: number): { longestMs: number; atMs: number } {
  const outages = outageWindows(recording, endMs);
  const successes = pairOperations(recording.history)
    .filter(isSuccessfulWrite)
    .map(({ completeMs }) => completeMs);
  // From one success to the next, less what was an outage by design: an outage does not set the count back to nothing.
  const marks = [0, ...successes.filter((ms) => ms <= endMs), endMs].sort((a, b) => a - b);
  let [longestMs, atMs] = [0, 0];
  for (let i = 1; i < marks.length; i += 1) {
    const [from, to] = [marks[i - 1] as number, marks[i] as number];
    const silentMs = to - from - overlapMs(outages, from, to);
    if (silentMs > longestMs) [longestMs, atMs] = [silentMs, from];
  }
  return { longestMs, atMs };
}

/** How much of a stretch lies in outages; where they overlap each other, once. */
function overlapMs(outages: readonly [number, number][], from: number, to: number): number {
  let covered = 0;
  let reachedMs = from;
  for (const [struck, healed] of [...outages].sort(([a], [b]) => a - b)) {
    const begin = Math.max(struck, reachedMs);
    const end = Math.min(healed, to);
    if (end <= begin) continue;
    covered += end - begin;
    reachedMs = end;
  }
  return covered;
}

function outageWindows(recording: Recording, endMs: number): [number, number][] {
  return strikeWindows(recording).flatMap(({ outage, requestedMs, healedMs }): [number, number][] =>
    outage && requestedMs !== null ? [[requestedMs, healedMs ?? endMs]] : [],
  );
}

export default checker;
