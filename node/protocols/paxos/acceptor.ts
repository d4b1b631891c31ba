/**
 * The acceptor: in each slot it promises ballots and accepts values. Lamport, Paxos Made Simple, section 2.2.
 *
 * It keeps a slot until the learner beside it knows what was chosen there, and then says so to whoever asks for it.
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import { fnv1a } from '../../hash.ts';
import { type Ballot, compareBallots, epochOf, isSameBallot, laterOf, noBallot } from './ballot.ts';
import { window } from './groups.ts';
import type {
  Accept,
  AcceptedUnder,
  AcceptRecord,
  PaxosMessage,
  PaxosRecord,
  Prepare,
  PromiseRecord,
} from './messages.ts';
import type { Out } from './outbox.ts';
import type { PaxosRules } from './rules.ts';
import type { Value } from './value.ts';

/** How far behind what is known to be chosen a slot may be; who is further back has to learn first. */
const maxAhead = 2 * window;

/** A value that was accepted, and where it is written. */
export interface AcceptedValue extends AcceptedUnder {
  readonly position: number;
}

interface Slot {
  promised: Ballot;
  /** The position of the last record that says what was promised. */
  promisePosition: number;
  accepted: AcceptedValue | undefined;
}

export class Acceptor {
  readonly #config: ReplicaConfig;
  readonly #rules: PaxosRules;
  readonly #out: Out<PaxosMessage, PaxosRecord>;
  /** What is not known to be chosen. */
  readonly #slots = new Map<number, Slot>();
  #acceptedBytes = 0;
  /** What was chosen up to this slot is known to the learner beside it. */
  #chosenTo = 0;
  #lastSlot = 0;
  #acceptedTo = 0;

  constructor(config: ReplicaConfig, rules: PaxosRules, out: Out<PaxosMessage, PaxosRecord>) {
    this.#config = config;
    this.#rules = rules;
    this.#out = out;
  }

  // ---------------------------------------------------------------------------------------------------- what it knows

  /** What it accepted in a slot last; undefined where that is nothing, or known to be chosen. */
  acceptedAt(slot: number): AcceptedValue | undefined {
    return this.#slots.get(slot)?.accepted;
  }

  /** The ballot that it promised in a slot; undefined where that is none, or the slot is known to be chosen. */
  promisedAt(slot: number): Ballot | undefined {
    return this.#slots.get(slot)?.promised;
  }

  /** The last slot in which it ever promised or accepted anything. */
  get lastSlot(): number {
    return this.#lastSlot;
  }

  /** The last slot in which it ever accepted anything. */
  get acceptedTo(): number {
    return this.#acceptedTo;
  }

  get heldBytes(): number {
    return this.#acceptedBytes;
  }

