/** What clients may do wrong, by bytes on streams of node:http2. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientRequest } from '../ports.ts';
import { decodeReply, encodeRequest } from './client-batches.ts';
import { callMethod } from './client-service.ts';
import { eventually } from './fixture.ts';
import { createServer, listen, shutDown } from './grpc.ts';
import { maxRequestBytes } from './grpc-unary.ts';
import { UnaryCalls, type UnaryLimits } from './unary-calls.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

/** Takes calls and refuses what they ask for, or leaves them waiting; `session` is a connection to it. */
async function replica(limits?: UnaryLimits, answers = true) {
  const seen: ClientRequest[] = [];
  const unary: UnaryCalls = new UnaryCalls((request) => {
    seen.push(request);
    if (answers) setImmediate(() => unary.reply({ id: request.id, status: 'rejected' }));
  }, limits);
  const server = createServer();
  closers.push(() => shutDown(server));
  const address = await listen(server, '127.0.0.1:0', { path: callMethod.path, handle: unary.handle });
  const session = connect(`http://${address}`);
  session.on('error', () => {});
  closers.push(() => session.destroy());
  return { unary, seen, session };
}

const grpc = { 'content-type': 'application/grpc', te: 'trailers' };

function open(session: ClientHttp2Session, headers: Record<string, string> = grpc): ClientHttp2Stream {
  const stream = session.request({ ':method': 'POST', ':path': callMethod.path, ...headers }, { endStream: false });
  stream.on('error', () => {});
  return stream;
}

interface End {
  readonly http: number;
  readonly code: string;
  readonly details: string;
  readonly body: Buffer;
  /** What the stream was reset with. */
  readonly reset: number;
}

/** What the server says, to the end of the stream. */
function endOf(stream: ClientHttp2Stream): Promise<End> {
  const said: Record<string, unknown> = {};
  const chunks: Buffer[] = [];
  stream.on('response', (headers) => Object.assign(said, headers));
  stream.on('trailers', (headers) => Object.assign(said, headers));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) =>
    stream.on('close', () =>
      resolve({
        http: Number(said[':status']),
        code: status[Number(said['grpc-status'])] ?? 'none',
        details: decodeURIComponent(String(said['grpc-message'] ?? '')),
        body: Buffer.concat(chunks),
        reset: stream.rstCode ?? -1,
      }),
    ),
  );
}

