/** For tests of engines: logs in folders of their own, and what is appended to them. */
import { expect } from 'vitest';
import { loadEngine } from '../../engines.ts';
import type { EngineOptions, OpenedLog, RecordLog } from '../engine.ts';

/** Opens the log of an engine by the engine's name. */
export async function openLog(engine: string, folder: string, options: EngineOptions = {}): Promise<OpenedLog> {
  return (await loadEngine(engine)).open(folder, options);
}

/** Resolves once all up to `position` is durable; rejects when the log fails. */
export function durable(log: RecordLog, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    log.onDurable = (to) => {
      if (to >= position) resolve();
    };
    log.onFailure = reject;
  });
}

/** Appends the records in one turn, and waits until they are durable. */
export async function appendAll(log: RecordLog, records: readonly Uint8Array[]): Promise<void> {
  let last = 0;
  for (const record of records) last = log.append(record);
  if (last > 0) await durable(log, last);
}

/** A record whose bytes no other one has: its position, and a pattern that begins elsewhere for each. */
export function recordOf(position: number, bytes: number): Buffer {
  const record = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 1) record[at] = (position * 31 + at) % 251;
  record.write(`${position}:`.slice(0, bytes));
  return record;
}

export function recordsOf(count: number, bytes: (position: number) => number, from = 1): Buffer[] {
  return Array.from({ length: count }, (_, index) => recordOf(from + index, bytes(from + index)));
}

/** The records are these, in this order. Says which is not, where a listing of bytes would be of no use. */
export function expectRecords(found: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  expect(found.length).toBe(expected.length);
  const wrong = found.findIndex((record, index) => Buffer.compare(record, expected[index] as Uint8Array) !== 0);
  expect(wrong, 'the index of the first record that is not what was appended').toBe(-1);
}

/** The error of a promise that must not be kept. */
export async function refusal(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('this was not refused');
}
