/**
 * In which slots a proposer begins: where it needs one for what waits, where it is to finish what others began, and where it is
 * to fill slots in which nobody has begun. In no more of them at a time than duels leave room for: one more after each that it
 * has chosen, half as many after each ballot that it loses, as TCP does with its window (Jacobson, "Congestion Avoidance and
 * Control", 1988, section 3).
 */
import type { Acceptor } from './acceptor.ts';
import type { Attempt } from './attempt.ts';
import type { Decisions } from './decisions.ts';
import { window } from './groups.ts';
import type { Learner } from './learner.ts';

/** In how many slots a proposer is at work at a time, at most. */
const mostRoom = 8;

export interface AgendaParts {
  readonly learner: Learner;
  readonly acceptor: Acceptor;
  readonly decisions: Decisions;
}

export class Agenda {
  readonly #parts: AgendaParts;
  /** In how many slots it is at work at a time. */
  room = 1;
  #finishTo = 0;
  #fillTo = 0;

  constructor(parts: AgendaParts) {
    this.#parts = parts;
  }

  /** A slot was chosen as it was proposed. */
  onChosen(): void {
    this.room = Math.min(mostRoom, this.room + 1);
  }

  /** A ballot was refused. */
  onLost(): void {
    this.room = Math.max(1, Math.floor(this.room / 2));
  }

  /** Every slot up to here is to be chosen soon, whoever began in it and may have ended since. */
  finish(slot: number): void {
    this.#finishTo = Math.max(this.#finishTo, slot);
  }

  /** Every slot up to here is to be chosen soon, by no-ops where nobody wants anything. */
  fill(slot: number): void {
    this.#fillTo = Math.max(this.#fillTo, slot);
  }

  isToFinish(slot: number): boolean {
    return slot <= this.#finishTo;
  }

  /** Another replica works on a slot: where that is the first one that is open, what has to be finished is left to it. */
  yieldTo(slot: number): void {
    if (slot === this.#parts.learner.chosenTo + 1) this.#finishTo = 0;
  }

  /**
   * The next slot to begin in; undefined where there is none, or no room.
   *
   * @param wanted - whether one is needed for something that waits
   */
  next(attempts: ReadonlyMap<number, Attempt>, wanted: boolean): number | undefined {
    if (attempts.size >= this.room) return undefined;
    const { chosenTo } = this.#parts.learner;
    // Nobody knows yet who decides the slots behind that.
    const windowEnd = chosenTo + window;
    const last = wanted ? windowEnd : Math.min(windowEnd, Math.max(this.#finishTo, this.#fillTo));
    for (let slot = chosenTo + 1; slot <= last; slot += 1) {
      if (attempts.has(slot)) continue;
      if (this.isToFinish(slot) ? this.#isUnfinished(slot) : this.#isFree(slot)) return slot;
    }
    return undefined;
  }

  #isUnfinished(slot: number): boolean {
    return this.#parts.decisions.valueAt(slot) === undefined;
  }

  /** Whether nobody has begun in a slot, as far as this replica knows. */
  #isFree(slot: number): boolean {
    const { acceptor, decisions } = this.#parts;
    return acceptor.promisedAt(slot) === undefined && !decisions.isChosen(slot);
  }
}
