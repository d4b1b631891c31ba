/**
 * A client of a replicated machine: finds the leader, keeps a session, retries under the same sequence number (so that a
 * command is applied once), and takes an answer when enough replicas gave an equal one. The protocol's `ClientPolicy`
 * says where requests go and how many equal replies are enough. One operation at a time.
 */
import { type Command, decodeResult, encodeCommand, isRead, type Result } from './machine/command.ts';
import type { Cancel, ClientReply, ClientRequest, Clock, Random } from './ports.ts';
import type { ClientPolicy, NodeId } from './protocol.ts';

export interface ClientPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly send: (to: NodeId, request: ClientRequest) => void;
}

/** `failed`: certainly not applied. `unknown`: nobody knows. */
export type CallOutcome =
  | { readonly kind: 'answered'; readonly result: Result }
  | { readonly kind: 'failed' | 'unknown'; readonly error: string };

export type ClientCommand = Pick<Command, 'op' | 'key' | 'a' | 'b'>;

/** How long one replica has to answer before the next is asked, in milliseconds, where nothing else is said. */
const defaultAttemptTimeoutMs = 400;
/** The pause before another try when no replica knows a leader, in milliseconds. */
const retryPauseMs: readonly [number, number] = [15, 60];
/** After so many redirections in a row the client pauses: replicas may point at each other. */
const maxRedirects = 3;

interface Call {
  readonly command: ClientCommand;
  readonly deadlineMs: number;
  readonly done: (outcome: CallOutcome) => void;
  request: ClientRequest;
  /** The id of the first attempt at what is asked now (the session, then the command). */
  firstId: number;
  /** Registering a session, before the command itself is sent. */
  registers: boolean;
  /** Requests of the command itself that were sent and neither answered nor refused: each may be applied yet. */
  unresolved: number;
  redirects: number;
  /** Where several must agree: what each has said to this attempt. */
  readonly replies: Map<NodeId, Uint8Array> | undefined;
}

export class SessionClient {
  readonly #ports: ClientPorts;
  readonly #members: readonly NodeId[];
  readonly #policy: ClientPolicy;
  readonly #quorum: number;
  readonly #attemptTimeoutMs: number;
  #session = 0;
  #sequence = 0;
  #lastRequest = 0;
  #contact: NodeId;
  #call: Call | undefined;
  /** What happens next without a reply; undefined where nothing does. */
  #next: { readonly atMs: number; readonly run: () => void } | undefined;
  /** A wake-up that is set: for `#next`, or for an earlier one that is no longer wanted. */
  #alarm: { readonly atMs: number; readonly cancel: Cancel } | undefined;

  /**
   * @param attemptTimeoutMs - how long one replica has to answer before the next is asked; longer than answers take, or
   *   everything is sent twice
   */
  constructor(
    ports: ClientPorts,
    members: readonly NodeId[],
    policy: ClientPolicy,
    attemptTimeoutMs = defaultAttemptTimeoutMs,
  ) {
    this.#attemptTimeoutMs = attemptTimeoutMs;
    this.#ports = ports;
    this.#members = members;
    this.#policy = policy;
    this.#quorum = policy.replyQuorum(members.length);
    this.#contact = this.#anyOther(undefined);
  }