  /** Whether it promised a replica, and heard no more of it, in any slot. */
  hasPromised(node: NodeId): boolean {
    return [...this.#slots.values()].some(({ promised }) => promised.node === node);
  }

  /** What was chosen up to this slot is known: what was promised and accepted there is needed no more. */
  forget(chosenTo: number): void {
    if (chosenTo <= this.#chosenTo) return;
    if (chosenTo - this.#chosenTo > this.#slots.size) {
      for (const slot of [...this.#slots.keys()]) if (slot <= chosenTo) this.#drop(slot);
    } else {
      for (let slot = this.#chosenTo + 1; slot <= chosenTo; slot += 1) this.#drop(slot);
    }
    this.#chosenTo = chosenTo;
  }

  #drop(slot: number): void {
    this.#acceptedBytes -= this.#slots.get(slot)?.accepted?.value.payload.length ?? 0;
    this.#slots.delete(slot);
  }

  // ------------------------------------------------------------------------------------------------------------- disk

  replay(record: PromiseRecord | AcceptRecord, position: number): void {
    const slot = this.#slot(record.slot);
    slot.promised = laterOf(slot.promised, record.ballot);
    if (record.kind === 'promise') slot.promisePosition = position;
    else this.#keep(record.slot, { ballot: record.ballot, value: record.value, position });
  }

  #slot(slot: number): Slot {
    const known = this.#slots.get(slot);
    if (known !== undefined) return known;
    const begun: Slot = { promised: noBallot, promisePosition: 0, accepted: undefined };
    this.#slots.set(slot, begun);
    this.#lastSlot = Math.max(this.#lastSlot, slot);
    return begun;
  }

  #keep(slot: number, accepted: AcceptedValue): void {
    const state = this.#slot(slot);
    this.#acceptedBytes += accepted.value.payload.length - (state.accepted?.value.payload.length ?? 0);
    state.accepted = accepted;
    this.#acceptedTo = Math.max(this.#acceptedTo, slot);
  }

  /** The position of the first record that holds what was accepted and is still needed; Infinity where there is none. */
  get firstPosition(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { accepted } of this.#slots.values()) first = Math.min(first, accepted?.position ?? first);
    return first;
  }

  /** Records before a position go: what was promised is written anew where it would go with them. */
  surviveRemovalBefore(position: number): void {
    for (const [slot, state] of this.#slots) {
      // What was accepted stays, and promises its own ballot.
      if (state.accepted !== undefined && isSameBallot(state.accepted.ballot, state.promised)) continue;
      if (state.promisePosition < position) this.#recordPromise(slot, state);
    }
  }

  #recordPromise(slot: number, state: Slot): void {
    const { promised: ballot } = state;
    state.promisePosition = this.#out.persist({ kind: 'promise', slot, ballot, chosenTo: this.#chosenTo });
  }

  // ---------------------------------------------------------------------------------------------------------- phase 1

  /** Whether it promised this ballot just now, for the first time. */
  onPrepare(from: NodeId, { slot, ballot }: Prepare): boolean {
    if (!this.#isOpen(from, slot)) return false;
    const known = this.#slots.get(slot);
    const before = known?.promised ?? noBallot;
    const compared = compareBallots(ballot, before);
    if (compared < 0) {
      this.#out.send(from, { type: 'refuse', slot, ballot, promised: before });
      return false;
    }
    if (compared > 0) {
      const state = this.#slot(slot);
      state.promised = ballot;
      if (this.#rules.recordsPromise(ballot, this.#config.id)) this.#recordPromise(slot, state);
    }
    this.#promise(from, slot, ballot, before);
    return compared > 0;
  }

  #promise(to: NodeId, slot: number, ballot: Ballot, promisedBefore: Ballot): void {
    const accepted = this.acceptedAt(slot);
    if (accepted === undefined) {
      this.#out.send(to, { type: 'promise', slot, ballot });
      return;
    }
    const reported = this.#rules.reportedBallot(accepted.ballot, promisedBefore);
    this.#out.send(to, { type: 'promise', slot, ballot, accepted: { ballot: reported, value: accepted.value } });
  }

  /** Whether anything may be promised or accepted in a slot. Whoever is behind is told how far what was chosen is known. */
  #isOpen(from: NodeId, slot: number): boolean {
    if (slot <= this.#chosenTo && !this.#rules.reopensChosen) {
      this.#out.sendEagerly(from, { type: 'known', chosenTo: this.#chosenTo });
      return false;
    }
    return slot <= this.#chosenTo + maxAhead;
  }

  // ---------------------------------------------------------------------------------------------------------- phase 2

  /** Whether this promised a ballot just now, for the first time: the prepare had not come. */
  onAccept(from: NodeId, msg: Accept): boolean {
    const { slot, ballot } = msg;
    if (!this.#isOpen(from, slot)) return false;
    const promised = this.promisedAt(slot) ?? noBallot;
    const compared = compareBallots(ballot, promised);
    if (!this.#rules.accepts(compared)) {
      this.#out.send(from, { type: 'refuse', slot, ballot, promised });
      return false;
    }
    const before = this.acceptedAt(slot);
    if (before === undefined || !isSameBallot(before.ballot, ballot)) this.#take(msg);
    this.#out.send(from, { type: 'accepted', slot, ballot });
    return compared > 0;
  }

  #take({ slot, ballot, value }: Accept): void {
    const state = this.#slot(slot);
    state.promised = laterOf(state.promised, ballot);
    const position = this.#out.persist({ kind: 'accept', slot, ballot, value, chosenTo: this.#chosenTo });
    this.#keep(slot, { ballot, value, position });
    if (this.#config.trace) this.#note(slot, ballot, value);
  }

  #note(index: number, ballot: Ballot, { payload }: Value): void {
    const epoch = epochOf(ballot, this.#config.members);
    this.#out.emit({ kind: 'note', fact: { type: 'append', index, epoch, prevEpoch: 0, hash: fnv1a(payload) } });
  }
}
