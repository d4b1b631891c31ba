import type { ReplicaConfig } from '../../contract/config.ts';
import type { Durable } from '../../contract/durable.ts';
import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Input } from '../../contract/inputs.ts';
import type { Protocol } from '../../contract/protocol.ts';
import type { ProtocolView } from '../../contract/view.ts';
import { Acceptor } from './acceptor.ts';
import { Appearance } from './appearance.ts';
import { retryTimer } from './backoff.ts';
import type { Ballot } from './ballot.ts';
import { CatchUp, learnTimer } from './catch-up.ts';
import { Decisions } from './decisions.ts';
import { window } from './groups.ts';
import { Learner } from './learner.ts';
import { changeTimer, Membership } from './membership.ts';
import type { PaxosMessage, PaxosRecord } from './messages.ts';
import { Outbox } from './outbox.ts';
import { Peers } from './peers.ts';
import { Proposer } from './proposer.ts';
import { heartbeatTimer, Pulse } from './pulse.ts';
import { votesFromNowOn } from './quorum.ts';
import { Reads } from './reads.ts';
import type { PaxosRules } from './rules.ts';
import { type Value, valueCostBytes } from './value.ts';
import { Watch, watchTimer } from './watch.ts';

type PaxosEffects = readonly Effect<PaxosMessage, PaxosRecord>[];

/** A slot takes two records: what is promised there is written as well as what is accepted. */
const slotCostBytes = 3 * valueCostBytes;

/** The value of a slot as a record of this replica holds it. */
function valueIn(record: PaxosRecord, slot: number): Value | undefined {
  if (record.kind === 'accept') return record.slot === slot ? record.value : undefined;
  return record.kind === 'chosen' ? record.values[slot - record.from] : undefined;
}

/**
 * One replica of basic Paxos as a pure state machine: hands each input to the role that it is for. Every slot is an instance
 * of its own, with both phases, and any replica proposes. Who proposed what was chosen last is said to lead, for observers.
 *
 * The acceptor and the proposer talk by messages only, also those of one replica; the learner takes what was accepted beside
 * it once it is known to be chosen.
 *
 * Source: Lamport, "Paxos Made Simple" (2001).
 */
export class Paxos implements Protocol<PaxosMessage, PaxosRecord> {
  readonly #config: ReplicaConfig;
  readonly #out = new Outbox<PaxosMessage, PaxosRecord>();
  readonly #acceptor: Acceptor;
  readonly #learner: Learner;
  readonly #catchUp: CatchUp<PaxosRecord>;
  readonly #decisions: Decisions;
  readonly #proposer: Proposer;
  readonly #peers: Peers;
  readonly #pulse: Pulse;
  readonly #reads: Reads;
  readonly #membership: Membership;
  readonly #watch: Watch;
  readonly #appearance: Appearance;

  constructor(config: ReplicaConfig, rules: PaxosRules) {
    this.#config = config;
    const out = this.#out;
    const acceptor = new Acceptor(config, rules, out);
    const host = {
      onChosen: (slot: number) => this.#onChosenTo(slot),
      compact: (index: number) => this.#compact(index),
    };
    const learner = new Learner(config, out, host, slotCostBytes);
    const decisions = new Decisions(learner, (slot) => acceptor.acceptedAt(slot));
    const parts = { learner, acceptor, decisions };
    const proposer = new Proposer(config, rules, out, parts, {
      onChosen: (slot, ballot, value) => this.#onProposed(slot, ballot, value),
      onGranted: (wish, slot) => this.#membership.onGranted(wish, slot),
    });
    this.#acceptor = acceptor;
    this.#learner = learner;
    this.#catchUp = new CatchUp(learner, out, valueIn);
    this.#decisions = decisions;
    this.#proposer = proposer;
    this.#peers = new Peers(config, learner);
    this.#pulse = new Pulse(config, out, { learner, decisions, peers: this.#peers, catchUp: this.#catchUp });
    this.#reads = new Reads(config, rules, out, parts);
    this.#membership = new Membership(config, rules, out, { learner, proposer, peers: this.#peers });
    this.#watch = new Watch(config, out);
    this.#appearance = new Appearance(config, out, { ...parts, proposer });
  }

