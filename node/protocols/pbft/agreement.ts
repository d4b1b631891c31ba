/** The normal case: a batch is put into a slot, shared, committed, applied. Castro and Liskov (1999), section 4.2. */

import type { NodeId } from '../../contract/ids.ts';
import { fnv1a } from '../../hash.ts';
import { countFitting, joined } from '../../joined.ts';
import { isCertificate, isDecision, isVote } from './certificates.ts';
import { apply, decide, write } from './decisions.ts';
import { awaitsAll } from './fast-path.ts';
import type { Certificate, Certified, Choice, Digest, Forward, Phase, Propose, Signature, Vote } from './messages.ts';
import { primaryOf } from './quorum.ts';
import type { Refusal } from './refusals.ts';
import type { Slot } from './slot.ts';
import type { PbftState } from './state.ts';
import { voteStatement } from './statements.ts';

/**
 * As primary: puts batches into slots that wait for one, as long as the window has room. What has waited goes together as far as may
 * be: where a group has stood still, what clients wait for now would else come slots behind what they have given up.
 */
export function proposePending(state: PbftState): void {
  if (!state.leads || state.nextSlot > state.windowEnd) return;
  const { pending, view, config } = state;
  const waiting = [...pending.unproposed(view)];
  while (waiting.length > 0 && state.nextSlot <= state.windowEnd) {
    const together = waiting.splice(
      0,
      countFitting(waiting, config.maxJoinedBytes ?? 0, ({ payload }) => payload.length),
    );
    for (const batch of together) batch.proposedIn = view;
    const payloads = together.map(({ payload }) => payload);
    const slot = propose(state, joined(payloads));
    if (payloads.length > 1) slot.parts = new Set(payloads.map((payload) => state.crypto.digest(payload)));
  }
}

/** As primary, with room in the window. */
export function propose(state: PbftState, payload: Uint8Array): Slot {
  const slot = state.slot(state.nextSlot);
  state.nextSlot += 1;
  const digest = state.crypto.digest(payload);
  state.bodies.keep(digest, payload);
  slot.proposal = digest;
  share(state, slot);
  return slot;
}

/** As primary: a batch that a backup was asked for, and that this replica seems not to know. */
export function onForward(state: PbftState, { payload }: Forward): void {
  if (!state.leads) state.refuse('unasked');
  else if (state.nextSlot > state.windowEnd) state.refuse('outside-window');
  // What no client has asked for nobody would share, and the view would come to nothing.
  else if (!state.isGenuine(payload)) state.refuse('invalid');
  else if (isProposed(state, state.crypto.digest(payload))) state.refuse('known');
  else propose(state, payload);
}

/** That it is known is not enough: it may have been proposed in an earlier view, and to this replica alone. */
function isProposed({ slots }: PbftState, digest: Digest): boolean {
  for (const { proposal, parts } of slots.values()) if (proposal === digest || parts?.has(digest)) return true;
  return false;
}

/** PRE-PREPARE. */
export function onPropose(state: PbftState, from: string, msg: Propose): void {
  const { view, slot: number, digest, signature } = msg;
  const flaw = whyNotNow(state, view, number);
  if (flaw !== undefined || (from !== state.config.id && !isAcceptable(state, msg))) {
    state.refuse(flaw ?? 'invalid');
    return;
  }
  const slot = state.slot(number);
  slot.proposal = digest;
  if (!slot.votes.share.add(digest, signature, state.rules.countsRepeats)) state.refuse('known');
  share(state, slot);
  evaluate(state, slot, digest);
  apply(state);
}

/** Why this replica gives no vote for a slot in a view just now; undefined where it may. */
function whyNotNow(state: PbftState, view: number, slot: number): Refusal | undefined {
  return state.misplaced(view, slot) ?? (state.mayVote ? undefined : 'early');
}

/**
 * Whether it is of the primary, no other batch stands in the slot, and the batch is the one that is named and that clients have
 * asked for; keeps the batch.
 */
function isAcceptable(state: PbftState, msg: Propose): boolean {
  const { slot: number, digest, payload, signature } = msg;
  const proposal = state.slots.get(number)?.proposal;
  // What a view begins with follows from its NEW-VIEW. A second batch for one slot of one view is not taken either.
  if (proposal === undefined ? number <= state.base : proposal !== digest) return false;
  const primary = primaryOf(msg.view, state.config.members);
  if (signature.signer !== primary || !isVote(state.verifier, 'share', msg, signature)) return false;
  if (state.bodies.get(digest) === undefined) {
    // What enough others have shared, and what is decided, comes by other ways: an honest replica has looked at it here. Megabytes
    // that nobody asked for are known by their first bytes, so that is looked at first.
    if (!state.isGenuine(payload) || state.crypto.digest(payload) !== digest) return false;
    state.bodies.keep(digest, payload);
  }
  return true;
}

/** PREPARE or COMMIT. Counted also before the view begins here, and acted upon after. */
export function onVote(state: PbftState, from: string, msg: Vote): void {
  const { view, slot: number, phase, digest, signature } = msg;
  const flaw = state.misplaced(view, number) ?? (state.counts ? undefined : 'unasked');
  if (flaw !== undefined) {
    state.refuse(flaw);
    return;
  }
  const known = state.slots.get(number);
  const isLate = known?.decided !== undefined;
  const isOfUse = !isLate || (phase === 'commit' && helpsCommitters(state, known));
  const isRepeat = known?.votes[phase].voteOf(signature.signer) !== undefined && !state.rules.countsRepeats;
  if (!isOfUse || isRepeat) {
    state.refuse('known');
    return;
  }
  if (from !== state.config.id && !isVote(state.verifier, phase, msg, signature)) {
    state.refuse('invalid');
    return;
  }
  const slot = state.slot(number);
  slot.votes[phase].add(digest, signature, state.rules.countsRepeats);
  if (isLate) tellProof(state, slot, signature.signer);
  else evaluate(state, slot, digest);
}

