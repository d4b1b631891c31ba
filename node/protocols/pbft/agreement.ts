/** The normal case: a batch is put into a slot, shared, committed, applied. Castro and Liskov (1999), section 4.2. */
import { fnv1a } from '../../hash.ts';
import type { Body } from './bodies.ts';
import { isDecision, isVote } from './certificates.ts';
import { takeCheckpoint } from './checkpoints.ts';
import { checkpointInterval } from './history.ts';
import type {
  Certificate,
  Choice,
  DecidedRecord,
  Decision,
  Digest,
  Forward,
  Phase,
  Propose,
  ShareRecord,
  Signature,
  Vote,
} from './messages.ts';
import type { Slot } from './slot.ts';
import type { PbftState } from './state.ts';
import { voteStatement } from './statements.ts';
import { onProgress } from './timing.ts';

/** As primary: puts batches into slots that wait for one, as long as the window has room. */
export function proposePending(state: PbftState): void {
  if (!state.leads) return;
  for (const batch of state.pending.batches()) {
    if (state.nextSlot > state.windowEnd) return;
    if (batch.proposedIn === state.view) continue;
    batch.proposedIn = state.view;
    propose(state, batch.payload);
  }
}

/** As primary, with room in the window. */
export function propose(state: PbftState, payload: Uint8Array): void {
  const slot = state.slot(state.nextSlot);
  state.nextSlot += 1;
  const digest = state.crypto.digest(payload);
  state.bodies.keep(digest, payload);
  slot.proposal = digest;
  share(state, slot);
}

/** As primary: a batch that a backup was asked for, and that this replica seems not to know. */
export function onForward(state: PbftState, { payload }: Forward): void {
  if (!state.leads || state.nextSlot > state.windowEnd) return;
  const digest = state.crypto.digest(payload);
  // That it is known is not enough: it may have been proposed in an earlier view, and to this replica alone.
  for (const { proposal } of state.slots.values()) if (proposal === digest) return;
  propose(state, payload);
}

/** PRE-PREPARE. */
export function onPropose(state: PbftState, from: string, msg: Propose): void {
  const { view, slot: number, digest, signature } = msg;
  if (view !== state.view || !state.active || !state.isInWindow(number)) return;
  if (from !== state.config.id && !isAcceptable(state, msg)) return;
  const slot = state.slot(number);
  slot.proposal = digest;
  slot.votes.share.add(digest, signature);
  share(state, slot);
  evaluate(state, slot, digest);
  apply(state);
}

/** Whether it is of the primary, no other batch stands in the slot, and the batch is the one that is named; keeps the batch. */
function isAcceptable(state: PbftState, msg: Propose): boolean {
  const { slot: number, digest, payload, signature } = msg;
  const proposal = state.slots.get(number)?.proposal;
  // What a view begins with follows from its NEW-VIEW. A second batch for one slot of one view is not taken either.
  if (proposal === undefined ? number <= state.base : proposal !== digest) return false;
  if (signature.signer !== state.primary || !isVote(state.verifier, 'share', msg, signature)) return false;
  if (state.bodies.get(digest) === undefined) {
    if (state.crypto.digest(payload) !== digest) return false;
    state.bodies.keep(digest, payload);
  }
  return true;
}

/** PREPARE or COMMIT. Counted also before the view begins here, and acted upon after. */
export function onVote(state: PbftState, from: string, msg: Vote): void {
  const { view, slot: number, phase, digest, signature } = msg;
  if (view !== state.view || !state.isInWindow(number)) return;
  const slot = state.slot(number);
  if (slot.decided !== undefined || slot.votes[phase].voteOf(signature.signer) !== undefined) return;
  if (from !== state.config.id && !isVote(state.verifier, phase, msg, signature)) return;
  slot.votes[phase].add(digest, signature);
  evaluate(state, slot, digest);
}

/** Gives the share of this replica for what was proposed, once in a view, if the batch is here. */
export function share(state: PbftState, slot: Slot): void {
  const { view, active, bodies } = state;
  const digest = slot.proposal;
  if (!active || digest === undefined || slot.hasShared(view)) return;
  const body = bodies.get(digest);
  if (body === undefined) return;
  slot.noteShare({ view, digest });
  const choice = { view, slot: slot.number, digest };
  slot.needs(write(state, body, digest, { kind: 'share', ...choice }));
  state.broadcast(shareMessage(state, choice, body.payload));
}

/** The share of the primary carries the batch. */
function shareMessage(state: PbftState, choice: Choice, payload: Uint8Array): Propose | Vote {
  const signature = signatureOf(state, 'share', choice);
  if (state.leads) return { type: 'propose', ...choice, payload, signature };
  return { type: 'vote', ...choice, phase: 'share', signature };
}

