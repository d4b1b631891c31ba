/** Many clients over one connection to each replica; for the lab and the load generator. */
import { type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import type { NodeId } from '../contract/ids.ts';
import type { ClientReply, ClientRequest } from '../ports.ts';
import { encodeRequests, forEachReply, fullBatchBytes, maxLine, type TakeReply } from './client-batches.ts';
import { sessionMethod } from './client-service.ts';
import { RedialledCall } from './redialled-call.ts';
import { atEndOfTurn } from './turn.ts';

/** How many requests may wait for a connection that takes no more, in bytes; more are turned away here. */
const maxWaitingBytes = 16 << 20;

/** Requests, and the line that each came from. */
interface Batch {
  readonly requests: readonly ClientRequest[];
  readonly lines: readonly number[];
}

type Call = ClientDuplexStream<Batch, Buffer>;

/** One client's way to the replicas and back. */
export interface ClientLine {
  /**
   * Sends a request with all others of this turn. Where no connection is up, or it takes no more, nothing is written and
   * the client gets `rejected`: that replica never saw the request. A request that was written on a connection which then
   * broke gets no reply at all.
   *
   * @param request - its id is at most 2^32 - 1
   */
  send(member: NodeId, request: ClientRequest): void;
}

export class ReplicaConnections {
  readonly #connections = new Map<NodeId, ReplicaConnection>();
  readonly #lines: Line[] = [];

  /** @param addresses - where the clients' API of each replica is dialled, `host:port` */
  constructor(addresses: Readonly<Record<NodeId, string>>) {
    for (const [member, address] of Object.entries(addresses)) {
      const take: TakeReply = (line, reply) => this.#lines[line]?.take(member, reply);
      this.#connections.set(member, new ReplicaConnection(address, take));
    }
  }

  /** Adds a client, whose replies go to `take`. Each comes in a later turn than the `send` that it answers. */
  addClient(take: (from: NodeId, reply: ClientReply) => void): ClientLine {
    const number = this.#lines.length;
    if (number > maxLine) throw new Error(`more than ${maxLine} clients`);
    const line = new Line(number, this.#connections, take);
    this.#lines.push(line);
    return line;
  }

  /** The replicas that can be reached now. */
  reachable(): NodeId[] {
    return [...this.#connections].filter(([, connection]) => connection.up).map(([member]) => member);
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }
}

class Line implements ClientLine {
  readonly #number: number;
  readonly #connections: ReadonlyMap<NodeId, ReplicaConnection>;
  readonly take: (from: NodeId, reply: ClientReply) => void;

  constructor(
    number: number,
    connections: ReadonlyMap<NodeId, ReplicaConnection>,
    take: (from: NodeId, reply: ClientReply) => void,
  ) {
    this.#number = number;
    this.#connections = connections;
    this.take = take;
  }

  send(member: NodeId, request: ClientRequest): void {
    if (this.#connections.get(member)?.take(this.#number, request)) return;
    setImmediate(() => this.take(member, { id: request.id, status: 'rejected' }));
  }
}

/** The connection to one replica. */
class ReplicaConnection {
  readonly #redialled: RedialledCall<Call>;
  readonly #take: TakeReply;
  readonly #flush = () => this.#writeAll();
  #call: Call | undefined;
  #writable = false;
  #waiting: ClientRequest[] = [];
  /** The lines of the waiting requests. */
  #lines: number[] = [];
  #waitingBytes = 0;
  #flushing = false;

  constructor(address: string, take: TakeReply) {
    this.#take = take;
    const encode = ({ requests, lines }: Batch) => encodeRequests(requests, lines);
    // Replies are decoded where they go, without a list of them in between.
    const decode = (bytes: Buffer) => bytes;
    this.#redialled = new RedialledCall<Call>({
      address,
      begin: (client) => client.makeBidiStreamRequest(sessionMethod.path, encode, decode, new Metadata()),
      onUp: (call) => this.#up(call),
      onDown: () => this.#down(),
    });
  }

  get up(): boolean {
    return this.#call !== undefined;
  }

  /** Sends it at the end of this turn; false where the request cannot be written now or soon. */
  take(line: number, request: ClientRequest): boolean {
    if (this.#call === undefined || this.#waitingBytes > maxWaitingBytes) return false;
    this.#waiting.push(request);
    this.#lines.push(line);
    this.#waitingBytes += request.command.length;
    if (!this.#flushing) {
      this.#flushing = true;
      atEndOfTurn(this.#flush);
    }
    return true;
  }

  close(): void {
    this.#call = undefined;
    this.#redialled.close();
  }

  #writeAll(): void {
    this.#flushing = false;
    while (this.#writable && this.#waiting.length > 0) {
      this.#writable = this.#call?.write(this.#takeBatch()) ?? false;
    }
  }

  #takeBatch(): Batch {
    let count = 0;
    let bytes = 0;
    for (const { command } of this.#waiting) {
      if (count > 0 && bytes + command.length > fullBatchBytes) break;
      bytes += command.length;
      count += 1;
    }
    this.#waitingBytes -= bytes;
    if (count < this.#waiting.length) {
      return { requests: this.#waiting.splice(0, count), lines: this.#lines.splice(0, count) };
    }
    return this.#takeAll();
  }

  #takeAll(): Batch {
    const all = { requests: this.#waiting, lines: this.#lines };
    this.#waiting = [];
    this.#lines = [];
    return all;
  }

  #up(call: Call): void {
    this.#call = call;
    this.#writable = true;
    call.on('drain', () => {
      if (this.#call !== call) return;
      this.#writable = true;
      this.#writeAll();
    });
    call.on('data', (bytes: Buffer) => {
      if (this.#call === call && !forEachReply(bytes, this.#take)) call.cancel();
    });
  }

  /** What was taken and not written is refused, for it was never sent; what was written may have been carried out. */
  #down(): void {
    this.#call = undefined;
    this.#writable = false;
    const { requests, lines } = this.#takeAll();
    this.#waitingBytes = 0;
    for (const [place, { id }] of requests.entries()) this.#take(lines[place] as number, { id, status: 'rejected' });
  }
}
