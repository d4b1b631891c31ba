/** What a replica makes of what survived. */
import type { Durable } from '../../contract/durable.ts';
import { invariant } from '../../contract/invariant.ts';
import { share, votesOf } from './agreement.ts';
import { letGo, noteCheckpoint } from './checkpoints.ts';
import { tellMachine } from './decisions.ts';
import type { Past } from './history.ts';
import type { Certificate, DecidedRecord, EnterRecord, PbftRecord, ShareRecord } from './messages.ts';
import { selectView } from './selection.ts';
import type { PbftState } from './state.ts';
import { announce } from './view-changes.ts';

export function restart(state: PbftState, { records, firstPosition, snapshot }: Durable<PbftRecord>): void {
  state.out.position = firstPosition - 1;
  state.snapshots.restoredTo = snapshot?.index ?? 0;
  // The log begins behind a proven snapshot, and goes on from there also where a later one was saved and is not proven yet.
  const last = records.findLast((record) => record.kind === 'proven');
  if (last?.kind === 'proven') {
    state.snapshots.proven = last.proven;
    beginBehind(state, last.proven.snapshot);
  }
  for (const record of records) {
    state.out.position += 1;
    replay(state, record, state.out.position);
  }
  // Not all that a snapshot holds: what was signed in a slot is to be known until its checkpoint is stable.
  letGo(state);
  takeUpProposals(state);
  state.noteRole();
  if (!state.active) announce(state);
  else {
    recount(state);
    shareRest(state);
  }
}

/** The history goes on behind what a snapshot holds, and this replica has come to there, as others may have yet to hear. */
function beginBehind(state: PbftState, past: Past): void {
  state.history.begin(past);
  noteCheckpoint(state);
}

function replay(state: PbftState, record: PbftRecord, position: number): void {
  switch (record.kind) {
    case 'share':
      replayShare(state, record, position);
      break;
    case 'prepared':
      replayPrepared(state, record.certificate, position);
      break;
    case 'decided':
      replayDecision(state, record, position);
      break;
    case 'leave':
      moveTo(state, record.view, false);
      break;
    case 'enter':
      replayEnter(state, record);
      break;
    case 'stable':
      if (record.checkpoint.slot > state.stable.slot) state.stable = record.checkpoint;
      break;
    case 'snapshot':
      if (record.slot > state.history.applied) beginBehind(state, record);
      break;
    case 'proven':
      break;
  }
}

function moveTo(state: PbftState, view: number, active: boolean): void {
  // Where a replica stands is written anew when old records go.
  if (view < state.view || (view === state.view && active === state.active)) return;
  state.goTo(view, active);
}

function replayShare(state: PbftState, { view, slot: number, digest, payload }: ShareRecord, position: number): void {
  const slot = state.slot(number);
  slot.noteShare({ view, digest });
  slot.needs(position);
  if (payload !== undefined) state.bodies.keep(digest, payload, position);
}

function replayPrepared(state: PbftState, certificate: Certificate, position: number): void {
  const slot = state.slot(certificate.slot);
  slot.prepared = certificate;
  slot.needs(position);
}

function replayDecision(state: PbftState, record: DecidedRecord, position: number): void {
  const { certificate, payload } = record;
  const { history, bodies } = state;
  // Also of a slot that a snapshot holds: the same batch may have been decided again behind it.
  if (payload !== undefined) bodies.keep(certificate.digest, payload, position);
  if (certificate.slot <= history.applied) return;
  const body = bodies.get(certificate.digest);
  invariant(body !== undefined, `the batch of slot ${certificate.slot} is on no record of this replica`);
  invariant(certificate.slot === history.applied + 1, `slot ${certificate.slot} was decided after ${history.applied}`);
  state.slot(certificate.slot).decided = certificate;
  const positions = { body: body.position || position, certificate: position };
  history.append({ payload: body.payload, certificate }, positions);
  noteCheckpoint(state);
  tellMachine(state, { kind: 'apply', index: certificate.slot, payload: body.payload });
}

function replayEnter(state: PbftState, { newView }: EnterRecord): void {
  const { base, digests } = selectView(newView.changes, state.sizes, state.rules.selection, state.nullDigest);
  moveTo(state, newView.view, true);
  state.newView = newView;
  state.base = base.slot + digests.length;
  for (const [offset, digest] of digests.entries()) state.slot(base.slot + 1 + offset).proposal = digest;
}

/** What this replica has shared in the present view was proposed there. */
function takeUpProposals(state: PbftState): void {
  state.nextSlot = state.rules.firstFreeSlot(state.base, state.stable.slot);
  if (!state.active) return;
  for (const slot of state.slots.values()) {
    const last = slot.sent?.last;
    if (last?.view !== state.view) continue;
    slot.proposal = last.digest;
    state.nextSlot = Math.max(state.nextSlot, slot.number + 1);
  }
}

/** Its own votes of the present view count as they did. */
function recount(state: PbftState): void {
  for (const slot of state.slotsInOrder()) {
    if (slot.prepared?.view === state.view) {
      for (const signature of slot.prepared.signatures) slot.votes.share.add(slot.prepared.digest, signature);
    }
    for (const msg of votesOf(state, slot)) {
      const phase = msg.type === 'propose' ? 'share' : msg.phase;
      slot.votes[phase].add(msg.digest, msg.signature);
    }
  }
}

/** What its view begins with, and it had no time to share: as primary nobody else can put it there. */
function shareRest(state: PbftState): void {
  for (const slot of state.slotsInOrder()) if (state.isInWindow(slot.number)) share(state, slot);
}
