/** The operations of a benchmark in terms of our key-value machine. */
import type { CallOutcome, ClientCommand } from '../../node/client.ts';
import type { BenchOperation, Outcome } from './contracts.ts';

/** Under a load that is as much as a system bears answers take long, and nothing fails: to ask again would be more load. */
export const attemptTimeoutMs = 5000;

export function commandOf(operation: BenchOperation): ClientCommand {
  const { kind, key } = operation;
  switch (kind) {
    case 'read':
      return { op: 'get', key, a: null, b: null };
    case 'scan':
      return { op: 'scan', key, a: String(operation.count), b: null };
    default:
      return { op: 'put', key, a: operation.value, b: null };
  }
}

export function outcomeOf(outcome: CallOutcome): Outcome {
  if (outcome.kind !== 'answered') return outcome.kind;
  return outcome.result.status === 'ok' ? 'ok' : 'unknown';
}

/** What a read saw; undefined for an operation that reads nothing, or that was not answered. */
export function readValue({ kind }: BenchOperation, outcome: CallOutcome): string | null | undefined {
  return kind === 'read' && outcome.kind === 'answered' ? outcome.result.value : undefined;
}
