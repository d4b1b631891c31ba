/** One client of a benchmark of our replicas: its session, and its operation under way. */
import { type CallOutcome, type ClientPorts, SessionClient } from '../../node/client.ts';
import { systemClock, systemRandom } from '../../node/io/clock.ts';
import type { ClientReply } from '../../node/ports.ts';
import type { ClientPolicy, NodeId } from '../../node/protocol.ts';
import type { BenchOperation, Outcome } from './contracts.ts';
import { attemptTimeoutMs, commandOf, outcomeOf, readValue } from './replica-operations.ts';

const random = systemRandom();

export interface ReplicaClientOptions {
  readonly members: readonly NodeId[];
  readonly policy: ClientPolicy;
  readonly send: ClientPorts['send'];
  readonly onDone: (outcome: Outcome, value: string | null | undefined) => void;
}

export class ReplicaClient {
  readonly #session: SessionClient;
  #operation: BenchOperation | undefined;
  /** Made once, and not for each operation. */
  readonly #done: (outcome: CallOutcome) => void;

  constructor({ members, policy, send, onDone }: ReplicaClientOptions) {
    this.#session = new SessionClient({ clock: systemClock, random, send }, members, policy, attemptTimeoutMs);
    this.#done = (outcome) => {
      if (this.#operation !== undefined) onDone(outcomeOf(outcome), readValue(this.#operation, outcome));
    };
  }

  /** One operation at a time. */
  call(operation: BenchOperation, timeoutMs: number): void {
    this.#operation = operation;
    this.#session.call(commandOf(operation), timeoutMs, this.#done);
  }

  /** Takes a reply of a replica. */
  receive(from: NodeId, reply: ClientReply): void {
    this.#session.receive(from, reply);
  }
}
