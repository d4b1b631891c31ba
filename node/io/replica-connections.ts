/**
 * Many clients over one connection to each replica; for the lab and the load generator. A `SessionClient` sends with
 * `(to, request) => connections.send(to, name, request)`, and its `receive` takes what `listen` brings.
 */
import { type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import type { ClientReply, ClientRequest } from '../ports.ts';
import type { ClientId, NodeId } from '../protocol.ts';
import { fullBatchBytes } from './client-batches.ts';
import { badReplies, sessionMethod } from './client-service.ts';
import { RedialledCall } from './redialled-call.ts';
import { atEndOfTurn } from './turn.ts';

/** How many requests may wait for a connection that takes no more, in bytes; more are turned away here. */
const maxWaitingBytes = 16 << 20;
const idsPerClient = 2 ** 32;
const maxClients = 2 ** 21;

type Call = ClientDuplexStream<readonly ClientRequest[], readonly ClientReply[]>;

/** Takes a reply to one client. */
export type TakeReply = (from: NodeId, reply: ClientReply) => void;

interface Listener {
  readonly number: number;
  take: TakeReply;
}

export class ReplicaConnections {
  readonly #connections = new Map<NodeId, ReplicaConnection>();
  readonly #listeners = new Map<ClientId, Listener>();
  readonly #byNumber: Listener[] = [];
  #unflushed: ReplicaConnection[] = [];

  /** @param addresses - where the clients' API of each replica is dialled, `host:port` */
  constructor(addresses: Readonly<Record<NodeId, string>>) {
    for (const [member, address] of Object.entries(addresses)) {
      const take = (reply: ClientReply) => this.#route(member, reply);
      this.#connections.set(member, new ReplicaConnection(address, take));
    }
  }

  /** Replies to `client` go to `take` from now on. Each comes in a later turn than the `send` that it answers. */
  listen(client: ClientId, take: TakeReply): void {
    this.#listenerOf(client).take = take;
  }

  /**
   * Sends a request with all others of this turn. Where no connection is up, or it takes no more, nothing is written
   * and the client gets `rejected`: that replica never saw the request. A request that was written on a connection
   * which then broke gets no reply at all.
   *
   * @param request - its id is at most 2^32 - 1
   */
  send(member: NodeId, client: ClientId, request: ClientRequest): void {
    const connection = this.#connections.get(member);
    const listener = this.#listenerOf(client);
    const { id, access, command } = request;
    if (!connection?.take({ id: listener.number * idsPerClient + id, access, command })) {
      setImmediate(() => listener.take(member, { id, status: 'rejected' }));
      return;
    }
    if (this.#unflushed.length === 0) atEndOfTurn(() => this.#flush());
    this.#unflushed.push(connection);
  }

  /** The replicas that can be reached now. */
  reachable(): NodeId[] {
    return [...this.#connections].filter(([, connection]) => connection.up).map(([member]) => member);
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  #listenerOf(client: ClientId): Listener {
    let listener = this.#listeners.get(client);
    if (listener === undefined) {
      const number = this.#byNumber.length;
      if (number >= maxClients) throw new Error(`more than ${maxClients} clients`);
      listener = { number, take: () => {} };
      this.#listeners.set(client, listener);
      this.#byNumber.push(listener);
    }
    return listener;
  }

  #route(member: NodeId, reply: ClientReply): void {
    const id = reply.id % idsPerClient;
    // Not `{ ...reply, id }`, which copies field by field: this is done once for each operation.
    const own = reply.status === 'ok' ? { id, status: reply.status, result: reply.result } : { ...reply, id };
    this.#byNumber[Math.floor(reply.id / idsPerClient)]?.take(member, own);
  }

  #flush(): void {
    const connections = this.#unflushed;
    this.#unflushed = [];
    for (const connection of connections) connection.flush();
  }
}

/** The connection to one replica. */
class ReplicaConnection {
  readonly #redialled: RedialledCall<Call>;
  readonly #take: (reply: ClientReply) => void;
  #call: Call | undefined;
  #writable = false;
  #waiting: ClientRequest[] = [];
  #waitingBytes = 0;

  constructor(address: string, take: (reply: ClientReply) => void) {
    this.#take = take;
    const { path, requestSerialize, responseDeserialize } = sessionMethod;
    this.#redialled = new RedialledCall<Call>({
      address,
      begin: (client) => client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata()),
      onUp: (call) => this.#up(call),
      onDown: () => this.#down(),
    });
  }

  get up(): boolean {
    return this.#call !== undefined;
  }

  /** False where the request cannot be written now or soon. */
  take(request: ClientRequest): boolean {
    if (this.#call === undefined || this.#waitingBytes > maxWaitingBytes) return false;
    this.#waiting.push(request);
    this.#waitingBytes += request.command.length;
    return true;
  }

  flush(): void {
    while (this.#writable && this.#waiting.length > 0) {
      this.#writable = this.#call?.write(this.#takeBatch()) ?? false;
    }
  }

  close(): void {
    this.#call = undefined;
    this.#redialled.close();
  }

  #takeBatch(): ClientRequest[] {
    let count = 0;
    let bytes = 0;
    for (const { command } of this.#waiting) {
      if (count > 0 && bytes + command.length > fullBatchBytes) break;
      bytes += command.length;
      count += 1;
    }
    this.#waitingBytes -= bytes;
    if (count < this.#waiting.length) return this.#waiting.splice(0, count);
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }

  #up(call: Call): void {
    this.#call = call;
    this.#writable = true;
    call.on('drain', () => {
      if (this.#call !== call) return;
      this.#writable = true;
      this.flush();
    });
    call.on('data', (replies: readonly ClientReply[]) => {
      if (this.#call !== call) return;
      if (replies === badReplies) call.cancel();
      else for (const reply of replies) this.#take(reply);
    });
  }

  /** What was taken and not written is refused, for it was never sent; what was written may have been carried out. */
  #down(): void {
    this.#call = undefined;
    this.#writable = false;
    const refused = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { id } of refused) this.#take({ id, status: 'rejected' });
  }
}
