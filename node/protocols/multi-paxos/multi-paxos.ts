import type { ReplicaConfig } from '../../contract/config.ts';
import type { Durable } from '../../contract/durable.ts';
import type { Effect } from '../../contract/effects.ts';
import type { Input } from '../../contract/inputs.ts';
import type { Protocol } from '../../contract/protocol.ts';
import type { ProtocolView } from '../../contract/view.ts';
import { type Ballot, epochOf, isSameBallot } from '../paxos/ballot.ts';
import { CatchUp, learnTimer } from '../paxos/catch-up.ts';
import { Learner } from '../paxos/learner.ts';
import { Outbox } from '../paxos/outbox.ts';
import type { Value } from '../paxos/value.ts';
import { Acceptor, holdTimer } from './acceptor.ts';
import * as election from './election.ts';
import * as membership from './membership.ts';
import type { Accept, MultiPaxosMessage, MultiPaxosRecord, Prepare } from './messages.ts';
import * as reads from './reads.ts';
import * as replication from './replication.ts';
import type { MultiPaxosRules } from './rules.ts';
import { ProposerState } from './state.ts';

type MultiPaxosEffect = Effect<MultiPaxosMessage, MultiPaxosRecord>;

/** The value of a slot as a record of this replica holds it. */
function valueIn(record: MultiPaxosRecord, slot: number): Value | undefined {
  return record.kind === 'accept' || record.kind === 'chosen' ? record.values[slot - record.from] : undefined;
}

/**
 * One Multi-Paxos replica as a pure state machine: hands each input to the role that it is for.
 *
 * The acceptor and the proposer talk by messages only, also those of one replica; the learner takes what was accepted beside
 * it once a leader says that it was chosen.
 *
 * Sources: Lamport, "Paxos Made Simple" (2001); van Renesse and Altinbuken, "Paxos Made Moderately Complex" (2015); Chandra,
 * Griesemer and Redstone, "Paxos Made Live" (2007).
 */
export class MultiPaxos implements Protocol<MultiPaxosMessage, MultiPaxosRecord> {
  readonly #config: ReplicaConfig;
  readonly #out = new Outbox<MultiPaxosMessage, MultiPaxosRecord>();
  readonly #acceptor: Acceptor;
  readonly #learner: Learner;
  readonly #catchUp: CatchUp<MultiPaxosRecord>;
  readonly #proposer: ProposerState;

