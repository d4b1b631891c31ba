/**
 * Phase 2: a leader proposes slot after slot, within a window, and streams what it proposed to the acceptors. Lamport, Paxos
 * Made Simple, section 3; what is batched and how far is as in Raft, dissertation section 10.2.
 */
import type { NodeId } from '../../contract/ids.ts';
import { isSameBallot } from '../paxos/ballot.ts';
import { window } from '../paxos/groups.ts';
import { noOp, type Value, valueCostBytes } from '../paxos/value.ts';
import type { Accept, Accepted } from './messages.ts';
import { beginAt, type Progress } from './progress.ts';
import { beat } from './reads.ts';
import type { ProposerState } from './state.ts';

/** How far a leader streams ahead of what an acceptor has acknowledged, in slots and in bytes; one message may go beyond. */
const maxInFlight = 4096;
const maxInFlightBytes = 8 << 20;
/** How much one message carries, in bytes; a single value may be larger. */
const maxMessageBytes = 8 << 20;

/** Proposes what was found accepted, then what clients want; tells everybody who leads. */
export function beginLeading(state: ProposerState): void {
  propose(state);
  beat(state);
}

// ------------------------------------------------------------------------------------------------------- what is proposed

/**
 * Whether a leader takes up a batch: what is not chosen must fit into memory, and what waits for its own disk, which a
 * quorum of others may leave behind. A single batch always fits.
 */
export function hasRoom(state: ProposerState, payload: Uint8Array): boolean {
  const { config, proposals, waitingBytes, learner, progress } = state;
  const { maxUncommittedBytes } = config;
  const pending = proposals.bytes + waitingBytes;
  const match = progress.get(config.id)?.match ?? 0;
  const unflushed = match < learner.chosenTo ? learner.log.bytesAfter(match) : 0;
  const all = pending + unflushed;
  return all === 0 || all + payload.length + valueCostBytes <= maxUncommittedBytes;
}

export function takeUp(state: ProposerState, id: number, payload: Uint8Array): void {
  state.waiting.push({ id, payload });
  state.waitingBytes += payload.length + valueCostBytes;
  propose(state);
}

/** Fills the window. */
export function propose(state: ProposerState): void {
  if (state.role !== 'leader') return;
  const first = state.nextSlot;
  while (mayPropose(state, state.nextSlot)) {
    const value = nextValue(state);
    if (value === undefined) break;
    state.proposals.add(value);
  }
  if (state.nextSlot > first) replicate(state);
}

/** Within the window it is known who decides a slot; a quorum of them must have promised. */
function mayPropose(state: ProposerState, slot: number): boolean {
  return slot <= state.chosenTo + window && state.isPrepared(slot);
}

/** What must be proposed in the next slot, or may be. */
function nextValue(state: ProposerState): Value | undefined {
  const { nextSlot, recovered, waiting, learner } = state;
  const found = recovered.get(nextSlot);
  if (found !== undefined) {
    recovered.delete(nextSlot);
    return found.value;
  }
  // A gap: nothing can have been chosen there, and what follows must not wait for it.
  if (nextSlot <= state.recoveredTo) return noOp;
  const next = waiting.shift();
  if (next !== undefined) {
    state.waitingBytes -= next.payload.length + valueCostBytes;
    return { payload: next.payload };
  }
  // A group that was chosen is to come into force.
  return nextSlot < learner.groups.newest.from ? noOp : undefined;
}

/** Proposes a value ahead of all that waits. */
export function proposeNow(state: ProposerState, value: Value): number | undefined {
  if (!mayPropose(state, state.nextSlot) || state.nextSlot <= state.recoveredTo) return undefined;
  const slot = state.proposals.add(value);
  replicate(state);
  return slot;
}

/** What was chosen up to here is known: the window moves on. */
export function onChosen(state: ProposerState): void {
  state.proposals.dropTo(state.chosenTo);
}

// ------------------------------------------------------------------------------------------------------ how it is sent

/** Sends everybody what was not sent yet, or a heartbeat, and sets the timer of the next one. */
export function broadcast(state: ProposerState): void {
  const { heartbeatIntervalMs } = state.config;
  send(state, state.progress.keys(), true);
  state.out.emit({ kind: 'timer', timer: 'heartbeat', afterMs: [heartbeatIntervalMs, heartbeatIntervalMs] });
}

/** Sends what was not sent yet to all that are not waiting for something else. */
function replicate(state: ProposerState): void {
  send(state, state.progress.keys(), false);
}

