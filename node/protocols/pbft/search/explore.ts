/** Searches all states that a model can reach, breadth first. */
import type { Certificate } from '../messages.ts';
import type { Evidence } from './evidence.ts';
import type { Model, Move } from './model.ts';
import { type Group, idsIn, unordered } from './replica.ts';

export interface Exploration {
  readonly states: number;
  /** In which ways something was decided in some state. */
  readonly decisions: ReadonlySet<string>;
  /** The shortest way to a state in which two batches are decided. */
  readonly violation?: readonly Move[];
}

export function explore(model: Model): Exploration {
  const start = canonical(model, model.initial);
  const cameFrom = new Map<number, number>([[start, start]]);
  const decisions = new Set<string>();
  const queue = [start];
  for (const key of queue) {
    const group = groupOf(model, key);
    const evidence = model.evidence(group);
    for (const decision of evidence.decided) decisions.add(wayOf(decision));
    if (disagrees(evidence)) return { states: cameFrom.size, decisions, violation: wayTo(key, cameFrom, model) };
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

function disagrees({ decided }: Evidence): boolean {
  return decided.some(({ digest }) => digest !== decided[0]?.digest);
}

/**
 * One number for all states that differ only in which replica is which, and in which batch is called A. Nothing in the
 * rules looks at the name of a replica or of a batch, but that the null request is told from batches.
 */
function canonical({ replicas }: Model, group: Group): number {
  const key = unordered(group, ({ id }) => id);
  return Math.min(
    key,
    unordered(group, (replica) => replicas.swapped(replica).id),
  );
}

function groupOf({ replicas }: Model, key: number): Group {
  const [one, two, three] = idsIn(key);
  return [replicas.at(one), replicas.at(two), replicas.at(three)];
}

/** The way to a state, on which replicas and batches keep their names. */
function wayTo(end: number, cameFrom: ReadonlyMap<number, number>, model: Model): Move[] {
  const path = [end];
  for (let key = end; cameFrom.get(key) !== key; ) {
    key = cameFrom.get(key) ?? key;
    path.unshift(key);
  }
  const moves: Move[] = [];
  for (const key of path.slice(1)) moves.push(moveTo(key, moves.at(-1)?.after ?? model.initial, model));
  return moves;
}

function moveTo(key: number, before: Group, model: Model): Move {
  const moves: Move[] = [];
  model.eachStep(before, model.evidence(before), (step, after) => {
    if (canonical(model, after) === key) moves.push({ step, before, after });
  });
  const [move] = moves;
  if (move === undefined) throw new Error('No step leads to a state that was reached by one.');
  return move;
}
