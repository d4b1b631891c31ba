import type { Checker, Recording } from '../contracts.ts';
import { pairOperations } from '../history.ts';
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
    const figures = { value: Math.round(longestMs * 1000) / 1000, limit, unit: 'ms' };
    const summary = `Writes stopped for ${seconds(longestMs)} at worst.`;
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
    .filter(({ f, type, result }) => type === 'ok' && f !== 'read' && result !== false)
    .map(({ completeMs }) => completeMs);
  // Between two neighbouring marks lies either nothing but silence, or a part of an outage.
  const marks = [0, ...successes, ...outages.flat(), endMs].filter((ms) => ms <= endMs).sort((a, b) => a - b);
  let [longestMs, atMs] = [0, 0];
  for (let i = 1; i < marks.length; i += 1) {
    const [from, to] = [marks[i - 1] as number, marks[i] as number];
    const byDesign = outages.some(([struck, healed]) => struck <= from && to <= healed);
    if (!byDesign && to - from > longestMs) [longestMs, atMs] = [to - from, from];
  }
  return { longestMs, atMs };
}

function outageWindows({ plan, events }: Recording, endMs: number): [number, number][] {
  const outages = new Set(plan.strikes.filter(({ outage }) => outage).map(({ id }) => id));
  return events.flatMap((event): [number, number][] => {
    if (event.type !== 'strike' || !outages.has(event.strike)) return [];
    const healed = events.find((other) => other.type === 'healed' && other.strike === event.strike);
    return [[event.atMs, healed?.atMs ?? endMs]];
  });
}

export default checker;
