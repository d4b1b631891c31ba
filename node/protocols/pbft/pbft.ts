import type { ReplicaConfig } from '../../contract/config.ts';
import type { Durable } from '../../contract/durable.ts';
import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Input } from '../../contract/inputs.ts';
import type { Protocol } from '../../contract/protocol.ts';
import type { ProtocolView } from '../../contract/view.ts';
import * as agreement from './agreement.ts';
import * as catchUp from './catch-up.ts';
import * as checkpoints from './checkpoints.ts';
import * as evidence from './evidence.ts';
import * as fastPath from './fast-path.ts';
import type { PbftMessage, PbftRecord } from './messages.ts';
import { primaryOf } from './quorum.ts';
import { restart } from './restart.ts';
import type { PbftRules } from './rules.ts';
import * as snapshots from './snapshots.ts';
import { PbftState } from './state.ts';
import * as stateTransfer from './state-transfer.ts';
import * as timing from './timing.ts';
import * as viewChanges from './view-changes.ts';

/** What others ask for, in units of about what a small answer costs. Nobody signs that; see `allowance.ts`. */
const costs: Readonly<Partial<Record<PbftMessage['type'], number>>> = {
  status: 8,
  fetch: 8,
  'ask-bodies': 8,
  forward: 8,
  'fetch-piece': 1,
};

/** What becomes of every order. */
const unordered = 'PBFT keeps its members, and its primary follows from the view.';

type PbftEffect = Effect<PbftMessage, PbftRecord>;

/**
 * One replica of PBFT as a pure state machine: hands each input to the part that it is for.
 *
 * Sources: Castro and Liskov, "Practical Byzantine Fault Tolerance" (OSDI 1999), and "Practical Byzantine Fault Tolerance and
 * Proactive Recovery" (TOCS 2002).
 */
export class Pbft implements Protocol<PbftMessage, PbftRecord> {
  readonly #state: PbftState;

  constructor(config: ReplicaConfig, rules: PbftRules) {
    this.#state = new PbftState(config, rules);
  }

  start(durable: Durable<PbftRecord>): readonly PbftEffect[] {
    restart(this.#state, durable);
    catchUp.setBeat(this.#state);
    return this.#state.takeEffects();
  }

  step(input: Input<PbftMessage, PbftRecord>): readonly PbftEffect[] {
    const state = this.#state;
    switch (input.kind) {
      case 'message':
        this.#onMessage(input.from, input.msg);
        break;
      case 'timeout':
        this.#onTimeout(input.timer);
        break;
      case 'request':
        this.#onRequest(input.id, input.access, input.payload);
        break;
      case 'settled':
        timing.onSettled(state, input.id);
        break;
      case 'suspected':
        timing.onSuspected(state, input.node);
        break;
      case 'order':
        state.out.emit({ kind: 'ordered', id: input.id, error: unordered });
        break;
      case 'recalled':
        catchUp.onRecalled(state, input.position, input.record);
        break;
      case 'snapshotted':
        snapshots.onSnapshotted(state, input.index, input.digests ?? []);
        break;
      case 'loaded':
        stateTransfer.onLoaded(state, input.index, input.offset, input.bytes);
        break;
      case 'installed':
        stateTransfer.onInstalled(state, input.index);
        break;
      case 'answer':
      case 'lapsed':
        break;
    }
    return state.takeEffects();
  }

  /** Every replica keeps what it was asked until it is done: it is to see to it that it is. */
  #onRequest(id: number, access: 'write' | 'read', payload: Uint8Array): void {
    const state = this.#state;
    // Reads are ordered like writes.
    if (access === 'read' || !state.pending.add(id, payload, state.pace.stretch)) {
      state.out.emit({ kind: 'reject', id });
      return;
    }
    agreement.proposePending(state);
    timing.onRequested(state, id);
  }

  #onMessage(from: string, msg: PbftMessage): void {
    const { refusals, config } = this.#state;
    refusals.begin();
    this.#take(from, msg);
    if (from !== config.id) refusals.end();
  }

