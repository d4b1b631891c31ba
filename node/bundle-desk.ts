/**
 * The clients' side of a replica whose clients sign: takes bundles, proposes them whole, and answers each with the results of all
 * its commands. Every replica keeps what it was asked until it is done, whoever proposes it. With quorum reads a bundle may also
 * ask beside the log: it is answered from the present state, at once, and nothing is kept of it.
 *
 * What is said of a bundle is what became of it where it stands first in the log, so that honest replicas say the same: carried
 * out again, a registration would give another session, and a command that its session has left behind would give no result.
 */
import { Answers } from './answers.ts';
import { type Bundle, bundleKey, decodeBundles, encodeDated, maxBundlesBytes } from './bundle.ts';
import type { ClientDesk, DeskRules, Propose, Settle } from './client-desk.ts';
import type { ClientId, NodeId } from './contract/ids.ts';
import { countFitting, joined } from './joined.ts';
import { decodeBatch, encodeBatch, headsIn } from './machine/command.ts';
import type { Machine } from './machine/machine.ts';
import type { ClientPort, ClientReply, ClientRequest, Clock } from './ports.ts';
import { Ring } from './ring.ts';

/** How many batches may be on their way; the oldest is forgotten past that (its clients time out and try again). */
const maxBatchesUnderWay = 1024;
/** How many bundles may wait; more are turned away. */
const maxWaiting = 20_000;
/**
 * The most bytes of results that a bundle beside the log is answered with, but for a single one that is longer: a reply must not
 * be longer than clients take (`maxBatchBytes` of the clients' API).
 */
const maxReadBytes = 3 << 20;

/** How many requests for one bundle are answered. */
const maxAsking = 4;

/** The way back to whoever asked. */
interface Asking {
  readonly client: ClientId;
  readonly id: number;
}

/** A bundle that is to be answered. */
interface Waiting {
  /** The last that was asked for it. Anybody can repeat a bundle, and must not take the reply from whoever asked before. */
  readonly asking: Asking[];
  readonly key: string;
  readonly bundle: Bundle;
  readonly bytes: Uint8Array;
  batch: Batch | undefined;
}

interface Batch {
  readonly number: number;
  readonly waiting: readonly Waiting[];
  unanswered: number;
}

export interface BundleDeskOptions {
  readonly machine: Machine;
  readonly clients: ClientPort;
  readonly clock: Clock;
  /** Whether a request is what a client of the run has signed. */
  readonly isGenuine: (payload: Uint8Array) => boolean;
  /** Whether reads are answered beside the log. */
  readonly quorumReads: boolean;
  readonly rules: DeskRules;
  readonly propose: Propose;
  readonly settle: Settle;
}

export class BundleDesk implements ClientDesk {
  readonly #options: BundleDeskOptions;
  #gathered: Waiting[] = [];
  #flushing = false;
  readonly #waiting = new Map<string, Waiting>();
  readonly #batches = new Ring<Batch>(maxBatchesUnderWay);
  readonly #answers = new Answers();

  constructor(options: BundleDeskOptions) {
    this.#options = options;
  }

  take(client: ClientId, { id, access, command }: ClientRequest): void {
    const { clients, isGenuine, quorumReads } = this.#options;
    const isOffered = access === 'write' || quorumReads;
    // First of all: what stands in a bundle is nothing before its signature is verified.
    const [bundle, more] = isOffered && isGenuine(command) ? (decodeBundles(command) ?? []) : [];
    if (bundle === undefined || more !== undefined) {
      clients.reply(client, { id, status: 'rejected' });
      return;
    }
    if (access === 'read') {
      const result = this.#stateOf(bundle);
      clients.reply(client, result === null ? { id, status: 'rejected' } : { id, status: 'ok', result });
      return;
    }
    const key = bundleKey(bundle);
    const known = this.#knownAnswer(key, bundle);
    if (known !== null) clients.reply(client, { id, status: 'ok', result: known });
    else this.#await({ asking: [{ client, id }], key, bundle, bytes: command, batch: undefined });
  }

  /** What the present state says to reads; null where that is too much. Other commands are malformed here. */
  #stateOf({ commands }: Bundle): Uint8Array | null {
    const answers: Uint8Array[] = [];
    let bytes = 0;
    for (const command of decodeBatch(commands) ?? []) {
      const answer = encodeDated(this.#options.machine.datedQuery(command));
      bytes += answer.length;
      if (bytes > maxReadBytes && answers.length > 0) return null;
      answers.push(answer);
    }
    return encodeBatch(answers);
  }

  /** What can be said of a bundle without having it decided: all that was asked is done, or comes too late. */
  #knownAnswer(key: string, { client, commands }: Bundle): Uint8Array | null {
    const kept = this.#answers.get(key);
    if (kept !== undefined) return kept;
    if (!this.#options.rules.answersForOthers) return null;
    const results: Uint8Array[] = [];
    for (const { op, session, sequence } of headsIn(commands)) {
      const result = op === 'register' ? null : this.#options.machine.settledResult(session, sequence, client);
      // Nearly always the first one: what is asked is new.
      if (result === null) return null;
      results.push(result);
    }
    return encodeBatch(results);
  }

