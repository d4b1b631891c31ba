/** The frames of HTTP/2 as bytes: RFC 9113, sections 4, 6 and 7. */

export const frameType = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const;

/** Every frame begins with so many bytes: length, type, flags, stream. */
export const frameHeadBytes = 9;
/** The largest content of a frame, and the window of a stream and of a connection, unless the peer says otherwise. */
export const defaultMaxFrameBytes = 16384;
export const defaultWindowBytes = 65535;
/** No window and no stream's number may be larger. */
export const largestNumber = 2 ** 31 - 1;

const errorCodes = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export function errorNumber(code: ErrorCode): number {
  return errorCodes.indexOf(code);
}

export function errorName(code: number): string {
  return errorCodes[code] ?? `the error ${code}`;
}

/** The peer broke the protocol in a way after which the connection cannot be used: RFC 9113, section 5.4.1. */
export class ConnectionError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Writes the head of a frame; returns where its content goes. */
export function putFrameHead(
  buffer: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  buffer[at] = length >>> 16;
  buffer[at + 1] = length >>> 8;
  buffer[at + 2] = length;
  buffer[at + 3] = type;
  buffer[at + 4] = flags;
  buffer[at + 5] = stream >>> 24;
  buffer[at + 6] = stream >>> 16;
  buffer[at + 7] = stream >>> 8;
  buffer[at + 8] = stream;
  return at + frameHeadBytes;
}

/** A frame whose content is one number of 32 bits: RST_STREAM and WINDOW_UPDATE. */
export function numberFrame(type: number, stream: number, value: number): Buffer {
  const frame = Buffer.alloc(frameHeadBytes + 4);
  frame.writeUInt32BE(value, putFrameHead(frame, 0, 4, type, 0, stream));
  return frame;
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const frame = Buffer.alloc(frameHeadBytes + 6 * settings.length);
  let at = putFrameHead(frame, 0, 6 * settings.length, frameType.settings, 0, 0);
  for (const [id, value] of settings) {
    at = frame.writeUInt16BE(id, at);
    at = frame.writeUInt32BE(value, at);
  }
  return frame;
}

export function settingsAck(): Buffer {
  const frame = Buffer.alloc(frameHeadBytes);
  putFrameHead(frame, 0, 0, frameType.settings, flag.ack, 0);
  return frame;
}

export function pingAck(content: Buffer): Buffer {
  const frame = Buffer.alloc(frameHeadBytes + content.length);
  frame.set(content, putFrameHead(frame, 0, content.length, frameType.ping, flag.ack, 0));
  return frame;
}

export function goAwayFrame(code: ErrorCode): Buffer {
  const frame = Buffer.alloc(frameHeadBytes + 8);
  // The last stream of the peer's that was looked at is 0: a server of unary calls opens none.
  const at = putFrameHead(frame, 0, 8, frameType.goAway, 0, 0);
  frame.writeUInt32BE(errorNumber(code), at + 4);
  return frame;
}
