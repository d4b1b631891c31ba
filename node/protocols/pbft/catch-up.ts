/** What a replica missed is sent again: to whoever says where it stands. Castro and Liskov (2002). */
import type { NodeId } from '../../contract/ids.ts';
import type { Recalled } from '../shared/recalls.ts';
import { share, votesOf } from './agreement.ts';
import { sayAgain } from './checkpoints.ts';
import { maxItems } from './codec.ts';
import { apply, learn } from './decisions.ts';
import type {
  AskBodies,
  Bodies,
  Certificate,
  Decided,
  Decision,
  Digest,
  Fetch,
  PbftMessage,
  PbftRecord,
  Status,
} from './messages.ts';
import type { Slot } from './slot.ts';
import { vouch } from './snapshots.ts';
import type { PbftState } from './state.ts';
import { noteIdleBeat } from './state-transfer.ts';
import { askForBodies, lackingBodies } from './view-changes.ts';

export const beatTimer = 'beat';
/** How much one message may carry of what is sent again, in bytes. */
const maxBytes = 1 << 20;
/** Of how many slots the votes are sent again at a time. */
const slotsAtATime = 8;

export function setBeat({ config, out }: PbftState): void {
  const { heartbeatIntervalMs } = config;
  out.emit({ kind: 'timer', timer: beatTimer, afterMs: [heartbeatIntervalMs, heartbeatIntervalMs] });
}

/** Now and then: says where it stands, and asks for what it lacks. */
export function onBeat(state: PbftState): void {
  const { view, active, stable, applied } = state;
  setBeat(state);
  state.allowance.renew();
  state.scrutiny.renew();
  const status = { type: 'status', view, changing: !active, applied, stable: stable.slot } as const;
  state.sendToOthers(status);
  if (!state.progressed) {
    noteIdleBeat(state);
    askSomebody(state);
    sayAgain(state);
    vouch(state);
  }
  state.progressed = false;
  askForBodies(state);
}

/** Asks one of those who are ahead for what it lacks; another one each time. */
function askSomebody(state: PbftState): void {
  const { applied } = state;
  const ahead = [...state.peers]
    .filter(([, peer]) => peer.applied > applied)
    .map(([id]) => id)
    .sort();
  if (ahead.length === 0) return;
  state.asked = ahead.find((id) => id > state.asked) ?? (ahead[0] as string);
  state.out.sendEagerly(state.asked, { type: 'fetch', from: applied + 1 });
}

export function onStatus(state: PbftState, from: string, msg: Status): void {
  if (from === state.config.id) return;
  if (!state.config.members.includes(from)) {
    state.refuse('invalid');
    return;
  }
  const before = state.peers.get(from);
  const stuck = before !== undefined && before.applied === msg.applied && before.view === msg.view;
  const { view, changing, applied } = msg;
  state.peers.set(from, { view, changing, applied });
  const { out, newView, ownChange } = state;
  if (view < state.view || (view === state.view && changing)) {
    const help = state.active ? newView : ownChange;
    // Not eagerly: it is a promise, or follows from one.
    if (help !== undefined) out.send(from, help);
  }
  if (msg.stable < state.stable.slot) out.sendEagerly(from, { type: 'stable', checkpoint: state.stable });
  if (state.rules.sendsAgain && stuck && state.active && view === state.view && !changing)
    sendAgain(state, from, applied);
}

/** What this replica has said of the slots that another one waits for, as far as one message could carry the batches. */
function sendAgain(state: PbftState, to: string, applied: number): void {
  // A number may be claimed past which nothing can be counted.
  const last = Math.min(applied + slotsAtATime, state.windowEnd);
  let bytes = 0;
  for (let number = applied + 1; number <= last; number += 1) {
    const slot = state.slots.get(number);
    const said = slot === undefined ? [] : saidOf(state, slot, to);
    const more = batchBytes(said);
    // A batch that is longer alone is sent all the same: nothing behind it is of use without it.
    if (bytes > 0 && bytes + more > maxBytes) return;
    bytes += more;
    for (const msg of said) state.out.send(to, msg);
  }
}

function batchBytes(messages: readonly PbftMessage[]): number {
  let bytes = 0;
  for (const msg of messages) if (msg.type === 'propose') bytes += msg.payload.length;
  return bytes;
}

