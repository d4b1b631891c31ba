/** Turns the strikes of an experiment into a schedule: every time drawn, so that it can be kept, replayed and shrunk. */
import type { RandomSource } from './contracts/faults.ts';
import type { PlannedStrike } from './contracts/plan.ts';
import { IncapableError, UsageError } from './errors.ts';
import type { Experiment, StrikeSpecification } from './experiment.ts';
import { roundMs } from './percentiles.ts';

/** The load goes on this long after the last heal, so that the recovery is seen; less in a short run. */
const quietTailMs = 3000;
/** More strikes than this are a mistake in the file. */
const maxStrikes = 10_000;

const draw = (random: RandomSource, [min, max]: readonly [number, number]): number => roundMs(random.between(min, max));

/**
 * Draws the schedule of a run.
 *
 * @throws IncapableError where the run is too short for even one strike of an experiment that has some
 */
export function planStrikes(experiment: Experiment, durationMs: number, random: RandomSource): PlannedStrike[] {
  const endMs = durationMs - Math.min(quietTailMs, durationMs * 0.15);
  const strikes = experiment.strikes.flatMap((specification, index) => repeat(specification, index, endMs, random));
  if (strikes.length === 0 && experiment.strikes.length > 0) {
    throw new IncapableError(
      `a run of ${durationMs / 1000} s leaves no time for any strike of this experiment`,
      'Give it a longer --duration, or no --duration at all.',
    );
  }
  if (strikes.length > maxStrikes) {
    throw new UsageError(
      `more than ${maxStrikes} strikes are too many for one run`,
      'Give it a shorter --duration, or mend "every" in the experiment file.',
    );
  }
  return strikes;
}

function repeat(
  specification: StrikeSpecification,
  index: number,
  endMs: number,
  random: RandomSource,
): PlannedStrike[] {
  const strikes: PlannedStrike[] = [];
  let beginMs = draw(random, specification.at ?? [0, 0]);
  while (strikes.length <= maxStrikes) {
    const durationMs = draw(random, specification.for);
    if (beginMs + durationMs > endMs || beginMs > (specification.until ?? endMs)) break;
    strikes.push(plan(specification, `s${index + 1}.${strikes.length + 1}`, beginMs, durationMs, random));
    if (specification.every === undefined) break;
    beginMs += Math.max(1, draw(random, specification.every));
  }
  return strikes;
}

function plan(
  specification: StrikeSpecification,
  id: string,
  beginMs: number,
  durationMs: number,
  random: RandomSource,
): PlannedStrike {
  const { fault, target, params, outage, on } = specification;
  const trigger =
    on === undefined ? { atMs: beginMs } : { on, notBeforeMs: beginMs, afterMs: draw(random, specification.after) };
  return { id, trigger, durationMs, fault, params, target, outage };
}