function framed(message: Uint8Array, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

const request: ClientRequest = { id: 9, access: 'write', command: Buffer.from('a command') };
const good = framed(encodeRequest(request));

/** That the connection still serves calls. */
async function expectService(session: ClientHttp2Session): Promise<void> {
  const stream = open(session);
  const end = endOf(stream);
  stream.end(good);
  const { http, code, details, body } = await end;
  expect({ http, code, details }).toEqual({ http: 200, code: 'OK', details: '' });
  expect(body.subarray(0, 5)).toEqual(framed(body.subarray(5)).subarray(0, 5));
  expect(decodeReply(body.subarray(5))).toEqual({ id: 9, status: 'rejected' });
}

describe('a unary call on a bare stream', () => {
  it.each([
    ['nothing', [], 'UNIMPLEMENTED', 'no request came in a call that takes one'],
    ['a part of the prefix', [good.subarray(0, 4)], 'INTERNAL', 'the request was cut off'],
    ['the prefix alone', [good.subarray(0, 5)], 'INTERNAL', 'the request was cut off'],
    ['a part of the message', [good.subarray(0, 9)], 'INTERNAL', 'the request was cut off'],
    ['parts of the message', [good.subarray(0, 9), good.subarray(9, 12)], 'INTERNAL', 'the request was cut off'],
    ['two messages', [good, good], 'UNIMPLEMENTED', 'more than one request came in a call that takes one'],
    ['a byte too many', [Buffer.concat([good, Buffer.alloc(1)])], 'UNIMPLEMENTED', /^more than one request/],
    ['a compressed message', [framed(Buffer.alloc(9), 1)], 'UNIMPLEMENTED', /compressed, which is not supported$/],
    ['garbage', [Buffer.alloc(100, 0xff)], 'UNIMPLEMENTED', /compressed/],
    [
      'a message of garbage',
      [framed(Buffer.alloc(100, 0xff))],
      'INVALID_ARGUMENT',
      /^the request could not be decoded/,
    ],
  ])('that brings %s is refused in a sentence, and the connection goes on', async (_, parts, code, details) => {
    const { session, unary, seen } = await replica();
    const stream = open(session);
    const end = endOf(stream);
    for (const part of parts) {
      stream.write(part);
      // Each part in a frame of its own.
      await new Promise((resolve) => session.ping(resolve));
    }
    stream.end();
    const sentence = typeof details === 'string' ? details : expect.stringMatching(details);
    expect(await end).toMatchObject({ http: 200, code, details: sentence, reset: constants.NGHTTP2_NO_ERROR });
    expect(seen).toEqual([]);
    expect(unary.underWay).toBe(0);
    await expectService(session);
  });

  it('may bring its message byte by byte', async () => {
    const { session, seen } = await replica();
    const stream = open(session);
    const end = endOf(stream);
    for (const byte of good) {
      stream.write(Buffer.from([byte]));
      await new Promise((resolve) => session.ping(resolve));
    }
    stream.end();
    expect(await end).toMatchObject({ http: 200, code: 'OK' });
    expect(Buffer.from(seen[0]?.command ?? []).toString()).toBe('a command');
  });

  it('that announces too much is refused before it is sent, and need not be sent', async () => {
    const { session, unary } = await replica();
    const stream = open(session);
    const end = endOf(stream);
    stream.write(framed(Buffer.alloc(10), 0, maxRequestBytes + 1));
    const details = `the request has ${maxRequestBytes + 1} bytes, and ${maxRequestBytes} are the limit`;
    expect(await end).toMatchObject({ code: 'RESOURCE_EXHAUSTED', details, reset: constants.NGHTTP2_NO_ERROR });
    expect(unary.underWay).toBe(0);
    await expectService(session);
  });

  it('that is none of gRPC gets HTTP’s own refusal', async () => {
    const { session, seen } = await replica();
    for (const headers of [{ 'content-type': 'application/json' }, {}] as Record<string, string>[]) {
      const stream = open(session, headers);
      const end = endOf(stream);
      stream.end(good);
      expect(await end).toMatchObject({ http: 415, code: 'none' });
    }
    const head = open(session, { ...grpc, ':method': 'HEAD' });
    const end = endOf(head);
    head.end();
    expect(await end).toMatchObject({ http: 200, code: 'UNIMPLEMENTED' });
    expect(seen).toEqual([]);
    const withBody = open(session, { ...grpc, ':method': 'HEAD' });
    withBody.end(good);
    await endOf(withBody);
    await expectService(session);
  });

  it('that stops amid its request is ended in time', async () => {
    const { session, unary } = await replica();
    const stream = open(session);
    const end = endOf(stream);
    stream.write(good.subarray(0, 7));
    await eventually(() => unary.underWay === 1, 'it has begun');
    unary.forget(60_000);
    expect(unary.underWay).toBe(1);
    unary.forget(0);
    expect(await end).toMatchObject({ code: 'DEADLINE_EXCEEDED', details: 'the request did not come in time' });
    await expectService(session);
  });

  it.each([
    ['CANCEL', constants.NGHTTP2_CANCEL],
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
    ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR],
  ])('that is reset with %s amid its request gives up its place', async (_, code) => {
    const { session, unary, seen } = await replica();
    const stream = open(session);
    stream.write(good.subarray(0, 7));
    await eventually(() => unary.underWay === 1, 'it has begun');
    stream.close(code);
    await eventually(() => unary.underWay === 0, 'it is gone');
    expect(seen).toEqual([]);
    await expectService(session);
  });

  it('that is reset before it was looked at takes no place', async () => {
    const { session, unary } = await replica(undefined, false);
    for (let count = 0; count < 100; count += 1) {
      const stream = open(session);
      if (count % 2 === 0) stream.end(good);
      stream.close(count % 4 < 2 ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_NO_ERROR);
    }
    await new Promise((resolve) => session.ping(resolve));
    await eventually(() => unary.underWay === 0, 'all are gone');
  });

  it('gives up its place when the connection breaks, and a reply to it is for nobody', async () => {
    const { session, unary, seen } = await replica(undefined, false);
    open(session).end(good);
    open(session).write(good.subarray(0, 7));
    await eventually(() => unary.underWay === 2 && seen.length === 1, 'both have begun');
    session.destroy();
    await eventually(() => unary.underWay === 0, 'both are gone');
    for (const { id } of seen) unary.reply({ id, status: 'rejected' });
  });

  it('is turned away where too much waits for the rest of its requests', async () => {
    const { session, unary } = await replica({ calls: 10, partialBytes: 3000 });
    const first = open(session);
    first.write(framed(Buffer.alloc(1), 0, 2000));
    await eventually(() => unary.underWay === 1, 'it has begun');
    const second = open(session);
    const end = endOf(second);
    second.write(framed(Buffer.alloc(1), 0, 2000));
    expect(await end).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      details: 'more than 3000 bytes wait for the rest of their requests',
    });
    first.close(constants.NGHTTP2_CANCEL);
    await eventually(() => unary.underWay === 0, 'the first is gone');
    await expectService(session);
  });
});
