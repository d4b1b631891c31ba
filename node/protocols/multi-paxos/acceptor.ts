/**
 * The acceptor: promises ballots and accepts values, for all slots alike. Lamport, Paxos Made Simple, section 2.2 and 3.
 *
 * What it accepted it keeps until the learner beside it knows what was chosen there.
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import { fnv1a } from '../../hash.ts';
import { type Ballot, compareBallots, epochOf, isSameBallot, laterOf, noBallot } from '../paxos/ballot.ts';
import { window } from '../paxos/groups.ts';
import type { Out } from '../paxos/outbox.ts';
import { noOp, type Value } from '../paxos/value.ts';
import type {
  Accept,
  AcceptRecord,
  LostRecord,
  MultiPaxosMessage,
  MultiPaxosRecord,
  Prepare,
  PromiseRecord,
  Run,
} from './messages.ts';
import type { MultiPaxosRules } from './rules.ts';

/** A value that was accepted, and where it is written. */
export interface AcceptedValue {
  readonly ballot: Ballot;
  value: Value;
  readonly position: number;
}

/** What a leader sends in one row: all slots from `base` to `to` were accepted under `ballot`. */
interface Stream {
  readonly ballot: Ballot;
  readonly base: number;
  to: number;
}

export const holdTimer = 'hold';

/** How far ahead of what it knows to be chosen it accepts values: what it has to tell of in a promise must fit into one. */
const maxAhead = 8 * window;

/** What became of a prepare; `again`: it had promised that before; `waits`: it promised, and gives the other time to lead. */
type Answer = 'refused' | 'again' | 'promised' | 'waits';

export class Acceptor {
  readonly #config: ReplicaConfig;
  readonly #rules: MultiPaxosRules;
  readonly #out: Out<MultiPaxosMessage, MultiPaxosRecord>;
  promised: Ballot = noBallot;
  /** The position of the last record that says what was promised. */
  #promisePosition = 0;
  /** By slot: what is not known to be chosen. */
  readonly #accepted = new Map<number, AcceptedValue>();
  #acceptedBytes = 0;
  /** What was chosen up to this slot is known to the learner beside it. */
  #chosenTo = 0;
  #stream: Stream = { ballot: noBallot, base: 1, to: 0 };
  /** Whom it heard lead, or promised to let lead, within the shortest election time-out. */
  #holdsFor: NodeId | undefined;
  /** Which loss of its disk it has to live with; 0 where there was none. */
  loss = 0;
  #lossPosition = 0;
  /** The proposer beside it leads. */
  leads = false;
  /** Who was promised a ballot since it last heard of a leader. */
  readonly #inVain = new Set<NodeId>();

  constructor(config: ReplicaConfig, rules: MultiPaxosRules, out: Out<MultiPaxosMessage, MultiPaxosRecord>) {
    this.#config = config;
    this.#rules = rules;
    this.#out = out;
  }

  // ---------------------------------------------------------------------------------------------------- what it knows

  /** What it accepted in a slot; undefined where that is nothing, or known to be chosen. */
  acceptedAt(slot: number): AcceptedValue | undefined {
    return this.#accepted.get(slot);
  }

