/** Durable: what was acknowledged is there at the end, when everything has been healed and is read back. */
import type { Recording } from '../contracts/events.ts';
import type { Checker, CheckResult, Evidence } from '../contracts/verdict.ts';
import { seconds } from './linearizability/explain.ts';
import { groupByKey, type OrderedOperation, orderOperations } from './linearizability/ordered-operation.ts';
import {
  isAcknowledgedWrite,
  nothing,
  observedValue,
  type ValueKey,
  valueKey,
  writtenValue,
} from './linearizability/register-vocabulary.ts';

const maxNamed = 5;

/** What became of one key. */
type Fate =
  | { readonly kind: 'kept' | 'unwritten' | 'unread' }
  | { readonly kind: 'lost'; readonly read: OrderedOperation; readonly lost: readonly OrderedOperation[] }
  | { readonly kind: 'from nowhere'; readonly read: OrderedOperation };

/**
 * When the write of a value had certainly taken effect, as a place in the history: it was acknowledged, or, where it is
 * the only one of that value, somebody saw it. Until then it may take effect after any other write.
 */
function settledAt(value: ValueKey, operations: readonly OrderedOperation[], finalRead: OrderedOperation): number {
  if (value === nothing) return -1;
  const writers = operations.filter((operation) => writtenValue(operation) === value);
  const acknowledged = Math.max(...writers.map((writer) => writer.completeIndex));
  if (writers.length > 1) return acknowledged;
  const observers = operations.filter((operation) => operation !== finalRead && observedValue(operation) === value);
  return Math.min(acknowledged, ...observers.map((observer) => observer.completeIndex));
}

/** Judges the operations on one key, given when the read-back began. */
function fateOf(operations: readonly OrderedOperation[], readBackMs: number): Fate {
  const acknowledged = operations.filter(isAcknowledgedWrite);
  const read = operations
    .filter((operation) => operation.f === 'read' && operation.type === 'ok' && operation.invokeMs >= readBackMs)
    .at(-1);
  if (read === undefined) return { kind: acknowledged.length === 0 ? 'unwritten' : 'unread' };
  const value = valueKey(read.result);
  const couldWrite = (operation: OrderedOperation): boolean =>
    writtenValue(operation) === value && operation.invokeIndex < read.completeIndex;
  if (value !== nothing && !operations.some(couldWrite)) return { kind: 'from nowhere', read };
  const settled = settledAt(value, operations, read);
  const lost = acknowledged
    .filter((write) => writtenValue(write) !== value)
    .filter((write) => write.invokeIndex > settled && write.completeIndex < read.invokeIndex);
  if (lost.length > 0) return { kind: 'lost', read, lost };
  return { kind: acknowledged.length === 0 ? 'unwritten' : 'kept' };
}

function evidenceOf(key: string, fate: Extract<Fate, { readonly read: OrderedOperation }>): Evidence {
  const { read } = fate;
  const sentences = [`The final read of ${key}, at ${seconds(read.invokeMs)}, got ${valueKey(read.result)}.`];
  const ops = [read.op];
  let fromMs = read.invokeMs;
  if (fate.kind === 'from nowhere') {
    sentences.push(`But nobody had written ${valueKey(read.result)} to ${key}.`);
  } else {
    // The newest first: whatever else happened, it has nothing after it that could have overwritten it.
    const named = [...fate.lost].reverse().slice(0, maxNamed);
    for (const write of named) {
      const act = write.f === 'cas' ? 'compare-and-set to' : 'write of';
      sentences.push(
        `But the ${act} ${writtenValue(write)} by process ${write.process} began after that value was in place, ` +
          `and was acknowledged at ${seconds(write.completeMs)}: it is lost.`,
      );
      ops.push(write.op);
      fromMs = Math.min(fromMs, write.invokeMs);
    }
    if (fate.lost.length > maxNamed) sentences.push(`Showing ${maxNamed} of ${fate.lost.length} lost writes.`);
  }
  return { sentences, fromMs, toMs: read.completeMs, ops };
}

/** Judges a recording. Synchronous; see the checker for what it means. */
export function judgeDurability(recording: Recording): Omit<CheckResult, 'check' | 'kind'> {
  const readBack = recording.events.find((event) => event.type === 'phase' && event.phase === 'read-back');
  const readBackMs = readBack?.atMs ?? Number.POSITIVE_INFINITY;
  const evidence: Evidence[] = [];
  const unread: string[] = [];
  let written = 0;
  let lost = 0;
  for (const [key, operations] of groupByKey(orderOperations(recording.history))) {
    const fate = fateOf(operations, readBackMs);
    if (fate.kind !== 'unwritten') written += 1;
    if (fate.kind === 'unread') unread.push(key);
    if (fate.kind === 'lost') lost += fate.lost.length;
    if (fate.kind === 'lost' || fate.kind === 'from nowhere') evidence.push(evidenceOf(key, fate));
  }
  const measured = { value: lost, limit: 0, unit: 'lost writes' };
  if (evidence.length > 0) {
    const what =
      lost > 0
        ? `${lost} acknowledged ${lost === 1 ? 'write is' : 'writes are'} gone at the end`
        : 'At the end there is a value that nobody wrote';
    const shown = evidence.length > maxNamed ? ` (showing ${maxNamed} of ${evidence.length} keys)` : '';
    return { verdict: 'invalid', summary: `${what}${shown}.`, ...measured, evidence: evidence.slice(0, maxNamed) };
  }
  if (written === 0) {
    return { verdict: 'unknown', summary: 'No write was acknowledged, so there is nothing to look for.', evidence };
  }
  if (unread.length > 0) {
    const names = unread.slice(0, maxNamed).join(', ');
    const more = unread.length > maxNamed ? `, showing ${maxNamed} of ${unread.length}` : '';
    return { verdict: 'unknown', summary: `No final read succeeded of ${names}${more}.`, evidence };
  }
  const summary = `Every acknowledged write of ${written} ${written === 1 ? 'key' : 'keys'} is there at the end.`;
  return { verdict: 'valid', summary, ...measured, evidence };
}

const durable: Checker = {
  summary: 'every acknowledged write is there at the end, or a later one is',
  kind: 'safety',
  check: async (recording) => judgeDurability(recording),
};

export default durable;
