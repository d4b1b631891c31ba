/**
 * A light client for unary gRPC calls over HTTP/2 without TLS (RFC 9113, with prior knowledge), for load generation:
 * it writes and reads frames by hand, so that it costs little of the machine that it shares with what it measures.
 * What it is and how it was checked: docs/bench-light-client.md.
 */
import { connect, type Socket } from 'node:net';
import { ConnectionError, goAwayFrame } from './frames.ts';
import { HeaderEncoder } from './hpack.ts';
import { ReplyReceiver } from './reply-receiver.ts';
import { RequestSender } from './request-sender.ts';
import { TurnWriter } from './turn-writer.ts';
import { type CallDone, type CallFailure, UnaryCall } from './unary-call.ts';

export interface OpenOptions {
  /** How long the server has to answer, in milliseconds. */
  readonly timeoutMs?: number;
  /** The number of the first stream, odd: for tests of what happens when they run out. */
  readonly firstStream?: number;
}

const defaultTimeoutMs = 5000;
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const readBufferBytes = 256 << 10;
/** Requests that the server does not take, in bytes; past it calls fail. */
const maxUnsentBytes = 64 << 20;
/** All that the server does not take, such as answers to its PINGs; past it the connection ends. */
const maxWaitingBytes = 2 * maxUnsentBytes;

/** `draining`: calls that are under way may end, and no more begin. */
type State = 'opening' | 'open' | 'draining' | 'closed';

export class UnaryConnection {
  readonly address: string;
  readonly #socket: Socket;
  readonly #out: TurnWriter;
  readonly #sender: RequestSender;
  readonly #receiver: ReplyReceiver;
  readonly #onOpen: (problem: string | null) => void;
  #state: State = 'opening';
  /** Why it takes no more calls. */
  #reason = '';
  #socketProblem = 'the server closed it';

