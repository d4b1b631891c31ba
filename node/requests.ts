/**
 * The clients' side of a replica: gathers requests into batches, knows who waits for what, and sends replies. Per command
 * there is one object that waits; each session has one seat for it.
 */
import { encodeBatch, peekCommand } from './machine/command.ts';
import type { Machine, ResultSink } from './machine/machine.ts';
import type { ClientPort, ClientRequest, Clock } from './ports.ts';
import type { ClientId, NodeId } from './protocol.ts';
import { Ring } from './ring.ts';

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
/** How many sessions may at least keep their seats; twice as many as there are sessions in most groups. */
const minSeats = 10_000;

type Access = ClientRequest['access'];

interface Waiter {
  readonly client: ClientId;
  readonly request: ClientRequest;
  /** What the result of a write comes under: the session, or the negated number of a client that registers. */
  readonly key: number;
  readonly sequence: number;
  /** What it was put into, once it was. */
  batch: Batch | undefined;
}

interface Batch {
  /** Among those of its kind. */
  readonly number: number;
  /** What the protocol knows it by: odd for writes, even for reads. */
  readonly id: number;
  readonly waiters: readonly Waiter[];
  /** How many of them have no reply yet. */
  unanswered: number;
}

/** Who waits for the result of a session's write: nobody most of the time, and one entry for all the times. */
interface Seat {
  waiter: Waiter | undefined;
}

interface PendingRead {
  readonly index: number;
  readonly waiters: readonly Waiter[];
}

/** Takes a batch to the protocol. */
export type Propose = (id: number, access: Access, payload: Uint8Array) => void;

export class Requests {
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
  /** Who waits for the result of a write, by its key. Sessions keep their seats: nothing is deleted on the hot path. */
  readonly #seats = new Map<number, Seat>();
  /** How many seats there may be until those that are empty go. */
  #maxSeats = minSeats;
  #waitingCount = 0;
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
    if (head === null || this.#waitingCount + write.length + read.length >= maxWaiting) {
      this.#clients.reply(client, { id: request.id, status: 'rejected' });
      return;
    }
    const { session } = head;
    const known = request.access === 'write' ? this.#machine.recall(session, head.sequence) : null;
    if (known !== null) {
      this.#clients.reply(client, { id: request.id, status: 'ok', result: known });
      return;
    }
    const registers = head.op === 'register';
    const [key, sequence] = registers ? [-session, 0] : [session, head.sequence];
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
      if (oldest !== undefined) for (const waiter of oldest.waiters) this.#stopWaiting(waiter);
      if (this.#seats.size > this.#maxSeats) this.#clearSeats();
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
    let seat = this.#seats.get(waiter.key);
    if (seat === undefined) {
      seat = { waiter: undefined };
      this.#seats.set(waiter.key, seat);
    }
    // An earlier try of the same command waits no more, but for a refusal of its batch.
    if (seat.waiter === undefined) this.#waitingCount += 1;
    seat.waiter = waiter;
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

  #clearSeats(): void {
    for (const [key, seat] of this.#seats) if (seat.waiter === undefined) this.#seats.delete(key);
    this.#maxSeats = Math.max(minSeats, 2 * this.#seats.size);
  }

  /** Forgets a waiter, unless a later try of the same command waits in its place. */
  #stopWaiting(waiter: Waiter): void {
    const seat = this.#seats.get(waiter.key);
    if (seat?.waiter === waiter) this.#empty(seat);
  }

  #empty(seat: Seat): void {
    seat.waiter = undefined;
    this.#waitingCount -= 1;
  }

  /** Takes the result of each applied command to whoever waits for it. */
  readonly onResult: ResultSink = (registers, session, sequence, result) => {
    const key = registers ? -session : session;
    const seat = this.#seats.get(key);
    const waiter = seat?.waiter;
    if (seat === undefined || waiter === undefined || waiter.sequence !== sequence) return;
    this.#empty(seat);
    this.#answered(waiter);
    this.#clients.reply(waiter.client, { id: waiter.request.id, status: 'ok', result });
  };

  #answered({ batch }: Waiter): void {
    if (batch === undefined) return;
    batch.unanswered -= 1;
    if (batch.unanswered === 0) this.#take(batch.id);
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
      this.#stopWaiting(waiter);
      const { client, request } = waiter;
      const reply = { id: request.id, status: 'rejected' } as const;
      this.#clients.reply(client, leader === undefined ? reply : { ...reply, leader });
    }
  }
}
