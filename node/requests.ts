/**
 * The clients' side of a replica: gathers requests into batches, knows who waits for what, and sends replies. Each try of a
 * command is proposed anew: the one before may be lost with the leader that took it. Where clients sign, see `bundle-desk.ts`.
 */
import type { ClientDesk, Propose } from './client-desk.ts';
import type { ClientId, NodeId } from './contract/ids.ts';
import { encodeBatch, peekCommand } from './machine/command.ts';
import type { Machine, ResultSink } from './machine/machine.ts';
import type { ClientPort, ClientRequest, Clock } from './ports.ts';
import { Ring } from './ring.ts';
import { type Batch, Seats, type Waiter } from './seats.ts';

/**
 * The most commands that become one batch. What waits behind it goes in the next turn: with a thousand clients in one batch
 * clients, leader and followers would work in turns, and not at the same time.
 */
const maxBatchCommands = 384;
/** The most bytes of commands that become one batch. */
const maxBatchBytes = 4 << 20;
/** How many batches may be on their way; the oldest is forgotten past that (its clients time out and try again). */
const maxBatchesUnderWay = 1024;
/** How many clients may wait; more are turned away. */
const maxWaiting = 200_000;

type Access = ClientRequest['access'];

interface PendingRead {
  readonly index: number;
  readonly waiters: readonly Waiter[];
}

export class Requests implements ClientDesk {
  readonly #machine: Machine;
  readonly #clients: ClientPort;
  readonly #clock: Clock;
  readonly #propose: Propose;

  #gathered: Record<Access, Waiter[]> = { write: [], read: [] };
  #flushing = false;
  /**
   * Those of which somebody waits for a reply yet. Writes and reads each in a ring of their own: reads may pass a write by
   * the thousand while a disk is slow.
   */
  readonly #batches: Readonly<Record<Access, Ring<Batch>>> = {
    write: new Ring(maxBatchesUnderWay),
    read: new Ring(maxBatchesUnderWay),
  };
  /** Who waits for the result of a write. */
  readonly #seats = new Seats();
  #reads: PendingRead[] = [];

  constructor(machine: Machine, clients: ClientPort, clock: Clock, propose: Propose) {
    this.#machine = machine;
    this.#clients = clients;
    this.#clock = clock;
    this.#propose = propose;
  }

  /** Takes a request. Those that arrive in the same turn become one batch. */
  take(client: ClientId, request: ClientRequest): void {
    const head = peekCommand(request.command);
    const { write, read } = this.#gathered;
    if (head === null || this.#seats.taken + write.length + read.length >= maxWaiting) {
      this.#clients.reply(client, { id: request.id, status: 'rejected' });
      return;
    }
    const { session } = head;
    const registers = head.op === 'register';
    const [key, sequence] = registers ? [-session, 0] : [session, head.sequence];
    const known = request.access === 'write' ? this.#machine.recall(key, sequence) : null;
    if (known !== null) {
      this.#clients.reply(client, { id: request.id, status: 'ok', result: known });
      return;
    }
    this.#gathered[request.access].push({ client, request, key, sequence, batch: undefined });
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#clock.soon(() => this.#flush());
  }

  /** One batch of each kind a turn: what it becomes goes out before the next is begun, and the others work meanwhile. */
  #flush(): void {
    this.#flushing = false;
    for (const access of ['write', 'read'] as const) {
      const waiters = this.#takeBatch(access);
      if (waiters.length === 0) continue;
      const batch = this.#batchOf(access, waiters);
      const oldest = this.#batches[access].put(batch);
      if (oldest !== undefined) this.#forget(oldest);
      this.#seats.tidy();
      if (access === 'write') for (const waiter of waiters) this.#await(waiter, batch);
      this.#propose(batch.id, access, encodeBatch(waiters.map((waiter) => waiter.request.command)));
    }
  }

  #batchOf(access: Access, waiters: readonly Waiter[]): Batch {
    const number = this.#batches[access].next();
    return { number, id: 2 * number - (access === 'write' ? 1 : 0), waiters, unanswered: waiters.length };
  }

  #await(waiter: Waiter, batch: Batch): void {
    waiter.batch = batch;
    // An earlier try of the same command waits no more, but for a refusal of its batch; nor does an earlier command.
    this.#seats.put(waiter);
  }

  #takeBatch(access: Access): Waiter[] {
    const gathered = this.#gathered[access];
    let bytes = 0;
    let count = 0;
    for (const { request } of gathered) {
      bytes += request.command.length;
      if (count === maxBatchCommands || (bytes > maxBatchBytes && count > 0)) break;
      count += 1;
    }
    if (count === gathered.length) {
      this.#gathered[access] = [];
      return gathered;
    }
    this.#flushSoon();
    return gathered.splice(0, count);
  }

  /** Removes a batch, and gives it; undefined where it is not kept any more. */
  #take(id: number): Batch | undefined {
    return this.#batches[id % 2 === 1 ? 'write' : 'read'].take(Math.ceil(id / 2));
  }

  #forget(batch: Batch): void {
    for (const waiter of batch.waiters) this.#seats.leave(waiter);
  }

  apply(index: number, payload: Uint8Array): void {
    this.#machine.apply(payload, this.onResult);
    this.serveReads(index);
  }

  /** Takes the result of each applied command to whoever waits for it. */
  readonly onResult: ResultSink = (registers, session, sequence, result) => {
    const waiter = this.#seats.take(registers ? -session : session, sequence);
    if (waiter === undefined) return;
    this.#answered(waiter);
    this.#clients.reply(waiter.client, { id: waiter.request.id, status: 'ok', result });
  };

  #answered({ batch }: Waiter): void {
    if (batch === undefined) return;
    batch.unanswered -= 1;
    if (batch.unanswered > 0) return;
    this.#take(batch.id);
  }

  /** Who waits for a write that was applied on the way to the state asks again. */
  onRestored(appliedIndex: number): void {
    this.serveReads(appliedIndex);
  }

  /** The read batch `id` may be answered once `index` is applied. */
  read(id: number, index: number, appliedIndex: number): void {
    const batch = this.#take(id);
    if (batch === undefined) return;
    this.#reads.push({ index, waiters: batch.waiters });
    this.serveReads(appliedIndex);
  }

  /** Answers the reads that waited for no more than `appliedIndex`. */
  serveReads(appliedIndex: number): void {
    if (this.#reads.length === 0) return;
    const later: PendingRead[] = [];
    for (const read of this.#reads) {
      if (read.index > appliedIndex) later.push(read);
      else for (const waiter of read.waiters) this.#answer(waiter);
    }
    this.#reads = later;
  }

  #answer({ client, request }: Waiter): void {
    this.#clients.reply(client, { id: request.id, status: 'ok', result: this.#machine.query(request.command) });
  }

  /** Tells the clients of a batch that it was not taken up. */
  reject(id: number, leader: NodeId | undefined): void {
    const batch = this.#take(id);
    if (batch === undefined) return;
    for (const waiter of batch.waiters) {
      this.#seats.leave(waiter);
      const { client, request } = waiter;
      const reply = { id: request.id, status: 'rejected' } as const;
      this.#clients.reply(client, leader === undefined ? reply : { ...reply, leader });
    }
  }
}
