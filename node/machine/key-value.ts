/** A key-value store of strings: what one copy does. Every command is one step, read-modify-write included. */
import type { Command, Result } from './command.ts';

const ok = (value: string | null): Result => ({ status: 'ok', value });

/** Applies one command to `store`. Pure but for the store; the same on every replica. */
export function applyToStore(store: Map<string, string>, command: Command): Result {
  const { key, a, b } = command;
  const present = store.get(key) ?? null;
  switch (command.op) {
    case 'get':
      return ok(present);
    case 'put':
      if (a === null) return { status: 'malformed', value: null };
      store.set(key, a);
      return ok(null);
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
    case 'register':
      return { status: 'malformed', value: null };
  }
}

function modify(store: Map<string, string>, key: string, next: string | null): Result {
  if (next === null) return { status: 'malformed', value: null };
  store.set(key, next);
  return ok(next);
}

/** The sum of two decimal integers of any size; null where either is none. */
function addIntegers(left: string, right: string | null): string | null {
  const integer = /^-?\d{1,1000}$/;
  if (right === null || !integer.test(left) || !integer.test(right)) return null;
  return (BigInt(left) + BigInt(right)).toString();
}
