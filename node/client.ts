/**
 * A client of a replicated machine: finds the leader, keeps a session, and retries under the same sequence number, so that a
 * command is applied once. Whoever answers is believed: where replicas may be malicious, sessions turn to them through
 * `bundle-client.ts`. The protocol's `ClientPolicy` says whether reads are commands of the session. One operation at a time.
 */

import type { ClientPolicy } from './contract/definition.ts';
import type { NodeId } from './contract/ids.ts';
import { decodeResult, encodeOperation, isRead, type Operation, type Result } from './machine/command.ts';
import type { Cancel, ClientReply, ClientRequest, Clock, Random } from './ports.ts';

export interface ClientPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly send: (to: NodeId, request: ClientRequest) => void;
}

/** `failed`: certainly not applied. `unknown`: nobody knows. */
export type CallOutcome =
  | { readonly kind: 'answered'; readonly result: Result }
  | { readonly kind: 'failed' | 'unknown'; readonly error: string };

export type ClientCommand = Operation;

/** How long one replica has to answer before the next is asked, in milliseconds, where nothing else is said. */
const defaultAttemptTimeoutMs = 400;
/** The pause before another try when no replica knows a leader, in milliseconds. */
const retryPauseMs: readonly [number, number] = [15, 60];
/** After so many redirections in a row the client pauses: replicas may point at each other. */
const maxRedirects = 3;

/** Stands where there was none yet. */
const noRequest: ClientRequest = { id: 0, access: 'read', command: new Uint8Array(0) };

/** What happens at `#nextAtMs`, unless a reply comes first. */
type Next = 'nothing' | 'ask-another' | 'ask-again';

/**
 * The call under way stands in fields of the client, and not in an object of its own: a load generator makes a hundred
 * thousand calls a second, and what they leave behind is what costs most.
 */
export class SessionClient {
  readonly #ports: ClientPorts;
  readonly #members: readonly NodeId[];
  /** Reads go beside the log, and need no session. */
  readonly #readsBeside: boolean;
  readonly #attemptTimeoutMs: number;
  #session = 0;
  #sequence = 0;
  #lastRequest = 0;
  #contact: NodeId;

  /** Undefined while there is no call. */
  #command: ClientCommand | undefined;
  #done: (outcome: CallOutcome) => void = () => {};
  #deadlineMs = 0;
  #request: ClientRequest = noRequest;
  /** The id of the first attempt at what is asked now (the session, then the command). */
  #firstId = 0;
  /** Registering a session, before the command itself is sent. */
  #registers = false;
  /** Requests of the command itself that were sent and neither answered nor refused: each may be applied yet. */
  #unresolved = 0;
  #redirects = 0;

  #next: Next = 'nothing';
  #nextAtMs = 0;
  /** A wake-up that is set: for `#next`, or for an earlier one that is no longer wanted. */
  #alarm: { readonly atMs: number; readonly cancel: Cancel } | undefined;

  /**
   * @param attemptTimeoutMs - how long one replica has to answer before the next is asked; longer than answers take, or
   *   everything is sent twice
   */
  constructor(
    ports: ClientPorts,
    members: readonly NodeId[],
    { reads }: ClientPolicy,
    attemptTimeoutMs = defaultAttemptTimeoutMs,
  ) {
    this.#attemptTimeoutMs = attemptTimeoutMs;
    this.#ports = ports;
    this.#members = members;
    this.#readsBeside = reads === 'asked';
    this.#contact = this.#anyOther(undefined);
  }

  /** Carries out one command; calls `done` once, at the latest after `timeoutMs`. */
  call(command: ClientCommand, timeoutMs: number, done: (outcome: CallOutcome) => void): void {
    const nowMs = this.#ports.clock.now();
    const underSession = !this.#isBeside(command);
    this.#command = command;
    this.#done = done;
    this.#deadlineMs = nowMs + timeoutMs;
    this.#registers = underSession && this.#session === 0;
    this.#unresolved = 0;
    this.#redirects = 0;
    if (underSession) this.#sequence += 1;
    this.#ask(this.#registers ? this.#registration() : this.#requestOf(command), nowMs);
  }

  /** Takes a reply. Late and repeated ones are ignored. */
  receive(from: NodeId, reply: ClientReply): void {
    const { id } = this.#request;
    // An answer to an earlier attempt is an answer: where a round trip takes longer than an attempt, there is no other.
    if (this.#command === undefined || reply.id > id || reply.id < this.#firstId) return;
    if (reply.status === 'ok') this.#onAnswered(this.#command, reply.result);
    else if (reply.id === id) this.#onRejected(from, reply.leader);
  }

  #isBeside({ op }: ClientCommand): boolean {
    return this.#readsBeside && isRead(op);
  }

