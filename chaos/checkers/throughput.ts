import type { Recording } from '../contracts/events.ts';
import type { Checker, Evidence } from '../contracts/verdict.ts';
import { pairOperations } from '../history.ts';
import { timeWithoutQuorum } from '../quorum-left.ts';
import { type Span, subtract } from '../spans.ts';
import { calmRatePerSecond, strikeWindows } from '../statistics.ts';
import { seconds } from '../words.ts';

/**
 * A fault that is tolerated may slow a group down, and not stop it: once it has recovered from the strike, it does a part of
 * what it did in the calm (Clement and others, "Making Byzantine Fault Tolerant Systems Tolerate Byzantine Faults", NSDI 2009).
 */
const checker: Checker = {
  summary: 'under strikes, once the group has recovered, it is not slower than in the calm by more than its limit',
  kind: 'liveness',
  check: async (recording) => {
    const limit = recording.plan.experiment.limits.slowdown;
    if (limit === undefined) {
      return { verdict: 'valid', summary: 'The experiment sets no limit to how slow the group may get.', evidence: [] };
    }
    const calm = calmRatePerSecond(recording);
    const spells = struckSpells(recording, await timeWithoutQuorum(recording));
    if (calm === null || spells.length === 0) {
      const lacking = calm === null ? 'calm before the first strike' : 'time under a strike after recovery';
      return { verdict: 'unknown', summary: `There was no ${lacking} to measure.`, evidence: [] };
    }
    const slowest = spells
      .map((span) => ({ span, rate: rateIn(recording, span) }))
      .reduce((worst, each) => (each.rate < worst.rate ? each : worst));
    const rates = `${Math.round(slowest.rate)} operations/s, and in the calm ${Math.round(calm)}`;
    const summary = `At the slowest the group did ${rates}.`;
    // One that stands still is slower by no number.
    const slowdown = slowest.rate === 0 ? undefined : Math.round((calm / slowest.rate) * 100) / 100;
    const figures = slowdown === undefined ? {} : { value: slowdown, limit, unit: 'times slower' };
    if (slowdown !== undefined && slowdown <= limit) return { verdict: 'valid', summary, ...figures, evidence: [] };
    return { verdict: 'invalid', summary, ...figures, evidence: [explain(slowest.span, rates, limit)] };
  },
};

/** The times under each strike, from when the group should have recovered from it, or from when it had no quorum. */
function struckSpells(recording: Recording, withoutQuorum: readonly Span[]): Span[] {
  const { recovery } = recording.plan.experiment.limits;
  return strikeWindows(recording)
    .flatMap(({ struckMs, healRequestedMs }) =>
      struckMs === null || healRequestedMs === null
        ? []
        : subtract({ fromMs: struckMs, toMs: healRequestedMs }, withoutQuorum),
    )
    .filter(({ fromMs, toMs }) => toMs > fromMs + recovery)
    .map(({ fromMs, toMs }) => ({ fromMs: fromMs + recovery, toMs }));
}

function rateIn({ history }: Recording, { fromMs, toMs }: Span): number {
  const done = pairOperations(history).filter(
    ({ type, completeMs }) => type === 'ok' && completeMs >= fromMs && completeMs < toMs,
  );
  return (done.length * 1000) / (toMs - fromMs);
}

function explain({ fromMs, toMs }: Span, rates: string, limit: number): Evidence {
  const sentences = [
    `From ${seconds(fromMs)} to ${seconds(toMs)} the group did ${rates}.`,
    `Once it has recovered from a strike it may be slower by ${limit} times.`,
  ];
  return { sentences, fromMs, toMs, ops: [] };
}

export default checker;
