/** The receiving ends of the links into a replica: checks who speaks, puts messages together, watches the links. */
import { Metadata, type Server, type ServerReadableStream, type StatusObject, status } from '@grpc/grpc-js';
import type { NodeId } from '../contract/ids.ts';
import { wallClockMs } from './clock.ts';
import type { LinkWatch } from './link-watch.ts';
import { type Frame, type FrameFlaw, Reassembly } from './peer-frames.ts';
import { type Greeting, sendMethod } from './peer-service.ts';

type Call = ServerReadableStream<Frame, Record<string, never>>;
type End = (refusal: Partial<StatusObject> | null, closed?: Record<string, never>) => void;

export interface InboundLinksOptions {
  /** This replica and its run; callers must greet it so. */
  readonly self: Pick<Greeting, 'to' | 'run'>;
  readonly peers: readonly NodeId[];
  readonly watch: LinkWatch;
  /** Takes one message, encoded; false where its bytes are none. */
  readonly deliver: (from: NodeId, message: Uint8Array) => boolean;
  /** A call that brought frames broke off, and no newer one of its sender has taken its place. */
  readonly onBroken: (from: NodeId) => void;
  /** Said once for each caller that was turned away or sent garbage, in words. */
  readonly complain: (sentence: string) => void;
}

/** One call of a sender. */
interface Inbound {
  readonly reassembly: Reassembly;
  /** Ends the call, once; what still comes is not taken. */
  readonly end: End;
  over: boolean;
}

/** Why something that came was not handed on. */
export type LinkRefusal =
  | FrameFlaw
  /** Somebody who is not of this group, or wanted another replica. */
  | 'caller'
  | 'frame-too-long'
  | 'message-undecodable';

const sentences: Readonly<Record<Exclude<LinkRefusal, 'caller'>, string>> = {
  'frame-undecodable': 'a frame could not be decoded',
  'frame-out-of-order': 'a frame is missing',
  'frame-too-long': 'a frame is too long',
  'message-too-long': 'a message is too large',
  'message-undecodable': 'a message could not be decoded',
};

/** What came of whole messages, those that could not be decoded included. */
export interface Received {
  messages: number;
  bytes: number;
}

export class InboundLinks {
  readonly #options: InboundLinksOptions;
  readonly #current = new Map<NodeId, Inbound>();
  readonly #received = new Map<NodeId, Received>();
  readonly #refused: Record<LinkRefusal, number> = {
    caller: 0,
    'frame-undecodable': 0,
    'frame-out-of-order': 0,
    'frame-too-long': 0,
    'message-too-long': 0,
    'message-undecodable': 0,
  };

  constructor(server: Server, options: InboundLinksOptions) {
    this.#options = options;
    server.addService({ Send: sendMethod }, { Send: (call: Call, end: End) => this.#accept(call, end) });
  }

  /** What was not handed on, by why. */
  refused(): Readonly<Record<LinkRefusal, number>> {
    return { ...this.#refused };
  }

  received(from: NodeId): Readonly<Received> {
    return this.#received.get(from) ?? { messages: 0, bytes: 0 };
  }

  /** A call was ended by the library, which takes no message above its limit and none that it cannot unpack. */
  endedByLibrary(code: number, from: string): void {
    const { peers } = this.#options;
    const name = peers.includes(from) ? from : `"${shown(from)}"`;
    if (code === status.RESOURCE_EXHAUSTED) this.#refuse('frame-too-long', name);
    else if (code === status.INTERNAL || code === status.UNIMPLEMENTED) this.#refuse('frame-undecodable', name);
  }

  /** Ends every call in good order. */
  close(): void {
    const calls = [...this.#current.values()];
    this.#current.clear();
    for (const { end } of calls) end(null, {});
  }

  #accept(call: Call, end: End): void {
    call.on('error', () => {});
    const from = String(call.metadata.get('from')[0] ?? '');
    const refusal = this.#refusal(from, call.metadata);
    if (refusal !== null) {
      this.#refused.caller += 1;
      this.#options.complain(refusal);
      end({ code: status.PERMISSION_DENIED, details: refusal });
      return;
    }
    const inbound: Inbound = {
      reassembly: new Reassembly(),
      over: false,
      end: (error, closed) => {
        if (!inbound.over) end(error, closed);
        inbound.over = true;
        if (this.#current.get(from) !== inbound) return;
        this.#current.delete(from);
        this.#options.onBroken(from);
      },
    };
    call.on('data', (frame: Frame) => {
      if (!inbound.over) this.#take(from, inbound, frame);
    });
    call.on('cancelled', () => inbound.end(null, {}));
    call.on('end', () => inbound.end(null, {}));
    call.sendMetadata(new Metadata());
  }

  #refusal(from: NodeId, metadata: Metadata): string | null {
    const { self, peers } = this.#options;
    const run = String(metadata.get('run')[0] ?? '');
    const to = String(metadata.get('to')[0] ?? '');
    if (run !== self.run) return `a caller of run "${shown(run)}" was refused: this is run "${self.run}"`;
    if (to !== self.to) return `a call for "${shown(to)}" was refused: this is ${self.to}`;
    if (!peers.includes(from)) return `a caller named "${shown(from)}" was refused: it is no other member`;
    return null;
  }

  #take(from: NodeId, inbound: Inbound, frame: Frame): void {
    const messages = inbound.reassembly.take(frame);
    if (typeof messages === 'string') {
      this.#breakOff(from, inbound, messages);
      return;
    }
    if (this.#current.get(from) !== inbound) this.#replaceBy(from, inbound);
    this.#options.watch.heard(from, performance.now(), wallClockMs() - frame.sentAtMs);
    if (messages.length > 0) this.#deliver(from, messages);
  }

  #deliver(from: NodeId, messages: readonly Uint8Array[]): void {
    const received = this.#received.get(from) ?? { messages: 0, bytes: 0 };
    this.#received.set(from, received);
    received.messages += messages.length;
    for (const message of messages) {
      received.bytes += message.length;
      if (!this.#options.deliver(from, message)) this.#refuse('message-undecodable', from);
    }
  }

  /** With its first good frame a newer call takes the place of one that may be stuck; garbage takes nobody's. */
  #replaceBy(from: NodeId, inbound: Inbound): void {
    const older = this.#current.get(from);
    this.#current.set(from, inbound);
    older?.end({ code: status.ABORTED, details: 'a newer call of the same sender replaced this one' });
  }

  /** After a frame that makes no sense nothing in this call can be trusted; the sender may dial again. */
  #breakOff(from: NodeId, inbound: Inbound, flaw: FrameFlaw): void {
    this.#refuse(flaw, from);
    inbound.end({ code: status.INVALID_ARGUMENT, details: sentences[flaw] });
  }

  #refuse(why: Exclude<LinkRefusal, 'caller'>, from: NodeId): void {
    this.#refused[why] += 1;
    this.#options.watch.undecodable(from);
    this.#options.complain(`${sentences[why]}, from ${from}`);
  }
}

/** A name that a stranger sent, fit for a log line. */
function shown(name: string): string {
  return name.slice(0, 64).replace(/[^\w./-]/g, '?');
}
