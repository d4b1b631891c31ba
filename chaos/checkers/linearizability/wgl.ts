/**
 * Is there an order of these operations that fits a single copy? The search of Wing and Gong ("Testing and verifying
 * concurrent objects", 1993) with Lowe's memory of configurations ("Testing for linearizability", 2017), for one key:
 * linearizability is local (Herlihy and Wing, 1990, theorem 1), so keys are searched apart.
 *
 * The search goes through configurations: the operations that have taken effect, and the state. An operation may take
 * effect next if no completion of another one that has not yet done so comes before its invocation. It is legal if every
 * completed operation has taken effect. One of unknown outcome may do so at any time after its invocation, or never.
 *
 * Three prunings. None of them loses an answer; call a legal order *frugal* if no other one has fewer operations of
 * unknown outcome in it ("maybes" for short). Where there is a legal order, there is a frugal one, and the search finds
 * one:
 *
 * 1. A completed operation that never changes the state (a read, a refused cas) takes effect as soon as it may and is
 *    legal, and nothing else is tried. In any legal order that goes on from here it can be moved to the front: it changes
 *    nothing for the ones that it passes, and it may come first. The number of maybes stays. (A write of what is there
 *    already does not qualify: later in the order it may overwrite something else.)
 * 2. A maybe that leaves the state as it is, is never tried: without it, an order has one maybe less. Nor is, directly
 *    after a maybe that led from state s to s', an operation that leads from s and from s' to the same state: the order
 *    without that maybe is legal too, and has one less.
 * 3. A configuration is dropped if one with the same state, the same completed operations and a subset of its maybes has
 *    been seen (`configurations.ts`). With the same maybes, it has been searched; with fewer, an order that goes on from
 *    here goes on from there with fewer maybes in all, so no frugal one is lost.
 *
 * In 2 the smaller configuration was itself reached by a legal order of its operations (the search came through it), so
 * the shorter order does exist; therefore every configuration along a frugal order, with its completed operations moved
 * to the front as in 1, is either searched or replaced by an equal one that is, and 2 never cuts that order.
 */
import type { CheckLimits } from '../../contracts/verdict.ts';
import type { Model } from '../../contracts/workloads.ts';
import { Configurations } from './configurations.ts';
import { PendingList, type Places, type Ranking, rank } from './pending-list.ts';
import { leavesStateAlone } from './register-vocabulary.ts';
import { illegal, type StepOperation, type Steps, StepTable } from './step-table.ts';
import { findSymmetry } from './symmetry.ts';

export type SearchOperation = StepOperation & Places;

/** Indices are those of the operations that were passed in. */
export type SearchResult<S> =
  | { readonly verdict: 'legal'; readonly order: readonly number[]; readonly configurations: number }
  | {
      readonly verdict: 'illegal';
      /** The operation whose completion no order gets past; orders exist that explain all completions before it. */
      readonly stuck: number;
      /** What a single copy could have held just before it, in those orders; at most four. */
      readonly states: readonly S[];
      readonly configurations: number;
    }
  | { readonly verdict: 'unknown'; readonly limit: 'time' | 'states'; readonly configurations: number };

/** The clock is looked at once in this many configurations. */
const clockInterval = 2048;
const statesReported = 4;
const none = -1;

/** After so many configurations it pays to look for symmetries, which costs about as much as these did. */
const easyConfigurations = (operations: number): number => Math.max(5000, (operations * operations) / 90);

/**
 * Searches for an order of the operations of one key that fits the model.
 *
 * @param operations - in order of invocation, none of type `fail`; those of type `info` have no completion (Infinity)
 * @param limits - time in milliseconds, and configurations to remember
 * @param easy - so many configurations are searched before symmetries are looked for
 */
