/**
 * The clients of one process before a group whose replicas may be malicious. What their sessions ask for in one turn is signed
 * once and sent to every replica; a bundle is answered when enough replicas have said the same of all of it. Each session is
 * a client as any other (`client.ts`) that turns to one replica which may be believed: this group.
 *
 * With quorum reads (Castro and Liskov, "Practical Byzantine Fault Tolerance", 1999, section 5.1.3), reads go in bundles of their
 * own, which each replica answers from its state, at once. A read is answered when 2f + 1 replicas have said the same of it, and from
 * the same state (`Changes`); where that will not be, or takes too long, it goes into an ordinary bundle. All else that is
 * ordered then needs 2f + 1 equal replies, too: of f + 1 that say that a write is done one alone may be honest, and 2f + 1 others
 * would still answer from before it. These are many: where a malicious primary keeps f honest replicas in the dark, they must
 * answer for what they learn from others, or nobody is ever answered (Berger, Reiser, Bessani, "Making Reads in BFT State Machine
 * Replication Fast, Linearizable, and Live", 2021, arXiv 2107.11144). Replies are then compared command by command, for who took
 * over a state does not know any more what was said to a session that has since gone on.
 */
import { encodeBundle, resultOfDated } from './bundle.ts';
import { type BundleReplies, EachReplies, WholeReplies } from './bundle-replies.ts';
import { SessionClient } from './client.ts';
import type { Crypto } from './contract/crypto.ts';
import type { ClientPolicy } from './contract/definition.ts';
import type { NodeId } from './contract/ids.ts';
import { isRead, peekCommand } from './machine/command.ts';
import type { ClientReply, ClientRequest, Clock, Random } from './ports.ts';

/** The most commands that one bundle holds; what is asked for beyond them in the same turn goes into more. */
const maxCommands = 384;
/** The most bytes of commands that one bundle holds, but for a command that is longer. */
const maxBytes = 256 * 1024;

/** How the sessions behind a bundle client behave. */
const sessionPolicy: ClientPolicy = { reads: 'ordered' };
/** What the group is called before its sessions. */
const group: NodeId = 'group';

export interface BundleClientOptions {
  /** Under which the replicas know the key; up to 64 characters of ASCII. */
  readonly name: string;
  readonly members: readonly NodeId[];
  /** How many equal replies make an answer. */
  readonly quorum: number;
  /** Present where reads go beside the log: how many equal replies make an answer then, but to a registration. */
  readonly readQuorum?: number;
  readonly crypto: Pick<Crypto, 'sign' | 'digest'>;
  readonly clock: Clock;
  readonly send: (to: NodeId, request: ClientRequest) => void;
}

/**
 * How many equal replies make an answer where there are so many replicas.
 *
 * @param quorumReads - as the replicas are told
 * @throws TypeError where the protocol does not say it: its clients do not sign
 */
export function bundleQuorums(
  { replyQuorum, readQuorum }: ClientPolicy,
  nodeCount: number,
  quorumReads = false,
): Pick<BundleClientOptions, 'quorum' | 'readQuorum'> {
  if (replyQuorum === undefined) throw new TypeError('the protocol does not say how many equal replies make an answer');
  const quorum = replyQuorum(nodeCount);
  return quorumReads && readQuorum !== undefined ? { quorum, readQuorum: readQuorum(nodeCount) } : { quorum };
}

/**
 * What goes into a bundle together. With quorum reads registrations go by themselves: who took over a state cannot say which
 * session was given, and it matters to nobody's reads who else knows of it, so that they need no more replies than ever.
 */
const kinds = ['registrations', 'ordered', 'reads'] as const;
type Kind = (typeof kinds)[number];

/** What one session waits for: a seat of its own in one bundle after the other. */
interface Seat {
  readonly receive: (reply: ClientReply) => void;
  /** The last that was asked. */
  request: ClientRequest | undefined;
  /** Where that is; undefined before it is sent, and once it was answered. */
  open: Open | undefined;
  gathered: boolean;
  /** It was asked beside the log, and that came to nothing. */
  fellBack: boolean;
}

