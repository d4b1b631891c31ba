/**
 * The history of a run: pairing both ends of each operation, and reading and writing `history.jsonl` and `events.jsonl`
 * (one JSON value a line). Pure: text in, values out; only the command line touches files.
 */
import { z } from 'zod';
import type { LabEvent, LabFact } from './contracts/events.ts';
import type { CompletedOperation, HistoryEvent } from './contracts/operations.ts';
import { UsageError } from './errors.ts';
import { explainIssues } from './experiment.ts';

/**
 * Joins each invocation with its completion, in order of invocation. An operation that never completed counts as
 * `info`: nobody knows whether it happened.
 *
 * @throws Error where a completion has no invocation, or two; `parseHistory` refuses such a file beforehand
 */
export function pairOperations(history: readonly HistoryEvent[]): readonly CompletedOperation[] {
  // Every checker wants the pairs of the same history.
  let operations = paired.get(history);
  if (operations === undefined) {
    operations = pair(history);
    paired.set(history, operations);
  }
  return operations;
}

const paired = new WeakMap<readonly HistoryEvent[], readonly CompletedOperation[]>();

function pair(history: readonly HistoryEvent[]): CompletedOperation[] {
  const operations: CompletedOperation[] = [];
  const open = new Map<number, number>();
  for (const event of history) {
    if (event.type === 'invoke') {
      const { op, process, f, key, value, atMs } = event;
      open.set(op, operations.length);
      operations.push({
        op,
        process,
        f,
        key,
        value,
        invokeMs: atMs,
        completeMs: Number.POSITIVE_INFINITY,
        type: 'info',
        result: null,
      });
      continue;
    }
    const at = open.get(event.op);
    const invoked = at === undefined ? undefined : operations[at];
    if (at === undefined || invoked === undefined) {
      throw new Error(`operation ${event.op} completed without being open; the history is damaged`);
    }
    open.delete(event.op);
    const completeMs = event.type === 'info' ? Number.POSITIVE_INFINITY : event.atMs;
    operations[at] = { ...invoked, completeMs, type: event.type, result: event.value };
  }
  return operations;
}

/** Read first by a person, so they come first in a line; the others follow by name. */
const leadingKeys = ['atMs', 'type', 'op', 'process', 'f', 'key', 'value'];

