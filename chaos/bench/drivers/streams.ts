/** Our replicas over their streams: one connection to each, with all clients behind it, as experiments use it. */
import type { ClientPorts } from '../../../node/client.ts';
import { ReplicaConnections } from '../../../node/io/replica-connections.ts';
import { loadProtocol } from '../../catalog.ts';
import type { BenchOperation, Driver, DriverDefinition, DriverSettings } from '../contracts.ts';
import { type Group, plainGroup, ReplicaClient, signingGroup } from '../replica-client.ts';

/** How long the connections have to come up, in milliseconds. */
const connectLimitMs = 10_000;

class StreamsDriver implements Driver {
  onDone: Driver['onDone'] = () => {};
  readonly #settings: DriverSettings;
  readonly #connections: ReplicaConnections;
  #clients: ReplicaClient[] = [];

  constructor(settings: DriverSettings) {
    this.#settings = settings;
    this.#connections = new ReplicaConnections(settings.endpoints);
  }

  async open(): Promise<void> {
    const { endpoints, clients, protocol, clientKey } = this.#settings;
    const { client: policy } = await loadProtocol(protocol);
    const members = Object.keys(endpoints);
    // Clients that sign do so together; those that do not have a way of their own each.
    const groups =
      clientKey === undefined
        ? Array.from({ length: clients }, () => this.#group((send) => plainGroup({ members, policy, send })))
        : [this.#group((send) => signingGroup(clientKey, { members, policy, send }, clients))];
    this.#clients = groups
      .flatMap(({ sessions }) => sessions)
      .map((session, number) => new ReplicaClient(session, (outcome, value) => this.onDone(number, outcome, value)));
    await this.#connected(members.length);
  }

  #group(create: (send: ClientPorts['send']) => Group): Group {
    const group = create((to, request) => line.send(to, request));
    const line = this.#connections.addClient((from, reply) => group.receive(from, reply));
    return group;
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
    'one operation a request, or all of one turn under one signature where clients sign; all requests of one turn of the event loop share a message, a log entry and a sync',
  kinds: ['read', 'update', 'insert', 'read-modify-write', 'scan'],
  operationsPerCall: 1,
  create: (settings) => new StreamsDriver(settings),
};

export default definition;
