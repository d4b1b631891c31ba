/**
 * What a history cannot tell apart need not be searched twice. Two symmetries, found by tabulating every step, so they
 * hold for any model with few states (a register has one for each value that was written):
 *
 * - *States* are merged where the same operations fit both, and lead from both to states that are merged: the coarsest
 *   bisimulation, so whatever follows from one follows from the other. It is found by splitting sets of states until no
 *   set needs to be split (Moore's minimisation of automata). Two values that nobody read or expected are an example.
 * - *Operations* are of one class if they lead from every state to the same one. Of those that may take effect now, the
 *   search tries only the first by number. Say an order goes on with j, and i of the same class has a lower number: then
 *   swap them. The states stay. Now i comes earlier, at a moment when it may; and j comes later, or drops out with i,
 *   where i has an unknown outcome. That is not too late for j: where i has a deadline, it is before the one of j.
 */
import type { Steps, StepTable } from './step-table.ts';

export interface Symmetry<S> {
  readonly steps: Steps<S>;
  /** By number of operation. */
  readonly classOf: Int32Array;
}

/** The most cells of the table: 64 MiB. */
const maxCells = 16 * 1024 * 1024;

/**
 * Tabulates all steps and finds the symmetries.
 *
 * @param size - how many operations there are
 * @param isLate - asked now and then; true ends it
 * @returns null where there are more states than operations, too many of both, or no time
 */
export function findSymmetry<S>(table: StepTable<S>, size: number, isLate: () => boolean): Symmetry<S> | null {
  const maxStates = size + 1;
  if (maxStates * size > maxCells) return null;
  const cells = new Int32Array(maxStates * size);
  for (let state = 0; state < table.count; state++) {
    if (isLate()) return null;
    for (let operation = 0; operation < size; operation++) {
      cells[state * size + operation] = table.next(state, operation);
      if (table.count > maxStates) return null;
    }
  }
  const states = table.count;
  const merged = mergeStates(cells, states, size, isLate);
  if (merged === null) return null;
  for (let at = 0; at < states * size; at++) {
    const next = cells[at] as number;
    if (next >= 0) cells[at] = merged[next] as number;
  }
  const steps: Steps<S> = {
    visit: () => {},
    next: (state, operation) => cells[state * size + operation] as number,
    state: (id) => table.state(id),
  };
  return { steps, classOf: classify(cells, [...new Set(merged)], size) };
}

/** Puts equal things together, by a hash and then by comparing; each goes to the first that it is equal to. */
function group(count: number, hash: (item: number) => number, same: (a: number, b: number) => boolean): Int32Array {
  const representatives = new Map<number, number[]>();
  return Int32Array.from({ length: count }, (_, item) => {
    const key = hash(item);
    const candidates = representatives.get(key) ?? [];
    const found = candidates.find((candidate) => same(candidate, item));
    if (found !== undefined) return found;
    candidates.push(item);
    representatives.set(key, candidates);
    return item;
  });
}

/** Splitting goes on as long as chains of dependent values are; past this it costs more than it saves. */
const maxRounds = 40;

/** For each state the first one that it is merged with; the initial one, 0, stands for itself. Null if it took too long. */
function mergeStates(cells: Int32Array, states: number, size: number, isLate: () => boolean): Int32Array | null {
  let merged: Int32Array = new Int32Array(states);
  for (let round = 0, sets = 1; round < maxRounds && !isLate(); round++) {
    const now = merged;
    const target = (state: number, operation: number): number => {
      const next = cells[state * size + operation] as number;
      return next < 0 ? next : (now[next] as number);
    };
    const hash = (state: number): number => {
      let value = now[state] as number;
      for (let operation = 0; operation < size; operation++) {
        value = (Math.imul(value, 31) + target(state, operation)) | 0;
      }
      return value;
    };
    const same = (a: number, b: number): boolean => {
      if (now[a] !== now[b]) return false;
      for (let operation = 0; operation < size; operation++) {
        if (target(a, operation) !== target(b, operation)) return false;
      }
      return true;
    };
    merged = group(states, hash, same);
    const count = new Set(merged).size;
    if (count === sets) return merged;
    sets = count;
  }
  return null;
}

function classify(cells: Int32Array, states: readonly number[], size: number): Int32Array {
  const hash = (operation: number): number =>
    states.reduce((value, state) => (Math.imul(value, 31) + (cells[state * size + operation] as number)) | 0, 0);
  const same = (a: number, b: number): boolean =>
    states.every((state) => cells[state * size + a] === cells[state * size + b]);
  return group(size, hash, same);
}