/** JSON with its keys in a fixed order, so that equal events are equal bytes however they were built. */
function stableJson(value: unknown, leading: readonly string[]): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`${value} cannot be recorded: JSON has no such number`);
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map((item) => stableJson(item, [])).join(',')}]`;
  const fields = new Map(Object.entries(value));
  const last = [...fields.keys()].filter((key) => !leading.includes(key)).sort();
  const parts: string[] = [];
  for (const key of [...leading, ...last]) {
    const field = fields.get(key);
    // A value that is undefined is still a value (of an operation without one); any other such field is absent.
    if (field === undefined && !(key === 'value' && fields.has(key))) continue;
    parts.push(`${JSON.stringify(key)}:${stableJson(field, [])}`);
  }
  return `{${parts.join(',')}}`;
}

/**
 * One JSON value a line, each line ended by a newline; no events, no text.
 *
 * @throws TypeError for a number that JSON cannot hold
 */
export function serialiseLines(events: readonly (HistoryEvent | LabEvent)[]): string {
  return events.map((event) => `${stableJson(event, leadingKeys)}\n`).join('');
}

const atMs = z.number();
const count = z.int().min(0);
const text = z.string();

const completionSchema = z.strictObject({
  type: z.enum(['ok', 'fail', 'info']),
  op: count,
  process: count,
  atMs,
  value: z.unknown(),
  error: z.exactOptional(text),
});

const historySchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('invoke'),
    op: count,
    process: count,
    atMs,
    f: text.min(1),
    key: text,
    value: z.unknown(),
  }),
  completionSchema,
]);

/** What an engine calls itself and its images; it has no longer names. */
const engineText = text.max(300);
const mostImages = 20;
/** The longest statements are those that begin a view; see `evidence` in `contracts/events.ts`. */
const maxStatementLength = 1 << 20;
const maxSignatureLength = 200;
const images = z
  .record(engineText, engineText)
  .refine((byUse) => Object.keys(byUse).length <= mostImages, `there must be at most ${mostImages} images`);
const nodes = z.array(text);
const links = z.array(z.strictObject({ from: text, to: text }));
const observedLink = { from: text, to: text, strike: text, lastedMs: z.exactOptional(z.number().min(0)) };
const view = z.looseObject({
  role: text,
  epoch: z.number(),
  leader: z.exactOptional(text),
  commitIndex: z.number(),
  lastIndex: z.number(),
  group: z.exactOptional(z.strictObject({ voters: z.array(text), learners: z.array(text) })),
});

const signedText = z.strictObject({ text: text.max(maxStatementLength), signature: text.max(maxSignatureLength) });

function fact<T extends LabFact['type'], F extends z.core.$ZodLooseShape>(type: T, fields: F) {
  return z.strictObject({ atMs, type: z.literal(type), ...fields });
}

/** Public keys as text, or what signatures in the simulator follow from. */
const verificationKeys = z.discriminatedUnion('scheme', [
  z.strictObject({ scheme: z.literal('ed25519'), publicKeys: z.record(text, text) }),
  z.strictObject({ scheme: z.literal('keyed-hash'), seed: z.int(), members: z.array(text) }),
]);

/** A schema for each kind of fact; the compiler refuses to leave one out. */
const eventSchemas = {
  phase: fact('phase', { phase: z.enum(['boot', 'load', 'heal', 'settle', 'read-back', 'done']) }),
  booting: fact('booting', { engine: engineText, images }),
  keys: fact('keys', { keys: verificationKeys }),
  strike: fact('strike', { strike: text, fault: text, target: text, nodes, links }),
  struck: fact('struck', { strike: text }),
  heal: fact('heal', { strike: text }),
  healed: fact('healed', { strike: text }),
  'strike-skipped': fact('strike-skipped', { strike: text, why: text }),
  'strike-failed': fact('strike-failed', { strike: text, error: text }),
  'node-up': fact('node-up', { node: text }),
  'node-down': fact('node-down', { node: text }),
  'node-paused': fact('node-paused', { node: text }),
  'node-resumed': fact('node-resumed', { node: text }),
  'link-dropped': fact('link-dropped', observedLink),
  'link-delayed': fact('link-delayed', observedLink),
  resources: fact('resources', {
    node: text,
    cpuPercent: z.number().min(0),
    memoryBytes: count,
    receivedBytes: count,
    sentBytes: count,
  }),
  footprint: fact('footprint', {
    ...{ node: text, logRecords: count, logBytes: count, snapshotBytes: count },
    ...{ heldBytes: count, stateBytes: count, keys: count, sessions: count },
  }),
  work: fact('work', {
    ...{ node: text, messages: z.record(text, count), bytes: count },
    ...{ signatures: count, verifications: count, syncs: count },
  }),
  role: fact('role', { node: text, role: text, epoch: z.number() }),
  append: fact('append', {
    node: text,
    index: z.number(),
    epoch: z.number(),
    prevEpoch: z.number(),
    hash: z.number(),
  }),
  apply: fact('apply', { node: text, index: z.number(), hash: z.number() }),
  'disk-wiped': fact('disk-wiped', { node: text }),
  'disk-slow': fact('disk-slow', { node: text }),
  'disk-fast': fact('disk-fast', { node: text }),
  turned: fact('turned', { node: text, behaviour: z.nullable(text) }),
  deceived: fact('deceived', { node: text, behaviour: text }),
  configuration: fact('configuration', {
    node: text,
    index: count,
    voters: z.array(text),
    outgoing: z.array(text),
    learners: z.array(text),
  }),
  snapshot: fact('snapshot', { node: text, index: count, bytes: count }),
  restore: fact('restore', { node: text, index: count, from: z.enum(['disk', 'replica']) }),
  compact: fact('compact', { node: text, index: count, entries: count, bytes: count }),
  overtaken: fact('overtaken', { node: text, index: count, epoch: z.number(), by: z.number() }),
  decided: fact('decided', { node: text, index: count, path: z.enum(['fast', 'slow']) }),
  evidence: fact('evidence', {
    node: text,
    culprit: text,
    statements: z.tuple([signedText, signedText]).readonly(),
  }),
  stopped: fact('stopped', { node: text, reason: text }),
  settled: fact('settled', { tookMs: z.number() }),
  stalled: fact('stalled', { why: text }),
  interrupted: fact('interrupted', {}),
  'lab-error': fact('lab-error', { error: text }),
  final: fact('final', {
    node: text,
    view: z.nullable(view),
    appliedIndex: z.number(),
    stateHash: z.nullable(text),
  }),
} satisfies { readonly [T in LabFact['type']]: z.ZodType<LabEvent & { readonly type: T }> };

/** Refuses a line, with its place, what is wrong with it and what to do about it. */
function refuse(file: string, line: number, problem: string): never {
  throw new UsageError(
    `${file}, line ${line}: ${problem}`,
    'Judge an undamaged copy of the results, or run the experiment again: its schedule.json has all that is needed.',
  );
}

function* jsonLines(content: string, file: string): Generator<readonly [line: number, value: unknown]> {
  let line = 0;
  for (let start = 0; start < content.length; ) {
    line += 1;
    const newline = content.indexOf('\n', start);
    const end = newline === -1 ? content.length : newline;
    const source = content.slice(start, end);
    start = end + 1;
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch {
      const isTruncated = newline === -1;
      refuse(file, line, isTruncated ? 'the line is truncated: the file ends within it' : 'the line is not JSON');
    }
    yield [line, value];
  }
}

/** What a history may hold next, given what came before. */
class HistoryRules {
  private readonly seen = new Set<number>();
  private readonly openByProcess = new Map<number, number>();
  private readonly retired = new Set<number>();
  private lastMs = Number.NEGATIVE_INFINITY;

  /** Says in words which rule the event breaks; null where it breaks none. */
  problem(event: HistoryEvent): string | null {
    const problem = this.orderProblem(event);
    if (problem !== null) return problem;
    if (event.atMs < this.lastMs) return `operation ${event.op} goes back in time, to ${event.atMs} ms`;
    this.lastMs = event.atMs;
    return null;
  }

  private orderProblem(event: HistoryEvent): string | null {
    const open = this.openByProcess.get(event.process);
    if (event.type === 'invoke') {
      if (this.seen.has(event.op)) return `operation ${event.op} is invoked a second time`;
      if (this.retired.has(event.process)) {
        return `process ${event.process} goes on after an operation whose outcome it does not know`;
      }
      if (open !== undefined) return `process ${event.process} invokes ${event.op} while its operation ${open} is open`;
      this.seen.add(event.op);
      this.openByProcess.set(event.process, event.op);
      return null;
    }
    if (!this.seen.has(event.op)) return `operation ${event.op} completes before it was invoked`;
    if (open !== event.op) return `operation ${event.op} is not open in process ${event.process}, yet it completes`;
    this.openByProcess.delete(event.process);
    if (event.type === 'info') this.retired.add(event.process);
    return null;
  }
}

/**
 * Reads `history.jsonl`. Strict, since every verdict rests on it: unknown fields, a completion before its invocation, a
 * number used twice and a process with two operations open are refused.
 *
 * @param content - the text of the file
 * @param file - named in errors
 * @throws UsageError with the line at fault
 */
export function parseHistory(content: string, file: string): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const rules = new HistoryRules();
  for (const [line, value] of jsonLines(content, file)) {
    const parsed = historySchema.safeParse(value);
    if (!parsed.success) refuse(file, line, `not an event of a history: ${explainIssues(parsed.error)}`);
    const problem = rules.problem(parsed.data);
    if (problem !== null) refuse(file, line, problem);
    events.push(parsed.data);
  }
  return events;
}

/** Whether a value that came from outside is an event that could be read back. */
export function isLabEvent(value: { readonly type: string }): value is LabEvent {
  return (
    Object.hasOwn(eventSchemas, value.type) && eventSchemas[value.type as LabFact['type']].safeParse(value).success
  );
}

/**
 * Reads `events.jsonl`.
 *
 * @param content - the text of the file
 * @param file - named in errors
 * @throws UsageError with the line at fault
 */
export function parseEvents(content: string, file: string): LabEvent[] {
  const events: LabEvent[] = [];
  for (const [line, value] of jsonLines(content, file)) {
    const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
    if (typeof type !== 'string' || !Object.hasOwn(eventSchemas, type)) {
      refuse(file, line, `not an event of the lab: its type is ${JSON.stringify(type) ?? 'missing'}`);
    }
    const parsed = eventSchemas[type as LabFact['type']].safeParse(value);
    if (!parsed.success) refuse(file, line, `not a "${type}" event: ${explainIssues(parsed.error)}`);
    events.push(parsed.data);
  }
  return events;
}
