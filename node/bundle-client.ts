/**
 * The clients of one process before a group whose replicas may be malicious. What their sessions ask for in one turn is signed
 * once and sent to every replica; a bundle is answered when enough replicas have said the same of all of it. Each session is
 * a client as any other (`client.ts`) that turns to one replica which may be believed: this group.
 */
import { encodeBundle } from './bundle.ts';
import { SessionClient } from './client.ts';
import { decodeBatch } from './machine/command.ts';
import type { ClientReply, ClientRequest, Clock, Random } from './ports.ts';
import type { ClientPolicy, Crypto, NodeId } from './protocol.ts';
import { Replies } from './replies.ts';

/** The most commands that one bundle holds; what is asked for beyond them in the same turn goes into more. */
const maxCommands = 384;
/** The most bytes of commands that one bundle holds, but for a command that is longer. */
const maxBytes = 256 * 1024;

/** How the sessions behind a bundle client behave. */
const sessionPolicy: ClientPolicy = { contact: 'leader', replyQuorum: () => 1, reads: 'ordered' };
/** What the group is called before its sessions. */
const group: NodeId = 'group';

export interface BundleClientOptions {
  /** Under which the replicas know the key; up to 64 characters of ASCII. */
  readonly name: string;
  readonly members: readonly NodeId[];
  /** How many equal replies make an answer. */
  readonly quorum: number;
  readonly crypto: Pick<Crypto, 'sign' | 'digest'>;
  readonly clock: Clock;
  readonly send: (to: NodeId, request: ClientRequest) => void;
}

/** What one session waits for: a seat of its own in one bundle after the other. */
interface Seat {
  readonly receive: (reply: ClientReply) => void;
  /** The last that was asked. */
  request: ClientRequest | undefined;
  /** Where that is; undefined before it is sent, and once it was answered. */
  open: Open | undefined;
  gathered: boolean;
}

/** A bundle that is not answered. */
interface Open {
  readonly request: ClientRequest;
  /** In the order of the commands. */
  readonly seats: readonly Seat[];
  /** How many of the sessions wait for it yet: some may have given up. */
  waiting: number;
  readonly replies: Replies;
}

export class BundleClient {
  readonly #options: BundleClientOptions;
  readonly #open = new Map<number, Open>();
  #gathered: Seat[] = [];
  /** Bundles that were sent and that sessions ask for again. */
  #again = new Set<Open>();
  #flushing = false;
  #last = 0;

  constructor(options: BundleClientOptions) {
    this.#options = options;
  }

  /** How many bundles wait for an answer. */
  get underWay(): number {
    return this.#open.size;
  }

  /** A session; one operation at a time. @param attemptTimeoutMs - see `SessionClient` */
  session(random: Random, attemptTimeoutMs?: number): SessionClient {
    const seat: Seat = {
      receive: (reply) => session.receive(group, reply),
      ...{ request: undefined, open: undefined, gathered: false },
    };
    const ports = {
      clock: this.#options.clock,
      random,
      send: (_: NodeId, request: ClientRequest) => this.#ask(seat, request),
    };
    const session: SessionClient = new SessionClient(ports, [group], sessionPolicy, attemptTimeoutMs);
    return session;
  }

  /** Takes the reply of a replica to a bundle. A refusal is none: a malicious replica may refuse, and propose all the same. */
  receive(from: NodeId, reply: ClientReply): void {
    const open = this.#open.get(reply.id);
    if (open === undefined || reply.status !== 'ok') return;
    if (open.replies.take(from, reply.result) < this.#options.quorum) return;
    const results = decodeBatch(reply.result);
    if (results?.length !== open.seats.length) return;
    this.#open.delete(reply.id);
    this.#again.delete(open);
    for (const [place, seat] of open.seats.entries()) this.#answer(seat, open, results[place] as Uint8Array);
  }

  #answer(seat: Seat, open: Open, result: Uint8Array): void {
    if (seat.open !== open || seat.request === undefined) return;
    seat.open = undefined;
    seat.receive({ id: seat.request.id, status: 'ok', result });
  }

  /** A command, or another try of the last one: that is in a bundle, which is sent again as it is. */
  #ask(seat: Seat, request: ClientRequest): void {
    const { open, request: last } = seat;
    seat.request = request;
    if (open !== undefined && last?.command === request.command) this.#again.add(open);
    else {
      this.#leave(seat);
      if (!seat.gathered) this.#gathered.push(seat);
      seat.gathered = true;
    }
    if (this.#flushing) return;
    this.#flushing = true;
    this.#options.clock.soon(() => this.#flush());
  }

  /** The session has given up what it asked before. A bundle for which nobody waits is forgotten. */
  #leave(seat: Seat): void {
    const { open } = seat;
    if (open === undefined) return;
    seat.open = undefined;
    open.waiting -= 1;
    if (open.waiting > 0) return;
    this.#open.delete(open.request.id);
    this.#again.delete(open);
  }

  #flush(): void {
    this.#flushing = false;
    const again = this.#again;
    this.#again = new Set();
    for (const open of again) this.#send(open);
    while (this.#gathered.length > 0) this.#send(this.#close(this.#takeSeats()));
  }

  #takeSeats(): Seat[] {
    const gathered = this.#gathered;
    let bytes = 0;
    let count = 0;
    for (const { request } of gathered) {
      bytes += request?.command.length ?? 0;
      if (count === maxCommands || (bytes > maxBytes && count > 0)) break;
      count += 1;
    }
    if (count < gathered.length) return gathered.splice(0, count);
    this.#gathered = [];
    return gathered;
  }

  /** Makes a bundle of what these sessions ask. */
  #close(seats: readonly Seat[]): Open {
    const { name, members, crypto } = this.#options;
    const commands = seats.flatMap(({ request }) => (request === undefined ? [] : [request.command]));
    this.#last += 1;
    const request: ClientRequest = {
      id: this.#last,
      access: 'write',
      command: encodeBundle(name, commands, crypto),
    };
    const open: Open = { request, seats, waiting: seats.length, replies: new Replies(members) };
    for (const seat of seats) {
      seat.gathered = false;
      seat.open = open;
    }
    this.#open.set(request.id, open);
    return open;
  }

  #send({ request }: Open): void {
    const { members, send } = this.#options;
    for (const member of members) send(member, request);
  }
}
