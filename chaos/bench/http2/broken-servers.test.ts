/** What HTTP/2 forbids, by servers of a few bytes. */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { flag, frameType, putFrameHead, settingsFrame } from './frames.ts';
import { ask } from './grpc-fixture.ts';
import { UnaryConnection } from './unary-connection.ts';

const closings: (() => void)[] = [];

afterEach(() => {
  for (const close of closings.splice(0).reverse()) close();
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function dial(address: string): Promise<UnaryConnection> {
  const connection = await UnaryConnection.open(address);
  closings.push(() => connection.close());
  return connection;
}

/** A server that says these bytes to whoever connects, and holds the connection. */
function serveBytes(...frames: Buffer[]): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.write(Buffer.concat(frames));
  });
  closings.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listening(server);
}

function frame(type: number, flags: number, stream: number, content: Buffer): Buffer {
  const head = Buffer.alloc(9);
  putFrameHead(head, 0, content.length, type, flags, stream);
  return Buffer.concat([head, content]);
}

const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

describe('a server that breaks the protocol', () => {
  const { data, headers, continuation, ping, pushPromise, settings, windowUpdate, rstStream } = frameType;
  it.each([
    ['a frame that is too large', 'FRAME_SIZE_ERROR', frame(data, 0, 1, Buffer.alloc(16385))],
    ['a stream that nobody opened', 'PROTOCOL_ERROR', frame(data, 0, 7, Buffer.alloc(10))],
    ['a push', 'PROTOCOL_ERROR', frame(pushPromise, flag.endHeaders, 1, Buffer.alloc(8))],
    ['a PING of 7 bytes', 'FRAME_SIZE_ERROR', frame(ping, 0, 0, Buffer.alloc(7))],
    ['SETTINGS of 7 bytes', 'FRAME_SIZE_ERROR', frame(settings, 0, 0, Buffer.alloc(7))],
    ['a window that is too large', 'FLOW_CONTROL_ERROR', settingsFrame([[4, 2 ** 31]])],
    ['a connection window that is too large', 'FLOW_CONTROL_ERROR', frame(windowUpdate, 0, 0, number(2 ** 31 - 1))],
    ['a window that opens by nothing', 'PROTOCOL_ERROR', frame(windowUpdate, 0, 0, number(0))],
    ['an RST_STREAM of 3 bytes', 'FRAME_SIZE_ERROR', frame(rstStream, 0, 1, Buffer.alloc(3))],
    ['a CONTINUATION of nothing', 'PROTOCOL_ERROR', frame(continuation, flag.endHeaders, 1, Buffer.alloc(3))],
    ['more padding than content', 'PROTOCOL_ERROR', frame(data, flag.padded, 1, Buffer.from([3, 0, 0]))],
    [
      'a frame amid headers',
      'PROTOCOL_ERROR',
      Buffer.concat([frame(headers, 0, 1, Buffer.alloc(3)), frame(ping, 0, 0, Buffer.alloc(8))]),
    ],
    [
      'headers without end',
      'ENHANCE_YOUR_CALM',
      Buffer.concat([
        frame(headers, 0, 1, Buffer.alloc(16384)),
        ...Array.from({ length: 4 }, () => frame(continuation, 0, 1, Buffer.alloc(16384))),
      ]),
    ],
  ])('with %s ends the connection', async (_, code, bytes) => {
    const connection = await dial(await serveBytes(settingsFrame([]), bytes));
    const { failure } = await ask(connection, '/test', 'x');
    expect(failure).toMatchObject({ unprocessed: true, message: expect.stringContaining(code) });
  });

  it('ends before it began, where it is no HTTP/2 server', async () => {
    const server = createHttpServer();
    const address = await listening(server);
    closings.push(() => server.close());
    await expect(UnaryConnection.open(address)).rejects.toThrow(/does not speak HTTP\/2/);
    const silent = await serveBytes();
    await expect(UnaryConnection.open(silent, { timeoutMs: 50 })).rejects.toThrow(/did not answer in 50 ms/);
    const early = await serveBytes(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
    await expect(UnaryConnection.open(early)).rejects.toThrow(/first frame is not SETTINGS/);
  });
});
