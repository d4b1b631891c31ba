/** What the replicas of a group sign and send, for the tests of PBFT. Batches go by their texts; the empty text is the null request. */

import type { NodeId } from '../../contract/ids.ts';
import { keyedHashCrypto } from '../../crypto/keyed-hash.ts';
import type {
  Certificate,
  Checkpoint,
  Choice,
  Decided,
  Digest,
  NewView,
  Phase,
  Propose,
  Signature,
  SlotReport,
  StableCheckpoint,
  Status,
  ViewChange,
  Vote,
} from './messages.ts';
import { primaryOf } from './quorum.ts';
import { checkpointStatement, newViewStatement, viewChangeStatement, voteStatement } from './statements.ts';

/** Of the secrets with which all sign. */
const seed = 1;

/** The first so many replicas: `n1`, `n2`, ... */
export const first = (count: number): NodeId[] => Array.from({ length: count }, (_, offset) => `n${offset + 1}`);

/** Signs for a replica; knows the keys of all that there may be, also of those outside of a group. */
export const cryptoOf = (id: NodeId) => keyedHashCrypto(seed, id, first(10));

const hashing = cryptoOf('n1');

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const digest = (text: string): Digest => hashing.digest(bytes(text));

export const signed = (by: NodeId, statement: Uint8Array): Signature => ({
  signer: by,
  bytes: cryptoOf(by).sign(statement),
});

export const choice = (slot: number, text: string, view = 0): Choice => ({ view, slot, digest: digest(text) });

/** By the primary of the view in a group of four, where nobody else is named. */
export function propose(slot: number, text: string, view = 0, by = primaryOf(view, first(4))): Propose {
  const of = choice(slot, text, view);
  return { type: 'propose', ...of, payload: bytes(text), signature: signed(by, voteStatement('share', of)) };
}

function vote(phase: Phase, by: NodeId, of: Choice): Vote {
  return { type: 'vote', ...of, phase, signature: signed(by, voteStatement(phase, of)) };
}

export const share = (by: NodeId, slot: number, text: string, view = 0): Vote =>
  vote('share', by, choice(slot, text, view));

export const commit = (by: NodeId, slot: number, text: string, view = 0): Vote =>
  vote('commit', by, choice(slot, text, view));

/** By three, the quorum in a group of four, where nobody else is named; that of the fast path by four. */
export function certificate(
  kind: Certificate['kind'],
  slot: number,
  text: string,
  view = 0,
  signers: readonly NodeId[] = first(kind === 'fast' ? 4 : 3),
): Certificate {
  const of = choice(slot, text, view);
  const statement = voteStatement(kind === 'slow' ? 'commit' : 'share', of);
  return { kind, ...of, signatures: signers.map((by) => signed(by, statement)) };
}

/** Before slot 1. */
export const origin = digest('pbft history');

/** Of all batches that were applied, in order. */
export const historyOf = (texts: readonly string[]): Digest =>
  texts.reduce((before, text) => digest(`${before} ${digest(text)}`), origin);

/** The texts of the batches from slot 1 on: `b1`, `b2`, ... */
export const batches = (count: number): string[] => Array.from({ length: count }, (_, offset) => `b${offset + 1}`);

/** By default what comes of `batches`. */
export function checkpoint(by: NodeId, slot: number, history = historyOf(batches(slot))): Checkpoint {
  return { type: 'checkpoint', slot, digest: history, signature: signed(by, checkpointStatement(slot, history)) };
}

/** By three, where nobody else is named; of `batches`, where nothing else is. */
export function stable(
  slot: number,
  signers: readonly NodeId[] = first(3),
  history = historyOf(batches(slot)),
): StableCheckpoint {
  if (slot === 0) return { slot, digest: origin, signatures: [] };
  const signatures = signers.map((by) => signed(by, checkpointStatement(slot, history)));
  return { slot, digest: history, signatures };
}

/** Of a replica that has done nothing, where nothing else is said. */
export function change(
  by: NodeId,
  view: number,
  slots: readonly SlotReport[] = [],
  from: StableCheckpoint = stable(0),
): ViewChange {
  const content = { type: 'view-change', view, stable: from, slots } as const;
  return { ...content, signature: signed(by, viewChangeStatement(content)) };
}

/** By the primary of the view in a group of four, where nobody else is named. */
export function newView(view: number, changes: readonly ViewChange[], by = primaryOf(view, first(4))): NewView {
  return { type: 'new-view', view, changes, signature: signed(by, newViewStatement({ view, changes })) };
}

export const status = (fields: Partial<Status> = {}): Status => ({
  type: 'status',
  view: 0,
  changing: false,
  applied: 0,
  stable: 0,
  ...fields,
});

/** With proofs of the slow path in view 0, by three where nobody else is named. */
export const decided = (from: number, texts: readonly string[], signers = first(3)): Decided => ({
  type: 'decided',
  decisions: texts.map((text, at) => ({
    payload: bytes(text),
    certificate: certificate('slow', from + at, text, 0, signers),
  })),
});

/** For view 1 or later in a group of four: the first view change reports these slots, the others none. */
export function newViewWith(view: number, slots: readonly SlotReport[]): NewView {
  return newView(view, [change('n1', view, slots), change('n2', view), change('n3', view)]);
}
