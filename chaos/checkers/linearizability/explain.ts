/** Says in plain words why the operations of a failing window contradict each other. */
import type { Evidence } from '../../contracts/verdict.ts';
import type { Model } from '../../contracts/workloads.ts';
import type { OrderedOperation } from './ordered-operation.ts';
import {
  byValue,
  expectedValue,
  isAcknowledgedWrite,
  isRefusedCas,
  isRegisterOperation,
  nothing,
  observedValue,
  type ValueKey,
  writtenValue,
} from './register-vocabulary.ts';

/** A contradiction to be explained. */
export interface Contradiction<S> {
  readonly key: string;
  readonly model: Model<S>;
  /** The smallest failing window. */
  readonly window: readonly OrderedOperation[];
  /** The operation of the window whose completion no order gets past. */
  readonly stuck: OrderedOperation;
  /** What a single copy could have held just before that. */
  readonly states: readonly S[];
  /** Every operation on the key, those that failed included. */
  readonly all: readonly OrderedOperation[];
}

const maxListed = 8;

/** 12310 -> "12.310 s", since load began. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;

/** One evidence: sentences in reading order, and the operations of the window. */
export function explain<S>(contradiction: Contradiction<S>): Evidence {
  const { window, all } = contradiction;
  const isRegister = window.every(isRegisterOperation);
  const nowhere = isRegister ? valueFromNowhere(window, all) : null;
  const story = isRegister ? (overwrittenValue(window, all) ?? wrongRefusal(window)) : null;
  const times = window.flatMap(({ invokeMs, completeMs }) => [invokeMs, completeMs]).filter(Number.isFinite);
  return {
    // What the state was instead says nothing where the value was never there.
    sentences:
      nowhere === null
        ? [...(story ?? list(contradiction)), conclusion(contradiction, contradiction.states)]
        : [...nowhere, conclusion(contradiction, [])],
    fromMs: Math.min(...times),
    toMs: Math.max(...times),
    ops: window.map((operation) => operation.op),
  };
}

function conclusion<S>({ key, model, window }: Contradiction<S>, states: readonly S[]): string {
  const possible = [...new Set(states.map((state) => model.describeState(state)))].join(' or ');
  if (window.length === 1) {
    return `This operation does not fit a single copy of ${key}${possible === '' ? '' : `, which held ${possible}`}.`;
  }
  const instead = possible === '' ? '' : `: going by the others, it held ${possible}`;
  return `No order of these operations fits a single copy of ${key}${instead}.`;
}

const span = ({ invokeMs, completeMs }: OrderedOperation): string =>
  Number.isFinite(completeMs)
    ? `between ${seconds(invokeMs)} and ${seconds(completeMs)}`
    : `at ${seconds(invokeMs)}, and had no answer by then`;

/** "Client process 4 read k3 between 12.310 s and 12.350 s and got 17". */
function tell(operation: OrderedOperation): string {
  const { process, key, f, type, value, result } = operation;
  const who = `Client process ${process}`;
  const isOpen = type === 'info';
  if (f === 'read') return `${who} read ${key} ${span(operation)} and got ${JSON.stringify(result)}`;
  if (f === 'write') {
    return `${who} ${isOpen ? 'began to write' : 'wrote'} ${JSON.stringify(value)} to ${key} ${span(operation)}`;
  }
  const [expected, next] = Array.isArray(value) ? value.map((part) => JSON.stringify(part)) : [];
  const change = `${key} from ${expected} to ${next} ${span(operation)}`;
  if (isOpen) return `${who} began to change ${change}`;
  return isRefusedCas(operation)
    ? `${who} asked to change ${change}, and was refused because ${key} did not hold ${expected}`
    : `${who} changed ${change}`;
}

function actOf(operation: OrderedOperation): string {
  if (operation.f === 'read') return 'read';
  return operation.f === 'cas' ? 'compare-and-set' : 'write';
}

/** "write 21 of process 2, acknowledged at 12.200 s". */
function nameWrite(operation: OrderedOperation): string {
  const { process, completeMs } = operation;
  const end = Number.isFinite(completeMs) ? `acknowledged at ${seconds(completeMs)}` : 'never answered';
  return `${actOf(operation)} ${writtenValue(operation)} of process ${process}, ${end}`;
}

/** Somebody saw a value that nobody can have written by then. */
function valueFromNowhere(window: readonly OrderedOperation[], all: readonly OrderedOperation[]): string[] | null {
  const writers = byValue(all, writtenValue);
  for (const seen of window) {
    const value = observedValue(seen);
    if (value === null || value === nothing) continue;
    const candidates = writers.get(value) ?? [];
    if (candidates.some((writer) => writer.invokeIndex < seen.completeIndex)) continue;
    const later = candidates[0];
    const failed = all.find(
      (operation) =>
        operation.type === 'fail' && writtenValue({ ...operation, type: 'info' }) === value && operation.f !== 'read',
    );
    return [`${tell(seen)}.`, nowhere(value, later, failed)];
  }
  return null;
}

