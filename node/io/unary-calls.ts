/**
 * Requests that come one to a call, for clients in other languages and for tools: a call costs what a whole batch on a
 * stream costs. Bounded as streams are; a call that finds no reply in time is ended with DEADLINE_EXCEEDED.
 */
import { type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import type { ClientReply, ClientRequest } from '../ports.ts';
import { badRequest } from './client-service.ts';

/** How many calls may wait for a reply; more are turned away. */
const maxUnderWay = 100_000;

type Call = ServerUnaryCall<ClientRequest, ClientReply>;
type Answer = sendUnaryData<ClientReply>;

interface Waiting {
  /** The id that its client chose. */
  readonly id: number;
  readonly answer: Answer;
  readonly sinceMs: number;
}

export class UnaryCalls {
  readonly #onRequest: (request: ClientRequest) => void;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /** @param onRequest - takes each request, under an id of ours: clients do not know each other's */
  constructor(onRequest: (request: ClientRequest) => void) {
    this.#onRequest = onRequest;
  }

  readonly handle = (call: Call, answer: Answer): void => {
    const { request } = call;
    if (request === badRequest) {
      answer({ code: status.INVALID_ARGUMENT, details: 'the request could not be decoded, or is above 1 MiB' });
      return;
    }
    if (this.#waiting.size >= maxUnderWay) {
      answer({ code: status.RESOURCE_EXHAUSTED, details: `more than ${maxUnderWay} calls wait` });
      return;
    }
    this.#last += 1;
    const id = this.#last;
    this.#waiting.set(id, { id: request.id, answer, sinceMs: performance.now() });
    call.on('cancelled', () => this.#waiting.delete(id));
    this.#onRequest({ id, access: request.access, command: request.command });
  };

  reply(reply: ClientReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    waiting.answer(null, { ...reply, id: waiting.id });
  }

  /** Ends the calls that have waited for `ageMs`: nobody knows whether they were carried out. */
  forget(ageMs: number): void {
    const nowMs = performance.now();
    for (const [id, { answer, sinceMs }] of this.#waiting) {
      // In the order in which they came.
      if (nowMs - sinceMs < ageMs) return;
      this.#waiting.delete(id);
      answer({ code: status.DEADLINE_EXCEEDED, details: 'no reply in time; it may have been carried out' });
    }
  }
}