  // ------------------------------------------------------------------------------------------------- earlier lives

  start({ records, firstPosition, snapshot }: Durable<PaxosRecord>): PaxosEffects {
    this.#out.position = firstPosition - 1;
    for (const record of records) {
      this.#out.position += 1;
      this.#replay(record, this.#out.position);
    }
    const described = snapshot?.record;
    this.#learner.restore({ ...(snapshot && { snapshot }) }, described?.kind === 'snapshot' ? described : undefined);
    for (const record of records) {
      if (record.kind === 'accept' && record.slot <= this.#learner.chosenTo) this.#decisions.hear(record);
    }
    this.#pulse.setTimer();
    this.#goOn();
    return this.#out.takeEffects();
  }

  #replay(record: PaxosRecord, position: number): void {
    if (record.kind === 'chosen' || record.kind === 'snapshot') {
      this.#learner.replay(record, position);
      return;
    }
    this.#acceptor.replay(record, position);
    this.#proposer.hear(record.ballot);
    if (record.kind === 'accept') this.#learner.replayValue(record.slot, record.value, position);
    this.#learner.replayChosenTo(record.chosenTo);
  }

  /** Gives up the records that neither the learner's log nor the acceptor needs, and the snapshots before `index`. */
  #compact(index: number): void {
    // The last record stays in any case: the log goes on behind it.
    const last = this.#out.position;
    const position = Math.min(this.#learner.log.firstPosition, this.#acceptor.firstPosition, last);
    this.#acceptor.surviveRemovalBefore(position);
    this.#out.emit({ kind: 'compact', position, index });
  }

  // --------------------------------------------------------------------------------------------------------- inputs

