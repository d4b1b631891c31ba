/** The receiving ends of the links into a replica: checks who speaks, puts messages together, watches the links. */
import { Metadata, type Server, type ServerReadableStream, type StatusObject, status } from '@grpc/grpc-js';
import type { NodeId } from '../protocol.ts';
import { wallClockMs } from './clock.ts';
import type { LinkWatch } from './link-watch.ts';
import { type Frame, Reassembly } from './peer-frames.ts';
import { badFrame, type Greeting, sendMethod } from './peer-service.ts';

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
  lastSequence: number;
  /** Ends the call, once; what still comes is not taken. */
  readonly end: End;
  over: boolean;
}

export class InboundLinks {
  readonly #options: InboundLinksOptions;
  readonly #current = new Map<NodeId, Inbound>();
  readonly receivedBytes = new Map<NodeId, number>();

  constructor(server: Server, options: InboundLinksOptions) {
    this.#options = options;
    server.addService({ Send: sendMethod }, { Send: (call: Call, end: End) => this.#accept(call, end) });
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
      this.#options.complain(refusal);
      end({ code: status.PERMISSION_DENIED, details: refusal });
      return;
    }
    const inbound: Inbound = {
      reassembly: new Reassembly(),
      lastSequence: 0,
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
    const { watch } = this.#options;
    if (frame === badFrame || frame.sequence !== inbound.lastSequence + 1) {
      this.#breakOff(from, inbound, frame === badFrame ? 'a frame could not be decoded' : 'a frame is missing');
      return;
    }
    inbound.lastSequence = frame.sequence;
    if (this.#current.get(from) !== inbound) this.#replaceBy(from, inbound);
    watch.heard(from, performance.now(), wallClockMs() - frame.sentAtMs);
    const messages = inbound.reassembly.take(frame);
    if (messages === null) {
      this.#breakOff(from, inbound, 'a message is too large');
      return;
    }
    let bytes = 0;
    for (const message of messages) {
      bytes += message.length;
      if (!this.#options.deliver(from, message)) this.#undecodable(from, 'a message could not be decoded');
    }
    if (bytes > 0) this.receivedBytes.set(from, (this.receivedBytes.get(from) ?? 0) + bytes);
  }

  /** With its first good frame a newer call takes the place of one that may be stuck; garbage takes nobody's. */
  #replaceBy(from: NodeId, inbound: Inbound): void {
    const older = this.#current.get(from);
    this.#current.set(from, inbound);
    older?.end({ code: status.ABORTED, details: 'a newer call of the same sender replaced this one' });
  }

  /** After a frame that makes no sense nothing in this call can be trusted; the sender may dial again. */
  #breakOff(from: NodeId, inbound: Inbound, why: string): void {
    this.#undecodable(from, why);
    inbound.end({ code: status.INVALID_ARGUMENT, details: why });
  }

  #undecodable(from: NodeId, why: string): void {
    this.#options.watch.undecodable(from);
    this.#options.complain(`${why}, from ${from}`);
  }
}

/** A name that a stranger sent, fit for a log line. */
function shown(name: string): string {
  return name.slice(0, 64).replace(/[^\w./-]/g, '?');
}
