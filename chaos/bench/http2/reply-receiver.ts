/** The receiving side of a connection: what the frames of the server mean. RFC 9113, sections 5 and 6. */
import { FrameReader } from './frame-reader.ts';
import {
  ConnectionError,
  defaultWindowBytes,
  errorName,
  flag,
  frameType,
  largestNumber,
  numberFrame,
  pingAck,
  setting,
  settingsAck,
  settingsFrame,
} from './frames.ts';
import { StatusReader } from './grpc-status.ts';
import type { RequestSender } from './request-sender.ts';
import type { TurnWriter } from './turn-writer.ts';
import type { CallFailure, UnaryCall } from './unary-call.ts';

/** What the server may send before it is told that more is taken. */
const streamWindowBytes = 16 << 20;
const connectionWindowBytes = 64 << 20;
/** The headers of one reply. */
const maxHeaderBytes = 64 << 10;

/** What the connection does about what comes. */
export interface ReceiverEvents {
  /** The first settings of the server are here: it can be asked. */
  readonly onReady: () => void;
  /** The server takes no more calls, and did not look at those above stream `last`. */
  readonly onGoAway: (last: number, reason: string) => void;
  /** A call ended; one of both is null. */
  readonly onDone: (call: UnaryCall, reply: Buffer | null, failure: CallFailure | null) => void;
}

export class ReplyReceiver {
  readonly #out: TurnWriter;
  readonly #sender: RequestSender;
  readonly #events: ReceiverEvents;
  readonly #reader = new FrameReader();
  readonly #statusReader = new StatusReader();
  #isReady = false;
  #isStopped = false;
  /** Headers that go on in CONTINUATION frames. */
  #headers: { readonly stream: number; readonly flags: number; block: Buffer } | null = null;
  /** What came and was not yet given back to the connection's window. */
  #unreturnedBytes = 0;

  constructor(out: TurnWriter, sender: RequestSender, events: ReceiverEvents) {
    this.#out = out;
    this.#sender = sender;
    this.#events = events;
  }

