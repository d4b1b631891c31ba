/** What a replica makes of what survived. */
import { type Durable, invariant } from '../../protocol.ts';
import { votesOf } from './agreement.ts';
import { letGo } from './checkpoints.ts';
import type { DecidedRecord, EnterRecord, PbftRecord, ShareRecord } from './messages.ts';
import { selectView } from './selection.ts';
import type { PbftState } from './state.ts';
import { announce } from './view-changes.ts';

export function restart(state: PbftState, { records, firstPosition }: Durable<PbftRecord>): void {
  state.out.position = firstPosition - 1;
  for (const record of records) {
    state.out.position += 1;
    replay(state, record, state.out.position);
  }
  letGo(state);
  state.noteRole();
  if (state.active) recount(state);
  else announce(state);
}

function replay(state: PbftState, record: PbftRecord, position: number): void {
  switch (record.kind) {
    case 'share':
      replayShare(state, record, position);
      break;
    case 'prepared':
      state.slot(record.certificate.slot).prepared = record.certificate;
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
      state.stable = record.checkpoint;
      break;
  }
}

function moveTo(state: PbftState, view: number, active: boolean): void {
  for (const slot of state.slots.values()) slot.beginView();
  state.view = view;
  state.active = active;
  state.newView = undefined;
}

function replayShare(state: PbftState, { view, slot: number, digest, payload }: ShareRecord, position: number): void {
  const slot = state.slot(number);
  slot.noteShare({ view, digest });
  slot.proposal = digest;
  if (payload !== undefined) state.bodies.keep(digest, payload, position);
  state.nextSlot = Math.max(state.nextSlot, number + 1);
}

function replayDecision(state: PbftState, { certificate, payload }: DecidedRecord, position: number): void {
  const { history, bodies, out } = state;
  if (payload !== undefined) bodies.keep(certificate.digest, payload, position);
  const body = bodies.get(certificate.digest);
  invariant(body !== undefined, `the batch of slot ${certificate.slot} is on no record of this replica`);
  invariant(certificate.slot === history.applied + 1, `slot ${certificate.slot} was decided after ${history.applied}`);
  state.slot(certificate.slot).decided = certificate;
  const positions = { body: body.position || position, certificate: position };
  history.append({ payload: body.payload, certificate }, positions);
  out.emit({ kind: 'apply', index: history.applied, payload: body.payload });
}

function replayEnter(state: PbftState, { newView }: EnterRecord): void {
  const { base, digests } = selectView(newView.changes, state.sizes, state.rules.selection, state.nullDigest);
  moveTo(state, newView.view, true);
  state.newView = newView;
  state.base = base.slot + digests.length;
  state.nextSlot = state.base + 1;
  for (const [offset, digest] of digests.entries()) state.slot(base.slot + 1 + offset).proposal = digest;
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
