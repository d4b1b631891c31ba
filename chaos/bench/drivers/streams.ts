/** Our replicas over their streams: one connection to each, with all clients behind it, as experiments use it. */
import { type CallOutcome, type ClientPorts, SessionClient } from '../../../node/client.ts';
import { systemClock, systemRandom } from '../../../node/io/clock.ts';
import { ReplicaConnections } from '../../../node/io/replica-connections.ts';
import type { ClientPolicy } from '../../../node/protocol.ts';
import { loadProtocol } from '../../catalog.ts';
import type { BenchOperation, Driver, DriverDefinition, DriverSettings, Outcome } from '../contracts.ts';
import { attemptTimeoutMs, commandOf, outcomeOf, readValue } from '../replica-operations.ts';

/** How long the connections have to come up, in milliseconds. */
const connectLimitMs = 10_000;
const random = systemRandom();

type TakeOutcome = (outcome: Outcome, value: string | null | undefined) => void;

/** One client: its operation under way, and its way to the replicas. */
class StreamClient {
  readonly #session: SessionClient;
  #operation: BenchOperation | undefined;
  readonly #done: (outcome: CallOutcome) => void;

  constructor(connections: ReplicaConnections, members: readonly string[], policy: ClientPolicy, onDone: TakeOutcome) {
    const line = connections.addClient((from, reply) => this.#session.receive(from, reply));
    const send: ClientPorts['send'] = (to, request) => line.send(to, request);
    this.#session = new SessionClient({ clock: systemClock, random, send }, members, policy, attemptTimeoutMs);
    this.#done = (outcome) => {
      if (this.#operation !== undefined) onDone(outcomeOf(outcome), readValue(this.#operation, outcome));
    };
  }

  call(operation: BenchOperation, timeoutMs: number): void {
    this.#operation = operation;
    this.#session.call(commandOf(operation), timeoutMs, this.#done);
  }
}

class StreamsDriver implements Driver {
  onDone: Driver['onDone'] = () => {};
  readonly #settings: DriverSettings;
  readonly #connections: ReplicaConnections;
  #clients: StreamClient[] = [];

  constructor(settings: DriverSettings) {
    this.#settings = settings;
    this.#connections = new ReplicaConnections(settings.endpoints);
  }

  async open(): Promise<void> {
    const { endpoints, clients, protocol } = this.#settings;
    const { client: policy } = await loadProtocol(protocol);
    const members = Object.keys(endpoints);
    this.#clients = Array.from({ length: clients }, (_, number) => {
      const onDone: TakeOutcome = (outcome, value) => this.onDone(number, outcome, value);
      return new StreamClient(this.#connections, members, policy, onDone);
    });
    await this.#connected(members.length);
  }

  submit(client: number, operations: readonly BenchOperation[]): void {
    const operation = operations[0];
    if (operation !== undefined) this.#clients[client]?.call(operation, this.#settings.timeoutMs);
  }

  close(): void {
    this.#connections.close();
  }

  async #connected(count: number): Promise<void> {
    const deadlineMs = performance.now() + connectLimitMs;
    while (this.#connections.reachable().length < count) {
      if (performance.now() > deadlineMs) {
        throw new Error(`only ${this.#connections.reachable().length} of ${count} replicas took a connection`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

const definition: DriverDefinition = {
  summary: 'our replicas over gRPC streams, as clients of experiments use them',
  batching:
    'one operation a request; all requests of one turn of the event loop share a message, a log entry and a sync',
  kinds: ['read', 'update', 'insert', 'read-modify-write', 'scan'],
  operationsPerCall: 1,
  create: (settings) => new StreamsDriver(settings),
};

export default definition;
