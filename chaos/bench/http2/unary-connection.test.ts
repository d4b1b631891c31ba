import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../node/io/fixture.ts';
import { freeAddresses } from '../../../node/io/free-addresses.ts';
import { ask, paths, startServer, type TestServer } from './grpc-fixture.ts';
import { UnaryConnection } from './unary-connection.ts';

const servers: TestServer[] = [];
const connections: UnaryConnection[] = [];

async function serve(): Promise<TestServer> {
  const server = await startServer();
  servers.push(server);
  return server;
}

async function dial(address: string, options = {}): Promise<UnaryConnection> {
  const connection = await UnaryConnection.open(address, options);
  connections.push(connection);
  return connection;
}

afterEach(() => {
  for (const connection of connections.splice(0)) connection.close();
  for (const { server } of servers.splice(0)) server.forceShutdown();
});

describe('calls to a gRPC server', () => {
  it('give the reply', async () => {
    const connection = await dial((await serve()).address);
    expect(await ask(connection, paths.echo, 'hello')).toEqual({ reply: Buffer.from('hello'), failure: null });
    expect(await ask(connection, paths.reverse, 'hello')).toEqual({ reply: Buffer.from('olleh'), failure: null });
    expect(await ask(connection, paths.echo, '')).toEqual({ reply: Buffer.alloc(0), failure: null });
  });

  it('go beside each other, each with its own reply', async () => {
    const connection = await dial((await serve()).address);
    const messages = Array.from({ length: 3000 }, (_, index) => `message ${index} ${'x'.repeat(index % 700)}`);
    const answers = await Promise.all(messages.map((message) => ask(connection, paths.echo, message)));
    expect(answers.map(({ reply }) => reply?.toString())).toEqual(messages);
  });

  it('carry messages that are larger than every window', async () => {
    const connection = await dial((await serve()).address);
    const messages = [1, 65_530, 65_531, 1 << 20, 10 << 20].map((size) => randomBytes(size));
    const answers = await Promise.all(messages.map((message) => ask(connection, paths.echo, message)));
    for (const [index, { reply }] of answers.entries()) expect(reply?.equals(messages[index] as Buffer)).toBe(true);
    // As large as the window of a stream, and its prefix comes on top.
    const largest = await ask(connection, paths.echo, Buffer.alloc(16 << 20, 'z'));
    expect(largest.reply?.equals(Buffer.alloc(16 << 20, 'z'))).toBe(true);
    // More than the connection's window, so that it must have been given back.
    for (let round = 0; round < 7; round += 1) {
      const { reply } = await ask(connection, paths.reverse, messages[4] as Buffer);
      expect(reply?.length).toBe(10 << 20);
    }
  });

  it('tell what the server says of an error', async () => {
    const connection = await dial((await serve()).address);
    const refused = { unprocessed: false, status: 3, message: 'INVALID_ARGUMENT: no, not "50 %" – never' };
    expect(await ask(connection, paths.refuse, 'no, not "50 %" – never')).toEqual({ reply: null, failure: refused });
    const unknown = await ask(connection, paths.unknown, 'x');
    expect(unknown.failure).toMatchObject({ status: 12, message: expect.stringMatching(/^UNIMPLEMENTED: .*Unknown/) });
    expect((await ask(connection, paths.echo, 'still there')).reply?.toString()).toBe('still there');
  });

  it('refuse a reply that is past the limit, and go on', async () => {
    const connection = await dial((await serve()).address);
    const { failure } = await ask(connection, paths.echo, Buffer.alloc((16 << 20) + 1));
    expect(failure).toMatchObject({ unprocessed: false, message: expect.stringMatching(/16777217 bytes.*limit/) });
    expect((await ask(connection, paths.echo, 'still there')).reply?.toString()).toBe('still there');
  });

  it('do not hold on to the memory of their message', async () => {
    const connection = await dial((await serve()).address);
    const message = Buffer.from('first');
    const first = ask(connection, paths.echo, message);
    const large = Buffer.alloc(1 << 20, 'a');
    const second = new Promise<Buffer | null>((resolve) => connection.call(paths.echo, large, resolve));
    message.fill('-');
    large.fill('-');
    expect((await first).reply?.toString()).toBe('first');
    expect((await second)?.equals(Buffer.alloc(1 << 20, 'a'))).toBe(true);
  });

  it('end in a later turn, also where nothing is sent', async () => {
    const connection = await dial((await serve()).address);
    connection.close();
    let isDone = false;
    const call = new Promise<void>((resolve) =>
      connection.call(paths.echo, Buffer.from('x'), () => {
        isDone = true;
        resolve();
      }),
    );
    expect(isDone).toBe(false);
    await call;
    expect(isDone).toBe(true);
  });
});

