/**
 * What a malicious replica can make of PBFT's messages. It has its own key and nobody else's: all that it signs is signed as
 * the replica under it would sign it, and what others have signed it can only leave out, or spoil.
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import { invariant } from '../../contract/invariant.ts';
import type { Forgery, Shift } from '../../malice/kit/forgery.ts';
import { bytesOf, heardIn } from './heard.ts';
import { checkpointInterval } from './history.ts';
import type {
  Certificate,
  Checkpoint,
  Digest,
  NewView,
  PbftMessage,
  Propose,
  Signature,
  SlotReport,
  ViewChange,
  Vote,
} from './messages.ts';
import { sizesOf } from './quorum.ts';
import { windowSlots } from './state.ts';
import {
  checkpointStatement,
  newViewStatement,
  savedStatement,
  viewChangeStatement,
  voteStatement,
} from './statements.ts';

/** How many slots behind its last one an inflated report is about. */
const inflatedSlots = 4;
/** Farther ahead than a window can be. */
const farAhead = 1_000_000;

export const pbftForgery: Forgery<PbftMessage> = {
  valueIn: (msg) => (msg.type === 'propose' || msg.type === 'forward' ? msg.payload : undefined),
  withValue,
  withHiddenValue: (msg, payload) => (msg.type === 'propose' ? { ...msg, payload } : undefined),
  withNumbers,
  sealOf: (msg) => ('signature' in msg ? msg.signature : undefined),
  withSeal: (msg, signature) => ('signature' in msg ? { ...msg, signature } : undefined),
  signedText: (msg) => {
    if (!('signature' in msg)) return undefined;
    const [own] = heardIn(msg);
    return own && new TextDecoder().decode(bytesOf(own.statement));
  },
  uncertified: (msg, config) => {
    if (msg.type !== 'propose' && !(msg.type === 'vote' && msg.phase === 'share')) return undefined;
    const { view, slot, digest } = msg;
    return signedVote({ type: 'vote', phase: 'commit', view, slot, digest }, config);
  },
  withoutVotes,
  inflated: (msg, config) => (msg.type === 'view-change' ? signedChange(inflated(msg), config) : undefined),
  withForgedCertificates,
  withoutReports,
  leaving: (view, config) => {
    const stable = { slot: 0, digest: cryptoOf(config).digest(Buffer.from('pbft history')), signatures: [] };
    return signedChange({ type: 'view-change', view, stable, slots: [] }, config);
  },
  withOtherState,
};

function cryptoOf({ crypto }: ReplicaConfig) {
  invariant(crypto !== undefined, 'a replica of PBFT signs what it says, and has no keys');
  return crypto;
}

function sign(statement: Uint8Array, config: ReplicaConfig): Signature {
  return { signer: config.id, bytes: cryptoOf(config).sign(statement) };
}

const digests = new WeakMap<Uint8Array, Digest>();

/** Of a forged batch, which is put into all that a replica says, and is never written to: computed once. */
function digestOf(payload: Uint8Array, config: ReplicaConfig): Digest {
  const known = digests.get(payload);
  if (known !== undefined) return known;
  const digest = cryptoOf(config).digest(payload);
  digests.set(payload, digest);
  return digest;
}

/** What the replica votes for where it would vote for `digest`: `value`, or where it is that already, what nobody has. */
function otherDigest(digest: Digest, value: Uint8Array, config: ReplicaConfig): Digest {
  const other = digestOf(value, config);
  return other === digest ? cryptoOf(config).digest(Buffer.from(digest)) : other;
}

function withValue(msg: PbftMessage, payload: Uint8Array, config: ReplicaConfig): PbftMessage | undefined {
  if (msg.type === 'vote') return signedVote({ ...msg, digest: otherDigest(msg.digest, payload, config) }, config);
  if (msg.type !== 'propose') return undefined;
  return signedProposal({ ...msg, payload, digest: digestOf(payload, config) }, config);
}

function withNumbers(msg: PbftMessage, by: Shift, config: ReplicaConfig): PbftMessage | undefined {
  if (msg.type !== 'vote' && msg.type !== 'propose') return undefined;
  const view = Math.max(0, msg.view + by.epoch);
  const slot = Math.max(1, msg.slot + by.index);
  if (view === msg.view && slot === msg.slot) return undefined;
  return msg.type === 'vote'
    ? signedVote({ ...msg, view, slot }, config)
    : signedProposal({ ...msg, view, slot }, config);
}

function signedVote(vote: Omit<Vote, 'signature'>, config: ReplicaConfig): Vote {
  return { ...vote, signature: sign(voteStatement(vote.phase, vote), config) };
}

function signedProposal(proposal: Omit<Propose, 'signature'>, config: ReplicaConfig): Propose {
  return { ...proposal, signature: sign(voteStatement('share', proposal), config) };
}

function signedChange(change: Omit<ViewChange, 'signature'>, config: ReplicaConfig): ViewChange {
  return { ...change, signature: sign(viewChangeStatement(change), config) };
}