  /** The last slot in which it accepted anything; 0 where there is none. */
  get lastSlot(): number {
    let last = 0;
    for (const slot of this.#accepted.keys()) last = Math.max(last, slot);
    return last;
  }

  get heldBytes(): number {
    return this.#acceptedBytes;
  }

  /** What was chosen up to this slot is known: what was accepted there is needed no more. */
  forget(chosenTo: number): void {
    if (chosenTo - this.#chosenTo > this.#accepted.size) {
      for (const slot of [...this.#accepted.keys()]) if (slot <= chosenTo) this.#drop(slot);
    } else {
      for (let slot = this.#chosenTo + 1; slot <= chosenTo; slot += 1) this.#drop(slot);
    }
    this.#chosenTo = Math.max(this.#chosenTo, chosenTo);
  }

  #drop(slot: number): void {
    const accepted = this.#accepted.get(slot);
    if (accepted === undefined) return;
    this.#acceptedBytes -= accepted.value.payload.length;
    // The outgrown tables of a map hold what was deleted for long (see `node/ring.ts`): they are left nothing large.
    accepted.value = noOp;
    this.#accepted.delete(slot);
  }

  // ------------------------------------------------------------------------------------------------------------- disk

  replay(record: PromiseRecord | AcceptRecord | LostRecord, position: number): void {
    if (record.kind === 'lost') {
      this.loss = record.loss;
      this.#lossPosition = position;
      return;
    }
    this.promised = laterOf(this.promised, record.ballot);
    if (record.kind === 'promise') this.#promisePosition = position;
    else
      for (const [offset, value] of record.values.entries())
        this.#keep(record.from + offset, record.ballot, value, position);
  }

  #keep(slot: number, ballot: Ballot, value: Value, position: number): void {
    this.#drop(slot);
    this.#accepted.set(slot, { ballot, value, position });
    this.#acceptedBytes += value.payload.length;
  }

  /** The position of the first record that holds what was accepted and is still needed; Infinity where there is none. */
  get firstPosition(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { position } of this.#accepted.values()) first = Math.min(first, position);
    return first;
  }

  /** Records before a position go: what was promised is written anew where it would go with them. */
  surviveRemovalBefore(position: number): void {
    if (this.#promisePosition < position) this.#recordPromise();
    if (this.loss > 0 && this.#lossPosition < position) this.#recordLoss();
  }

  #recordPromise(): void {
    const { promised: ballot } = this;
    this.#promisePosition = this.#out.persist({ kind: 'promise', ballot, chosenTo: this.#chosenTo });
  }

  // ------------------------------------------------------------------------------------------------------ a lost disk

  /**
   * What it promised and accepted is forgotten. From now on it says of all that it says since which loss it does, and that
   * counts only in groups that were chosen with that loss in mind. Paxos Made Live, section 5.1.
   *
   * The argument takes it that no second voter loses its disk before the first was admitted again.
   */
  lose(loss: number): void {
    if (!this.#rules.abstainsAfterLoss) return;
    this.loss = loss;
    this.#recordLoss();
  }

  #recordLoss(): void {
    this.#lossPosition = this.#out.persist({ kind: 'lost', loss: this.loss });
  }

  // ---------------------------------------------------------------------------------------------------------- phase 1

  /**
   * Promises, or says which ballot stands against it, or nothing while another one leads. Whoever prepares again and again
   * without ever leading may not hear what it is promised: nobody waits for it more than once.
   */
  onPrepare(from: NodeId, msg: Prepare): Answer {
    const { ballot } = msg;
    const compared = compareBallots(ballot, this.promised);
    if (compared < 0) {
      this.#out.send(from, { type: 'refuse', ballot, promised: this.promised });
      return 'refused';
    }
    const before = this.promised;
    if (compared === 0) {
      this.#promise(from, msg, before);
      return 'again';
    }
    if (this.#holdsBack(from, msg)) return 'refused';
    this.promised = ballot;
    if (this.#rules.recordsPromise(ballot, this.#config.id)) this.#recordPromise();
    const waits = !this.#inVain.has(from);
    this.#inVain.add(from);
    if (waits) this.#hold(from);
    this.#promise(from, msg, before);
    return waits ? 'waits' : 'promised';
  }

  #promise(to: NodeId, { ballot, from }: Prepare, promisedBefore: Ballot): void {
    const runs = this.#runsFrom(Math.max(from, this.#chosenTo + 1), promisedBefore);
    const chosenTo = this.#rules.reportedChosenTo(this.#chosenTo);
    this.#out.send(to, { type: 'promise', ballot, chosenTo, runs, loss: this.loss });
  }

  /** What it accepted from a slot on, in runs of one ballot without a gap. */
  #runsFrom(first: number, promisedBefore: Ballot): readonly Run[] {
    const runs: { ballot: Ballot; from: number; values: Value[] }[] = [];
    const slots = [...this.#accepted.keys()].filter((slot) => slot >= first).sort((a, b) => a - b);
    for (const slot of slots) {
      const { ballot: accepted, value } = this.#accepted.get(slot) as AcceptedValue;
      const ballot = this.#rules.reportedBallot(accepted, promisedBefore);
      const run = runs.at(-1);
      if (run !== undefined && isSameBallot(run.ballot, ballot) && run.from + run.values.length === slot) {
        run.values.push(value);
      } else {
        runs.push({ ballot, from: slot, values: [value] });
      }
    }
    return runs;
  }

  /** A live leader is not replaced, but where it asked for that itself. */
  #holdsBack(from: NodeId, { handover }: Prepare): boolean {
    if (!this.#rules.holdsForLeader || from === this.#config.id) return false;
    if (handover !== undefined && isSameBallot(handover, this.promised)) return false;
    return this.leads || (this.#holdsFor !== undefined && this.#holdsFor !== from);
  }

  #hold(leader: NodeId): void {
    this.#holdsFor = leader;
    this.#setHoldTimer();
  }

  #setHoldTimer(): void {
    const [shortest] = this.#config.electionTimeoutMs;
    this.#out.emit({ kind: 'timer', timer: holdTimer, afterMs: [shortest, shortest] });
  }

  /** What it confirmed before it ended may be a lease that goes on: it lets nobody lead for as long. */
  holdForAnybody(): void {
    this.#holdsFor = '';
    this.#setHoldTimer();
  }

  onHoldTimeout(): void {
    this.#holdsFor = undefined;
  }

  /** The leader has most likely ended. Where leases answer reads, it may have answered one that goes on. */
  onSuspected(node: NodeId): void {
    if (this.#holdsFor !== node || this.#config.leaseReads !== undefined) return;
    this.#holdsFor = undefined;
    this.#out.emit({ kind: 'cancel', timer: holdTimer });
  }

  // ---------------------------------------------------------------------------------------------------------- phase 2

  /** Whether the sender may lead under its ballot. */
  onAccept(from: NodeId, msg: Accept): boolean {
    const { ballot, round } = msg;
    const compared = compareBallots(ballot, this.promised);
    if (!this.#rules.accepts(compared)) {
      this.#out.send(from, { type: 'refuse', ballot, promised: this.promised });
      return false;
    }
    if (compared > 0) {
      this.promised = ballot;
      this.#recordPromise();
    }
    this.#hold(from);
    this.#inVain.clear();
    const stream = this.#streamOf(msg);
    // The leader has begun anew behind what was chosen meanwhile: a late message.
    if (msg.base < stream.base) return true;
    const gap = (msg.from > stream.to + 1 && !this.#rules.acceptsBehindGap) || this.#isTooFar(msg);
    if (!gap) this.#take(stream, msg);
    const { base, to } = stream;
    const answer = { ballot, base, to, gap, chosenTo: this.#chosenTo, round, loss: this.loss };
    this.#out.send(from, { type: 'accepted', ...answer });
    return true;
  }

  /** It has to learn first: whoever sent this is asked what was chosen. */
  #isTooFar({ from, values }: Accept): boolean {
    return values.length > 0 && from + values.length - 1 > this.#chosenTo + maxAhead;
  }

  #streamOf({ ballot, base }: Accept): Stream {
    const another = !isSameBallot(this.#stream.ballot, ballot);
    if (another || this.#stream.base < base) this.#stream = { ballot, base, to: base - 1 };
    return this.#stream;
  }

  #take(stream: Stream, { ballot, from, values }: Accept): void {
    const last = from + values.length - 1;
    // What is known to be chosen is what any leader would propose there.
    const first = Math.max(from, stream.to + 1, this.#chosenTo + 1);
    stream.to = Math.max(stream.to, last);
    if (first > last) return;
    const taken = first === from ? values : values.slice(first - from);
    const record: AcceptRecord = { kind: 'accept', ballot, from: first, values: taken, chosenTo: this.#chosenTo };
    const position = this.#out.persist(record);
    for (const [offset, value] of taken.entries()) {
      this.#keep(first + offset, ballot, value, position);
      if (this.#config.trace) this.#note(first + offset, ballot, value);
    }
  }

  #note(index: number, ballot: Ballot, { payload }: Value): void {
    const epoch = epochOf(ballot, this.#config.members);
    this.#out.emit({ kind: 'note', fact: { type: 'append', index, epoch, prevEpoch: 0, hash: fnv1a(payload) } });
  }
}
