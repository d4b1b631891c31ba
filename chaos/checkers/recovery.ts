import type { Recording } from '../contracts/events.ts';
import type { Checker, Evidence } from '../contracts/verdict.ts';
import { pairOperations } from '../history.ts';
import { roundMs } from '../percentiles.ts';
import { timeWithoutQuorum } from '../quorum-left.ts';
import { type Span, subtract } from '../spans.ts';
import { isSuccessfulWrite } from '../statistics.ts';
import { seconds } from '../words.ts';

/**
 * Service comes back within a bound: once every fault is healed and a quorum is there, a write succeeds in time, and after the
 * last heal all replicas come to rest and agree.
 */
const checker: Checker = {
  summary: 'service is back within a bound after each heal, and all replicas come to rest',
  kind: 'liveness',
  check: async (recording) => {
    const limit = recording.plan.experiment.limits.recovery;
    if (!recording.history.some((event) => event.type === 'invoke' && event.f !== 'read')) {
      return { verdict: 'unknown', summary: 'No write was tried.', evidence: [] };
    }
    const { slowest, evidence } = slowestRecovery(recording, limit, await timeWithoutQuorum(recording));
    const stalled = recording.events.filter((event) => event.type === 'stalled');
    for (const event of stalled) {
      evidence.push({
        sentences: [`The cluster did not settle: ${event.why}.`],
        fromMs: event.atMs,
        toMs: event.atMs,
        ops: [],
      });
    }
    const figures = slowest === null ? {} : { value: slowest, limit, unit: 'ms' };
    if (evidence.length > 0) {
      const summary = stalled.length > 0 ? 'The cluster did not come to rest.' : 'Service did not come back in time.';
      return { verdict: 'invalid', summary, ...figures, evidence: evidence.slice(0, 5) };
    }
    if (!recording.events.some((event) => event.type === 'settled')) {
      return { verdict: 'unknown', summary: 'The run did not get as far as to settle.', ...figures, evidence };
    }
    if (slowest === null && recording.events.some((event) => event.type === 'strike')) {
      return {
        verdict: 'unknown',
        summary: 'No spell without a fault was long enough to see a write succeed.',
        evidence,
      };
    }
    if (slowest === null)
      return { verdict: 'valid', summary: 'Nothing was struck, and the cluster settled.', evidence };
    const summary = `After a heal, writes succeeded again within ${seconds(slowest)} at worst.`;
    return { verdict: 'valid', summary, ...figures, evidence };
  },
};

/** The longest time from the end of the last fault to the next successful write, where it was calm for long enough to tell. */
function slowestRecovery(
  recording: Recording,
  limit: number,
  withoutQuorum: readonly Span[],
): { slowest: number | null; evidence: Evidence[] } {
  const done = pairOperations(recording.history)
    .filter(isSuccessfulWrite)
    .map(({ completeMs }) => completeMs)
    .sort((a, b) => a - b);
  let slowest: number | null = null;
  const evidence: Evidence[] = [];
  for (const { fromMs, toMs, began } of calmSpells(recording, withoutQuorum)) {
    const next = done.find((atMs) => atMs >= fromMs);
    const tookMs = Math.min(next ?? toMs, toMs) - fromMs;
    // The next strike (or the end) came first, and too soon to tell.
    if ((next === undefined || next > toMs) && tookMs < limit) continue;
    slowest = Math.max(slowest ?? 0, roundMs(tookMs));
    if (tookMs <= limit) continue;
    evidence.push({
      sentences: [
        `${began} at ${seconds(fromMs)}.`,
        `No write succeeded for ${seconds(tookMs)} after that; the limit is ${seconds(limit)}.`,
      ],
      fromMs,
      toMs: fromMs + tookMs,
      ops: [],
    });
  }
  return { slowest, evidence };
}

/** A stretch in which service has to be there, and what it began with. */
interface Spell extends Span {
  readonly began: 'Every fault was healed' | 'A quorum was there again';
}

/** The spells without a fault, as far as a quorum is there: it may come back later than the last heal ends. */
function calmSpells(recording: Recording, withoutQuorum: readonly Span[]): Spell[] {
  return healedSpells(recording).flatMap((spell) =>
    subtract(spell, withoutQuorum).map((rest): Spell => {
      return { ...rest, began: rest.fromMs === spell.fromMs ? 'Every fault was healed' : 'A quorum was there again' };
    }),
  );
}

/** The spells after a heal in which no strike is on, until the next one begins or the load ends. */
function healedSpells({ events }: Recording): Span[] {
  const spells: Span[] = [];
  const active = new Set<string>();
  let calmSinceMs: number | null = null;
  for (const event of events) {
    if (event.type === 'strike') {
      if (active.size === 0 && calmSinceMs !== null) spells.push({ fromMs: calmSinceMs, toMs: event.atMs });
      active.add(event.strike);
    } else if (event.type === 'healed') {
      active.delete(event.strike);
      if (active.size === 0) calmSinceMs = event.atMs;
    } else if (event.type === 'phase' && event.phase === 'heal') {
      if (active.size === 0 && calmSinceMs !== null) spells.push({ fromMs: calmSinceMs, toMs: event.atMs });
      break;
    }
  }
  return spells;
}

export default checker;
