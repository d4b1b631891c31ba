/** Evidence against replicas, as it stands in a recording: who is convicted by it, and what convicts nobody. Pure. */

import type { Accountability } from '../node/contract/definition.ts';
import type { SignedText } from '../node/contract/facts.ts';
import type { NodeId } from '../node/contract/ids.ts';
import { type VerificationKeys, type Verify, verifierOf } from '../node/crypto/verifier.ts';
import type { LabEvent, Recording } from './contracts/events.ts';
import { count } from './words.ts';

type EvidenceEvent = Extract<LabEvent, { readonly type: 'evidence' }>;

/** Two statements that somebody is said to have signed. */
export interface Accusation {
  readonly culprit: NodeId;
  readonly statements: readonly [SignedText, SignedText];
}

/** What a verified accusation says, in words that follow the culprit's name; or why it convicts nobody, in a sentence. */
export type Judgement = { readonly words: string } | { readonly why: string };

/** Accusations that hold, and are the same. */
export interface Conviction extends Accusation {
  readonly words: string;
  /** In the order in which they reported it; the first did so at `atMs`. */
  readonly reportedBy: readonly NodeId[];
  readonly atMs: number;
}

export interface Refuted {
  readonly event: EvidenceEvent;
  readonly why: string;
}

export interface Findings {
  readonly convictions: readonly Conviction[];
  readonly refuted: readonly Refuted[];
}

/** Needs nothing but what is public. */
export class EvidenceJudge {
  readonly #verify: Verify;
  readonly #accountability: Accountability;

  constructor(keys: VerificationKeys, accountability: Accountability) {
    this.#verify = verifierOf(keys);
    this.#accountability = accountability;
  }

  judge({ culprit, statements: [one, other] }: Accusation): Judgement {
    for (const [place, statement] of [one, other].entries()) {
      if (!this.#isSigned(culprit, statement)) {
        return { why: `${culprit} has not signed the ${place === 0 ? 'first' : 'second'} statement.` };
      }
    }
    const words = this.#accountability.contradiction(one.text, other.text);
    return words === undefined ? { why: 'An honest replica may sign both statements.' } : { words };
  }

  #isSigned(signer: NodeId, { text, signature }: SignedText): boolean {
    if (!/^([0-9a-f]{2})+$/.test(signature)) return false;
    return this.#verify(signer, new TextEncoder().encode(text), Uint8Array.from(Buffer.from(signature, 'hex')));
  }
}

/** By what the signatures of a run are verified; undefined where nothing was signed in it. */
export function keysOf({ events }: Pick<Recording, 'events'>): VerificationKeys | undefined {
  return events.find((event) => event.type === 'keys')?.keys;
}

export function evidenceIn({ events }: Pick<Recording, 'events'>): EvidenceEvent[] {
  return events.filter((event): event is EvidenceEvent => event.type === 'evidence');
}

/** Judges all evidence of a run. */
export function findingsOf(recording: Pick<Recording, 'events'>, judge: EvidenceJudge): Findings {
  const convictions = new Map<string, Conviction>();
  const refuted: Refuted[] = [];
  for (const event of evidenceIn(recording)) {
    const judgement = judge.judge(event);
    if ('why' in judgement) {
      refuted.push({ event, why: judgement.why });
      continue;
    }
    const { node, culprit, statements, atMs } = event;
    const key = [culprit, ...statements.map(({ text }) => text).sort()].join('\n\n');
    const known = convictions.get(key);
    const reportedBy = known?.reportedBy ?? [];
    convictions.set(key, {
      ...(known ?? { culprit, statements, words: judgement.words, atMs }),
      reportedBy: reportedBy.includes(node) ? reportedBy : [...reportedBy, node],
    });
  }
  return { convictions: [...convictions.values()], refuted };
}

/** A sentence for each who is convicted, in the order of their names. */
export function convictionSentences(
  convictions: readonly Pick<Conviction, 'culprit' | 'words' | 'reportedBy'>[],
): string[] {
  const culprits = [...new Set(convictions.map(({ culprit }) => culprit))].sort();
  return culprits.map((culprit) => {
    const own = convictions.filter((conviction) => conviction.culprit === culprit);
    const by = [...new Set(own.flatMap(({ reportedBy }) => reportedBy))].sort();
    const more = own.length > 1 ? ` There are ${count(own.length, 'proof')}.` : '';
    return `${culprit} is convicted: it ${own[0]?.words}, by evidence of ${by.join(', ')}.${more}`;
  });
}