  #requestOf(command: ClientCommand): ClientRequest {
    const bytes = encodeOperation(command, this.#session, this.#sequence);
    return { id: this.#nextRequest(), access: this.#isBeside(command) ? 'read' : 'write', command: bytes };
  }

  #registration(): ClientRequest {
    const nonce = Math.floor(this.#ports.random.between(1, 2 ** 48));
    const command = encodeOperation({ op: 'register', key: '', a: null, b: null }, nonce, 0);
    return { id: this.#nextRequest(), access: 'write', command };
  }

  #nextRequest(): number {
    this.#lastRequest += 1;
    return this.#lastRequest;
  }

  #anyOther(not: NodeId | undefined): NodeId {
    const others = this.#members.filter((member) => member !== not);
    const index = Math.floor(this.#ports.random.between(0, others.length));
    return others[Math.min(index, others.length - 1)] ?? (this.#members[0] as NodeId);
  }

  /** The first attempt at something. */
  #ask(request: ClientRequest, nowMs: number): void {
    this.#request = request;
    this.#firstId = request.id;
    this.#attempt(nowMs);
  }

  #attempt(nowMs: number): void {
    const leftMs = this.#deadlineMs - nowMs;
    if (leftMs <= 0) {
      this.#giveUp();
      return;
    }
    this.#then('ask-another', nowMs, Math.min(this.#attemptTimeoutMs, leftMs));
    if (!this.#registers) this.#unresolved += 1;
    this.#ports.send(this.#contact, this.#request);
  }

  /** In place of what was to happen next. Replies nearly always come first, so an alarm is not set anew for each. */
  #then(next: Next, nowMs: number, delayMs: number): void {
    const atMs = nowMs + delayMs;
    this.#next = next;
    this.#nextAtMs = atMs;
    if (this.#alarm !== undefined && this.#alarm.atMs <= atMs) return;
    this.#alarm?.cancel();
    this.#setAlarm(atMs, delayMs);
  }

  #setAlarm(atMs: number, delayMs: number): void {
    this.#alarm = { atMs, cancel: this.#ports.clock.after(delayMs, () => this.#onAlarm()) };
  }

  #onAlarm(): void {
    this.#alarm = undefined;
    if (this.#next === 'nothing') return;
    const nowMs = this.#ports.clock.now();
    const leftMs = this.#nextAtMs - nowMs;
    // Clocks count in fractions that a timer does not know.
    if (leftMs > 0.001) {
      this.#setAlarm(this.#nextAtMs, leftMs);
      return;
    }
    const next = this.#next;
    this.#next = 'nothing';
    if (next === 'ask-another') this.#askAnother(nowMs);
    else this.#attempt(nowMs);
  }

  #askAnother(nowMs: number): void {
    this.#contact = this.#anyOther(this.#contact);
    this.#redirects = 0;
    // The same command under a new request id, so that a late refusal of the old attempt is not taken for this one's.
    this.#request = { ...this.#request, id: this.#nextRequest() };
    this.#attempt(nowMs);
  }

  #onRejected(from: NodeId, leader: NodeId | undefined): void {
    if (!this.#registers) this.#unresolved -= 1;
    const nowMs = this.#ports.clock.now();
    const known = leader !== undefined && leader !== from && this.#members.includes(leader);
    if (known && this.#redirects < maxRedirects) {
      this.#redirects += 1;
      this.#contact = leader;
      this.#attempt(nowMs);
      return;
    }
    this.#redirects = 0;
    this.#contact = this.#anyOther(from);
    const leftMs = Math.max(0, this.#deadlineMs - nowMs);
    this.#then('ask-again', nowMs, Math.min(this.#ports.random.between(...retryPauseMs), leftMs));
  }

  #onAnswered(command: ClientCommand, bytes: Uint8Array): void {
    const result = decodeResult(bytes);
    if (this.#registers && result.status === 'ok') {
      this.#onRegistered(command, Number(result.value));
      return;
    }
    if (result.status === 'expired') this.#finish({ kind: 'unknown', error: 'the session expired' });
    else this.#finish({ kind: 'answered', result });
  }

  #onRegistered(command: ClientCommand, session: number): void {
    if (!Number.isSafeInteger(session) || session < 1) {
      this.#finish({ kind: 'failed', error: 'what was given is no session' });
      return;
    }
    this.#session = session;
    this.#registers = false;
    this.#ask(this.#requestOf(command), this.#ports.clock.now());
  }

  #giveUp(): void {
    const reads = this.#command !== undefined && isRead(this.#command.op);
    const safe = !reads && this.#unresolved === 0;
    const outcome = safe
      ? ({ kind: 'failed', error: 'no replica took it up' } as const)
      : ({ kind: 'unknown', error: 'timed out' } as const);
    // A read of the session that is carried out late changes nothing, and the next command has another number. With a new
    // session each time, reads that take longer than a call would never come to an end behind their registrations.
    this.#finish(outcome, reads && !this.#readsBeside);
  }

  #finish(outcome: CallOutcome, keepsSession = false): void {
    this.#command = undefined;
    this.#next = 'nothing';
    // A command of unknown fate may be applied at any later time, under its sequence number: begin a new session.
    if (outcome.kind === 'unknown' && !keepsSession) {
      this.#session = 0;
      this.#sequence = 0;
    }
    this.#done(outcome);
  }
}