  #take(from: string, msg: PbftMessage): void {
    const state = this.#state;
    const cost = costs[msg.type];
    if (cost !== undefined && !state.allowance.take(from, cost)) {
      state.refuse('over-allowance');
      return;
    }
    timing.onHeard(state, from);
    evidence.examine(state, from, msg);
    switch (msg.type) {
      case 'propose':
        agreement.onPropose(state, from, msg);
        break;
      case 'vote':
        agreement.onVote(state, from, msg);
        break;
      case 'certified':
        agreement.onCertified(state, msg);
        break;
      case 'checkpoint':
        checkpoints.onCheckpoint(state, from, msg);
        agreement.proposePending(state);
        break;
      case 'stable':
        checkpoints.onStable(state, msg.checkpoint);
        agreement.proposePending(state);
        break;
      case 'view-change':
        viewChanges.onViewChange(state, from, msg);
        break;
      case 'new-view':
        viewChanges.onNewView(state, msg);
        break;
      case 'status':
        catchUp.onStatus(state, from, msg);
        break;
      case 'fetch':
        catchUp.onFetch(state, from, msg);
        break;
      case 'decided':
        catchUp.onDecided(state, from, msg);
        break;
      case 'ask-bodies':
        catchUp.onAskBodies(state, from, msg);
        break;
      case 'bodies':
        catchUp.onBodies(state, msg);
        break;
      case 'saved':
        snapshots.onSaved(state, from, msg);
        break;
      case 'manifest':
        stateTransfer.onManifest(state, from, msg);
        break;
      case 'fetch-piece':
        stateTransfer.onFetchPiece(state, from, msg);
        break;
      case 'piece':
        stateTransfer.onPiece(state, from, msg);
        break;
      case 'forward':
        agreement.onForward(state, msg);
        break;
    }
  }

  #onTimeout(timer: string): void {
    const state = this.#state;
    switch (timer) {
      case catchUp.beatTimer:
        catchUp.onBeat(state);
        if (timing.onBeat(state)) viewChanges.leave(state, state.view + 1, 'slow');
        break;
      case fastPath.fastTimer:
        for (const { slot, digest } of fastPath.onTick(state)) agreement.evaluate(state, slot, digest);
        break;
      case timing.progressTimer:
        if (timing.onProgressTimeout(state)) viewChanges.leave(state, state.view + 1);
        break;
      case timing.viewTimer:
        if (timing.isViewOver(state)) viewChanges.leave(state, state.view + 1);
        break;
    }
  }

  heldBytes(): number {
    const { bodies, history, pending } = this.#state;
    return bodies.heldBytes + history.log.heldBytes + pending.heldBytes;
  }

  refused(): Readonly<Record<string, number>> {
    return this.#state.refusals.counts();
  }

  view(): ProtocolView {
    const { role, view: epoch, history, slots, snapshots } = this.#state;
    const leader = leaderKnownTo(this.#state);
    const taken = [...slots.values()].filter(({ isTaken }) => isTaken).map(({ number }) => number);
    const commitIndex = Math.max(history.applied, snapshots.restoredTo);
    const view = { role, epoch, commitIndex, lastIndex: Math.max(commitIndex, ...taken) };
    return leader === undefined ? view : { ...view, leader };
  }
}

/** Also one that takes part in no view may know who leads: where others, one of them honest at least, say that they follow. */
function leaderKnownTo(state: PbftState): NodeId | undefined {
  if (state.active) return state.primary;
  const following = [...state.peers.values()].filter(({ changing }) => !changing).map(({ view }) => view);
  const views = following.filter((view) => following.filter((each) => each === view).length >= state.sizes.oneHonest);
  return views.length === 0 ? undefined : primaryOf(Math.max(...views), state.config.members);
}
