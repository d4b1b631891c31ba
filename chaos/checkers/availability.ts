import type { Recording } from '../contracts/events.ts';
import type { Checker } from '../contracts/verdict.ts';
import { pairOperations } from '../history.ts';
import { roundMs } from '../percentiles.ts';
import { timeWithoutQuorum } from '../quorum-left.ts';
import { lengthMs, type Span, subtract } from '../spans.ts';
import { isSuccessfulWrite, strikeWindows } from '../statistics.ts';
import { seconds } from '../words.ts';

/** How long writes may stop while a quorum is left. Time without one does not count, and strikes with `outage: true` neither. */
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
    const excused = [...(await timeWithoutQuorum(recording)), ...declaredOutages(recording, endMs)];
    const { longestMs, fromMs, toMs } = longestGap(recording, excused, endMs);
    const figures = { value: roundMs(longestMs), limit, unit: 'ms' };
    const leftOut = excused.length === 0 ? '' : ', time without a quorum left out';
    const summary = `Writes stopped for ${seconds(longestMs)} at worst${leftOut}.`;
    if (longestMs <= limit) return { verdict: 'valid', summary, ...figures, evidence: [] };
    const sentences = [
      `From ${seconds(fromMs)} on, no write succeeded for ${seconds(longestMs)}${leftOut}; the limit is ${seconds(limit)}.`,
    ];
    return {
      verdict: 'invalid',
      summary,
      ...figures,
      evidence: [{ sentences, fromMs, toMs, ops: [] }],
    };
  },
};

/** The longest stretch of the load without a successful write, less what is excused of it. */
function longestGap(
  recording: Recording,
  excused: readonly Span[],
  endMs: number,
): Span & { readonly longestMs: number } {
  const successes = pairOperations(recording.history)
    .filter(isSuccessfulWrite)
    .map(({ completeMs }) => completeMs);
  // From one success to the next, less what is excused: that does not set the count back to nothing.
  const marks = [0, ...successes.filter((ms) => ms <= endMs), endMs].sort((a, b) => a - b);
  let longest = { longestMs: 0, fromMs: 0, toMs: 0 };
  for (let i = 1; i < marks.length; i += 1) {
    const [fromMs, toMs] = [marks[i - 1] as number, marks[i] as number];
    // Most stretches are shorter than the longest so far, whatever of them is excused.
    if (toMs - fromMs <= longest.longestMs) continue;
    const silentMs = lengthMs(subtract({ fromMs, toMs }, excused));
    if (silentMs > longest.longestMs) longest = { longestMs: silentMs, fromMs, toMs };
  }
  return longest;
}

function declaredOutages(recording: Recording, endMs: number): Span[] {
  return strikeWindows(recording).flatMap(({ outage, requestedMs, healedMs }) =>
    outage && requestedMs !== null ? [{ fromMs: requestedMs, toMs: healedMs ?? endMs }] : [],
  );
}

export default checker;
