import type { NodeId } from '../../node/contract/ids.ts';
import { loadBehaviour, loadProtocol } from '../catalog.ts';
import type { Recording } from '../contracts/events.ts';
import type { Checker, CheckResult, Evidence } from '../contracts/verdict.ts';
import {
  type Conviction,
  convictionSentences,
  EvidenceJudge,
  evidenceIn,
  findingsOf,
  keysOf,
  type Refuted,
} from '../evidence.ts';
import { maliciousSince } from '../malice.ts';
import { clockToleranceMs } from '../strike-effects.ts';

type Result = Omit<CheckResult, 'check' | 'kind'>;
/** From when on who was malicious, in milliseconds since load began. */
type Suspects = ReadonlyMap<NodeId, number>;

const maxShown = 5;

/** Haeberlen, Kouznetsov and Druschel, "PeerReview" (SOSP 2007), section 3: accuracy, and completeness as far as a record tells. */
const checker: Checker = {
  summary: 'whoever is convicted by what it signed was malicious, and evidence of honest replicas holds',
  kind: 'safety',
  check: async (recording) => {
    const { accountability } = await loadProtocol(recording.plan.protocol);
    const keys = keysOf(recording);
    const accused = evidenceIn(recording).length > 0;
    if (accountability === undefined) {
      const summary = `What replicas of ${recording.plan.protocol} say convicts nobody: they do not sign it.`;
      return { verdict: 'valid', summary, evidence: [] };
    }
    if (keys === undefined) {
      return accused
        ? {
            verdict: 'unknown',
            summary: 'There is evidence, and the record has no keys to verify it with.',
            evidence: [],
          }
        : { verdict: 'valid', summary: 'Nobody was accused.', evidence: [] };
    }
    const { convictions, refuted } = findingsOf(recording, new EvidenceJudge(keys, accountability));
    const suspects = maliciousSince(recording);
    return (
      framed(convictions, suspects) ??
      unfounded(refuted, suspects) ??
      (await unconvicted(recording, convictions)) ?? {
        verdict: 'valid',
        summary: inWords(convictions, refuted, suspects),
        evidence: [],
      }
    );
  },
};

/**
 * Whether nobody had told a replica to be malicious when something was seen of it. A replica notes that it is told so before it
 * says anything else, by a clock of the same machine as that of whoever hears it.
 */
function wasHonest(suspects: Suspects, node: NodeId, atMs: number): boolean {
  return atMs < (suspects.get(node) ?? Number.POSITIVE_INFINITY) - clockToleranceMs;
}

/** An honest replica has signed what no honest replica signs. */
function framed(convictions: readonly Conviction[], suspects: Suspects): Result | undefined {
  const innocent = convictions.filter(({ culprit, atMs }) => wasHonest(suspects, culprit, atMs));
  const [first] = innocent;
  if (first === undefined) return undefined;
  const evidence = innocent
    .slice(0, maxShown)
    .map((conviction) =>
      evidenceOf(conviction, conviction.atMs, [
        `${conviction.culprit} ${conviction.words}, by evidence of ${conviction.reportedBy.join(', ')}.`,
        'No honest replica signs both statements, and nobody had told this one to be malicious.',
      ]),
    );
  return { verdict: 'invalid', summary: `${first.culprit} was honest, and ${first.words}.`, evidence };
}

/** An honest replica has accused somebody, and the evidence does not hold. */
function unfounded(refuted: readonly Refuted[], suspects: Suspects): Result | undefined {
  const honest = refuted.filter(({ event }) => wasHonest(suspects, event.node, event.atMs));
  const [first] = honest;
  if (first === undefined) return undefined;
  const evidence = honest
    .slice(0, maxShown)
    .map(({ event, why }) => evidenceOf(event, event.atMs, [`${event.node} accused ${event.culprit}.`, why]));
  const { node, culprit } = first.event;
  return {
    verdict: 'invalid',
    summary: `${node} was honest, and accused ${culprit} without proof: ${first.why}`,
    evidence,
  };
}

function evidenceOf(
  { statements }: Pick<Conviction, 'statements'>,
  atMs: number,
  sentences: readonly string[],
): Evidence {
  const texts = statements.map(({ text }) => `Statement: ${text.replaceAll('\n', '; ')}`);
  return { sentences: [...sentences, ...texts], fromMs: atMs, toMs: atMs, ops: [] };
}

/** A replica had occasion to contradict itself before others, and nobody convicts it. */
async function unconvicted({ events }: Recording, convictions: readonly Conviction[]): Promise<Result | undefined> {
  const convicted = new Set(convictions.map(({ culprit }) => culprit));
  for (const event of events) {
    if (event.type !== 'deceived' || convicted.has(event.node)) continue;
    if (!(await loadBehaviour(event.behaviour)).behaviour.leavesProof) continue;
    const summary = `${event.node} behaved so that it contradicted itself (${event.behaviour}), and nobody convicts it.`;
    return { verdict: 'unknown', summary, evidence: [] };
  }
  return undefined;
}

function inWords(convictions: readonly Conviction[], refuted: readonly Refuted[], suspects: Suspects): string {
  const convicted = convictionSentences(convictions);
  const framing = [...new Set(refuted.map(({ event }) => `${event.node} accused ${event.culprit}`))];
  const refusals = framing.map((each) => `${each} without proof, and was malicious itself: that convicts nobody.`);
  const nobody =
    suspects.size === 0 ? 'Nobody was malicious, and nobody is convicted.' : 'Nobody is convicted by what it signed.';
  return [...(convicted.length > 0 ? convicted : [nobody]), ...refusals].join(' ');
}

export default checker;
