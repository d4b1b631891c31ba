/** Histories for tests, written like a play: one event a line, ten milliseconds apart. */
import type { CompletedOperation, HistoryEvent } from '../../contracts/operations.ts';
import type { Model } from '../../contracts/workloads.ts';
import { matters, type OrderedOperation, orderOperations } from './ordered-operation.ts';

/**
 * Reads `<process> <kind> <key> [value]` as an invocation, and `<process> ok|fail|info [value]` as its completion.
 * Values are JSON without spaces, null where there is none.
 */
export function play(text: string): HistoryEvent[] {
  const open = new Map<number, number>();
  let ops = 0;
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index): HistoryEvent => {
      const [who = '', word = '', ...rest] = line.trim().split(/\s+/);
      const process = Number(who);
      const atMs = index * 10;
      if (word === 'ok' || word === 'fail' || word === 'info') {
        return { type: word, op: open.get(process) ?? -1, process, atMs, value: JSON.parse(rest[0] ?? 'null') };
      }
      const op = ops++;
      open.set(process, op);
      return { type: 'invoke', op, process, atMs, f: word, key: rest[0] ?? '', value: JSON.parse(rest[1] ?? 'null') };
    });
}

/** The operations of a play that bear on linearizability. */
export const acts = (text: string): OrderedOperation[] => orderOperations(play(text)).filter(matters);

/**
 * Tries every order, with nothing clever about it: what the search is measured against. Exponential; for a handful of
 * operations only.
 */
export function fitsByBruteForce<S>(model: Model<S>, operations: readonly OrderedOperation[], state = model.initial) {
  if (operations.every((operation) => operation.type === 'info')) return true;
  for (const operation of operations) {
    if (operations.some((other) => other.completeIndex < operation.invokeIndex)) continue;
    const stepped = model.step(state, operation, operation.result, operation.type === 'ok');
    if (stepped === null) continue;
    const others = operations.filter((other) => other !== operation);
    if (fitsByBruteForce(model, others, stepped.state)) return true;
  }
  return false;
}

/** Whether an order is one that the definition allows: legal, complete, and never against the order of the history. */
export function isLegalOrder<S>(
  model: Model<S>,
  operations: readonly OrderedOperation[],
  order: readonly number[],
): boolean {
  let state = model.initial;
  const left = new Set<CompletedOperation & OrderedOperation>(operations);
  for (const index of order) {
    const operation = operations[index];
    if (operation === undefined || !left.delete(operation)) return false;
    for (const other of left) if (other.completeIndex < operation.invokeIndex) return false;
    const stepped = model.step(state, operation, operation.result, operation.type === 'ok');
    if (stepped === null) return false;
    state = stepped.state;
  }
  return [...left].every((operation) => operation.type === 'info');
}

/** One operation of a random history, as six whole numbers: kind, outcome, two values, place and length. */
export type Draft = readonly number[];

/**
 * Makes a history of a register of a few random operations. Values are few, so that operations meet.
 *
 * @param uniqueWrites - whether every write has a value of its own, as the register workload sees to
 */
export function fromDrafts(drafts: readonly Draft[], uniqueWrites = false): OrderedOperation[] {
  const operations = drafts.map((draft, op): OrderedOperation => {
    const [kind = 0, outcome = 0, a = 0, b = 0, start = 0, length = 0] = draft;
    const f = ['read', 'write', 'cas', 'cas'][kind % 4] ?? 'read';
    const values = uniqueWrites ? drafts.length : 4;
    const seen = a % (values + 1) === 0 ? null : a % (values + 1);
    const written = uniqueWrites ? op + 1 : 1 + (b % values);
    const isInfo = outcome % 2 === 1 && f !== 'read';
    const returned = f === 'read' ? seen : f === 'cas' ? kind % 4 === 2 : null;
    // No two events have the same place: invocations lie at .0x and completions at .5x.
    const invokeIndex = (start % 12) + op / 100;
    const completeIndex = isInfo ? Number.POSITIVE_INFINITY : (start % 12) + (length % 7) + 0.5 + op / 100;
    return {
      op,
      process: op,
      f,
      key: 'k',
      value: f === 'read' ? null : f === 'write' ? written : [seen, written],
      result: isInfo ? null : returned,
      type: isInfo ? 'info' : 'ok',
      invokeMs: invokeIndex,
      completeMs: completeIndex,
      invokeIndex,
      completeIndex,
    };
  });
  return operations.sort((x, y) => x.invokeIndex - y.invokeIndex);
}