  step(input: Input<PaxosMessage, PaxosRecord>): PaxosEffects {
    switch (input.kind) {
      case 'message':
        this.#onMessage(input.from, input.msg);
        break;
      case 'timeout':
        this.#onTimeout(input.timer);
        break;
      case 'request':
        if (input.access === 'read') this.#onRead(input.id);
        else this.#onWrite(input.id, input.payload);
        break;
      case 'suspected':
        if (this.#acceptor.hasPromised(input.node)) this.#watch.hurry();
        break;
      case 'order':
        this.#membership.onOrder(input.id, input.order);
        break;
      case 'recalled':
        this.#catchUp.onRecalled(input.position, input.record);
        break;
      case 'snapshotted':
        this.#learner.onSnapshotted(input.index, input.bytes);
        break;
      case 'loaded':
        this.#catchUp.onLoaded(input);
        break;
      case 'installed':
        this.#catchUp.onInstalled(input.index, input.bytes);
        break;
      case 'lapsed':
      case 'answer':
        break;
    }
    this.#goOn();
    return this.#out.takeEffects();
  }

  #onWrite(request: number, payload: Uint8Array): void {
    const isMember = votesFromNowOn(this.#learner, this.#config.id);
    if (!isMember || !this.#proposer.hasRoom(payload)) this.#reject(request);
    else this.#proposer.wishes.add({ value: { payload }, request, withdrawn: false });
  }

  #onRead(id: number): void {
    const isMember = votesFromNowOn(this.#learner, this.#config.id);
    if (!isMember || !this.#reads.onRead(id)) this.#reject(id);
  }

  #reject(id: number): void {
    const { leader } = this.#appearance;
    const elsewhere = leader !== undefined && leader !== this.#config.id;
    this.#out.emit(elsewhere ? { kind: 'reject', id, leader } : { kind: 'reject', id });
  }

  #onMessage(from: NodeId, msg: PaxosMessage): void {
    switch (msg.type) {
      case 'prepare':
        if (this.#acceptor.onPrepare(from, msg)) this.#onPromisedTo(from, msg.slot, msg.ballot);
        break;
      case 'promise':
        this.#proposer.onPromise(from, msg);
        break;
      case 'refuse':
        this.#proposer.onRefuse(msg);
        break;
      case 'accept':
        if (this.#acceptor.onAccept(from, msg)) this.#onPromisedTo(from, msg.slot, msg.ballot);
        break;
      case 'accepted':
        this.#proposer.onAccepted(from, msg);
        break;
      case 'chosen':
        this.#proposer.hear(msg.ballot);
        this.#decide(msg.slot, msg.ballot);
        break;
      case 'known':
        this.#proposer.onKnown(msg.chosenTo);
        this.#catchUp.lag(from, msg.chosenTo);
        break;
      case 'heartbeat':
        this.#proposer.hear(msg.last.ballot);
        this.#pulse.onHeartbeat(from, msg);
        break;
      case 'probe':
        this.#reads.onProbe(from, msg);
        break;
      case 'probed':
        this.#reads.onProbed(from, msg);
        break;
      case 'learn':
        this.#catchUp.onLearn(from, msg);
        break;
      case 'learned':
        this.#catchUp.onLearned(from, msg);
        break;
      case 'fetch':
        this.#catchUp.onFetch(from, msg);
        break;
      case 'piece':
        this.#catchUp.onPiece(from, msg);
        break;
    }
  }

  #onTimeout(timer: string): void {
    switch (timer) {
      case heartbeatTimer:
        this.#pulse.beat();
        this.#proposer.onBeat();
        this.#reads.onBeat();
        break;
      case retryTimer:
        this.#proposer.onRetry();
        break;
      case watchTimer:
        if (this.#watch.onTimeout()) this.#proposer.finish(this.#lastOpen);
        break;
      case changeTimer:
        this.#membership.onTimeout();
        break;
      case learnTimer:
        this.#catchUp.onTimeout();
        break;
    }
  }

  // --------------------------------------------------------------------------------------------------- what is chosen

  /** Another replica works on a slot. */
  #onPromisedTo(from: NodeId, slot: number, ballot: Ballot): void {
    if (from === this.#config.id) return;
    this.#proposer.onPromisedTo(slot, ballot);
    // What holds up all others is the first slot that is not chosen, and not what is begun behind it.
    if (slot === this.#learner.chosenTo + 1) this.#watch.hold();
  }

  /** What this replica proposed was chosen. */
  #onProposed(slot: number, ballot: Ballot, value: Value): void {
    for (const node of this.#peers.names) this.#out.sendEagerly(node, { type: 'chosen', slot, ballot });
    this.#decide(slot, ballot, value);
  }

  #decide(slot: number, ballot: Ballot, value?: Value): void {
    this.#decisions.note(slot, ballot, value);
    if (slot <= this.#learner.chosenTo) return;
    const known = this.#decisions.valueAt(slot);
    if (known === undefined) this.#proposer.onToldOf(slot);
    else this.#proposer.onDecided(slot, known);
  }

  /** The learner has come this far. */
  #onChosenTo(slot: number): void {
    this.#acceptor.forget(slot);
    this.#decisions.forget(slot);
    this.#proposer.onChosenTo(slot);
  }

  // ------------------------------------------------------------------------------------------------- after each input

  /** Does what has become possible, or due. Nothing where nothing has changed. */
  #goOn(): void {
    this.#decisions.drain();
    this.#membership.onProgress();
    if (!votesFromNowOn(this.#learner, this.#config.id)) this.#giveUpRequests();
    this.#proposer.pump();
    this.#reads.onProgress();
    const { chosenTo } = this.#learner;
    this.#watch.look(chosenTo, this.#proposer.mayPropose() && this.#lastOpen > chosenTo);
    this.#appearance.noteRole();
  }

  /** Who is a member no more proposes nothing more. */
  #giveUpRequests(): void {
    for (const { request } of this.#proposer.wishes.giveUpWaiting()) if (request !== undefined) this.#reject(request);
    for (const id of this.#reads.takePending()) this.#reject(id);
  }

  /** The last slot that has to be chosen: somebody has begun there or later, a read waits for it, or a group that was chosen. */
  get #lastOpen(): number {
    const { chosenTo, groups } = this.#learner;
    const { target } = this.#reads;
    const begun = Math.max(this.#acceptor.lastSlot, this.#decisions.lastSlot, target, groups.newest.from - 1);
    return Math.min(begun, chosenTo + window);
  }

  // -------------------------------------------------------------------------------------------------- for observers

  heldBytes(): number {
    return this.#learner.log.heldBytes + this.#acceptor.heldBytes + this.#proposer.wishes.bytes;
  }

  view(): ProtocolView {
    return this.#appearance.view();
  }
}