  #await(waiting: Waiting): void {
    const present = this.#waiting.get(waiting.key);
    if (present !== undefined) {
      // Asked for again: only the way back is new.
      for (const each of waiting.asking) noteAsking(present, each);
      return;
    }
    if (this.#waiting.size >= maxWaiting) {
      this.#reply(waiting, (id) => ({ id, status: 'rejected' }));
      return;
    }
    this.#waiting.set(waiting.key, waiting);
    this.#gathered.push(waiting);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#options.clock.soon(() => this.#flush());
  }

  /** One batch a turn: what it becomes goes out before the next is begun. */
  #flush(): void {
    this.#flushing = false;
    // Some may have been decided since they came, through another replica.
    const waiting = this.#takeBatch().filter((each) => this.#waiting.get(each.key) === each);
    if (waiting.length === 0) return;
    const batch: Batch = { number: this.#batches.next(), waiting, unanswered: waiting.length };
    for (const each of waiting) each.batch = batch;
    const oldest = this.#batches.put(batch);
    if (oldest !== undefined) this.#forget(oldest);
    this.#options.propose(batch.number, 'write', joined(waiting.map(({ bytes }) => bytes)));
  }

  #takeBatch(): Waiting[] {
    const gathered = this.#gathered;
    const count = countFitting(gathered, maxBundlesBytes, ({ bytes }) => bytes.length);
    if (count === gathered.length) {
      this.#gathered = [];
      return gathered;
    }
    this.#flushSoon();
    return gathered.splice(0, count);
  }

  #forget(batch: Batch): void {
    for (const each of batch.waiting) if (this.#waiting.get(each.key) === each) this.#waiting.delete(each.key);
    this.#options.settle(batch.number);
  }

  apply(_index: number, payload: Uint8Array, learned: boolean): void {
    const answers = !learned || this.#options.rules.answersForOthers;
    // What is no bundles is decided by nobody who is honest; it would be nothing on all replicas alike.
    for (const bundle of decodeBundles(payload) ?? []) this.#carryOut(bundle, answers);
  }

  #carryOut(bundle: Bundle, answers: boolean): void {
    const results: Uint8Array[] = [];
    const sink = (_registers: boolean, _session: number, _sequence: number, result: Uint8Array) => {
      results.push(result);
    };
    this.#options.machine.apply(bundle.commands, sink, bundle.client);
    const key = bundleKey(bundle);
    const waiting = this.#waiting.get(key);
    const answer = answers ? this.#answers.keep(key, encodeBatch(results)) : undefined;
    if (waiting === undefined) return;
    if (answer === undefined) this.#leave(waiting);
    else this.#answer(waiting, answer);
  }

  #answer(waiting: Waiting, result: Uint8Array | null): void {
    this.#reply(waiting, (id) => (result === null ? { id, status: 'rejected' } : { id, status: 'ok', result }));
    this.#leave(waiting);
  }

  #reply({ asking }: Waiting, replyTo: (id: number) => ClientReply): void {
    for (const { client, id } of asking) this.#options.clients.reply(client, replyTo(id));
  }

  #leave({ key, batch }: Waiting): void {
    this.#waiting.delete(key);
    if (batch === undefined) return;
    batch.unanswered -= 1;
    if (batch.unanswered > 0) return;
    this.#batches.take(batch.number);
    this.#options.settle(batch.number);
  }

  reject(id: number, leader: NodeId | undefined): void {
    const batch = this.#batches.take(id);
    for (const waiting of batch?.waiting ?? []) {
      if (this.#waiting.get(waiting.key) !== waiting) continue;
      this.#waiting.delete(waiting.key);
      this.#reply(waiting, (id) => ({ id, status: 'rejected', ...(leader === undefined ? {} : { leader }) }));
    }
  }

  /** The protocol orders everything: what is read beside the log does not come to it. */
  read(): void {}

  /**
   * The state does not tell what session a registration was given, if it was: whoever waits for that asks again. Other bundles
   * go on waiting, unless all that they ask for is done.
   */
  onRestored(): void {
    for (const waiting of [...this.#waiting.values()]) {
      const known = this.#knownAnswer(waiting.key, waiting.bundle);
      if (known !== null || registers(waiting.bundle)) this.#answer(waiting, known);
    }
  }
}

/** Where there is no room its client's own first one goes: who repeats a bundle on one connection takes it from nobody else. */
function noteAsking({ asking }: Waiting, another: Asking): void {
  if (asking.length >= maxAsking) {
    const own = asking.findIndex(({ client }) => client === another.client);
    asking.splice(Math.max(0, own), 1);
  }
  asking.push(another);
}

function registers({ commands }: Bundle): boolean {
  for (const { op } of headsIn(commands)) if (op === 'register') return true;
  return false;
}
