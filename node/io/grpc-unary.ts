/**
 * The server's half of a unary gRPC call, on a bare stream of HTTP/2: one message in; one message, or a status alone, out.
 * For methods that are called so often that what the library does for each call would cost more than HTTP/2 itself.
 *
 * gRPC over HTTP/2: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md; which status stands for what:
 * https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
 */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';

/** Before a message: whether it is compressed, and its length. */
export const prefixBytes = 5;
/** The largest request that is taken, in bytes. */
export const maxRequestBytes = 4 << 20;

/** How a call ends without a reply. */
export interface Refusal {
  readonly code: status;
  /** A sentence for people. */
  readonly details: string;
}

const nothing = Buffer.alloc(0);

/** The body of a request as it comes. */
export class RequestBody {
  #bytes: Buffer = nothing;
  #filled = 0;

  /** The memory that it occupies, in bytes: where a part of a message came, that is room for the whole. */
  get heldBytes(): number {
    return this.#bytes.length;
  }

  /** Takes what came, without a copy where that is all; why the call cannot go on, null where it can. */
  take(chunk: Buffer): Refusal | null {
    this.#append(chunk);
    if (this.#filled < prefixBytes) return null;
    if (this.#bytes[0] !== 0) {
      return { code: status.UNIMPLEMENTED, details: 'the request is compressed, which is not supported' };
    }
    const length = this.#bytes.readUInt32BE(1);
    if (length > maxRequestBytes) {
      return {
        code: status.RESOURCE_EXHAUSTED,
        details: `the request has ${length} bytes, and ${maxRequestBytes} are the limit`,
      };
    }
    if (this.#filled > prefixBytes + length) {
      return { code: status.UNIMPLEMENTED, details: 'more than one request came in a call that takes one' };
    }
    this.#makeRoom(prefixBytes + length);
    return null;
  }

  /** The message, as a view, once the body has ended; or what is wrong with it. */
  end(): Buffer | Refusal {
    if (this.#filled === 0) return { code: status.UNIMPLEMENTED, details: 'no request came in a call that takes one' };
    if (this.#filled < prefixBytes || this.#filled < this.#bytes.length) {
      return { code: status.INTERNAL, details: 'the request was cut off' };
    }
    return this.#bytes.subarray(prefixBytes);
  }

  #append(chunk: Buffer): void {
    if (this.#filled === 0) this.#bytes = chunk;
    else if (this.#filled + chunk.length <= this.#bytes.length) this.#bytes.set(chunk, this.#filled);
    // Amid the prefix, or past the message: either way nothing long is copied twice.
    else this.#bytes = Buffer.concat([this.#bytes.subarray(0, this.#filled), chunk]);
    this.#filled += chunk.length;
  }

  /** Parts are put together as they come: a body of many small ones must not cost an object for each. */
  #makeRoom(bytes: number): void {
    if (this.#bytes.length === bytes) return;
    const whole = Buffer.allocUnsafe(bytes);
    whole.set(this.#bytes);
    this.#bytes = whole;
  }
}

/** Whether these are the headers of a gRPC call at all. */
export function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('application/grpc') === true;
}

// One object for all calls.
const replyHeaders = { ':status': 200, 'content-type': 'application/grpc+proto' };
const replyOptions = { waitForTrailers: true };
const trailers = { 'grpc-status': '0' };

/**
 * Ends the call with its reply. Nothing happens where the client is gone.
 *
 * @param framed - the message, behind `prefixBytes` that are filled in here
 */
export function answer(stream: ServerHttp2Stream, framed: Buffer): void {
  if (stream.closed) return;
  framed[0] = 0;
  framed.writeUInt32BE(framed.length - prefixBytes, 1);
  stream.on('wantTrailers', sendTrailers);
  stream.respond(replyHeaders, replyOptions);
  stream.end(framed);
}

function sendTrailers(this: ServerHttp2Stream): void {
  this.sendTrailers(trailers);
}

/** Ends the call without a reply ("Trailers-Only"). Nothing happens where the client is gone. */
export function refuse(stream: ServerHttp2Stream, { code, details }: Refusal): void {
  endWith(stream, {
    ...replyHeaders,
    'grpc-status': code,
    'grpc-message': encodeURI(details),
    // So that a client that compresses knows better from then on.
    'grpc-accept-encoding': 'identity',
  });
}

/** Ends what is no call of gRPC in the way that its client may understand. */
export function refuseMediaType(stream: ServerHttp2Stream): void {
  endWith(stream, { ':status': constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE });
}

function endWith(stream: ServerHttp2Stream, headers: Readonly<Record<string, string | number>>): void {
  if (stream.closed) return;
  stream.respond(headers, { endStream: true });
  // "Early Server Closure": the client need not send the rest of its request, and the stream can go.
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}
