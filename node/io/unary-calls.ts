/**
 * Requests that come one to a call, for clients in other languages and for tools: a call costs what a whole batch on a
 * stream costs. Bounded while they wait for replies; one that finds none in time is ended with DEADLINE_EXCEEDED.
 *
 * The deadline of a client is the client's to keep: once it has passed, the client cancels the call.
 */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import type { ClientReply, ClientRequest } from '../ports.ts';
import { Ring } from '../ring.ts';
import { decodeRequest, encodeReply } from './client-batches.ts';
import { answer, isGrpc, prefixBytes, type Refusal, RequestBody, refuse, refuseMediaType } from './grpc-unary.ts';

export interface UnaryLimits {
  /** How many calls may be under way; more are turned away. */
  readonly calls: number;
  /** How much of requests that are not there as a whole is kept, in bytes; a call that brings more is turned away. */
  readonly partialBytes: number;
}

const defaultLimits: UnaryLimits = { calls: 100_000, partialBytes: 256 << 20 };

const undecodable: Refusal = {
  code: status.INVALID_ARGUMENT,
  details: 'the request could not be decoded, or is above 1 MiB',
};
const incomplete: Refusal = { code: status.DEADLINE_EXCEEDED, details: 'the request did not come in time' };
const unanswered: Refusal = {
  code: status.DEADLINE_EXCEEDED,
  details: 'no reply in time; it may have been carried out',
};
const ended: Refusal = { code: status.UNAVAILABLE, details: 'the replica has ended; it may have been carried out' };

class Call {
  /** Its id among ours: clients do not know each other's. */
  readonly number: number;
  readonly stream: ServerHttp2Stream;
  readonly sinceMs = performance.now();
  /** Null once the request is there as a whole. */
  body: RequestBody | null = new RequestBody();
  /** The id that its client chose. */
  id = 0;

  constructor(number: number, stream: ServerHttp2Stream) {
    this.number = number;
    this.stream = stream;
  }
}

export class UnaryCalls {
  readonly #onRequest: (request: ClientRequest) => void;
  readonly #limits: UnaryLimits;
  /** The calls that are under way. */
  readonly #calls: Ring<Call>;
  #partialBytes = 0;

  /** @param onRequest - takes each request, under an id of ours */
  constructor(onRequest: (request: ClientRequest) => void, limits = defaultLimits) {
    this.#onRequest = onRequest;
    this.#limits = limits;
    // At least every other place is free.
    this.#calls = new Ring(2 * limits.calls);
  }

  get underWay(): number {
    return this.#calls.count;
  }

  /** Takes the stream of one call. */
  readonly handle = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    // Headers and a reset may come together.
    if (stream.closed) return;
    if (!isGrpc(headers)) {
      refuseMediaType(stream);
      return;
    }
    if (this.#calls.count >= this.#limits.calls) {
      refuse(stream, exhausted(`more than ${this.#limits.calls} calls wait`));
      return;
    }
    const call = new Call(this.#calls.nextFree(), stream);
    this.#calls.put(call);
    stream.on('data', (chunk: Buffer) => this.#take(call, chunk));
    stream.on('end', () => this.#ask(call));
    stream.on('aborted', () => this.#drop(call));
  };

  reply(reply: ClientReply): void {
    const call = this.#calls.take(reply.id);
    if (call !== undefined) answer(call.stream, encodeReply(reply, call.id, prefixBytes));
  }

  /** Ends the calls that came `ageMs` ago or before: nobody knows whether they were carried out. */
  forget(ageMs: number): void {
    const nowMs = performance.now();
    for (const call of this.#calls.items()) {
      if (nowMs - call.sinceMs >= ageMs) this.#refuse(call, call.body === null ? unanswered : incomplete);
    }
  }

  /** Ends all calls: the replica does. */
  close(): void {
    for (const call of this.#calls.items()) this.#refuse(call, ended);
  }

  #take(call: Call, chunk: Buffer): void {
    const { body } = call;
    // What comes after a refusal.
    if (body === null) return;
    const heldBytes = body.heldBytes;
    const refusal = body.take(chunk);
    this.#partialBytes += body.heldBytes - heldBytes;
    if (refusal !== null) this.#refuse(call, refusal);
    else if (this.#partialBytes > this.#limits.partialBytes) {
      this.#refuse(call, exhausted(`more than ${this.#limits.partialBytes} bytes wait for the rest of their requests`));
    }
  }

  #ask(call: Call): void {
    if (call.body === null) return;
    const message = call.body.end();
    this.#release(call);
    if ('code' in message) {
      this.#refuse(call, message);
      return;
    }
    const request = decodeRequest(message);
    if (request === null) {
      this.#refuse(call, undecodable);
      return;
    }
    call.id = request.id;
    this.#onRequest({ id: call.number, access: request.access, command: request.command });
  }

  #refuse(call: Call, refusal: Refusal): void {
    this.#drop(call);
    refuse(call.stream, refusal);
  }

  #drop(call: Call): void {
    this.#calls.take(call.number);
    this.#release(call);
  }

  #release(call: Call): void {
    if (call.body === null) return;
    this.#partialBytes -= call.body.heldBytes;
    call.body = null;
  }
}

function exhausted(details: string): Refusal {
  return { code: status.RESOURCE_EXHAUSTED, details };
}