function nowhere(value: ValueKey, later: OrderedOperation | undefined, failed: OrderedOperation | undefined): string {
  if (later !== undefined) {
    return `But nobody had written ${value} by then: process ${later.process} began to write it only at ${seconds(later.invokeMs)}.`;
  }
  if (failed !== undefined) {
    return `But the ${actOf(failed)} of ${value} by process ${failed.process} was reported at ${seconds(failed.completeMs)} as not having happened, and nobody else wrote it.`;
  }
  return `But nobody ever wrote ${value}.`;
}

/** When the write of a value had certainly taken effect: it was acknowledged, or somebody else saw the value. */
interface Settled {
  readonly index: number;
  readonly by: OrderedOperation | null;
}

function settled(value: ValueKey, except: OrderedOperation, window: readonly OrderedOperation[]): Settled {
  let best: Settled = { index: value === nothing ? -1 : Number.POSITIVE_INFINITY, by: null };
  for (const operation of window) {
    if (operation === except) continue;
    const shows = writtenValue(operation) === value || observedValue(operation) === value;
    if (shows && operation.completeIndex < best.index) best = { index: operation.completeIndex, by: operation };
  }
  return best;
}

/** Somebody saw a value after it had been overwritten. Only where every value has one writer. */
function overwrittenValue(window: readonly OrderedOperation[], all: readonly OrderedOperation[]): string[] | null {
  for (const writers of byValue(window, writtenValue).values()) if (writers.length > 1) return null;
  for (const seen of window) {
    const value = observedValue(seen);
    if (value === null) continue;
    const old = settled(value, seen, window);
    const newer = window
      .filter((candidate) => isAcknowledgedWrite(candidate) && writtenValue(candidate) !== value)
      .filter((candidate) => candidate.invokeIndex > old.index && candidate.completeIndex < seen.invokeIndex)
      .at(-1);
    if (newer !== undefined) return tellOverwritten(seen, value, old, newer, all);
  }
  return null;
}

function tellOverwritten(
  seen: OrderedOperation,
  value: ValueKey,
  old: Settled,
  newer: OrderedOperation,
  all: readonly OrderedOperation[],
): string[] {
  const written = writtenValue(newer);
  const began = `before that ${actOf(seen)} began at ${seconds(seen.invokeMs)}`;
  const sentences = [`${tell(seen)}.`];
  if (old.by !== null) sentences.push(`${tell(old.by)}, so ${value} was there by ${seconds(old.by.completeMs)}.`);
  if (value === nothing) sentences.push(`But a value had been put there by ${nameWrite(newer)}, ${began}.`);
  else sentences.push(`But ${value} had been overwritten by ${nameWrite(newer)}, ${began}.`);
  if (isLost(newer, seen, all)) {
    sentences.push(`Nobody ever saw ${written}, and nothing else was written after it: an acknowledged write is lost.`);
  }
  return sentences;
}

/** Whether an acknowledged write was never seen, and nothing but its loss explains that it was not there at the end. */
function isLost(write: OrderedOperation, seen: OrderedOperation, all: readonly OrderedOperation[]): boolean {
  const values = [writtenValue(write), observedValue(seen), null];
  const couldOverwrite = (other: OrderedOperation): boolean =>
    !values.includes(writtenValue(other)) &&
    other.completeIndex > write.invokeIndex &&
    other.invokeIndex < seen.completeIndex;
  return !all.some((other) => observedValue(other) === writtenValue(write) || couldOverwrite(other));
}

/** A cas was refused although what it wanted must have been there. */
function wrongRefusal(window: readonly OrderedOperation[]): string[] | null {
  const refusal = window.find(isRefusedCas);
  if (refusal === undefined) return null;
  const wanted = expectedValue(refusal) ?? nothing;
  const old = settled(wanted, refusal, window);
  const others = window.filter((operation) => ![null, wanted].includes(writtenValue(operation)));
  if (old.index > refusal.invokeIndex || others.length > 0) return null;
  const sentences = [`${tell(refusal)}.`];
  if (old.by !== null) sentences.push(`${tell(old.by)}, so ${wanted} was there by ${seconds(old.by.completeMs)}.`);
  sentences.push(`But nothing that could have replaced ${wanted} had begun when it was refused.`);
  return sentences;
}

/** The general case: the operations themselves, and then the one that fits nowhere. */
function list<S>({ model, window, stuck }: Contradiction<S>): string[] {
  const sentence = (operation: OrderedOperation): string =>
    isRegisterOperation(operation)
      ? `${tell(operation)}.`
      : `Client process ${operation.process}: ${model.describe(operation)} ${span(operation)}.`;
  const shown = window.filter((operation) => operation !== stuck).slice(-(maxListed - 1));
  const sentences = [...shown, stuck].map(sentence);
  if (shown.length + 1 < window.length) {
    sentences.unshift(`Showing ${shown.length + 1} of the ${window.length} operations that contradict each other.`);
  }
  return sentences;
}
