/** One client of a benchmark of our replicas: its session, and its operation under way. */
import { type CallOutcome, type ClientPorts, SessionClient } from '../../node/client.ts';
import type { ClientPolicy } from '../../node/contract/definition.ts';
import type { NodeId } from '../../node/contract/ids.ts';
import { systemClock, systemRandom } from '../../node/io/clock.ts';
import { signingClients } from '../../node/io/run-keys.ts';
import type { ClientReply } from '../../node/ports.ts';
import type { BenchOperation, Outcome } from './contracts.ts';
import { attemptTimeoutMs, commandOf, outcomeOf, readValue } from './replica-operations.ts';

const random = systemRandom();

/** What clients need of a group of replicas. */
export interface GroupOptions {
  readonly members: readonly NodeId[];
  readonly policy: ClientPolicy;
  readonly send: ClientPorts['send'];
}

/** One or several sessions over one way to the replicas and back. */
export interface Group {
  readonly sessions: readonly SessionClient[];
  /** Takes a reply of a replica. */
  receive(from: NodeId, reply: ClientReply): void;
}

/** A session for which nobody signs. */
export function plainGroup({ members, policy, send }: GroupOptions): Group {
  const session = new SessionClient({ clock: systemClock, random, send }, members, policy, attemptTimeoutMs);
  return { sessions: [session], receive: (from, reply) => session.receive(from, reply) };
}

/**
 * Sessions that sign together what they ask for in one turn.
 *
 * @param clientKey - the private key
 */
export function signingGroup(clientKey: string, { members, policy, send }: GroupOptions, count: number): Group {
  const bundles = signingClients(clientKey, policy, { members, clock: systemClock, send });
  return {
    sessions: Array.from({ length: count }, () => bundles.session(random, attemptTimeoutMs)),
    receive: (from, reply) => bundles.receive(from, reply),
  };
}

export class ReplicaClient {
  readonly #session: SessionClient;
  #operation: BenchOperation | undefined;
  /** Made once, and not for each operation. */
  readonly #done: (outcome: CallOutcome) => void;

  constructor(session: SessionClient, onDone: (outcome: Outcome, value: string | null | undefined) => void) {
    this.#session = session;
    this.#done = (outcome) => {
      if (this.#operation !== undefined) onDone(outcomeOf(outcome), readValue(this.#operation, outcome));
    };
  }

  /** One operation at a time. */
  call(operation: BenchOperation, timeoutMs: number): void {
    this.#operation = operation;
    this.#session.call(commandOf(operation), timeoutMs, this.#done);
  }
}