/** Its own VIEW-CHANGE, and also the copy in a NEW-VIEW of its own, which is then as valid as it was. */
function withoutVotes(msg: PbftMessage, config: ReplicaConfig): PbftMessage | undefined {
  const isTelling = (change: ViewChange) => change.signature.signer === config.id && change.slots.length > 0;
  if (msg.type === 'view-change') return isTelling(msg) ? signedChange({ ...msg, slots: [] }, config) : undefined;
  if (msg.type !== 'new-view' || !msg.changes.some(isTelling)) return undefined;
  const changes = msg.changes.map((change) =>
    isTelling(change) ? signedChange({ ...change, slots: [] }, config) : change,
  );
  return signedNewView({ ...msg, changes }, config);
}

/** In every second view up to the end of the window, so that it could be true; in the others far behind it. */
function inflated(msg: ViewChange): ViewChange {
  const { stable, slots, view } = msg;
  const last = slots.at(-1)?.slot ?? stable.slot;
  const first = view % 2 === 0 ? last + farAhead : Math.max(last + 1, stable.slot + windowSlots - inflatedSlots + 1);
  const end = view % 2 === 0 ? first + inflatedSlots : stable.slot + windowSlots + 1;
  const share = { view: Math.max(0, view - 1), digest: stable.digest };
  const ahead = Array.from({ length: end - first }, (_, offset): SlotReport => ({ slot: first + offset, share }));
  return { ...msg, slots: [...slots, ...ahead] };
}

/**
 * For each slot that it reports a certificate for what nobody voted for, with its own signature in the name of a quorum; and
 * such a one in the place of what it has collected.
 */
function withForgedCertificates(msg: PbftMessage, config: ReplicaConfig): PbftMessage | undefined {
  if (msg.type === 'certified') {
    const { slot, view, kind } = msg.certificate;
    return { ...msg, certificate: { ...forgedCertificate(slot, view, config), kind } };
  }
  if (msg.type !== 'view-change') return undefined;
  const numbers = msg.slots.length > 0 ? msg.slots.map(({ slot }) => slot) : [msg.stable.slot + 1];
  const slots = numbers.map((slot) => ({ slot, prepared: forgedCertificate(slot, Math.max(0, msg.view - 1), config) }));
  return signedChange({ ...msg, slots }, config);
}

function forgedCertificate(slot: number, view: number, config: ReplicaConfig): Certificate {
  const choice = { view, slot, digest: cryptoOf(config).digest(new Uint8Array(0)) };
  const { bytes } = sign(voteStatement('share', choice), config);
  // An empty one for every second slot.
  const signers = slot % 2 === 0 ? [] : config.members.slice(0, sizesOf(config.members.length).quorum);
  return { kind: 'prepared', ...choice, signatures: signers.map((signer) => ({ signer, bytes })) };
}

/** NEW-VIEW, with view changes in it that report nothing: their signers have not signed that. */
function withoutReports(msg: PbftMessage, config: ReplicaConfig): PbftMessage | undefined {
  if (msg.type !== 'new-view') return undefined;
  const changes = msg.changes.map((change) => ({ ...change, slots: [] }));
  return signedNewView({ ...msg, changes }, config);
}

function signedNewView(msg: Omit<NewView, 'signature'>, config: ReplicaConfig): NewView {
  return { ...msg, signature: sign(newViewStatement(msg), config) };
}

function withOtherState(msg: PbftMessage, config: ReplicaConfig): PbftMessage | undefined {
  switch (msg.type) {
    case 'checkpoint':
      return signedCheckpoint({ ...msg, digest: cryptoOf(config).digest(Buffer.from(msg.digest)) }, config);
    case 'saved': {
      const digest = cryptoOf(config).digest(Buffer.from(msg.digest));
      return { ...msg, digest, signature: sign(savedStatement(msg.slot, digest), config) };
    }
    case 'stable': {
      const slot = msg.checkpoint.slot + checkpointInterval;
      return { ...msg, checkpoint: { ...msg.checkpoint, slot } };
    }
    case 'manifest': {
      const { snapshot, signatures } = msg.proven;
      return { ...msg, proven: { snapshot: { ...snapshot, history: snapshot.pieces[0] ?? '' }, signatures } };
    }
    case 'piece':
      return { ...msg, bytes: msg.bytes.map((byte) => byte ^ 1) };
    case 'decided':
      return { ...msg, decisions: msg.decisions.map((decision) => ({ ...decision, payload: Uint8Array.of(0) })) };
    case 'bodies':
      return { ...msg, payloads: msg.payloads.map(() => Uint8Array.of(0)) };
    default:
      return undefined;
  }
}

function signedCheckpoint(checkpoint: Omit<Checkpoint, 'signature'>, config: ReplicaConfig): Checkpoint {
  return { ...checkpoint, signature: sign(checkpointStatement(checkpoint.slot, checkpoint.digest), config) };
}
