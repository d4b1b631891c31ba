/** The clients' API of a replica: batches of requests in, batches of replies out, everything bounded. */
import { Metadata, type Server, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { ClientId } from '../contract/ids.ts';
import type { ClientPort, ClientReply, ClientRequest } from '../ports.ts';
import { fullBatchBytes, replyBytes } from './client-batches.ts';
import { badRequests, callMethod, sessionMethod } from './client-service.ts';
import { createServer, listen, shutDown } from './grpc.ts';
import { type RequestObserver, Samples } from './request-samples.ts';
import { atEndOfTurn } from './turn.ts';
import { UnaryCalls } from './unary-calls.ts';

const maxStreams = 256;
/** How many requests of one stream may wait for a reply; more are turned away. */
const maxUnderWay = 100_000;
/** A request that found no reply in this time, in milliseconds, is taken for forgotten and counts no more. */
const forgetMs = 10_000;
/** All requests that come one to a call are this client's. */
const unaryClient: ClientId = 'unary';
/** How many replies may wait for a client that does not read; then its stream is ended. */
const maxUnread = 200_000;

type Call = ServerDuplexStream<readonly ClientRequest[], readonly ClientReply[]>;

interface Stream {
  readonly id: ClientId;
  readonly call: Call;
  readonly samples: Samples;
  /** Requests taken less replies given since the last `forgetMs` began; late replies may take it below 0. */
  underWay: number;
  unsent: ClientReply[];
  writable: boolean;
  queued: boolean;
}

export interface ClientServerOptions {
  readonly onRequest: (client: ClientId, request: ClientRequest) => void;
  readonly observer: RequestObserver;
}

export class ClientServer implements ClientPort {
  readonly #options: ClientServerOptions;
  readonly #server: Server = createServer();
  readonly #streams = new Map<ClientId, Stream>();
  readonly #calls: UnaryCalls;
  #unflushed: Stream[] = [];
  #lastStream = 0;
  #forgetting: NodeJS.Timeout | undefined;

  constructor(options: ClientServerOptions) {
    this.#options = options;
    this.#calls = new UnaryCalls((request) => options.onRequest(unaryClient, request));
    this.#server.addService({ Session: sessionMethod }, { Session: (call: Call) => this.#accept(call) });
  }

  /** Takes clients; gives the address that was bound. */
  async open(address: string): Promise<string> {
    const bound = await listen(this.#server, address, { path: callMethod.path, handle: this.#calls.handle });
    this.#forgetting = setInterval(() => {
      for (const stream of this.#streams.values()) stream.underWay = 0;
      this.#calls.forget(forgetMs);
    }, forgetMs);
    return bound;
  }

  /** All replies of one turn go out together. A client that is gone gets none. */
  reply(client: ClientId, reply: ClientReply): void {
    if (client === unaryClient) {
      this.#calls.reply(reply);
      return;
    }
    const stream = this.#streams.get(client);
    if (stream === undefined) return;
    stream.underWay -= 1;
    stream.unsent.push(reply);
    if (stream.queued) return;
    stream.queued = true;
    if (this.#unflushed.length === 0) atEndOfTurn(() => this.#flush());
    this.#unflushed.push(stream);
  }

  close(): void {
    clearInterval(this.#forgetting);
    for (const { call } of this.#streams.values()) call.end();
    this.#streams.clear();
    this.#calls.close();
    shutDown(this.#server);
  }

  #accept(call: Call): void {
    call.on('error', () => {});
    if (this.#streams.size >= maxStreams) {
      refuse(call, status.RESOURCE_EXHAUSTED, `more than ${maxStreams} streams`);
      return;
    }
    this.#lastStream += 1;
    const id: ClientId = `c${this.#lastStream}`;
    const samples = new Samples(this.#options.observer);
    const stream: Stream = { id, call, samples, underWay: 0, unsent: [], writable: true, queued: false };
    this.#streams.set(id, stream);
    call.on('data', (requests: readonly ClientRequest[]) => this.#take(stream, requests));
    call.on('drain', () => {
      stream.writable = true;
      this.#write(stream);
    });
    call.on('cancelled', () => this.#streams.delete(id));
    call.on('end', () => {
      this.#streams.delete(id);
      call.end();
    });
    call.sendMetadata(new Metadata());
  }

  #take(stream: Stream, requests: readonly ClientRequest[]): void {
    const { id } = stream;
    if (!this.#streams.has(id)) return;
    if (requests === badRequests) {
      this.#turnAway(stream, status.INVALID_ARGUMENT, 'a batch could not be decoded, or holds a command above 1 MiB');
      return;
    }
    stream.samples.began(requests);
    for (const request of requests) {
      stream.underWay += 1;
      if (stream.underWay > maxUnderWay) this.reply(id, { id: request.id, status: 'rejected' });
      else this.#options.onRequest(id, request);
    }
  }

  #flush(): void {
    const streams = this.#unflushed;
    this.#unflushed = [];
    for (const stream of streams) {
      stream.queued = false;
      this.#write(stream);
    }
  }

  #write(stream: Stream): void {
    if (stream.unsent.length === 0) return;
    if (!stream.writable) {
      if (stream.unsent.length <= maxUnread) return;
      this.#turnAway(stream, status.RESOURCE_EXHAUSTED, 'replies are not taken off');
      return;
    }
    const replies = stream.unsent;
    stream.unsent = [];
    stream.samples.ended(replies);
    for (const batch of batchesOf(replies)) stream.writable = stream.call.write(batch);
  }

  #turnAway(stream: Stream, code: status, details: string): void {
    this.#streams.delete(stream.id);
    stream.unsent = [];
    refuse(stream.call, code, details);
  }
}

/** Parts replies so that no batch grows much above `fullBatchBytes`; nearly always there is one. */
function batchesOf(replies: readonly ClientReply[]): (readonly ClientReply[])[] {
  const batches: (readonly ClientReply[])[] = [];
  let start = 0;
  let bytes = 0;
  for (const [index, reply] of replies.entries()) {
    const size = replyBytes(reply);
    if (bytes > 0 && bytes + size > fullBatchBytes) {
      batches.push(replies.slice(start, index));
      start = index;
      bytes = 0;
    }
    bytes += size;
  }
  batches.push(start === 0 ? replies : replies.slice(start));
  return batches;
}

/** Ends a call with an error, which gRPC for Node takes as an event of the stream. */
function refuse(call: Call, code: status, details: string): void {
  call.emit('error', { code, details });
}
