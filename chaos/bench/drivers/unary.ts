/** Our replicas with one operation a gRPC call, over the light client that peers are driven by, too. */
import { SessionClient } from '../../../node/client.ts';
import { decodeReply, encodeRequest } from '../../../node/io/client-batches.ts';
import { systemClock, systemRandom } from '../../../node/io/clock.ts';
import type { ClientRequest } from '../../../node/ports.ts';
import { loadProtocol } from '../../catalog.ts';
import type { BenchOperation, Driver, DriverDefinition, DriverSettings } from '../contracts.ts';
import { UnaryConnection } from '../http2/unary-connection.ts';
import { attemptTimeoutMs, commandOf, outcomeOf, readValue } from '../replica-operations.ts';

const path = '/splitbrain.v1.Client/Call';
/** As many as the driver of etcd has. */
const connectionsPerReplica = 4;

class UnaryDriver implements Driver {
  onDone: Driver['onDone'] = () => {};
  readonly #settings: DriverSettings;
  #clients: SessionClient[] = [];
  #connections = new Map<string, UnaryConnection[]>();

  constructor(settings: DriverSettings) {
    this.#settings = settings;
  }

  async open(): Promise<void> {
    const { endpoints, clients, protocol } = this.#settings;
    const { client: policy } = await loadProtocol(protocol);
    const opened = Object.entries(endpoints).map(async ([member, address]) => {
      const connections = Array.from({ length: connectionsPerReplica }, () => UnaryConnection.open(address));
      this.#connections.set(member, await Promise.all(connections));
    });
    await Promise.all(opened);
    const ports = { clock: systemClock, random: systemRandom() };
    this.#clients = Array.from({ length: clients }, (_, number): SessionClient => {
      const send = (to: string, request: ClientRequest) => this.#call(number, to, request);
      return new SessionClient({ ...ports, send }, Object.keys(endpoints), policy, attemptTimeoutMs);
    });
  }

  submit(client: number, [operation]: readonly BenchOperation[]): void {
    if (operation === undefined) return;
    this.#clients[client]?.call(commandOf(operation), this.#settings.timeoutMs, (outcome) =>
      this.onDone(client, outcomeOf(outcome), readValue(operation, outcome)),
    );
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
      if (reply !== null) this.#clients[client]?.receive(to, reply);
    });
  }
}

const definition: DriverDefinition = {
  summary: 'our replicas, one operation a gRPC call, over a light client',
  batching: 'one operation a call; calls of one turn of the event loop share a log entry and a sync',
  kinds: ['read', 'update', 'insert', 'read-modify-write', 'scan'],
  operationsPerCall: 1,
  create: (settings) => new UnaryDriver(settings),
};

export default definition;