  /** Tells the server what is taken; to be called first. */
  announce(): void {
    this.#out.write(
      settingsFrame([
        // No dynamic table: then headers that nobody asks for need not be read, see `decodeHeaders`.
        [setting.headerTableSize, 0],
        [setting.enablePush, 0],
        [setting.initialWindowSize, streamWindowBytes],
      ]),
    );
    this.#out.write(numberFrame(frameType.windowUpdate, 0, connectionWindowBytes - defaultWindowBytes));
  }

  /**
   * Takes what came; `chunk` may be overwritten afterwards.
   *
   * @throws ConnectionError where the server broke the protocol
   */
  receive(chunk: Buffer): void {
    this.#reader.push(chunk);
    while (!this.#isStopped && this.#reader.next()) this.#takeFrame();
  }

  /** Nothing that came later is looked at. */
  stop(): void {
    this.#isStopped = true;
  }

  #takeFrame(): void {
    const { type, stream } = this.#reader;
    if (!this.#isReady && type !== frameType.settings) throw broken('its first frame is not SETTINGS');
    if (this.#headers !== null && (type !== frameType.continuation || stream !== this.#headers.stream)) {
      throw broken('a frame amid headers');
    }
    // Frames of other types mean nothing to this client; section 4.1 asks to pass over unknown ones.
    if (type === frameType.data) this.#takeData();
    else if (type === frameType.headers) this.#takeHeaders();
    else if (type === frameType.continuation) this.#takeContinuation();
    else if (type === frameType.rstStream) this.#takeReset();
    else if (type === frameType.settings) this.#takeSettings();
    else if (type === frameType.pushPromise) throw broken('a push, which was not asked for');
    else if (type === frameType.ping) this.#takePing();
    else if (type === frameType.goAway) this.#takeGoAway();
    else if (type === frameType.windowUpdate) this.#takeWindowUpdate();
  }

  /** The call that the frame belongs to; undefined where it has ended on this side already. */
  #callOfFrame(): UnaryCall | undefined {
    const { stream } = this.#reader;
    const call = this.#sender.open.get(stream);
    if (call === undefined && !this.#sender.knows(stream))
      throw broken(`a frame for stream ${stream}, which is not open`);
    return call;
  }

  #takeData(): void {
    const { buffer, start, end, length, flags } = this.#reader;
    const call = this.#callOfFrame();
    this.#returnToConnection(length);
    if (call === undefined) return;
    const problem = call.reply.take(buffer, start, end);
    if (problem !== null) this.#giveUp(call, problem);
    else if ((flags & flag.endStream) !== 0) this.#fail(call, 'the reply ended without a status');
    else this.#returnToStream(call, length);
  }

  #returnToConnection(bytes: number): void {
    this.#unreturnedBytes += bytes;
    if (this.#unreturnedBytes <= connectionWindowBytes / 2) return;
    this.#out.write(numberFrame(frameType.windowUpdate, 0, this.#unreturnedBytes));
    this.#unreturnedBytes = 0;
  }

  #returnToStream(call: UnaryCall, bytes: number): void {
    call.unreturnedBytes += bytes;
    if (call.unreturnedBytes <= streamWindowBytes / 2) return;
    this.#out.write(numberFrame(frameType.windowUpdate, call.stream, call.unreturnedBytes));
    call.unreturnedBytes = 0;
  }

  #takeHeaders(): void {
    const { buffer, start, end, flags, stream } = this.#reader;
    if ((flags & flag.endHeaders) !== 0) this.#takeBlock(flags, buffer, start, end);
    else this.#headers = { stream, flags, block: Buffer.from(this.#reader.content()) };
  }

  #takeContinuation(): void {
    const headers = this.#headers;
    if (headers === null) throw broken('a CONTINUATION of nothing');
    const block = Buffer.concat([headers.block, this.#reader.content()]);
    if (block.length > maxHeaderBytes) throw new ConnectionError('ENHANCE_YOUR_CALM', 'headers past all bounds');
    headers.block = block;
    if ((this.#reader.flags & flag.endHeaders) === 0) return;
    this.#headers = null;
    this.#takeBlock(headers.flags, block, 0, block.length);
  }

  #takeBlock(flags: number, buffer: Buffer, start: number, end: number): void {
    const call = this.#callOfFrame();
    // The first headers of a reply say nothing that the last do not say better.
    if (call === undefined || (flags & flag.endStream) === 0) return;
    const problem = this.#statusReader.read(buffer, start, end);
    const { whole } = call.reply;
    if (problem !== null) this.#fail(call, problem.message, problem.status);
    else if (whole === null) this.#fail(call, 'the reply ended before its message did', 0);
    else this.#events.onDone(call, whole, null);
  }

  #takeReset(): void {
    this.#mustBe(4);
    const call = this.#callOfFrame();
    if (call === undefined) return;
    const code = errorName(this.#reader.buffer.readUInt32BE(this.#reader.start));
    // Section 8.7: a refused request was not looked at.
    const unprocessed = code === 'REFUSED_STREAM';
    this.#events.onDone(call, null, { message: `the server ended the call: ${code}`, unprocessed, status: null });
  }

  #takeSettings(): void {
    const { length, buffer, start, end, flags, stream } = this.#reader;
    if (stream !== 0) throw broken('SETTINGS of a stream');
    if ((flags & flag.ack) !== 0) {
      this.#mustBe(0);
      return;
    }
    if (length % 6 !== 0) throw new ConnectionError('FRAME_SIZE_ERROR', `SETTINGS of ${length} bytes`);
    for (let at = start; at < end; at += 6) this.#sender.apply(buffer.readUInt16BE(at), buffer.readUInt32BE(at + 2));
    this.#out.write(settingsAck());
    if (this.#isReady) return;
    this.#isReady = true;
    this.#events.onReady();
  }

  #takePing(): void {
    this.#mustBe(8);
    if ((this.#reader.flags & flag.ack) === 0) this.#out.write(pingAck(this.#reader.content()));
  }

  #takeGoAway(): void {
    const { length, buffer, start, end } = this.#reader;
    if (length < 8) throw new ConnectionError('FRAME_SIZE_ERROR', `a GOAWAY of ${length} bytes`);
    const last = buffer.readUInt32BE(start) & 0x7fffffff;
    const code = errorName(buffer.readUInt32BE(start + 4));
    const why = buffer.toString('latin1', start + 8, Math.min(end, start + 200));
    this.#events.onGoAway(last, why === '' ? code : `${code} (${why})`);
  }

  #takeWindowUpdate(): void {
    this.#mustBe(4);
    const bytes = this.#reader.buffer.readUInt32BE(this.#reader.start) & 0x7fffffff;
    if (this.#reader.stream === 0) {
      if (bytes === 0) throw broken('a WINDOW_UPDATE by nothing');
      this.#sender.widen(bytes);
      return;
    }
    const call = this.#callOfFrame();
    if (call === undefined) return;
    call.window += bytes;
    if (bytes === 0) this.#giveUp(call, 'the server opened a window by nothing');
    else if (call.window > largestNumber) this.#giveUp(call, 'the server opened a window past all bounds');
  }

  #mustBe(length: number): void {
    const { length: found, type } = this.#reader;
    if (found === length) return;
    throw new ConnectionError('FRAME_SIZE_ERROR', `a frame of type ${type} and ${found} bytes instead of ${length}`);
  }

  /** The reply cannot be followed. */
  #giveUp(call: UnaryCall, message: string): void {
    if (call.unsent === null) this.#sender.reset(call);
    this.#fail(call, message);
  }

  #fail(call: UnaryCall, message: string, status: number | null = null): void {
    this.#events.onDone(call, null, { message, unprocessed: false, status });
  }
}

function broken(message: string): ConnectionError {
  return new ConnectionError('PROTOCOL_ERROR', message);
}
