/**
 * Outside cases: histories that others recorded, with verdicts that others reached. Jepsen runs against etcd, and runs of
 * a key-value store, from the tests of Porcupine (https://github.com/anishathalye/porcupine, porcupine_test.go). They lie
 * beside the project and are not part of it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { HistoryEvent } from '../../contracts/operations.ts';
import type { Model } from '../../contracts/workloads.ts';
import { registerModel } from '../../workloads/register.ts';
import { groupByKey, matters, type OrderedOperation, orderOperations } from './ordered-operation.ts';
import { searchKeys } from './search-keys.ts';

const folder = fileURLToPath(new URL('../../../../shared/data/histories', import.meta.url));
const isAbsent = !existsSync(join(folder, 'VERDICTS.tsv'));
const limits = { timeMs: 10_000, maxStates: 2_000_000 };

/** Gathers events; a log names processes only, so the operation is the one that the process has open. */
class Log {
  readonly events: HistoryEvent[] = [];
  private readonly open = new Map<number, number>();
  private ops = 0;

  invoke(process: number, f: string, key: string, value: unknown): void {
    this.open.set(process, this.ops);
    this.events.push({ type: 'invoke', op: this.ops++, process, atMs: this.events.length, f, key, value });
  }

  complete(process: number, type: 'ok' | 'info', value: unknown): void {
    const op = this.open.get(process);
    if (op === undefined) throw new Error(`process ${process} has no operation open`);
    this.open.delete(process);
    this.events.push({ type, op, process, atMs: this.events.length, value });
  }
}

/** Jepsen: a failed cas was refused, a failed read timed out (and may be forgotten), `:info` may have happened. */
function readJepsenLog(text: string): HistoryEvent[] {
  const log = new Log();
  for (const line of text.split('\n')) {
    const match = /^INFO\s+jepsen\.util\s+-\s+(\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.+)$/.exec(line);
    if (match === null) continue;
    const process = Number(match[1]);
    const [, , type, f = ''] = match;
    const value: unknown = match[4] === 'nil' ? null : (match[4] ?? '').startsWith(':') ? null : numbers(match[4]);
    if (type === 'invoke') log.invoke(process, f, 'register', value);
    else if (type === 'info' || (type === 'fail' && f === 'read')) log.complete(process, 'info', null);
    else log.complete(process, 'ok', f === 'cas' ? type === 'ok' : value);
  }
  return log.events;
}

/** `5` or `[5 6]`. */
function numbers(text = ''): number | number[] {
  return text.startsWith('[') ? text.slice(1, -1).split(/\s+/).map(Number) : Number(text);
}

function readKvLog(text: string): HistoryEvent[] {
  const log = new Log();
  for (const line of text.split('\n')) {
    const match = /:process (\d+), :type :(\w+), :f :(\w+), :key "(.*)", :value (?:nil|"(.*)")}/.exec(line);
    if (match === null) continue;
    const [, process, type, f = '', key = '', value = null] = match;
    if (type === 'invoke') log.invoke(Number(process), f === 'get' ? 'read' : f, key, value);
    else log.complete(Number(process), 'ok', value);
  }
  return log.events;
}

/** A string per key; get, put and append. */
const kvModel: Model<string> = {
  initial: '',
  step: (state, op, result, known) => {
    if (op.f === 'read') return !known || result === state ? { state } : null;
    return { state: op.f === 'append' ? state + String(op.value) : String(op.value) };
  },
  stateKey: (state) => state,
  describe: (op) => `${op.f} ${op.key}`,
  describeState: (state) => state,
};

/** `true`, `false` or `unknown`, as the table of verdicts says it. */
function isLinearizable<S>(model: Model<S>, operations: readonly OrderedOperation[]): string {
  const { illegal, undecided } = searchKeys(model, groupByKey(operations), limits);
  if (illegal !== null) return 'false';
  return undecided.size > 0 ? 'unknown' : 'true';
}

interface Row {
  readonly file: string;
  readonly expected: string;
  readonly model: string;
}

function rows(): Row[] {
  if (isAbsent) return [];
  const lines = readFileSync(join(folder, 'VERDICTS.tsv'), 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [file = '', expected = '', model = ''] = line.split('\t');
    return { file, expected, model };
  });
}

const reason = isAbsent ? ` (skipped: ${folder} is absent)` : '';

describe.skipIf(isAbsent)(`recorded histories with known verdicts${reason}`, () => {
  // One cluster failed to start: its log is empty and there is no verdict.
  const known = rows().filter(({ expected }) => expected === 'true' || expected === 'false');

  test('there are 108 of them, and one log without a verdict', () => {
    expect(known).toHaveLength(108);
    expect(rows()).toHaveLength(109);
  });

  test.each(known)('$file: $expected', ({ file, expected, model }) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const isKv = model.startsWith('kv');
    const operations = orderOperations(isKv ? readKvLog(text) : readJepsenLog(text)).filter(matters);
    expect(operations.length).toBeGreaterThan(0);
    const verdict = isKv ? isLinearizable(kvModel, operations) : isLinearizable(registerModel, operations);
    expect(verdict).toBe(expected);
  });
});
