/** Statements of PBFT for tests, signed as in a run of a seed, and recordings in which they are reported. */

import type { SignedText } from '../node/contract/facts.ts';
import type { NodeId } from '../node/contract/ids.ts';
import { keyedHashCrypto } from '../node/crypto/keyed-hash.ts';
import type { LabEvent, Recording } from './contracts/events.ts';
import { samplePlan, sampleRun } from './sample-plan.ts';

export const nodes = ['n1', 'n2', 'n3', 'n4'];
const seed = 1;

export const keys = { scheme: 'keyed-hash', seed, members: nodes } as const;

export function signed(signer: NodeId, text: string): SignedText {
  const signature = keyedHashCrypto(seed, signer, nodes).sign(new TextEncoder().encode(text));
  return { text, signature: Buffer.from(signature).toString('hex') };
}

/** The share of a batch, of which a letter is the digest 64 times. */
export const share = (signer: NodeId, slot: number, letter: string): SignedText =>
  signed(signer, `pbft share slot ${slot} view 0 batch ${letter.repeat(64)}`);

export function evidence(node: NodeId, culprit: NodeId, ...statements: readonly [SignedText, SignedText]): LabEvent {
  return { atMs: 5, type: 'evidence', node, culprit, statements };
}

/** Two shares for one slot. */
export const provenBy = (node: NodeId, culprit: NodeId): LabEvent =>
  evidence(node, culprit, share(culprit, 3, 'a'), share(culprit, 3, 'b'));

/** With the keys of all, unless it is said otherwise. */
export function recordingOf(
  events: readonly LabEvent[],
  malicious: Readonly<Record<NodeId, string>> = {},
  known: readonly LabEvent[] = [{ atMs: -1, type: 'keys', keys }],
): Recording {
  const plan = samplePlan({}, { protocol: 'pbft', nodes, seed, malicious });
  return sampleRun({ plan, events: [...known, ...events] });
}