describe('a cancelled call', () => {
  it('has no end, and leaves the others alone', async () => {
    const { address, requests } = await serve();
    const connection = await dial(address);
    let ends = 0;
    const call = connection.call(paths.never, Buffer.from('x'), () => {
      ends += 1;
    });
    await eventually(() => requests() === 1, 'the server has the request');
    expect(connection.cancel(call)).toBe(false);
    expect((await ask(connection, paths.echo, 'on')).reply?.toString()).toBe('on');
    connection.close();
    expect(ends).toBe(0);
  });

  it('stops amid its request', async () => {
    const { address, requests } = await serve();
    const connection = await dial(address);
    const call = connection.call(paths.echo, Buffer.alloc(8 << 20), () => expect.unreachable());
    expect(connection.cancel(call)).toBe(false);
    expect((await ask(connection, paths.echo, 'on')).reply?.toString()).toBe('on');
    expect(requests()).toBe(1);
  });
});

describe('the end of a connection', () => {
  it('fails what is under way: nobody knows', async () => {
    const { address, server, requests } = await serve();
    const connection = await dial(address);
    const asked = Array.from({ length: 50 }, () => ask(connection, paths.never, 'x'));
    await eventually(() => requests() === 50, 'the server has the requests');
    server.forceShutdown();
    for (const { reply, failure } of await Promise.all(asked)) {
      expect(reply).toBeNull();
      expect(failure).toMatchObject({ unprocessed: false });
    }
    await eventually(() => !connection.usable, 'the connection is over');
    const { failure } = await ask(connection, paths.echo, 'x');
    expect(failure).toMatchObject({ unprocessed: true, message: expect.stringContaining(address) });
  });

  it('lets calls end when the server shuts down gently', async () => {
    const { address, server } = await serve();
    const connection = await dial(address);
    await ask(connection, paths.echo, 'first');
    const large = ask(connection, paths.echo, Buffer.alloc(4 << 20));
    const isShut = new Promise<void>((resolve) => {
      server.tryShutdown(() => resolve());
    });
    const { reply, failure } = await large;
    // Whether the server had seen the call when it said goodbye is a matter of time; a reply is whole, or certainly none.
    if (failure === null) expect(reply?.length).toBe(4 << 20);
    else expect(failure).toMatchObject({ unprocessed: true });
    await isShut;
    await eventually(() => !connection.usable, 'the connection is over');
  });

  it('fails what is under way when this side closes', async () => {
    const connection = await dial((await serve()).address);
    const asked = ask(connection, paths.never, 'x');
    connection.close();
    expect((await asked).failure).toMatchObject({ unprocessed: false, message: expect.stringContaining('closed') });
    expect(connection.usable).toBe(false);
  });

  it('comes when the streams are used up', async () => {
    const { address } = await serve();
    const connection = await dial(address, { firstStream: 2 ** 31 - 7 });
    const answers = Array.from({ length: 6 }, (_, index) => ask(connection, paths.echo, `${index}`));
    expect(connection.usable).toBe(false);
    const replies = (await Promise.all(answers)).map(({ reply, failure }) => reply?.toString() ?? failure?.message);
    const usedUp = `the streams of the connection to ${address} are used up`;
    expect(replies).toEqual(['0', '1', '2', '3', usedUp, usedUp]);
  });
});

describe('opening', () => {
  it('tells that nobody listens', async () => {
    const [address = ''] = await freeAddresses(1);
    await expect(UnaryConnection.open(address)).rejects.toThrow(/ECONNREFUSED/);
  });
});
