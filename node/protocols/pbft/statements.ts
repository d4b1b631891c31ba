/**
 * What is signed: lines of text, so that a person can read a piece of evidence, and anyone can check it with the public keys.
 * Each kind of statement has its own words, so that a signature under one never stands for another. Who signs is not part
 * of it, for that follows from the key; and the signatures of others in proofs are no part either, for these prove themselves.
 */
import type { Choice, Digest, NewView, Phase, Signature, SlotReport, Snapshot, ViewChange } from './messages.ts';

const utf8 = new TextEncoder();
const bytesOf = (text: string): Uint8Array => utf8.encode(text);

const nameOf = ({ view, digest }: Pick<Choice, 'view' | 'digest'>): string => `view ${view} batch ${digest}`;

/** PREPARE (with the primary's PRE-PREPARE), or COMMIT. */
export function voteStatement(phase: Phase, choice: Choice): Uint8Array {
  return bytesOf(`pbft ${phase} slot ${choice.slot} ${nameOf(choice)}`);
}

export function checkpointStatement(slot: number, digest: Digest): Uint8Array {
  return bytesOf(`pbft checkpoint slot ${slot} history ${digest}`);
}

/** That the signer has a durable snapshot; `digest` is that of what `snapshotText` says of it. */
export function savedStatement(slot: number, digest: Digest): Uint8Array {
  return bytesOf(`pbft saved slot ${slot} snapshot ${digest}`);
}

/** All of a snapshot that replicas vouch for. */
export function snapshotText({ slot, history, total, pieces }: Snapshot): Uint8Array {
  return bytesOf([`pbft snapshot slot ${slot} history ${history} bytes ${total}`, ...pieces].join('\n'));
}

export function viewChangeStatement(change: Omit<ViewChange, 'signature'>): Uint8Array {
  return bytesOf(viewChangeText(change));
}

/** With the signatures of its VIEW-CHANGEs: that one of them is none is then seen to be the fault of whoever has signed this. */
export function newViewStatement({ view, changes }: Pick<NewView, 'view' | 'changes'>): Uint8Array {
  const texts = changes.map((change) => `by ${signatureText(change.signature)}\n${viewChangeText(change)}`);
  return bytesOf([`pbft new-view ${view}`, ...texts].join('\n'));
}

function signatureText({ signer, bytes }: Signature): string {
  return `${signer} ${Buffer.from(bytes).toString('hex')}`;
}

function viewChangeText({ view, stable, slots }: Omit<ViewChange, 'signature'>): string {
  const head = `pbft view-change ${view} stable ${stable.slot} history ${stable.digest}`;
  return [head, ...slots.map(reportText)].join('\n');
}

function reportText({ slot, decided, prepared, share }: SlotReport): string {
  const parts = [`slot ${slot}`];
  if (decided !== undefined) parts.push(`decided ${decided.kind} ${nameOf(decided)}`);
  if (prepared !== undefined) parts.push(`prepared ${nameOf(prepared)}`);
  if (share !== undefined) parts.push(`share ${nameOf(share)}`);
  return parts.join(' ');
}