/** Acceptors that are equally far get one and the same message, which is then encoded once. */
function send(state: ProposerState, ids: Iterable<NodeId>, evenIfEmpty: boolean): void {
  let last: Accept | undefined;
  for (const id of ids) {
    const progress = state.progress.get(id);
    if (progress === undefined) continue;
    const waits = progress.state === 'probe' ? progress.probing : isWindowFull(state, progress);
    if (waits && !evenIfEmpty) continue;
    if (!waits && !holds(state, progress.next)) beginAt(progress, state.chosenTo + 1);
    const count = waits ? 0 : countFitting(state, progress.next);
    // A leader need not tell itself that it is there.
    if (count === 0 && (!evenIfEmpty || id === state.config.id)) continue;
    if (last?.base !== progress.base || last.from !== progress.next || last.values.length !== count) {
      last = acceptOf(state, progress, count);
    }
    // The ballot became durable before anybody promised it, and acceptors may hold a value before the leader has flushed it.
    state.out.sendEagerly(id, last);
    if (progress.state === 'stream') progress.next += count;
    else progress.probing = true;
  }
}

function isWindowFull({ learner }: ProposerState, { match, next }: Progress): boolean {
  if (next > match + maxInFlight) return true;
  return next > match + window && learner.log.bytesAfter(match, next - 1) >= maxInFlightBytes;
}

/** Whether all from a slot on is in memory: what is chosen may only be on the disk. */
function holds({ learner, chosenTo }: ProposerState, slot: number): boolean {
  return slot > chosenTo || learner.log.holds(slot);
}

function countFitting(state: ProposerState, from: number): number {
  const most = Math.min(state.config.maxEntriesPerMessage, state.nextSlot - from);
  let bytes = 0;
  for (let count = 0; count < most; count += 1) {
    bytes += valueAt(state, from + count).payload.length;
    if (bytes > maxMessageBytes) return Math.max(1, count);
  }
  return Math.max(0, most);
}

function valueAt({ proposals, learner }: ProposerState, slot: number): Value {
  return proposals.at(slot) ?? learner.log.entry(slot);
}

function acceptOf(state: ProposerState, { base, next }: Progress, count: number): Accept {
  const values: Value[] = [];
  for (let slot = next; slot < next + count; slot += 1) values.push(valueAt(state, slot));
  const { ballot, chosenTo, round } = state;
  return { type: 'accept', ballot, base, from: next, values, chosenTo, round };
}

// ---------------------------------------------------------------------------------------------------------- the answers

/** @returns up to which slot all is chosen now; undefined where nothing new is */
export function onAccepted(state: ProposerState, from: NodeId, msg: Accepted): number | undefined {
  if (state.role !== 'leader' || !isSameBallot(msg.ballot, state.ballot)) return undefined;
  const progress = state.progress.get(from);
  if (progress === undefined) return undefined;
  if (msg.loss !== progress.loss) {
    // A late one of before it lost its disk; or what it has accepted it has accepted since.
    if (msg.loss === 0) return undefined;
    progress.loss = msg.loss;
    progress.match = progress.base - 1;
    progress.round = 0;
    progress.learnedTo = 0;
  }
  progress.active = true;
  progress.round = Math.max(progress.round, msg.round);
  progress.learnedTo = Math.max(progress.learnedTo, msg.chosenTo);
  // An answer to what was sent before it all began anew.
  if (msg.base !== progress.base) return undefined;
  const before = progress.match;
  progress.match = Math.max(before, Math.min(msg.to, state.nextSlot - 1));
  progress.next = Math.max(progress.next, progress.match + 1);
  if (msg.gap) onGap(state, progress, msg.to);
  else if (progress.match > before || progress.match + 1 === progress.next) progress.state = 'stream';
  return chosenNow(state);
}

/** An acceptor has answered: there may be room for more on the way to it. */
export function goOn(state: ProposerState, id: NodeId): void {
  if (state.role === 'leader') send(state, [id], false);
}

/** Something was lost on the way, or by the acceptor with its memory: go on from what it has. */
function onGap(state: ProposerState, progress: Progress, to: number): void {
  // A late answer to what was sent before this was known says nothing new.
  if (progress.state === 'probe' && progress.next === to + 1 && progress.probing) return;
  progress.state = 'probe';
  progress.probing = false;
  if (to < progress.match) beginAt(progress, state.chosenTo + 1);
  else progress.next = to + 1;
}

function chosenNow(state: ProposerState): number | undefined {
  let to = state.chosenTo;
  while (to + 1 < state.nextSlot && state.isChosen(to + 1)) to += 1;
  return to > state.chosenTo ? to : undefined;
}

/** A heartbeat is due: what was lost goes again. */
export function onBeat(state: ProposerState): void {
  for (const progress of state.progress.values()) progress.probing = false;
}
