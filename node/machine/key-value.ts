/** A key-value store of strings: what one copy does. Every command is one step, read-modify-write included. */
import { type Command, encodeRecords, maxScanRecords, type Result } from './command.ts';
import type { Store } from './store.ts';

const ok = (value: string | null): Result => ({ status: 'ok', value });
const done = ok(null);
const malformed: Result = { status: 'malformed', value: null };

/** Applies one command to `store`. Pure but for the store; the same on every replica. */
export function applyToStore(store: Store, command: Command): Result {
  const { key, a, b } = command;
  if (command.op === 'put') return put(store, key, a);
  const present = store.get(key) ?? null;
  switch (command.op) {
    case 'get':
      return ok(present);
    case 'delete':
      store.delete(key);
      return ok(present);
    case 'cas':
      if (present !== a) return { status: 'mismatch', value: present };
      if (b === null) store.delete(key);
      else store.set(key, b);
      return ok(b);
    case 'add':
      return modify(store, key, addIntegers(present ?? '0', a));
    case 'append':
      return modify(store, key, a === null ? null : (present ?? '') + a);
    case 'scan':
      return scan(store, key, a);
    case 'register':
      return malformed;
  }
}

/** The most frequent command by far: it does not look at what was there. */
function put(store: Store, key: string, value: string | null): Result {
  if (value === null) return malformed;
  store.set(key, value);
  return done;
}

function modify(store: Store, key: string, next: string | null): Result {
  if (next === null) return malformed;
  store.set(key, next);
  return ok(next);
}

function scan(store: Store, key: string, count: string | null): Result {
  if (count === null || !/^[1-9]\d{0,3}$/.test(count) || Number(count) > maxScanRecords) return malformed;
  return ok(encodeRecords(store.scan(key, Number(count))));
}

/** The sum of two decimal integers of any size; null where either is none. */
function addIntegers(left: string, right: string | null): string | null {
  const integer = /^-?\d{1,1000}$/;
  if (right === null || !integer.test(left) || !integer.test(right)) return null;
  return (BigInt(left) + BigInt(right)).toString();
}
