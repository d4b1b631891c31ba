/**
 * When a replica gives a view up. The time that it waits doubles with each view that comes to nothing, so that it outgrows any
 * delay at last; Castro and Liskov (1999), sections 4.4 and 4.5.2. What was added is taken back as far as twice the time that a request
 * is seen to take allows. That something was done does not take it back: where the network is slow the group would go through as many
 * views again for the next.
 */
import type { NodeId } from '../../contract/ids.ts';
import type { Sample } from './patience.ts';
import type { PbftState } from './state.ts';

export const progressTimer = 'progress';
export const viewTimer = 'view';
/** The time that a view is given is doubled so often at most. */
const maxDoublings = 6;
/** A request is given so many times what one took before. */
const margin = 2;
/** How many batches are handed to a primary at a time: those that have waited longest. */
const maxForwards = 16;

/** How long a request may wait in a view whose time is doubled so often, in milliseconds. */
function patienceMs({ config, rules }: PbftState, doublings: number): number {
  return config.electionTimeoutMs[1] * rules.patienceFactor(doublings);
}

/** And in the present view. */
function presentPatienceMs(state: PbftState): number {
  return patienceMs(state, isPrimaryExposed(state) ? 0 : state.patience.doublings);
}

/** Whether the primary was seen to lie: what comes of its view says nothing of the network. */
export function isPrimaryExposed({ patience, primary }: PbftState): boolean {
  return patience.exposed.has(primary);
}

/** How long a request may wait for a primary that seems to have ended, in milliseconds. */
function shortPatienceMs({ config }: PbftState): number {
  return config.electionTimeoutMs[0] / 4;
}

function setTimer(state: PbftState, timer: string, delayMs: number): void {
  state.out.emit({ kind: 'timer', timer, afterMs: [delayMs, delayMs] });
}

function stopWatching(state: PbftState): void {
  const { patience } = state;
  if (patience.watched === 0) return;
  patience.watched = 0;
  state.out.emit({ kind: 'cancel', timer: progressTimer });
}

/** As backup: watches over what has waited longest. */
export function watch(state: PbftState): void {
  const { patience, pending } = state;
  const { oldest } = pending;
  if (state.role !== 'backup' || oldest === 0) {
    stopWatching(state);
    return;
  }
  if (patience.watched === oldest) return;
  patience.watched = oldest;
  patience.heard.clear();
  patience.handedOver = patience.primaryEnded;
  patience.hurried = patience.primaryEnded;
  setTimer(state, progressTimer, patience.primaryEnded ? shortPatienceMs(state) : presentPatienceMs(state) / 2);
}

/** A client has asked for a batch. Where the time is doubled, one after the other shows how much of it is needed. */
export function onRequested(state: PbftState, id: number): void {
  const { patience } = state;
  if (state.active && patience.doublings > 0) patience.sample ??= { id, beats: 0, isDecided: false };
  watch(state);
}

/** Nobody waits for a batch any more. */
export function onSettled(state: PbftState, id: number): void {
  const { patience } = state;
  const batch = state.pending.remove(id);
  if (batch !== undefined) state.pace.done(batch.askedIn);
  if (patience.sample?.id === id) {
    // Less is enough for one that took so long; more was never needed.
    while (patience.doublings > 0 && isEnough(state, patience.sample, patience.doublings - 1)) patience.doublings -= 1;
    patience.sample = undefined;
  }
  watch(state);
}

/** Whether a request that takes as long as this one would have time enough. One that was given up says nothing. */
function isEnough(state: PbftState, { beats, isDecided }: Sample, doublings: number): boolean {
  const tookMs = (beats + 1) * state.config.heartbeatIntervalMs;
  return isDecided && patienceMs(state, doublings) >= margin * tookMs;
}

/** A batch was decided in the present view: it has brought something about. */
export function onProgress(state: PbftState): void {
  const { patience } = state;
  if (patience.sample !== undefined) patience.sample.isDecided = true;
  state.pace.measure(state.primary);
}

/** A heartbeat interval is over. Whether the primary has brought about too little for too long. */
export function onBeat(state: PbftState): boolean {
  if (state.patience.sample !== undefined) state.patience.sample.beats += 1;
  if (!state.active) {
    state.pace.lose(state.pending.count);
    return false;
  }
  const isSlow = state.pace.beat(state.pending.count);
  return isSlow && state.rules.asksForPace && state.role === 'backup' && !isBehind(state);
}