export function search<S>(
  model: Model<S>,
  operations: readonly SearchOperation[],
  limits: CheckLimits,
  easy = easyConfigurations(operations.length),
): SearchResult<S> {
  const startedAt = performance.now();
  const ranking = rank(operations);
  const numbered = ranking.order.map((index) => operations[index] as SearchOperation);
  const table = new StepTable(model, numbered);
  const problem = { operations, ranking, numbered };
  const maxStates = Math.min(limits.maxStates, easy);
  const first = new Search(problem, table, null, { timeMs: limits.timeMs, maxStates }).run();
  if (first.verdict !== 'unknown' || first.limit === 'time' || maxStates === limits.maxStates) return first;
  const leftMs = (): number => limits.timeMs - (performance.now() - startedAt);
  const symmetry = findSymmetry(table, numbered.length, () => leftMs() <= 0);
  const left = { timeMs: leftMs(), maxStates: limits.maxStates };
  return new Search(problem, symmetry?.steps ?? table, symmetry?.classOf ?? null, left).run();
}

interface Problem {
  readonly operations: readonly SearchOperation[];
  readonly ranking: Ranking;
  /** The operations by number. */
  readonly numbered: readonly SearchOperation[];
}

class Search<S> {
  private readonly limits: CheckLimits;
  private readonly ranking: Ranking;
  private readonly list: PendingList;
  /** By number: 1 for a completed operation that never changes the state. */
  private readonly isStill: Uint8Array;
  private readonly steps: Steps<S>;
  /** Classes of operations that are alike (`symmetry.ts`), where they have been looked for. */
  private readonly classOf: Int32Array | null;
  private readonly seen: Configurations;
  private state = 0;
  /** The operations that have taken effect, in order. */
  private readonly trail: number[] = [];
  /** Choices yet to be tried: an operation and the state after it. Those of one configuration lie together. */
  private readonly choices: number[] = [];
  private readonly statesAfter: number[] = [];
  private furthest = none;
  private furthestStates = new Set<number>();

  constructor(problem: Problem, steps: Steps<S>, classOf: Int32Array | null, limits: CheckLimits) {
    this.limits = limits;
    this.ranking = problem.ranking;
    this.list = new PendingList(problem.operations, this.ranking);
    this.isStill = Uint8Array.from(problem.numbered, (operation) => (leavesStateAlone(operation) ? 1 : 0));
    this.steps = steps;
    this.classOf = classOf;
    this.seen = new Configurations(this.list, this.ranking.ranked);
  }

  run(): SearchResult<S> {
    const startedAt = performance.now();
    // Per depth: the trail and the choices from before the configuration was entered, and the state in it.
    const trailBefore: number[] = [0];
    const choicesBefore: number[] = [0];
    const stateAt: number[] = [];
    let nextClock = clockInterval;
    let done = this.enter(none);
    stateAt.push(this.state);
    while (!done) {
      const { count } = this.seen;
      if (count > this.limits.maxStates) return { verdict: 'unknown', limit: 'states', configurations: count };
      if (--nextClock === 0) {
        nextClock = clockInterval;
        const isLate = performance.now() - startedAt > this.limits.timeMs;
        if (isLate) return { verdict: 'unknown', limit: 'time', configurations: count };
      }
      const depth = stateAt.length - 1;
      if (depth < 0) return this.illegal();
      if (this.choices.length === choicesBefore[depth]) {
        this.undo(trailBefore.pop() as number);
        choicesBefore.pop();
        stateAt.pop();
        continue;
      }
      const chosen = this.choices.pop() as number;
      const before = stateAt[depth] as number;
      this.state = this.statesAfter.pop() as number;
      trailBefore.push(this.trail.length);
      choicesBefore.push(this.choices.length);
      this.take(chosen);
      done = this.enter(chosen < this.ranking.ranked ? none : before);
      stateAt.push(this.state);
    }
    const order = this.trail.map((number) => this.ranking.order[number] as number);
    return { verdict: 'legal', order, configurations: this.seen.count };
  }