/** What this replica has to say of a slot in the present view, for one who waits for it. */
function saidOf(state: PbftState, slot: Slot, to: NodeId): PbftMessage[] {
  const { collector, config } = state;
  if (collector === config.id) return gathered(state, slot);
  if (collector !== undefined && to !== collector) return [];
  const votes = votesOf(state, slot);
  // Where the shares of all have decided it there need be no commits.
  return collector === undefined && slot.decided?.kind === 'fast' ? [...votes, certified(slot.decided)] : votes;
}

/** As collector: the proposal, and what has come of the votes for it. */
function gathered(state: PbftState, slot: Slot): PbftMessage[] {
  const proposals = votesOf(state, slot).filter(({ type }) => type === 'propose');
  const { prepared, decided = prepared?.view === state.view ? prepared : undefined } = slot;
  return decided === undefined ? proposals : [...proposals, certified(decided)];
}

function certified(certificate: Certificate): PbftMessage {
  return { type: 'certified', certificate };
}

export function onFetch(state: PbftState, from: string, msg: Fetch): void {
  const { log, applied } = state.history;
  const first = msg.from;
  const { proven } = state.snapshots;
  if (from === state.config.id || first > applied || (first <= log.base && proven === undefined)) {
    state.refuse('unanswerable');
    return;
  }
  if (first <= log.base && proven !== undefined) {
    state.out.send(from, { type: 'manifest', proven });
    return;
  }
  const count = log.countFitting(first, Math.min(state.config.maxEntriesPerMessage, maxItems), maxBytes);
  if (log.holds(first)) {
    state.out.send(from, { type: 'decided', decisions: log.slice(first, count) });
    return;
  }
  state.recalls.begin(
    from,
    first,
    first + count - 1,
    (slot) => log.position(slot),
    (slot) => state.history.certificateAt(slot),
  );
}

export function onRecalled(state: PbftState, position: number, record: PbftRecord): void {
  for (const recalled of state.recalls.take(position, record)) {
    const decisions = decisionsIn(state, recalled);
    if (decisions.length > 0) state.out.send(recalled.to, { type: 'decided', decisions });
  }
}

function decisionsIn(state: PbftState, { from, last, records }: Recalled<PbftRecord>): Decision[] {
  const decisions: Decision[] = [];
  for (let slot = from; slot <= last; slot += 1) {
    const body = records.get(state.history.log.position(slot));
    const decided = records.get(state.history.certificateAt(slot));
    if (decided?.kind !== 'decided' || (body?.kind !== 'share' && body?.kind !== 'decided')) return decisions;
    decisions.push({ payload: body.payload ?? new Uint8Array(0), certificate: decided.certificate });
  }
  return decisions;
}

export function onDecided(state: PbftState, from: string, { decisions }: Decided): void {
  const before = state.history.applied;
  if (decisions.every(({ certificate }) => certificate.slot <= before)) state.refuse('known');
  for (const decision of decisions) {
    if (decision.certificate.slot <= state.history.applied || learn(state, decision)) continue;
    state.refuse('invalid');
    break;
  }
  const { applied } = state.history;
  if (applied > before && applied < (state.peers.get(from)?.applied ?? 0)) {
    state.out.sendEagerly(from, { type: 'fetch', from: applied + 1 });
  }
}

export function onAskBodies(state: PbftState, from: string, { digests }: AskBodies): void {
  const payloads: Uint8Array[] = [];
  let bytes = 0;
  for (const digest of digests) {
    const payload = state.bodies.get(digest)?.payload;
    if (payload === undefined) continue;
    bytes += payload.length;
    if (bytes > maxBytes && payloads.length > 0) break;
    payloads.push(payload);
  }
  if (payloads.length === 0) state.refuse('unanswerable');
  else if (from !== state.config.id) state.out.sendEagerly(from, { type: 'bodies', payloads });
}

/** Batches that were asked for; a batch is what its digest says. */
export function onBodies(state: PbftState, { payloads }: Bodies): void {
  const lacking = new Set<Digest>(lackingBodies(state));
  const lackedBefore = lacking.size;
  for (const payload of payloads) {
    const digest = state.crypto.digest(payload);
    if (lacking.delete(digest)) state.bodies.keep(digest, payload);
  }
  if (lacking.size === lackedBefore) state.refuse('unasked');
  for (const slot of state.slotsInOrder()) share(state, slot);
  apply(state);
}
