/**
 * What is known to be chosen ahead of the learner, which takes slot after slot: slots are chosen in any order, and the news
 * comes in any order. No more than a window of them.
 */
import { type Ballot, compareBallots, noBallot } from './ballot.ts';
import { window } from './groups.ts';
import type { Learner } from './learner.ts';
import type { AcceptedUnder, LastChosen } from './messages.ts';
import type { Value } from './value.ts';

/** What an acceptor accepted, and where it is written. */
interface Written extends AcceptedUnder {
  readonly position: number;
}

interface Decision {
  readonly ballot: Ballot;
  /** Undefined where only the acceptor beside it may know the value. */
  readonly value: Value | undefined;
}

export class Decisions {
  readonly #learner: Learner;
  readonly #acceptedAt: (slot: number) => Written | undefined;
  readonly #ahead = new Map<number, Decision>();
  /** The last slot that is known to be chosen, and under which ballot: who proposed that is said to lead. */
  last: LastChosen = { slot: 0, ballot: noBallot };

  /** @param acceptedAt - what the acceptor beside it accepted in a slot that is not known to be chosen */
  constructor(learner: Learner, acceptedAt: (slot: number) => Written | undefined) {
    this.#learner = learner;
    this.#acceptedAt = acceptedAt;
  }

  /** The last slot that is known to be chosen, with or without those before it. */
  get lastSlot(): number {
    return Math.max(this.#learner.chosenTo, ...this.#ahead.keys());
  }

  /** Of two slots the later one tells who proposed last; in one slot the later ballot. */
  hear({ slot, ballot }: LastChosen): void {
    const { last } = this;
    const isLater = slot > last.slot || (slot === last.slot && compareBallots(ballot, last.ballot) > 0);
    if (isLater) this.last = { slot, ballot };
  }

  /**
   * A slot was chosen under a ballot.
   *
   * @param value - where it is known from elsewhere than the acceptor beside it
   */
  note(slot: number, ballot: Ballot, value?: Value): void {
    this.hear({ slot, ballot });
    const { chosenTo } = this.#learner;
    if (slot <= chosenTo || slot > chosenTo + window) return;
    const known = this.#ahead.get(slot);
    if (known === undefined || (known.value === undefined && value !== undefined)) {
      this.#ahead.set(slot, { ballot, value });
    }
  }

  /** Whether a slot ahead is known to be chosen, also where its value is not known. */
  isChosen(slot: number): boolean {
    return this.#ahead.has(slot);
  }

  /** What was chosen in a slot ahead, where that is known. */
  valueAt(slot: number): Value | undefined {
    const decision = this.#ahead.get(slot);
    return decision && (this.#acceptedSince(slot, decision)?.value ?? decision.value);
  }

  /** All that is accepted under a ballot at or after the one that was chosen is the value that was chosen (section 2.2, P2b). */
  #acceptedSince(slot: number, { ballot }: Decision): Written | undefined {
    const accepted = this.#acceptedAt(slot);
    return accepted !== undefined && compareBallots(accepted.ballot, ballot) >= 0 ? accepted : undefined;
  }

  /** Hands the learner what it can take without a gap. */
  drain(): void {
    const learner = this.#learner;
    if (learner.installing) return;
    const before = learner.chosenTo;
    for (let next = this.#ahead.get(before + 1); next !== undefined; next = this.#ahead.get(learner.chosenTo + 1)) {
      const accepted = this.#acceptedSince(learner.chosenTo + 1, next);
      if (accepted !== undefined) learner.choose(accepted.value, accepted.position);
      else if (next.value !== undefined) learner.learn([next.value]);
      else break;
    }
    if (learner.chosenTo > before) learner.settle();
  }

  /** What was chosen up to this slot is known to the learner. */
  forget(chosenTo: number): void {
    for (const slot of [...this.#ahead.keys()]) if (slot <= chosenTo) this.#ahead.delete(slot);
  }
}
