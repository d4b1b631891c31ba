/** Our own replicas as the system under test: the operations of a workload in terms of the key-value machine. */
import type { CallOutcome, ClientCommand, SessionClient } from '../../node/client.ts';
import type { LabClient } from '../contracts/cluster.ts';
import type { Completion, Operation } from '../contracts/operations.ts';

/** Values are JSON; the machine stores their text. Null is an absent key. */
const encode = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** Undefined where the text is no value: malicious replicas may agree on anything. */
function decode(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The command for an operation. */
export function commandFor({ f, key, value }: Operation): ClientCommand {
  switch (f) {
    case 'read':
      return { op: 'get', key, a: null, b: null };
    case 'write':
      return value === null ? { op: 'delete', key, a: null, b: null } : { op: 'put', key, a: encode(value), b: null };
    case 'cas': {
      const [expected, next] = value as [unknown, unknown];
      return { op: 'cas', key, a: encode(expected), b: encode(next) };
    }
    case 'add':
      return { op: 'add', key, a: String(value), b: null };
    case 'append':
      return { op: 'append', key, a: String(value), b: null };
    default:
      throw new RangeError(`the key-value machine has no operation "${f}"`);
  }
}

/** How the operation ended, given what the client learned. */
export function completionOf({ f }: Operation, outcome: CallOutcome): Completion {
  if (outcome.kind !== 'answered') {
    return { type: outcome.kind === 'failed' ? 'fail' : 'info', value: null, error: outcome.error };
  }
  const { status, value } = outcome.result;
  if (f === 'cas' && (status === 'ok' || status === 'mismatch')) return { type: 'ok', value: status === 'ok' };
  if (status !== 'ok') return { type: 'info', value: null, error: `the replica answered "${status}"` };
  const seen = f === 'read' ? decode(value) : value;
  if (seen === undefined) return { type: 'info', value: null, error: 'the replica answered what is no value' };
  return { type: 'ok', value: seen };
}

export function labClient(session: SessionClient): LabClient {
  return {
    submit: (op, timeoutMs, done) => {
      session.call(commandFor(op), timeoutMs, (outcome) => done(completionOf(op, outcome)));
    },
  };
}
