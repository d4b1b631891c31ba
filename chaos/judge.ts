/** Judges a recording: every checker of the library has its say, and the worst of what they say is the verdict. */
import { loadChecker, loadProtocol, namesOf } from './catalog.ts';
import type { Recording } from './contracts/events.ts';
import type { RunStatistics } from './contracts/statistics.ts';
import type { CheckLimits, CheckResult, Outcome, Verdict } from './contracts/verdict.ts';
import { exitCode } from './errors.ts';
import { honestRecording, maliceInWords, maliciousNodes } from './malice.ts';
import { timeWithoutQuorum } from './quorum-left.ts';
import type { Span } from './spans.ts';
import { runStatistics } from './statistics.ts';
import { count, seconds } from './words.ts';

export const defaultLimits: CheckLimits = { timeMs: 30_000, maxStates: 5_000_000 };

/** Runs every checker. One that throws, or runs out of time or memory, says unknown. */
export async function judge(recording: Recording, limits: CheckLimits = defaultLimits): Promise<Verdict> {
  const checks: CheckResult[] = [];
  const honest = honestRecording(recording);
  for (const name of namesOf('checker')) checks.push(await runCheck(name, honest, limits));
  const statistics = runStatistics(recording);
  // Where that cannot be told, the checks that rest on it say so.
  const withoutQuorum = await timeWithoutQuorum(honest).catch((): readonly Span[] => []);
  const labError = recording.events.find((event) => event.type === 'lab-error')?.error;
  const beyond = await beyondFaultModel(recording);
  const expectsViolation = recording.plan.experiment.expect === 'violated';
  const found = labError !== undefined ? 'LAB ERROR' : outcomeOf(checks, expectsViolation);
  // What a protocol does where nothing is promised speaks neither for it nor against it.
  const isOutside = beyond !== null && labError === undefined && !expectsViolation;
  const outcome = isOutside ? 'OUTSIDE FAULT MODEL' : found;
  const sentence = sentenceFor(found, checks, recording, statistics, withoutQuorum);
  return {
    outcome,
    sentence: [isOutside ? beyond : maliceInWords(recording), sentence].filter((each) => each !== null).join(' '),
    checks,
    statistics,
    withoutQuorum,
    exitCode: codes[outcome],
  };
}

/** Why nothing is promised where so many were malicious, in a sentence; null where all is. */
async function beyondFaultModel(recording: Recording): Promise<string | null> {
  const { plan } = recording;
  const malicious = maliciousNodes(recording).size;
  if (malicious === 0) return null;
  const { faultModel, tolerated } = await loadProtocol(plan.protocol);
  const stands = faultModel === 'crash' ? 0 : tolerated((plan.members ?? plan.nodes).length);
  if (malicious <= stands) return null;
  const promise =
    faultModel === 'crash'
      ? `${plan.protocol} stands replicas that crash, and none that is malicious`
      : `with ${count(plan.nodes.length, 'replica')} ${plan.protocol} stands ${stands} malicious`;
  return `Outside the fault model: ${promise}, and there ${malicious === 1 ? 'was 1' : `were ${malicious}`}. ${maliceInWords(recording)}`;
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
  'OUTSIDE FAULT MODEL': exitCode.inconclusive,
  'LAB ERROR': exitCode.environment,
};

/** The exit code for many runs: the worst counts, in the order 1, 5, 3, 2, 0. */
export function worstExitCode(exitCodes: readonly number[]): number {
  const order = [exitCode.safety, exitCode.environment, exitCode.liveness, exitCode.inconclusive];
  return order.find((code) => exitCodes.includes(code)) ?? exitCode.ok;
}

/** What was found, whatever was promised. */
type Found = Exclude<Outcome, 'OUTSIDE FAULT MODEL'>;

function outcomeOf(checks: readonly CheckResult[], expectsViolation: boolean): Found {
  const violated = checks.some(({ kind, verdict }) => kind === 'safety' && verdict === 'invalid');
  if (expectsViolation) return violated ? 'PASS' : 'INCONCLUSIVE';
  if (violated) return 'FAIL (safety)';
  if (checks.some(({ verdict }) => verdict === 'invalid')) return 'FAIL (liveness)';
  return checks.some(({ verdict }) => verdict === 'unknown') ? 'INCONCLUSIVE' : 'PASS';
}

function sentenceFor(
  outcome: Found,
  checks: readonly CheckResult[],
  { plan, events }: Recording,
  statistics: RunStatistics,
  withoutQuorum: readonly Span[],
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
      const isExcused = withoutQuorum.length > 0 || plan.strikes.some(({ outage }) => outage);
      const excused = isExcused ? ' besides the time without a quorum' : '';
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
