/** Judges a recording: every checker of the library has its say, and the worst of what they say is the verdict. */
import { loadChecker, namesOf } from './catalog.ts';
import type { CheckLimits, CheckResult, Outcome, Recording, RunStatistics, Verdict } from './contracts.ts';
import { exitCode } from './errors.ts';
import { runStatistics } from './statistics.ts';
import { count, seconds } from './words.ts';

export const defaultLimits: CheckLimits = { timeMs: 30_000, maxStates: 5_000_000 };

/** Runs every checker. One that throws, or runs out of time or memory, says unknown. */
export async function judge(recording: Recording, limits: CheckLimits = defaultLimits): Promise<Verdict> {
  const checks: CheckResult[] = [];
  for (const name of namesOf('checker')) checks.push(await runCheck(name, recording, limits));
  const statistics = runStatistics(recording);
  const labError = recording.events.find((event) => event.type === 'lab-error')?.error;
  const outcome =
    labError !== undefined ? 'LAB ERROR' : outcomeOf(checks, recording.plan.experiment.expect === 'violated');
  return {
    outcome,
    sentence: sentenceFor(outcome, checks, recording, statistics),
    checks,
    statistics,
    exitCode: codes[outcome],
  };
}

async function runCheck(name: string, recording: Recording, limits: CheckLimits): Promise<CheckResult> {
  const { check, kind } = await loadChecker(name);
  try {
    return { check: name, kind, ...(await check(recording, limits)) };
  } catch (error) {
    const summary = `The checker itself failed: ${(error as Error).message}`;
    return { check: name, kind, verdict: 'unknown', summary, evidence: [] };
  }
}

const codes: Readonly<Record<Outcome, number>> = {
  PASS: exitCode.ok,
  'FAIL (safety)': exitCode.safety,
  'FAIL (liveness)': exitCode.liveness,
  INCONCLUSIVE: exitCode.inconclusive,
  'LAB ERROR': exitCode.environment,
};

/** The exit code for many runs: the worst counts, in the order 1, 5, 3, 2, 0. */
export function worstExitCode(exitCodes: readonly number[]): number {
  const order = [exitCode.safety, exitCode.environment, exitCode.liveness, exitCode.inconclusive];
  return order.find((code) => exitCodes.includes(code)) ?? exitCode.ok;
}

function outcomeOf(checks: readonly CheckResult[], expectsViolation: boolean): Outcome {
  const violated = checks.some(({ kind, verdict }) => kind === 'safety' && verdict === 'invalid');
  if (expectsViolation) return violated ? 'PASS' : 'INCONCLUSIVE';
  if (violated) return 'FAIL (safety)';
  if (checks.some(({ verdict }) => verdict === 'invalid')) return 'FAIL (liveness)';
  return checks.some(({ verdict }) => verdict === 'unknown') ? 'INCONCLUSIVE' : 'PASS';
}

function sentenceFor(
  outcome: Outcome,
  checks: readonly CheckResult[],
  { plan, events }: Recording,
  statistics: RunStatistics,
): string {
  const strikes = events.filter(({ type }) => type === 'struck').length;
  const under = strikes === 0 ? 'with nothing struck' : `under ${count(strikes, 'strike')}`;
  const first = (kind: CheckResult['kind'], verdict: CheckResult['verdict']) =>
    checks.find((check) => check.kind === kind && check.verdict === verdict);
  switch (outcome) {
    case 'PASS': {
      if (plan.experiment.expect === 'violated') {
        return `The expected violation was found: ${first('safety', 'invalid')?.summary}`;
      }
      const gap = checks.find(({ check }) => check === 'availability');
      const limit = gap?.limit === undefined ? '' : ` (limit ${gap.limit / 1000} s)`;
      const worst = seconds(gap?.value ?? statistics.longestOutageMs);
      const excused = plan.strikes.some(({ outage }) => outage) ? ' besides the time without a quorum' : '';
      return `No acknowledged write was lost and no read was stale ${under}. Writes stopped for ${worst} at worst${excused}${limit}.`;
    }
    case 'FAIL (safety)': {
      const broken = checks.filter(({ kind, verdict }) => kind === 'safety' && verdict === 'invalid');
      return `Safety was violated ${under}. ${broken.map(({ summary }) => summary).join(' ')}`;
    }
    case 'FAIL (liveness)':
      return `Nothing was lost, but service did not hold its limits ${under}. ${
        checks.find(({ verdict }) => verdict === 'invalid')?.summary
      }`;
    case 'INCONCLUSIVE':
      return `This run proves nothing: ${
        plan.experiment.expect === 'violated'
          ? 'a violation was expected, and none was found.'
          : checks.find(({ verdict }) => verdict === 'unknown')?.summary
      }`;
    case 'LAB ERROR':
      return `The lab itself failed: ${events.find((event) => event.type === 'lab-error')?.error ?? 'see its log'}.`;
  }
}
