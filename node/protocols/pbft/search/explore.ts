/** Searches all states that a model can reach, breadth first. */
import type { Certificate } from '../messages.ts';
import type { Evidence } from './evidence.ts';
import type { Group, Model, Step } from './model.ts';

export interface Exploration {
  readonly states: number;
  /** In which ways something was decided in some state. */
  readonly decisions: ReadonlySet<string>;
  /** The shortest way to a state in which two batches are decided. */
  readonly violation?: readonly Step[];
}

/** No replica's state has a number as high. */
const idLimit = 2 ** 17;

export function explore(model: Model): Exploration {
  const start = canonical(model, model.initial);
  const cameFrom = new Map<number, number>([[start, start]]);
  const decisions = new Set<string>();
  const queue = [start];
  for (const key of queue) {
    const group = groupOf(model, key);
    const evidence = model.evidence(group);
    for (const decision of evidence.decided) decisions.add(wayOf(decision));
    if (disagrees(evidence)) return { states: cameFrom.size, decisions, violation: stepsTo(key, cameFrom, model) };
    model.eachStep(group, evidence, (_, after) => {
      const next = canonical(model, after);
      if (cameFrom.has(next)) return;
      cameFrom.set(next, key);
      queue.push(next);
    });
  }
  return { states: cameFrom.size, decisions };
}

function wayOf({ kind, view, digest }: Certificate): string {
  return `${digest === 'null' ? 'the null request' : 'a batch'}, ${kind}, view ${view}`;
}

export function disagrees({ decided }: Evidence): boolean {
  return decided.some(({ digest }) => digest !== decided[0]?.digest);
}

/**
 * One number for all states that differ only in which replica is which, and in which batch is called A. Nothing in the
 * rules looks at the name of a replica or of a batch, but that the null request is told from batches.
 */
function canonical(model: Model, group: Group): number {
  return Math.min(keyOf(group), keyOf(group.map((replica) => model.replicas.swapped(replica))));
}

function keyOf(group: Group): number {
  const ids = group.map(({ id }) => id).sort((a, b) => a - b);
  return ids.reduce((key, id) => key * idLimit + id, 0);
}

function groupOf(model: Model, key: number): Group {
  const ids = [Math.floor(key / idLimit ** 2), Math.floor(key / idLimit) % idLimit, key % idLimit];
  return ids.map((id) => model.replicas.at(id));
}

/** The way to a state, as steps of replicas that keep their names. */
function stepsTo(end: number, cameFrom: ReadonlyMap<number, number>, model: Model): Step[] {
  const path = [end];
  for (let key = end; cameFrom.get(key) !== key; ) {
    key = cameFrom.get(key) ?? key;
    path.unshift(key);
  }
  const steps: Step[] = [];
  let group = model.initial;
  for (const key of path.slice(1)) {
    let taken: { step: Step; after: Group } | undefined;
    model.eachStep(group, model.evidence(group), (step, after) => {
      if (taken === undefined && canonical(model, after) === key) taken = { step, after };
    });
    if (taken === undefined) throw new Error('No step leads to a state that was reached by one.');
    steps.push(taken.step);
    group = taken.after;
  }
  return steps;
}