/** A bundle that is not answered. */
interface Open {
  readonly kind: Kind;
  readonly request: ClientRequest;
  /** In the order of the commands. */
  readonly seats: readonly Seat[];
  /** How many of the sessions wait for it yet: some may have given up. */
  waiting: number;
  readonly replies: BundleReplies;
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
      ...{ request: undefined, open: undefined, gathered: false, fellBack: false },
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
    if (open === undefined) return;
    if (reply.status !== 'ok') open.replies.refuse(from);
    else for (const [place, result] of open.replies.take(from, reply.result)) this.#answer(open, place, result);
    if (open.kind === 'reads') for (const place of open.replies.lost()) this.#fallBack(open, open.seats[place]);
  }

  #answer(open: Open, place: number, answer: Uint8Array): void {
    const seat = open.seats[place];
    if (seat?.open !== open || seat.request === undefined) return;
    this.#leave(seat);
    const result = open.kind === 'reads' ? resultOfDated(answer) : answer;
    seat.receive({ id: seat.request.id, status: 'ok', result });
  }

  /** A read that was asked beside the log goes through it. */
  #fallBack(open: Open, seat: Seat | undefined): void {
    if (seat?.open !== open) return;
    this.#leave(seat);
    seat.fellBack = true;
    this.#gather(seat);
  }

  /** A command, or another try of the last one: that is in a bundle, which is sent again as it is. */
  #ask(seat: Seat, request: ClientRequest): void {
    const { open, request: last } = seat;
    const isAgain = last?.command === request.command;
    seat.request = request;
    if (!isAgain) seat.fellBack = false;
    if (!isAgain || open === undefined) {
      this.#leave(seat);
      this.#gather(seat);
    } else if (open.kind === 'reads') this.#fallBack(open, seat);
    else {
      this.#again.add(open);
      this.#flushSoon();
    }
  }

  #gather(seat: Seat): void {
    if (!seat.gathered) this.#gathered.push(seat);
    seat.gathered = true;
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#options.clock.soon(() => this.#flush());
  }

  /** The session waits for it no more. A bundle for which nobody waits is forgotten. */
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
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const [kind, seats] of this.#byKind(gathered)) {
      while (seats.length > 0) this.#send(this.#close(kind, takeSeats(seats)));
    }
  }

  #byKind(seats: Seat[]): (readonly [Kind, Seat[]])[] {
    if (this.#options.readQuorum === undefined) return [['ordered', seats]];
    return kinds.map((kind) => [kind, seats.filter((seat) => kindOf(seat) === kind)]);
  }

  /** Makes a bundle of what these sessions ask. */
  #close(kind: Kind, seats: readonly Seat[]): Open {
    const { name, crypto } = this.#options;
    const commands = seats.flatMap(({ request }) => (request === undefined ? [] : [request.command]));
    this.#last += 1;
    const request: ClientRequest = {
      id: this.#last,
      access: kind === 'reads' ? 'read' : 'write',
      command: encodeBundle(name, commands, crypto),
    };
    const open: Open = { kind, request, seats, waiting: seats.length, replies: this.#replies(kind, seats.length) };
    for (const seat of seats) {
      seat.gathered = false;
      seat.open = open;
    }
    this.#open.set(request.id, open);
    return open;
  }

  #replies(kind: Kind, count: number): BundleReplies {
    const { members, quorum, readQuorum } = this.#options;
    if (readQuorum === undefined) return new WholeReplies(members, count, quorum);
    return new EachReplies(members, count, kind === 'registrations' ? quorum : readQuorum);
  }

  #send({ request }: Open): void {
    const { members, send } = this.#options;
    for (const member of members) send(member, request);
  }
}

function kindOf({ request, fellBack }: Seat): Kind {
  const head = request && peekCommand(request.command);
  if (head?.op === 'register') return 'registrations';
  return head && isRead(head.op) && !fellBack ? 'reads' : 'ordered';
}

/** Takes the first of those who wait, as many as fit into a bundle. */
function takeSeats(waiting: Seat[]): Seat[] {
  let bytes = 0;
  let count = 0;
  for (const { request } of waiting) {
    bytes += request?.command.length ?? 0;
    if (count === maxCommands || (bytes > maxBytes && count > 0)) break;
    count += 1;
  }
  return waiting.splice(0, count);
}