function commitMessage(state: PbftState, choice: Choice): Vote {
  return { type: 'vote', ...choice, phase: 'commit', signature: signatureOf(state, 'commit', choice) };
}

/** Writes a record, beside the batch that it needs where none before holds that; gives its position. */
function write(state: PbftState, body: Body, digest: Digest, record: ShareRecord | DecidedRecord): number {
  const written = body.position > 0 || digest === state.nullDigest;
  const position = state.out.persist(written ? record : { ...record, payload: body.payload });
  if (!written) body.position = position;
  return position;
}

function signatureOf({ config, crypto }: PbftState, phase: Phase, choice: Choice): Signature {
  return { signer: config.id, bytes: crypto.sign(voteStatement(phase, choice)) };
}

/** The votes of this replica in the present view, as it has given them. */
export function votesOf(state: PbftState, slot: Slot): (Propose | Vote)[] {
  const { view } = state;
  const messages: (Propose | Vote)[] = [];
  const last = slot.sent?.last;
  const body = last === undefined ? undefined : state.bodies.get(last.digest);
  if (last?.view === view && body !== undefined) {
    messages.push(shareMessage(state, { view, slot: slot.number, digest: last.digest }, body.payload));
  }
  if (slot.prepared?.view === view) {
    messages.push(commitMessage(state, { view, slot: slot.number, digest: slot.prepared.digest }));
  }
  return messages;
}

/** What follows from the votes for a batch. Nothing, while the view has not begun. */
export function evaluate(state: PbftState, slot: Slot, digest: Digest): void {
  if (!state.active || slot.decided !== undefined) return;
  const { view, sizes } = state;
  const choice = { view, slot: slot.number, digest };
  const { share: shares, commit: commits } = slot.votes;
  if (slot.prepared?.view !== view && shares.count(digest) >= sizes.quorum) {
    prepare(state, slot, { kind: 'prepared', ...choice, signatures: shares.signatures(digest) });
  }
  if (commits.count(digest) >= sizes.quorum) {
    decide(state, slot, { kind: 'slow', ...choice, signatures: commits.signatures(digest) });
  }
}

/** A quorum has shared: no other batch can be prepared here in this view. */
function prepare(state: PbftState, slot: Slot, certificate: Certificate): void {
  const { config, out } = state;
  const { view, digest } = certificate;
  slot.prepared = certificate;
  slot.needs(out.persist({ kind: 'prepared', certificate }));
  const body = state.bodies.get(digest);
  if (config.trace && body !== undefined) {
    const hash = fnv1a(body.payload);
    out.emit({ kind: 'note', fact: { type: 'append', index: slot.number, epoch: view, prevEpoch: 0, hash } });
  }
  state.broadcast(commitMessage(state, { view, slot: slot.number, digest }));
}

/** A slot is decided, and so proven. */
export function decide(state: PbftState, slot: Slot, certificate: Certificate): void {
  if (slot.decided !== undefined) return;
  slot.decided = certificate;
  apply(state);
}

/** Applies what is decided, in order, as far as the batches are here. */
export function apply(state: PbftState): void {
  const { history, bodies, out } = state;
  // While the state of another replica takes the place of this one's, nothing is applied to either.
  while (state.incoming?.installing !== true) {
    const next = history.applied + 1;
    const certificate = state.slots.get(next)?.decided;
    const body = certificate === undefined ? undefined : bodies.get(certificate.digest);
    if (certificate === undefined || body === undefined) return;
    append(state, certificate, body);
    if (certificate.view === state.view && certificate.digest !== state.nullDigest) onProgress(state);
    state.progressed = true;
    out.emit({ kind: 'apply', index: next, payload: body.payload, eager: true });
    if (next <= state.stable.slot) state.slots.delete(next);
    if (next % checkpointInterval === 0) takeCheckpoint(state);
  }
}

/** Writes down that the next slot is decided. */
function append(state: PbftState, certificate: Certificate, body: Body): void {
  const position = write(state, body, certificate.digest, { kind: 'decided', certificate });
  state.history.append(
    { payload: body.payload, certificate },
    { body: body.position || position, certificate: position },
  );
}

/** The slot behind what is applied, from a replica that knows it to be decided. False where that is not proven. */
export function learn(state: PbftState, { payload, certificate }: Decision): boolean {
  const next = state.history.applied + 1;
  if (certificate.slot !== next || state.crypto.digest(payload) !== certificate.digest) return false;
  if (!isDecision(state.verifier, certificate)) return false;
  state.bodies.keep(certificate.digest, payload);
  decide(state, state.slot(next), certificate);
  // It may have been decided before, and have waited for its batch.
  apply(state);
  return true;
}
