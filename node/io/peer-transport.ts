/** The Transport port over gRPC: one outgoing link to each other member, one server for the links that come in. */
import type { Server } from '@grpc/grpc-js';
import type { Codec } from '../contract/codec.ts';
import type { NodeId } from '../contract/ids.ts';
import type { Transport } from '../ports.ts';
import { createServer, listen, watchEnds } from './grpc.ts';
import { InboundLinks, type LinkRefusal } from './inbound-links.ts';
import { type InboundLink, type LinkFact, LinkWatch } from './link-watch.ts';
import { OutgoingLink } from './outgoing-link.ts';
import { sendMethod } from './peer-service.ts';
import { atEndOfTurn } from './turn.ts';

/**
 * How often an idle link sends a sign of life, in milliseconds. A group of n has n (n - 1) links; up to five members
 * each speaks 40 times a second, and beyond that the interval grows with the square of n: up to 20 replicas that share a
 * machine exchange fewer than 1000 frames a second. From 20 members on it grows no more, for a silence is noticed after
 * a few intervals, and a strike on a link must be noticed while it lasts.
 */
export function linkIntervalMsFor(memberCount: number): number {
  return 25 * Math.min(4, Math.max(1, memberCount / 5)) ** 2;
}

export interface PeerTransportOptions<M> {
  readonly id: NodeId;
  readonly runId: string;
  /** Where each other member is dialled, `host:port`. */
  readonly peers: Readonly<Record<NodeId, string>>;
  readonly codec: Pick<Codec<M, unknown>, 'encodeMessage' | 'decodeMessage'>;
  readonly intervalMs: number;
  readonly receive: (from: NodeId, msg: M) => void;
  /** The stream of what this member sends broke off. */
  readonly onBroken: (from: NodeId) => void;
  readonly onLinkFact: (fact: LinkFact) => void;
  readonly log: (sentence: string) => void;
}

export interface PeerTraffic {
  readonly peer: NodeId;
  readonly sentBytes: number;
  readonly sentMessages: number;
  readonly receivedBytes: number;
  readonly receivedMessages: number;
  /** Messages that the bounded buffer of the outgoing link dropped. */
  readonly dropped: number;
}

export class PeerTransport<M> implements Transport<M> {
  readonly #options: PeerTransportOptions<M>;
  readonly #watch: LinkWatch;
  readonly #server: Server = createServer();
  readonly #inbound: InboundLinks;
  readonly #links = new Map<NodeId, OutgoingLink>();
  #unflushed: OutgoingLink[] = [];
  #last: { readonly msg: M; readonly bytes: Uint8Array } | undefined;
  #ticker: NodeJS.Timeout | undefined;

  constructor(options: PeerTransportOptions<M>) {
    this.#options = options;
    const { id, runId, codec, receive, onBroken, log } = options;
    const peers = Object.keys(options.peers);
    this.#watch = new LinkWatch(peers, options.intervalMs, options.onLinkFact);
    this.#inbound = new InboundLinks(this.#server, {
      self: { to: id, run: runId },
      peers,
      watch: this.#watch,
      deliver: (from, bytes) => {
        const msg = codec.decodeMessage(bytes);
        if (msg !== null) receive(from, msg);
        return msg !== null;
      },
      onBroken,
      complain: sparing(log),
    });
  }

  /** Listens for the other members and dials them; gives the address that was bound. */
  async open(address: string): Promise<string> {
    const bound = await listen(this.#server, address);
    watchEnds(this.#server, sendMethod.path, (code, { from }) => this.#inbound.endedByLibrary(code, String(from)));
    const { id, runId, peers, log, intervalMs } = this.#options;
    for (const [peer, peerAddress] of Object.entries(peers)) {
      const greeting = { from: id, to: peer, run: runId };
      const onChange = (up: boolean, why: string) => log(`the link to ${peer} is ${up ? 'up' : `down: ${why}`}`);
      this.#links.set(peer, new OutgoingLink({ address: peerAddress, greeting, onChange }));
    }
    this.#ticker = setInterval(() => {
      for (const link of this.#links.values()) link.tick();
      this.#watch.tick(performance.now());
    }, intervalMs);
    return bound;
  }

  /** All messages of one turn go out together, once what is being handled is done. */
  send(to: NodeId, msg: M): void {
    const link = this.#links.get(to);
    if (link === undefined) return;
    link.send(this.#encoded(msg));
    if (this.#unflushed.length === 0) atEndOfTurn(() => this.#flush());
    this.#unflushed.push(link);
  }

  /** Messages are immutable, and one that goes to several members is sent to one after the other: encoded once. */
  #encoded(msg: M): Uint8Array {
    if (this.#last?.msg !== msg) this.#last = { msg, bytes: this.#options.codec.encodeMessage(msg) };
    return this.#last.bytes;
  }

  inbound(): InboundLink[] {
    return this.#watch.table(performance.now());
  }

  /** What came and was not handed on, by why. */
  refused(): Readonly<Record<LinkRefusal, number>> {
    return this.#inbound.refused();
  }

  traffic(): PeerTraffic[] {
    return [...this.#links].map(([peer, link]) => ({
      peer,
      sentBytes: link.sentBytes,
      sentMessages: link.sentMessages,
      receivedBytes: this.#inbound.received(peer).bytes,
      receivedMessages: this.#inbound.received(peer).messages,
      dropped: link.dropped,
    }));
  }

  close(): void {
    clearInterval(this.#ticker);
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#inbound.close();
    this.#server.forceShutdown();
  }

  #flush(): void {
    const links = this.#unflushed;
    this.#unflushed = [];
    this.#last = undefined;
    for (const link of links) link.flush();
  }
}

/** Passes on a sentence the first time and then each time that it has come twice as often: garbage must not fill a disk. */
function sparing(log: (sentence: string) => void): (sentence: string) => void {
  const counts = new Map<string, number>();
  return (sentence) => {
    // Strangers choose a part of the sentence: do not remember more than a few.
    if (counts.size > 100) counts.clear();
    const count = (counts.get(sentence) ?? 0) + 1;
    counts.set(sentence, count);
    if ((count & (count - 1)) !== 0) return;
    log(count === 1 ? sentence : `${sentence} (${count} times)`);
  };
}
