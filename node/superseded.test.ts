import { expect, test } from 'vitest';
import { encodeBatch, encodeCommand, type OperationName } from './machine/command.ts';
import { superseded } from './superseded.ts';

const command = (op: OperationName, session: number, sequence: number) =>
  encodeCommand({ op, session, sequence, key: 'k', a: null, b: null });
const waiting = (name: string, client: string, ...commands: Uint8Array[]) => ({
  name,
  bundle: { client, commands: encodeBatch(commands) },
});
const leftOf = (...all: ReturnType<typeof waiting>[]) => superseded(all).map(({ name }) => name);

test('is what its session has gone on from, in whatever order it came', () => {
  const asked = (sequence: number) => waiting(`${sequence}`, 'c1', command('put', 7, sequence));
  expect(leftOf(asked(1), asked(2), asked(3))).toEqual(['1', '2']);
  expect(leftOf(asked(3), asked(1))).toEqual(['1']);
  expect(leftOf(asked(2))).toEqual([]);
});

test('is a bundle only where all of its sessions have gone on', () => {
  const both = waiting('both', 'c1', command('put', 7, 1), command('get', 8, 1));
  const next = waiting('next of 7', 'c1', command('put', 7, 2));
  expect(leftOf(both, next)).toEqual([]);
  expect(leftOf(both, next, waiting('next of 8', 'c1', command('get', 8, 5)))).toEqual(['both']);
});

test('is nothing by what another client says of its session', () => {
  expect(leftOf(waiting('own', 'c1', command('put', 7, 1)), waiting('other', 'c2', command('put', 7, 9)))).toEqual([]);
});

test('is no registration: the session is not known yet', () => {
  const registration = waiting('registration', 'c1', command('register', 7, 0));
  expect(leftOf(registration, waiting('again', 'c1', command('register', 7, 0)))).toEqual([]);
  expect(leftOf(registration, waiting('later', 'c1', command('put', 7, 1)))).toEqual([]);
});
