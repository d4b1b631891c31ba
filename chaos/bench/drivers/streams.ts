/** Our replicas over their streams: one connection to each, with all clients behind it, as experiments use it. */
import { SessionClient } from '../../../node/client.ts';
import { systemClock, systemRandom } from '../../../node/io/clock.ts';
import { ReplicaConnections } from '../../../node/io/replica-connections.ts';
import { loadProtocol } from '../../catalog.ts';
import type { BenchOperation, Driver, DriverDefinition, DriverSettings } from '../contracts.ts';
import { attemptTimeoutMs, commandOf, outcomeOf, readValue } from '../replica-operations.ts';

/** How long the connections have to come up, in milliseconds. */
const connectLimitMs = 10_000;

class StreamsDriver implements Driver {
  onDone: Driver['onDone'] = () => {};
  readonly #settings: DriverSettings;
  readonly #connections: ReplicaConnections;
  #clients: SessionClient[] = [];

  constructor(settings: DriverSettings) {
    this.#settings = settings;
    this.#connections = new ReplicaConnections(settings.endpoints);
  }

  async open(): Promise<void> {
    const { endpoints, clients, protocol } = this.#settings;
    const { client: policy } = await loadProtocol(protocol);
    const members = Object.keys(endpoints);
    const random = systemRandom();
    this.#clients = Array.from({ length: clients }, (_, number) => {
      const name = `b${number}`;
      const send: ConstructorParameters<typeof SessionClient>[0]['send'] = (to, request) =>
        this.#connections.send(to, name, request);
      const session = new SessionClient({ clock: systemClock, random, send }, members, policy, attemptTimeoutMs);
      this.#connections.listen(name, (from, reply) => session.receive(from, reply));
      return session;
    });
    await this.#connected(members.length);
  }

  submit(client: number, [operation]: readonly BenchOperation[]): void {
    if (operation === undefined) return;
    this.#clients[client]?.call(commandOf(operation), this.#settings.timeoutMs, (outcome) =>
      this.onDone(client, outcomeOf(outcome), readValue(operation, outcome)),
    );
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