  constructor(config: ReplicaConfig, rules: MultiPaxosRules) {
    this.#config = config;
    this.#acceptor = new Acceptor(config, rules, this.#out);
    this.#learner = new Learner(config, this.#out, {
      onChosen: (slot) => this.#acceptor.forget(slot),
      compact: (index) => this.#compact(index),
    });
    this.#catchUp = new CatchUp(this.#learner, this.#out, valueIn);
    const roles = { learner: this.#learner, acceptor: this.#acceptor };
    this.#proposer = new ProposerState(config, rules, this.#out, roles);
  }

  start({ records, firstPosition, snapshot, lost }: Durable<MultiPaxosRecord>): readonly MultiPaxosEffect[] {
    this.#out.position = firstPosition - 1;
    for (const record of records) {
      this.#out.position += 1;
      this.#replay(record, this.#out.position);
    }
    if (lost !== undefined) this.#acceptor.lose(lost);
    this.#learner.loss = this.#acceptor.loss;
    const described = snapshot?.record;
    this.#learner.restore({ ...(snapshot && { snapshot }) }, described?.kind === 'snapshot' ? described : undefined);
    // The power may have gone after a snapshot became durable, and before the record of the loss did.
    if (this.#learner.loss !== this.#acceptor.loss) this.#acceptor.lose(this.#learner.loss);
    this.#proposer.hearBallot(this.#acceptor.promised);
    // What it has confirmed before it ended may be a lease that goes on.
    if (this.#config.leaseReads !== undefined) this.#acceptor.holdForAnybody();
    this.#proposer.resetElectionTimer();
    return this.#out.takeEffects();
  }

  #replay(record: MultiPaxosRecord, position: number): void {
    if (record.kind === 'chosen' || record.kind === 'snapshot') {
      this.#learner.replay(record, position);
      return;
    }
    this.#acceptor.replay(record, position);
    if (record.kind === 'accept') {
      for (const [offset, value] of record.values.entries()) {
        this.#learner.replayValue(record.from + offset, value, position);
      }
    }
    if (record.kind !== 'lost') this.#learner.replayChosenTo(record.chosenTo);
  }

  /** Gives up the records that neither the learner's log nor the acceptor needs, and the snapshots before `index`. */
  #compact(index: number): void {
    const next = this.#out.position + 1;
    const position = Math.min(this.#learner.log.firstPosition, this.#acceptor.firstPosition, next);
    this.#acceptor.surviveRemovalBefore(position);
    this.#out.emit({ kind: 'compact', position, index });
  }

  step(input: Input<MultiPaxosMessage, MultiPaxosRecord>): readonly MultiPaxosEffect[] {
    const proposer = this.#proposer;
    switch (input.kind) {
      case 'message':
        this.#onMessage(input.from, input.msg);
        break;
      case 'timeout':
        this.#onTimeout(input.timer);
        break;
      case 'request':
        if (input.access === 'read') reads.onRead(proposer, input.id);
        else this.#onWrite(input.id, input.payload);
        break;
      case 'suspected':
        this.#acceptor.onSuspected(input.node);
        election.onSuspected(proposer, input.node);
        membership.onSuspected(proposer, input.node);
        break;
      case 'order':
        membership.onOrder(proposer, input.id, input.order);
        break;
      case 'lapsed':
        reads.onLapsed(proposer, input.id);
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
        this.#tryToLead();
        break;
      case 'answer':
        break;
    }
    return this.#out.takeEffects();
  }

  #onWrite(id: number, payload: Uint8Array): void {
    const proposer = this.#proposer;
    // While leadership is handed over nothing is taken up.
    const takesUp = proposer.role === 'leader' && proposer.transfer === undefined;
    if (takesUp && replication.hasRoom(proposer, payload)) replication.takeUp(proposer, id, payload);
    else proposer.reject(id);
  }

  #onMessage(from: string, msg: MultiPaxosMessage): void {
    const proposer = this.#proposer;
    switch (msg.type) {
      case 'prepare':
        this.#onPrepare(from, msg);
        break;
      case 'promise':
        if (!election.onPromise(proposer, from, msg) || this.#isOutrun(from, msg.chosenTo)) break;
        this.#tryToLead();
        replication.propose(proposer);
        break;
      case 'refuse':
        election.onRefuse(proposer, from, msg);
        break;
      case 'accept':
        this.#onAccept(from, msg);
        break;
      case 'accepted': {
        const to = replication.onAccepted(proposer, from, msg);
        if (this.#isOutrun(from, msg.chosenTo)) break;
        if (to !== undefined) this.#lead(to);
        replication.goOn(proposer, from);
        reads.onProgress(proposer);
        membership.onProgress(proposer, from);
        break;
      }
      case 'hand-over':
        election.onHandOver(proposer, msg);
        break;
      case 'learn':
        this.#catchUp.onLearn(from, msg);
        break;
      case 'learned':
        // What a leader says to be chosen is what it proposed.
        if (proposer.role === 'leader') break;
        this.#catchUp.onLearned(from, msg);
        this.#tryToLead();
        break;
      case 'fetch':
        this.#catchUp.onFetch(from, msg);
        break;
      case 'piece':
        if (proposer.role !== 'leader') this.#catchUp.onPiece(from, msg);
        break;
    }
  }

  #onPrepare(from: string, msg: Prepare): void {
    const answer = this.#acceptor.onPrepare(from, msg);
    if (answer === 'refused' || answer === 'again') return;
    election.onPromisedTo(this.#proposer, from, msg.ballot, answer === 'waits');
  }

  #onAccept(from: string, msg: Accept): void {
    if (!this.#acceptor.onAccept(from, msg)) return;
    election.hearLeader(this.#proposer, from, msg.ballot);
    if (from === this.#config.id) return;
    this.#take(msg.ballot, msg.chosenTo);
    this.#catchUp.lag(from, msg.chosenTo);
  }

  /** What this leader proposed is chosen up to a slot. */
  #lead(to: number): void {
    this.#take(this.#proposer.ballot, to);
    replication.onChosen(this.#proposer);
    replication.propose(this.#proposer);
  }

  /** What was chosen up to a slot is what was accepted under this ballot; where that was nothing, it has to be learned. */
  #take(ballot: Ballot, to: number): void {
    const learner = this.#learner;
    if (learner.installing || to <= learner.chosenTo) return;
    while (learner.chosenTo < to) {
      const accepted = this.#acceptor.acceptedAt(learner.chosenTo + 1);
      if (accepted === undefined || !isSameBallot(accepted.ballot, ballot)) break;
      learner.choose(accepted.value, accepted.position);
    }
    learner.settle();
  }

  /** Promises have come, or what had to be learned before. */
  #tryToLead(): void {
    const ahead = election.tryToLead(this.#proposer);
    if (ahead !== undefined) this.#catchUp.lag(ahead.node, ahead.chosenTo);
    else if (this.#proposer.role === 'leader') this.#catchUp.stop();
  }

  /** A leader that others have gone on without follows, and learns. */
  #isOutrun(by: string, chosenTo: number): boolean {
    if (!election.isOutrun(this.#proposer, chosenTo)) return false;
    election.stepDown(this.#proposer);
    this.#catchUp.lag(by, chosenTo);
    return true;
  }

  #onTimeout(timer: string): void {
    const proposer = this.#proposer;
    switch (timer) {
      case 'election':
        election.onElectionTimeout(proposer);
        break;
      case 'retry':
        election.onRetry(proposer);
        break;
      case holdTimer:
        this.#acceptor.onHoldTimeout();
        break;
      case 'heartbeat':
        if (proposer.role !== 'leader') break;
        replication.onBeat(proposer);
        reads.beat(proposer);
        // Who was away may have to promise yet, for a group to come.
        election.askForPromises(proposer);
        break;
      case 'quorum':
        election.checkQuorum(proposer);
        break;
      case 'change':
        membership.onChangeTimeout(proposer);
        break;
      case 'transfer':
        membership.onTransferTimeout(proposer);
        break;
      case learnTimer:
        this.#catchUp.onTimeout();
        break;
    }
  }

  heldBytes(): number {
    return this.#learner.log.heldBytes + this.#acceptor.heldBytes + this.#proposer.waitingBytes;
  }

  view(): ProtocolView {
    const { role, leader, seen, ballot, chosenTo, nextSlot } = this.#proposer;
    const groups = this.#learner.groups.since(chosenTo + 1);
    const { learners } = this.#learner.groups.newest.group;
    const voters = [...new Set(groups.flatMap((group) => group.voters))].sort();
    const view = {
      role,
      epoch: epochOf(role === 'follower' ? seen : ballot, this.#config.members),
      commitIndex: chosenTo,
      lastIndex: Math.max(chosenTo, this.#acceptor.lastSlot, role === 'leader' ? nextSlot - 1 : 0),
      group: { voters, learners: learners.filter((id) => !voters.includes(id)) },
    };
    return leader === undefined ? view : { ...view, leader };
  }
}
