/** What HTTP/2 allows and gRPC servers seldom do, by Node's own HTTP/2. */
import http2, { type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../node/io/fixture.ts';
import { ask } from './grpc-fixture.ts';
import { UnaryConnection } from './unary-connection.ts';

const closings: (() => void)[] = [];

afterEach(() => {
  for (const close of closings.splice(0).reverse()) close();
});

async function listening(server: Http2Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function dial(address: string): Promise<UnaryConnection> {
  const connection = await UnaryConnection.open(address);
  closings.push(() => connection.close());
  return connection;
}

interface Peer {
  readonly address: string;
  readonly sessions: ServerHttp2Session[];
}

type Handler = (stream: ServerHttp2Stream, body: Buffer, path: string) => void;

/** A gRPC server by hand; `onBody` gets each request with its prefix. */
async function servePeer(options: http2.ServerOptions, onBody: Handler = echo): Promise<Peer> {
  const server = http2.createServer(options);
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => onBody(stream, Buffer.concat(parts), String(headers[':path'])));
  });
  const address = await listening(server);
  closings.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { address, sessions };
}

function echo(stream: ServerHttp2Stream, body: Buffer): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(body);
}

describe('a peer', () => {
  it.each<[string, http2.ServerOptions]>([
    ['that pads its frames', { paddingStrategy: http2.constants.PADDING_STRATEGY_MAX }],
    ['that keeps no header table', { settings: { headerTableSize: 0 } }],
    ['that keeps a small header table', { settings: { headerTableSize: 100 } }],
    ['with small windows', { settings: { initialWindowSize: 1000 } }],
    ['that takes few calls at once', { settings: { maxConcurrentStreams: 3 } }],
    ['that takes large frames', { settings: { maxFrameSize: 1 << 20, initialWindowSize: 1 << 20 } }],
  ])('%s is answered', async (_, options) => {
    let most = 0;
    let underWay = 0;
    const { address } = await servePeer(options, (stream, body) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setImmediate(() => {
        underWay -= 1;
        echo(stream, body);
      });
    });
    const connection = await dial(address);
    const messages = Array.from({ length: 100 }, (__, index) => Buffer.alloc(1 + 317 * index, `${index}`));
    const answers = await Promise.all(messages.map((message, index) => ask(connection, `/test/${index % 3}`, message)));
    for (const [index, { reply }] of answers.entries()) expect(reply?.equals(messages[index] as Buffer)).toBe(true);
    expect(most).toBeGreaterThan(0);
    if (options.settings?.maxConcurrentStreams !== undefined) expect(most).toBeLessThanOrEqual(3);
  });

  it('that changes its settings under way is followed', async () => {
    const paths: string[] = [];
    const { address, sessions } = await servePeer(
      { settings: { initialWindowSize: 100_000 } },
      (stream, body, path) => {
        paths.push(path);
        echo(stream, body);
      },
    );
    const connection = await dial(address);
    const large = () => ask(connection, '/test/large', Buffer.alloc(300_000, 'l'));
    for (const settings of [
      { initialWindowSize: 10, headerTableSize: 0 },
      { initialWindowSize: 200_000, headerTableSize: 4096 },
      { initialWindowSize: 0 },
    ]) {
      const underWay = [large(), large()];
      await new Promise<void>((resolve) => sessions[0]?.settings(settings, () => resolve()));
      const after = large();
      if (settings.initialWindowSize === 0) sessions[0]?.settings({ initialWindowSize: 50_000 });
      const answers = await Promise.all([...underWay, after]);
      for (const { reply } of answers) expect(reply?.equals(Buffer.alloc(300_000, 'l'))).toBe(true);
    }
    expect(paths).toEqual(Array.from({ length: 9 }, () => '/test/large'));
  });

  it('that pings gets its answer', async () => {
    const { address, sessions } = await servePeer({});
    await dial(address);
    const payload = Buffer.from('12345678');
    const answer = await new Promise((resolve) => sessions[0]?.ping(payload, (_, __, returned) => resolve(returned)));
    expect(answer).toEqual(payload);
  });

  it('that sends headers in many frames is understood', async () => {
    const { address } = await servePeer({ maxSendHeaderBlockLength: 1 << 20 }, (stream) => {
      const details = 'x'.repeat(40_000);
      stream.respond({ ':status': 200, 'grpc-status': '9', 'grpc-message': details }, { endStream: true });
    });
    const { failure } = await ask(await dial(address), '/test', 'x');
    expect(failure).toEqual({
      unprocessed: false,
      status: 9,
      message: `FAILED_PRECONDITION: ${'x'.repeat(40_000)}`,
    });
  });

  it.each<[string, Handler, object]>([
    [
      'ends without a status',
      (stream, body) => {
        stream.respond({ ':status': 200 });
        stream.end(body);
      },
      { unprocessed: false, status: null, message: 'the reply ended without a status' },
    ],
    [
      'is no gRPC server',
      (stream) => stream.respond({ ':status': 404 }, { endStream: true }),
      { unprocessed: false, status: null, message: 'no status, but the HTTP status 404' },
    ],
    [
      'says OK before the message ended',
      (stream, body) => echo(stream, body.subarray(0, body.length - 1)),
      { unprocessed: false, status: 0, message: 'the reply ended before its message did' },
    ],
    [
      'sends two messages',
      (stream, body) => echo(stream, Buffer.concat([body, body])),
      { unprocessed: false, status: null, message: 'more than one message came' },
    ],
    [
      'compresses',
      (stream, body) => echo(stream, Buffer.concat([Buffer.from([1]), body.subarray(1)])),
      { unprocessed: false, status: null, message: 'a compressed message came, which was not asked for' },
    ],
    [
      'breaks the call off',
      (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
      { unprocessed: false, status: null, message: 'the server ended the call: INTERNAL_ERROR' },
    ],
    [
      'refuses the call',
      (stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM),
      { unprocessed: true, status: null, message: 'the server ended the call: REFUSED_STREAM' },
    ],
  ])('that %s fails the call, and only it', async (_, handler, failure) => {
    const { address } = await servePeer({}, (stream, body, path) =>
      path === '/test/bad' ? handler(stream, body, path) : echo(stream, body),
    );
    const connection = await dial(address);
    const [bad, good] = await Promise.all([ask(connection, '/test/bad', 'x'), ask(connection, '/test/good', 'y')]);
    expect(bad).toEqual({ reply: null, failure });
    expect(good.reply?.toString()).toBe('y');
    expect((await ask(connection, '/test/good', 'z')).reply?.toString()).toBe('z');
  });

  it('that says goodbye did nothing of what came after the last stream that it names', async () => {
    const held: (() => void)[] = [];
    const { address, sessions } = await servePeer({}, (stream, body) => held.push(() => echo(stream, body)));
    const connection = await dial(address);
    const calls = ['a', 'b', 'c'].map((text) => ask(connection, '/test', text));
    await eventually(() => held.length === 3, 'the requests are there');
    sessions[0]?.goaway(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, 3, Buffer.from('too_many'));
    const failure = {
      unprocessed: true,
      status: null,
      message: expect.stringContaining('ENHANCE_YOUR_CALM (too_many)'),
    };
    expect(await calls[2]).toEqual({ reply: null, failure });
    expect(connection.usable).toBe(false);
    expect(await ask(connection, '/test', 'later')).toEqual({ reply: null, failure });
    for (const answer of held.slice(0, 2)) answer();
    expect((await calls[0])?.reply?.toString()).toBe('a');
    expect((await calls[1])?.reply?.toString()).toBe('b');
  });
});