  private constructor(address: string, firstStream: number, onOpen: (problem: string | null) => void) {
    this.address = address;
    this.#onOpen = onOpen;
    this.#socket = this.#connect();
    this.#out = new TurnWriter(this.#socket);
    this.#sender = new RequestSender(this.#out, new HeaderEncoder(commonHeaders(address)), firstStream);
    this.#receiver = new ReplyReceiver(this.#out, this.#sender, {
      onReady: () => this.#becomeReady(),
      onGoAway: (last, reason) => this.#goAway(last, reason),
      onDone: (call, reply, failure) => this.#finish(call, reply, failure),
    });
    this.#out.write(preface);
    this.#receiver.announce();
  }

  /**
   * Connects to `host:port`, and waits for the server's settings.
   *
   * @throws Error with a sentence where nobody answers, or answers in another protocol
   */
  static open(address: string, options: OpenOptions = {}): Promise<UnaryConnection> {
    const { timeoutMs = defaultTimeoutMs, firstStream = 1 } = options;
    return new Promise((resolve, reject) => {
      const connection = new UnaryConnection(address, firstStream, (problem) => {
        clearTimeout(timer);
        if (problem === null) resolve(connection);
        else reject(new Error(problem));
      });
      const timer = setTimeout(() => connection.#end(`${address} did not answer in ${timeoutMs} ms`), timeoutMs);
    });
  }

  /** Whether it takes calls. Once it does not, it never does again. */
  get usable(): boolean {
    return this.#state === 'open';
  }

  /**
   * Sends one request, with `message` in the method's encoding; it is copied, so the caller may use its memory again. All
   * requests of one turn of the event loop go out together. `done` is called once, in a later turn; there is no deadline.
   */
  call(path: string, message: Uint8Array, done: CallDone): UnaryCall {
    const call = new UnaryCall(path, done);
    if (!this.usable) this.#refuse(call, this.#reason);
    else if (this.#sender.unsentBytes > maxUnsentBytes) this.#refuse(call, `${this.address} does not take requests`);
    else {
      this.#sender.send(call, message);
      if (this.#sender.streamsLeft === 0) this.#drain(`the streams of the connection to ${this.address} are used up`);
    }
    return call;
  }

  /** Nobody waits for the call any more: its `done` is not called. True where the server certainly never had it. */
  cancel(call: UnaryCall): boolean {
    if (call.over) return false;
    call.over = true;
    const wasSent = call.stream !== 0;
    if (wasSent && call.unsent === null) this.#sender.reset(call);
    this.#sender.abandon(call);
    this.#closeIfDrained();
    return !wasSent;
  }

  /** Ends the connection; calls that are under way fail. May be called again. */
  close(): void {
    if (this.#state !== 'closed') this.#out.write(goAwayFrame('NO_ERROR'));
    this.#end(`the connection to ${this.address} was closed`);
  }

  #connect(): Socket {
    const colon = this.address.lastIndexOf(':');
    const host = this.address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    const port = Number(this.address.slice(colon + 1));
    // One buffer for all that is read: the receiver copies what it keeps.
    const buffer = Buffer.allocUnsafeSlow(readBufferBytes);
    const callback = (count: number) => {
      this.#receive(buffer.subarray(0, count));
      return true;
    };
    const socket = connect({ host, port, noDelay: true, onread: { buffer, callback } });
    socket.on('error', (error) => {
      this.#socketProblem = error.message;
    });
    socket.on('close', () => this.#end(`the connection to ${this.address} broke: ${this.#socketProblem}`));
    return socket;
  }

  #receive(chunk: Buffer): void {
    try {
      this.#receiver.receive(chunk);
      this.#sender.pump();
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.#out.write(goAwayFrame(error.code));
      this.#end(`${this.address} does not speak HTTP/2 as it should (${error.code}): ${error.message}`);
    }
    if (this.#out.waitingBytes > maxWaitingBytes) this.#end(`${this.address} does not read what it is sent`);
    this.#closeIfDrained();
  }

  #becomeReady(): void {
    this.#state = 'open';
    this.#onOpen(null);
  }

  /** Section 6.8: calls above the last stream were not looked at; the others go on. */
  #goAway(last: number, reason: string): void {
    this.#drain(`${this.address} takes no more calls: ${reason}`);
    const refused = [...this.#sender.open.values()].filter(({ stream }) => stream > last);
    const failure = { message: this.#reason, unprocessed: true, status: null };
    for (const call of [...refused, ...this.#sender.unopened()]) this.#finish(call, null, failure);
  }

  #refuse(call: UnaryCall, message: string): void {
    setImmediate(() => this.#finish(call, null, { message, unprocessed: true, status: null }));
  }

  #finish(call: UnaryCall, reply: Buffer | null, failure: CallFailure | null): void {
    if (call.over) return;
    call.over = true;
    this.#sender.abandon(call);
    call.done(reply, failure);
  }

  #drain(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'draining';
    this.#reason = reason;
  }

  #closeIfDrained(): void {
    if (this.#state !== 'draining' || !this.#sender.idle) return;
    this.#out.write(goAwayFrame('NO_ERROR'));
    this.#end(this.#reason);
  }

  #end(reason: string): void {
    if (this.#state === 'closed') return;
    const wasOpening = this.#state === 'opening';
    this.#state = 'closed';
    this.#reason = reason;
    this.#receiver.stop();
    this.#out.flush();
    this.#socket.destroy();
    if (wasOpening) this.#onOpen(reason);
    const unopened = this.#sender.unopened();
    for (const call of unopened) this.#finish(call, null, { message: reason, unprocessed: true, status: null });
    const failure = { message: reason, unprocessed: false, status: null };
    for (const call of [...this.#sender.open.values()]) this.#finish(call, null, failure);
  }
}

function commonHeaders(address: string): (readonly [string, string])[] {
  return [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', address],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
    ['user-agent', 'splitbrain-bench'],
  ];
}