/** The primary may not have been asked: it gets what waits. Where that does not help, its time is over: true. */
export function onProgressTimeout(state: PbftState): boolean {
  const { patience } = state;
  if (patience.watched === 0 || state.role !== 'backup') return false;
  if (patience.handedOver && isInTouch(state) && !isBehind(state)) return true;
  patience.handedOver = true;
  forward(state);
  setTimer(state, progressTimer, presentPatienceMs(state) / 2);
  return false;
}

function forward({ pending, view, primary, out }: PbftState): void {
  let left = maxForwards;
  for (const batch of pending.batches()) {
    if (left === 0) return;
    left -= 1;
    if (batch.forwardedIn === view) continue;
    batch.forwardedIn = view;
    out.sendEagerly(primary, { type: 'forward', payload: batch.payload });
  }
}

/**
 * Whether it has heard of a quorum, itself included, since it began to wait. One that is cut off would leave alone, bring
 * nothing about by that, and could not take part in the view again that the others go on in.
 */
function isInTouch({ patience, sizes }: PbftState): boolean {
  return patience.heard.size >= sizes.quorum - 1;
}

/** Whether a quorum is proven to have applied more: what this replica waits for may be done, and the primary not to blame. */
function isBehind({ applied, stable }: PbftState): boolean {
  return applied < stable.slot;
}

/** The primary seems to have ended: what waits need not wait as long as for one that is slow. */
export function onSuspected(state: PbftState, node: NodeId): void {
  const { patience } = state;
  if (state.role !== 'backup' || node !== state.primary) return;
  patience.primaryEnded = true;
  // Once for what is watched: a primary that ends its stream time and again would have it wait for ever.
  if (patience.watched === 0 || patience.hurried) return;
  patience.hurried = true;
  patience.handedOver = true;
  setTimer(state, progressTimer, shortPatienceMs(state));
}

/** Another replica is heard of. */
export function onHeard(state: PbftState, node: NodeId): void {
  if (node !== state.config.id && state.config.members.includes(node)) state.patience.heard.add(node);
  if (node === state.primary) state.patience.primaryEnded = false;
}

/** Why a view is left: it comes to nothing, or what comes of it comes slowly. */
export type Why = 'in vain' | 'slow';

/** The present view is about to be left. */
export function onLeave(state: PbftState, why: Why): void {
  const { patience } = state;
  if (why === 'in vain' && !isPrimaryExposed(state)) {
    patience.doublings = Math.min(patience.doublings + 1, maxDoublings);
  }
  patience.sample = undefined;
  endView(state);
  stopWatching(state);
  state.out.emit({ kind: 'cancel', timer: viewTimer });
}

/** What is known of a view says nothing of the next, whether or not this replica has left it itself. */
function endView({ patience }: PbftState): void {
  patience.awaitsNewView = false;
  patience.primaryEnded = false;
}

/** A quorum waits for the view: from now on its primary has so much time. */
export function onQuorumLeft(state: PbftState): void {
  const { patience } = state;
  if (patience.awaitsNewView) return;
  patience.awaitsNewView = true;
  setTimer(state, viewTimer, presentPatienceMs(state));
}

/**
 * A replica has signed what no honest one does. Where it is primary, now or later in the life of this one, it gets the time of a first
 * view only: an honest one may need more in a slow network, and one that lies would take all of it.
 */
export function onExposed(state: PbftState, node: NodeId): void {
  const { patience } = state;
  if (patience.exposed.has(node)) return;
  patience.exposed.add(node);
  if (node !== state.primary || patience.doublings === 0) return;
  if (patience.awaitsNewView) setTimer(state, viewTimer, presentPatienceMs(state));
  if (patience.watched !== 0 && !patience.hurried) setTimer(state, progressTimer, presentPatienceMs(state) / 2);
}

/** Whether the time of a primary is over that has not begun its view. */
export function isViewOver(state: PbftState): boolean {
  return !state.active && state.patience.awaitsNewView;
}

export function onEntered(state: PbftState): void {
  state.pace.begin();
  endView(state);
  state.out.emit({ kind: 'cancel', timer: viewTimer });
  stopWatching(state);
  watch(state);
}