  /**
   * Lets everything take effect that can without a choice (pruning 1), and collects the choices.
   *
   * @param priorState - the state before the maybe through which the configuration was reached; `none` after others
   * @returns true where nothing is left to explain
   */
  private enter(priorState: number): boolean {
    const { list, steps, state, choices, statesAfter } = this;
    const { ranked } = this.ranking;
    const first = choices.length;
    let settled = false;
    steps.visit(state);
    let node = list.first();
    for (let operation = list.invoked(node); operation >= 0; operation = list.invoked(node)) {
      const next = steps.next(state, operation);
      if (next === state && this.isStill[operation] === 1) {
        this.take(operation);
        settled = true;
      } else if (next !== illegal && (next !== state || operation < ranked)) {
        choices.push(operation);
        statesAfter.push(next);
      }
      node = list.after(node);
    }
    const firstLeft = list.completed(node);
    if (firstLeft < 0) return true;
    if (priorState !== none && !settled) this.dropIndifferent(first, priorState);
    const isNew = this.seen.add(firstLeft, state);
    if (isNew) this.note(firstLeft);
    else choices.length = statesAfter.length = first;
    if (choices.length - first > 1) {
      this.preferCompleted(first);
      if (this.classOf !== null) this.dropAlike(first, this.classOf);
    }
    return false;
  }

  /** Pruning 2: drops the choices that lead to the same state without the maybe that was just taken. */
  private dropIndifferent(first: number, priorState: number): void {
    const { choices, statesAfter, steps } = this;
    let kept = first;
    for (let at = first; at < choices.length; at++) {
      const choice = choices[at] as number;
      const next = statesAfter[at] as number;
      if (steps.next(priorState, choice) === next) continue;
      choices[kept] = choice;
      statesAfter[kept] = next;
      kept += 1;
    }
    choices.length = statesAfter.length = kept;
  }

  /** Choices are tried from the end: puts the one that completed first there, and maybes at the very beginning. */
  private preferCompleted(first: number): void {
    const { choices, statesAfter } = this;
    for (let at = first + 1; at < choices.length; at++) {
      const choice = choices[at] as number;
      const next = statesAfter[at] as number;
      let to = at;
      for (; to > first && (choices[to - 1] as number) < choice; to--) {
        choices[to] = choices[to - 1] as number;
        statesAfter[to] = statesAfter[to - 1] as number;
      }
      choices[to] = choice;
      statesAfter[to] = next;
    }
  }

  /** Keeps of each class the choice with the lowest number, which is the nearest to the end. */
  private dropAlike(first: number, classOf: Int32Array): void {
    const { choices, statesAfter } = this;
    const classes = new Set<number>();
    const kept: number[] = [];
    for (let at = choices.length - 1; at >= first; at--) {
      const alike = classOf[choices[at] as number] as number;
      if (!classes.has(alike)) kept.push(at);
      classes.add(alike);
    }
    const keptChoices = kept.map((at) => choices[at] as number).reverse();
    const keptStates = kept.map((at) => statesAfter[at] as number).reverse();
    choices.length = statesAfter.length = first;
    choices.push(...keptChoices);
    statesAfter.push(...keptStates);
  }

  private note(firstLeft: number): void {
    if (firstLeft < this.furthest) return;
    if (firstLeft > this.furthest) this.furthestStates.clear();
    this.furthest = firstLeft;
    if (this.furthestStates.size < statesReported) this.furthestStates.add(this.state);
  }

  private take(operation: number): void {
    this.list.takeOut(operation);
    this.seen.toggle(operation);
    this.trail.push(operation);
  }

  private undo(length: number): void {
    while (this.trail.length > length) {
      const operation = this.trail.pop() as number;
      this.list.putBack(operation);
      this.seen.toggle(operation);
    }
  }

  private illegal(): SearchResult<S> {
    return {
      verdict: 'illegal',
      stuck: this.ranking.order[this.furthest] as number,
      states: [...this.furthestStates].map((id) => this.steps.state(id)),
      configurations: this.seen.count,
    };
  }
}
