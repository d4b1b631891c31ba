/** The sending side of a connection: opens streams, and sends no more than the peer takes. RFC 9113, section 5. */
import {
  ConnectionError,
  defaultMaxFrameBytes,
  defaultWindowBytes,
  errorNumber,
  flag,
  frameHeadBytes,
  frameType,
  largestNumber,
  numberFrame,
  putFrameHead,
  setting,
} from './frames.ts';
import type { HeaderEncoder } from './hpack.ts';
import { prefixBytes } from './reply-message.ts';
import type { TurnWriter } from './turn-writer.ts';
import type { UnaryCall } from './unary-call.ts';

export class RequestSender {
  readonly #out: TurnWriter;
  readonly #headers: HeaderEncoder;
  /** Calls whose stream is open, by its number. */
  readonly open = new Map<number, UnaryCall>();
  /** Calls that are not sent as a whole, in their order. */
  #queue: UnaryCall[] = [];
  #queuedBytes = 0;
  #nextStream: number;
  #window = defaultWindowBytes;
  #streamWindow = defaultWindowBytes;
  #maxFrameBytes = defaultMaxFrameBytes;
  #maxStreams = Number.POSITIVE_INFINITY;

  constructor(out: TurnWriter, headers: HeaderEncoder, firstStream: number) {
    this.#out = out;
    this.#headers = headers;
    this.#nextStream = firstStream;
  }

  /** Bytes of requests that the system has not taken yet. */
  get unsentBytes(): number {
    return this.#out.waitingBytes + this.#queuedBytes;
  }

  get idle(): boolean {
    return this.open.size === 0 && this.#queue.length === 0;
  }

  /** How many streams can still be opened. A connection has no second use for a number. */
  get streamsLeft(): number {
    return Math.max(0, (largestNumber - this.#nextStream) / 2 + 1 - this.#queue.length);
  }

  /** Whether a stream of this number was ever opened. */
  knows(stream: number): boolean {
    return stream % 2 === 1 && stream < this.#nextStream;
  }

  /** Sends as much of a call as the peer takes now, and the rest when it takes more. `message` is copied. */
  send(call: UnaryCall, message: Uint8Array): void {
    const bodyBytes = prefixBytes + message.length;
    if (this.#queue.length === 0 && bodyBytes <= this.#roomFor(this.#streamWindow) && this.#mayOpen()) {
      this.#sendWhole(call, message, bodyBytes);
      return;
    }
    const body = Buffer.allocUnsafe(bodyBytes);
    putMessage(body, 0, message);
    call.unsent = body;
    this.#queue.push(call);
    this.#queuedBytes += bodyBytes;
    this.pump();
  }

  /** Goes on with calls that wait. To be called after the peer takes more, and after streams have ended. */
  pump(): void {
    if (this.#queue.length === 0) return;
    this.#queue = this.#queue.filter((call) => !this.#advance(call));
  }

  /** The call has ended; what is left of it is not sent. */
  abandon(call: UnaryCall): void {
    if (call.stream !== 0) this.open.delete(call.stream);
    if (call.unsent === null) return;
    this.#queuedBytes -= call.unsent.length;
    call.unsent = null;
    this.#queue = this.#queue.filter((each) => each !== call);
    if (call.stream !== 0) this.reset(call);
  }

  /** Tells the peer that nobody waits for this call any more. */
  reset(call: UnaryCall): void {
    this.#out.write(numberFrame(frameType.rstStream, call.stream, errorNumber('CANCEL')));
  }

  /** The calls that have no stream yet. */
  unopened(): UnaryCall[] {
    return this.#queue.filter((call) => call.stream === 0);
  }

  /** A setting that the peer announced. */
  apply(id: number, value: number): void {
    if (id === setting.headerTableSize) this.#headers.limitTable(value);
    else if (id === setting.maxConcurrentStreams) this.#maxStreams = value;
    else if (id === setting.maxFrameSize) {
      if (value < defaultMaxFrameBytes || value >= 2 ** 24) {
        throw new ConnectionError('PROTOCOL_ERROR', `frames of ${value} bytes were announced`);
      }
      this.#maxFrameBytes = value;
    } else if (id === setting.initialWindowSize) {
      if (value > largestNumber) throw new ConnectionError('FLOW_CONTROL_ERROR', `a window of ${value} bytes`);
      // It also moves the windows of open streams, if need be below 0: section 6.9.2.
      for (const call of this.#queue) if (call.stream !== 0) call.window += value - this.#streamWindow;
      this.#streamWindow = value;
    }
  }

  /** The peer takes so many bytes more on the connection. */
  widen(bytes: number): void {
    this.#window += bytes;
    if (this.#window > largestNumber) throw new ConnectionError('FLOW_CONTROL_ERROR', 'a window past all bounds');
  }

  #mayOpen(): boolean {
    return this.open.size < this.#maxStreams;
  }

  /** The largest DATA frame that a stream with this window may send now. */
  #roomFor(streamWindow: number): number {
    return Math.min(this.#maxFrameBytes, this.#window, streamWindow);
  }

  /** The usual way: headers and message at once. */
  #sendWhole(call: UnaryCall, message: Uint8Array, bodyBytes: number): void {
    this.#openStream(call);
    const at = this.#out.reserve(frameHeadBytes + bodyBytes);
    const { buffer } = this.#out;
    putMessage(buffer, putFrameHead(buffer, at, bodyBytes, frameType.data, flag.endStream, call.stream), message);
    this.#window -= bodyBytes;
  }

  #openStream(call: UnaryCall): void {
    call.stream = this.#nextStream;
    call.window = this.#streamWindow;
    this.#nextStream += 2;
    this.open.set(call.stream, call);
    const block = this.#headers.encode(call.path);
    const at = this.#out.reserve(frameHeadBytes + block.length);
    const { buffer } = this.#out;
    buffer.set(block, putFrameHead(buffer, at, block.length, frameType.headers, flag.endHeaders, call.stream));
  }

  /** Sends what may be sent of a call; true where nothing is left. */
  #advance(call: UnaryCall): boolean {
    if (call.stream === 0) {
      if (this.#window <= 0 || !this.#mayOpen()) return false;
      this.#openStream(call);
    }
    while (call.unsent !== null) {
      const room = this.#roomFor(call.window);
      if (room <= 0) return false;
      this.#sendPart(call, call.unsent, room);
    }
    return true;
  }

  #sendPart(call: UnaryCall, unsent: Buffer, room: number): void {
    const part = unsent.subarray(0, room);
    const isLast = part.length === unsent.length;
    const at = this.#out.reserve(frameHeadBytes + part.length);
    const { buffer } = this.#out;
    const flags = isLast ? flag.endStream : 0;
    buffer.set(part, putFrameHead(buffer, at, part.length, frameType.data, flags, call.stream));
    call.unsent = isLast ? null : unsent.subarray(part.length);
    call.window -= part.length;
    this.#window -= part.length;
    this.#queuedBytes -= part.length;
  }
}

function putMessage(buffer: Buffer, at: number, message: Uint8Array): void {
  buffer[at] = 0;
  buffer.writeUInt32BE(message.length, at + 1);
  buffer.set(message, at + prefixBytes);
}