  /** Carries out one command; calls `done` once, at the latest after `timeoutMs`. */
  call(command: ClientCommand, timeoutMs: number, done: (outcome: CallOutcome) => void): void {
    const reads = isRead(command.op);
    const deadlineMs = this.#ports.clock.now() + timeoutMs;
    const registers = !reads && this.#session === 0;
    if (!reads) this.#sequence += 1;
    const request = registers ? this.#registration() : this.#requestOf(command);
    const firstId = request.id;
    this.#call = {
      command,
      deadlineMs,
      done,
      request,
      firstId,
      registers,
      unresolved: 0,
      redirects: 0,
      replies: this.#quorum === 1 ? undefined : new Map(),
    };
    this.#attempt(this.#call);
  }

  /** Takes a reply. Late and repeated ones are ignored. */
  receive(from: NodeId, reply: ClientReply): void {
    const call = this.#call;
    if (call === undefined || reply.id > call.request.id) return;
    // One replica's answer to an earlier attempt is an answer: where a round trip takes longer than an attempt, there is
    // no other. Where several must agree, only what they say to the same attempt is compared.
    if (reply.id < (this.#quorum === 1 ? call.firstId : call.request.id)) return;
    if (reply.status === 'ok') this.#onAnswered(call, from, reply.result);
    else if (reply.id === call.request.id) this.#onRejected(call, from, reply.leader);
  }

  #requestOf({ op, key, a, b }: ClientCommand): ClientRequest {
    const command = encodeCommand({ op, key, a, b, session: this.#session, sequence: this.#sequence });
    return { id: this.#nextRequest(), access: isRead(op) ? 'read' : 'write', command };
  }

  #registration(): ClientRequest {
    const nonce = Math.floor(this.#ports.random.between(1, 2 ** 48));
    const command = encodeCommand({ op: 'register', session: nonce, sequence: 0, key: '', a: null, b: null });
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

  #attempt(call: Call): void {
    const leftMs = call.deadlineMs - this.#ports.clock.now();
    if (leftMs <= 0) {
      this.#giveUp(call);
      return;
    }
    const to = this.#policy.contact === 'all' ? this.#members : [this.#contact];
    if (!call.registers) call.unresolved += to.length;
    this.#wake(Math.min(this.#attemptTimeoutMs, leftMs), () => this.#onAttemptTimeout(call));
    for (const member of to) this.#ports.send(member, call.request);
  }

  /** In place of what was to happen next. Replies nearly always come first, so an alarm is not set anew for each. */
  #wake(delayMs: number, run: () => void): void {
    const atMs = this.#ports.clock.now() + delayMs;
    this.#next = { atMs, run };
    if (this.#alarm !== undefined && this.#alarm.atMs <= atMs) return;
    this.#alarm?.cancel();
    this.#setAlarm(atMs, delayMs);
  }

  #setAlarm(atMs: number, delayMs: number): void {
    this.#alarm = { atMs, cancel: this.#ports.clock.after(delayMs, () => this.#onAlarm()) };
  }

  #onAlarm(): void {
    this.#alarm = undefined;
    if (this.#next === undefined) return;
    const { atMs, run } = this.#next;
    const leftMs = atMs - this.#ports.clock.now();
    // Clocks count in fractions that a timer does not know.
    if (leftMs > 0.001) {
      this.#setAlarm(atMs, leftMs);
      return;
    }
    this.#next = undefined;
    run();
  }

  #onAttemptTimeout(call: Call): void {
    if (this.#call !== call) return;
    this.#contact = this.#anyOther(this.#contact);
    call.redirects = 0;
    // The same command under a new request id, so that a late refusal of the old attempt is not taken for this one's.
    call.request = { ...call.request, id: this.#nextRequest() };
    call.replies?.clear();
    this.#attempt(call);
  }

  #onRejected(call: Call, from: NodeId, leader: NodeId | undefined): void {
    if (!call.registers) call.unresolved -= 1;
    if (this.#policy.contact === 'all') return;
    const known = leader !== undefined && leader !== from && this.#members.includes(leader);
    if (known && call.redirects < maxRedirects) {
      call.redirects += 1;
      this.#contact = leader;
      this.#attempt(call);
      return;
    }
    call.redirects = 0;
    this.#contact = this.#anyOther(from);
    const leftMs = Math.max(0, call.deadlineMs - this.#ports.clock.now());
    this.#wake(Math.min(this.#ports.random.between(...retryPauseMs), leftMs), () => {
      if (this.#call === call) this.#attempt(call);
    });
  }

  #onAnswered(call: Call, from: NodeId, bytes: Uint8Array): void {
    if (call.replies !== undefined && this.#agreeing(call.replies.set(from, bytes), bytes) < this.#quorum) return;
    const result = decodeResult(bytes);
    if (call.registers && result.status === 'ok') {
      this.#session = Number(result.value);
      call.registers = false;
      call.request = this.#requestOf(call.command);
      call.firstId = call.request.id;
      call.replies?.clear();
      this.#attempt(call);
      return;
    }
    if (result.status === 'expired') this.#finish(call, { kind: 'unknown', error: 'the session expired' });
    else this.#finish(call, { kind: 'answered', result });
  }

  #agreeing(replies: ReadonlyMap<NodeId, Uint8Array>, bytes: Uint8Array): number {
    let equal = 0;
    for (const other of replies.values()) if (Buffer.compare(other, bytes) === 0) equal += 1;
    return equal;
  }

  #giveUp(call: Call): void {
    const error = 'timed out';
    const safe = !isRead(call.command.op) && call.unresolved === 0;
    this.#finish(call, safe ? { kind: 'failed', error: 'no replica took it up' } : { kind: 'unknown', error });
  }

  #finish(call: Call, outcome: CallOutcome): void {
    this.#call = undefined;
    this.#next = undefined;
    // A command of unknown fate may be applied at any later time, under its sequence number: begin a new session.
    if (outcome.kind === 'unknown') {
      this.#session = 0;
      this.#sequence = 0;
    }
    call.done(outcome);
  }
}
