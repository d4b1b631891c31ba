/** Our replicas with one operation a gRPC call, over the light client that peers are driven by, too. */
import { decodeReply, encodeRequest } from '../../../node/io/client-batches.ts';
import type { ClientRequest } from '../../../node/ports.ts';
import { loadProtocol } from '../../catalog.ts';
import type { BenchOperation, Driver, DriverDefinition, DriverSettings } from '../contracts.ts';
import { UnaryConnection } from '../http2/unary-connection.ts';
import { type Group, type GroupOptions, plainGroup, ReplicaClient, signingGroup } from '../replica-client.ts';

const path = '/splitbrain.v1.Client/Call';
/** As many as the driver of etcd has. */
const connectionsPerReplica = 4;

class UnaryDriver implements Driver {
  onDone: Driver['onDone'] = () => {};
  readonly #settings: DriverSettings;
  /** One session each: an operation is a call of its own. */
  #groups: Group[] = [];
  #clients: ReplicaClient[] = [];
  #connections = new Map<string, UnaryConnection[]>();

  constructor(settings: DriverSettings) {
    this.#settings = settings;
  }

  async open(): Promise<void> {
    const { endpoints, clients, protocol, clientKey } = this.#settings;
    const { client: policy } = await loadProtocol(protocol);
    const opened = Object.entries(endpoints).map(async ([member, address]) => {
      const connections = Array.from({ length: connectionsPerReplica }, () => UnaryConnection.open(address));
      this.#connections.set(member, await Promise.all(connections));
    });
    await Promise.all(opened);
    const members = Object.keys(endpoints);
    this.#groups = Array.from({ length: clients }, (_, number) => {
      const options: GroupOptions = { members, policy, send: (to, request) => this.#call(number, to, request) };
      return clientKey === undefined ? plainGroup(options) : signingGroup(clientKey, options, 1);
    });
    this.#clients = this.#groups
      .flatMap(({ sessions }) => sessions)
      .map((session, number) => new ReplicaClient(session, (outcome, value) => this.onDone(number, outcome, value)));
  }

  submit(client: number, operations: readonly BenchOperation[]): void {
    const operation = operations[0];
    if (operation !== undefined) this.#clients[client]?.call(operation, this.#settings.timeoutMs);
  }

  close(): void {
    for (const connections of this.#connections.values()) for (const connection of connections) connection.close();
  }

  #call(client: number, to: string, request: ClientRequest): void {
    const connections = this.#connections.get(to) ?? [];
    const connection = connections[client % connections.length];
    connection?.call(path, encodeRequest(request), (bytes) => {
      // Without a reply the client's own time-out decides: it may have been carried out.
      const reply = bytes === null ? null : decodeReply(bytes);
      if (reply !== null) this.#groups[client]?.receive(to, reply);
    });
  }
}

const definition: DriverDefinition = {
  summary: 'our replicas, one operation a gRPC call, over a light client',
  batching:
    'one operation a call, each signed where clients sign; calls of one turn of the event loop share a log entry and a sync',
  kinds: ['read', 'update', 'insert', 'read-modify-write', 'scan'],
  operationsPerCall: 1,
  create: (settings) => new UnaryDriver(settings),
};

export default definition;