/** Who commits in a slot that is decided by the shares of all lacks one of them, and will not hear enough commits. */
function helpsCommitters({ mode }: PbftState, { decided }: Slot): boolean {
  return mode === 'fast' && decided?.kind === 'fast';
}

function tellProof({ config, out }: PbftState, { decided }: Slot, to: NodeId): void {
  if (decided !== undefined && to !== config.id) out.sendEagerly(to, { type: 'certified', certificate: decided });
}

/** Gives the share of this replica for what was proposed, once in a view, if the batch is here. */
export function share(state: PbftState, slot: Slot): void {
  const { votingView: view, bodies } = state;
  const digest = slot.proposal;
  if (!state.mayVote || digest === undefined || slot.hasShared(view)) return;
  const body = bodies.get(digest);
  if (body === undefined) return;
  slot.noteShare({ view, digest });
  const choice = { view, slot: slot.number, digest };
  slot.needs(write(state, body, digest, { kind: 'share', ...choice }));
  cast(state, shareMessage(state, choice, body.payload));
}

/** A proposal goes to all, and a vote to all who count it. */
function cast(state: PbftState, msg: Propose | Vote): void {
  const { collector, out } = state;
  if (msg.type === 'propose' || collector === undefined) state.broadcast(msg);
  else out.send(collector, msg);
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
  if (!state.mayVote || slot.decided !== undefined) return;
  const { votingView: view, sizes, verifier } = state;
  const choice = { view, slot: slot.number, digest };
  const { share: shares, commit: commits } = slot.votes;
  if (state.mode !== 'all-to-all' && shares.count(digest) >= verifier.fastQuorum) {
    conclude(state, slot, { kind: 'fast', ...choice, signatures: shares.signatures(digest) });
    return;
  }
  if (shares.count(digest) >= sizes.quorum && slot.prepared?.view !== view && !awaitsAll(state, slot, digest)) {
    prepare(state, slot, { kind: 'prepared', ...choice, signatures: shares.signatures(digest) });
  }
  if (commits.count(digest) >= sizes.quorum) {
    conclude(state, slot, { kind: 'slow', ...choice, signatures: commits.signatures(digest) });
  }
}

/** A quorum has shared: no other batch can be prepared here in this view. */
function prepare(state: PbftState, slot: Slot, certificate: Certificate): void {
  const { out } = state;
  tellAll(state, certificate);
  const { view, digest } = certificate;
  slot.prepared = certificate;
  slot.needs(out.persist({ kind: 'prepared', certificate }));
  noteShared(state, certificate);
  cast(state, commitMessage(state, { view, slot: slot.number, digest }));
}

/** Tells observers what a quorum has shared. */
function noteShared({ config, bodies, out }: PbftState, { view, slot, digest }: Choice): void {
  const body = bodies.get(digest);
  if (!config.trace || body === undefined) return;
  const hash = fnv1a(body.payload);
  out.emit({ kind: 'note', fact: { type: 'append', index: slot, epoch: view, prevEpoch: 0, hash } });
}

function noteDecided({ config, out }: PbftState, { slot: index, kind }: Certificate): void {
  if (config.trace)
    out.emit({ kind: 'note', fact: { type: 'decided', index, path: kind === 'fast' ? 'fast' : 'slow' } });
}

/** As collector: nobody else has counted. It is made of what others have made durable, and need not wait for this one's disk. */
function tellAll(state: PbftState, certificate: Certificate): void {
  if (state.collector === state.config.id) state.sendToOthers({ type: 'certified', certificate });
}

/** What was counted here, or by whoever collects votes, decides a slot. */
function conclude(state: PbftState, slot: Slot, certificate: Certificate): void {
  tellAll(state, certificate);
  state.fastPath.note(certificate.kind);
  if (certificate.kind === 'fast' && slot.prepared?.view !== certificate.view) noteShared(state, certificate);
  noteDecided(state, certificate);
  decide(state, slot, certificate);
  if (!helpsCommitters(state, slot)) return;
  for (const { signer } of slot.votes.commit.signatures(certificate.digest)) tellProof(state, slot, signer);
}

/** A certificate of another replica. A proof that a slot is decided holds in any view, and however late it comes. */
export function onCertified(state: PbftState, { certificate }: Certified): void {
  const { slot: number, kind } = certificate;
  const isKnown = number <= state.history.applied || state.slots.get(number)?.decided !== undefined;
  if (number > state.windowEnd) state.refuse('outside-window');
  else if (isKnown) state.refuse('known');
  else if (kind === 'prepared') onPrepared(state, certificate);
  else if (isDecision(state.verifier, certificate)) conclude(state, state.slot(number), certificate);
  else state.refuse('invalid');
}

/** From the collector: what it takes to commit. */
function onPrepared(state: PbftState, certificate: Certificate): void {
  const { view, slot: number } = certificate;
  const flaw = whyNotNow(state, view, number);
  if (flaw !== undefined) state.refuse(flaw);
  else if (state.collector === undefined) state.refuse('unasked');
  else if (state.slots.get(number)?.prepared?.view === view) state.refuse('known');
  else if (!isCertificate(state.verifier, certificate)) state.refuse('invalid');
  else prepare(state, state.slot(number), certificate);
}
