/** What a connection sends, seen by a server that takes it down. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../node/io/fixture.ts';
import { FrameReader } from './frame-reader.ts';
import { flag, frameType, numberFrame, settingsFrame } from './frames.ts';
import { UnaryConnection } from './unary-connection.ts';

const closings: (() => void)[] = [];

afterEach(() => {
  for (const close of closings.splice(0).reverse()) close();
});

interface Taken {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly content: Buffer;
}

/** A server that says `greeting` and takes down every frame; `socket` is the last that came. */
class Recorder {
  readonly frames: Taken[] = [];
  socket: Socket | undefined;
  #prefaceLeft = 24;
  #reader = new FrameReader();
  readonly #server = createServer((socket) => {
    this.socket = socket;
    socket.on('error', () => {});
    socket.write(this.#greeting);
    socket.on('data', (part) => this.#take(part));
  });
  readonly #greeting: Buffer;

  constructor(greeting: readonly Buffer[]) {
    this.#greeting = Buffer.concat(greeting);
    closings.push(() => {
      this.socket?.destroy();
      this.#server.close();
    });
  }

  async dial(): Promise<UnaryConnection> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve()));
    const connection = await UnaryConnection.open(`127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
    closings.push(() => connection.close());
    return connection;
  }

  of(type: number): Taken[] {
    return this.frames.filter((each) => each.type === type);
  }

  /** What was sent of messages, in bytes. */
  dataBytes(): number {
    return this.of(frameType.data).reduce((sum, { content }) => sum + content.length, 0);
  }

  #take(part: Buffer): void {
    const skipped = Math.min(this.#prefaceLeft, part.length);
    this.#prefaceLeft -= skipped;
    this.#reader.push(part.subarray(skipped));
    while (this.#reader.next()) {
      const { type, flags, stream } = this.#reader;
      this.frames.push({ type, flags, stream, content: Buffer.from(this.#reader.content()) });
    }
  }
}

const ignore = () => {};
const wide = [settingsFrame([[4, 2 ** 31 - 1]]), numberFrame(frameType.windowUpdate, 0, 2 ** 31 - 1 - 65535)];

describe('a connection', () => {
  it('sends no more than the window of the connection, and each byte when it opens', async () => {
    const server = new Recorder([settingsFrame([])]);
    const connection = await server.dial();
    for (let index = 0; index < 100; index += 1) connection.call('/test', Buffer.alloc(995), ignore);
    await eventually(() => server.dataBytes() === 65_535, 'the window is used up');
    const opened = server.of(frameType.headers).length;
    expect(opened).toBe(66);
    server.socket?.write(numberFrame(frameType.windowUpdate, 0, 10_000));
    await eventually(() => server.dataBytes() === 75_535, 'the window is used up again');
    server.socket?.write(numberFrame(frameType.windowUpdate, 0, 100_000));
    await eventually(() => server.dataBytes() === 100_000, 'everything is sent');
    expect(server.of(frameType.headers)).toHaveLength(100);
    expect(server.of(frameType.data).filter(({ flags }) => flags === flag.endStream)).toHaveLength(100);
  });

  it('sends no more than the window of a stream, and goes on with others', async () => {
    const server = new Recorder([settingsFrame([[4, 1000]])]);
    const connection = await server.dial();
    connection.call('/test', Buffer.alloc(2995), ignore);
    connection.call('/test', Buffer.alloc(495), ignore);
    await eventually(() => server.dataBytes() === 1500, 'the window is used up, and the small call is sent');
    server.socket?.write(numberFrame(frameType.windowUpdate, 1, 1500));
    await eventually(() => server.dataBytes() === 3000, 'the window is used up again');
    server.socket?.write(numberFrame(frameType.windowUpdate, 1, 1500));
    await eventually(() => server.dataBytes() === 3500, 'everything is sent');
    expect(server.of(frameType.data).at(-1)).toMatchObject({ flags: flag.endStream, stream: 1 });
  });

  it('tells the server that a call was cancelled', async () => {
    const server = new Recorder([settingsFrame([])]);
    const connection = await server.dial();
    const sent = connection.call('/test', Buffer.alloc(10), ignore);
    const halfSent = connection.call('/test', Buffer.alloc(100_000), ignore);
    const unsent = connection.call('/test', Buffer.alloc(10), ignore);
    expect([sent, halfSent, unsent].map((call) => connection.cancel(call))).toEqual([false, false, true]);
    expect(connection.cancel(sent)).toBe(false);
    await eventually(() => server.of(frameType.rstStream).length === 2, 'both are told');
    expect(server.of(frameType.rstStream).map(({ stream }) => stream)).toEqual([1, 3]);
    expect(server.of(frameType.headers)).toHaveLength(2);
  });

  it('sends what it was given, however slowly the server reads', async () => {
    const server = new Recorder(wide);
    const connection = await server.dial();
    await eventually(() => server.socket !== undefined, 'the server is there');
    server.socket?.pause();
    for (let index = 0; index < 30; index += 1) {
      connection.call('/test', Buffer.alloc(1 << 20, index), ignore);
      connection.call('/test', Buffer.alloc(100, index), ignore);
      await new Promise((resolve) => setImmediate(resolve));
    }
    server.socket?.resume();
    await eventually(() => server.dataBytes() === 30 * ((1 << 20) + 100 + 10), 'everything is there');
    for (const { stream, content } of server.of(frameType.data)) {
      expect(content.at(-1)).toBe((stream - 1) >> 2);
    }
  });

  it('holds so much for a server that does not read, and refuses more', async () => {
    const server = new Recorder(wide);
    const connection = await server.dial();
    server.socket?.pause();
    let refused = 0;
    for (let index = 0; index < 100; index += 1) {
      connection.call('/test', Buffer.alloc(1 << 20), (_, failure) => {
        if (failure?.unprocessed === true && failure.message.includes('does not take requests')) refused += 1;
      });
    }
    await eventually(() => refused > 20, 'calls are refused');
    expect(refused).toBeLessThan(40);
    expect(connection.usable).toBe(true);
  });

  it('sends everything of one turn at once', async () => {
    const server = new Recorder([settingsFrame([])]);
    const connection = await server.dial();
    await eventually(() => server.frames.length > 0, 'the settings are there');
    let parts = 0;
    server.socket?.on('data', () => {
      parts += 1;
    });
    for (let index = 0; index < 50; index += 1) connection.call('/test', Buffer.alloc(100), ignore);
    await eventually(() => server.of(frameType.data).length === 50, 'the requests are there');
    expect(parts).toBeLessThanOrEqual(2);
  });
});
