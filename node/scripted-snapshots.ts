/** Effects and states for the tests of what a replica does with snapshots, besides `scripted-replica.ts`. */
import { encodeBatch, encodeCommand } from './machine/command.ts';
import { SessionMachine } from './machine/sessions.ts';
import { registration, type TestEffect, type TestInput } from './scripted-replica.ts';

export const put = (value: string, sequence: number) =>
  encodeCommand({ op: 'put', session: 1, sequence, key: 'k', a: value, b: null });
/** Registers a session, and puts "v" under "k" in it. */
export const batch = encodeBatch([registration, put('v', 1)]);
export const applies = (index: number, payload = batch): TestEffect => ({ kind: 'apply', index, payload, eager: true });
export const saves = (index: number): TestEffect => ({ kind: 'snapshot', index, record: `up to ${index}` });
export const loads = (index: number, offset: number, maxBytes: number): TestEffect => ({
  kind: 'load',
  index,
  offset,
  maxBytes,
});
export const receives = (index: number, offset: number, bytes: Uint8Array): TestEffect => ({
  kind: 'receive',
  index,
  offset,
  bytes,
});
export const installs = (index: number): TestEffect => ({ kind: 'install', index, record: `up to ${index}` });
export const nothing = new Uint8Array(0);

export function machineAfter(...batches: readonly Uint8Array[]): SessionMachine {
  const machine = new SessionMachine();
  for (const each of batches) machine.apply(each, () => {});
  return machine;
}

/** All of a machine's state. */
export function bytesOf(machine: SessionMachine): Uint8Array {
  const pieces: Uint8Array[] = [];
  const snapshot = machine.snapshot();
  for (let next = snapshot.next(); next.done !== true; next = snapshot.next()) pieces.push(Uint8Array.from(next.value));
  return Buffer.concat(pieces);
}

export const source = machineAfter(batch);
/** The state of `source`. */
export const snapshot = bytesOf(source);
export const half = Math.floor(snapshot.length / 2);
/** Receives that snapshot as the one of index 7, in two pieces. */
export const receivesAll = [receives(7, 0, snapshot.subarray(0, half)), receives(7, half, snapshot.subarray(half))];
/** The digest of a machine to which nothing was applied. */
export const empty = new SessionMachine().digest();
/** Without the messages of other replicas. */
export const later = (inputs: readonly TestInput[]) => inputs.filter(({ kind }) => kind !== 'message');
