import { Client, credentials, type sendUnaryData, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeCommand, maxCommandBytes } from '../machine/command.ts';
import type { ClientReply, ClientRequest } from '../ports.ts';
import { encodeRequest } from './client-batches.ts';
import { ClientServer } from './client-server.ts';
import { callMethod } from './client-service.ts';
import { eventually } from './fixture.ts';
import { createServer, listen } from './grpc.ts';
import { UnaryCalls } from './unary-calls.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

const command = encodeCommand({ op: 'put', session: 1, sequence: 1, key: 'k', a: 'v', b: null });
const write = (id: number): ClientRequest => ({ id, access: 'write', command });

/** A replica whose clients' API is real and whose answers come from `handle`; gives its address. */
function replica(handle: (request: ClientRequest, reply: (reply: ClientReply) => void) => void): Promise<string> {
  const server: ClientServer = new ClientServer({
    onRequest: (client, request) => handle(request, (reply) => server.reply(client, reply)),
    observer: { counted: () => {}, timed: () => {} },
  });
  closers.push(() => server.close());
  return server.open('127.0.0.1:0');
}

/** Calls one by one, with any bytes: of each what it ended with, in the order of the ends. */
function caller(address: string) {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  closers.push(() => client.close());
  const ends: (ClientReply | string)[] = [];
  const { path, responseDeserialize } = callMethod;
  const call = (bytes: Buffer) =>
    client.makeUnaryRequest(
      path,
      (plain: Buffer) => plain,
      responseDeserialize,
      bytes,
      (error, reply) => {
        ends.push(error === null ? (reply ?? 'nothing') : (status[error.code] ?? 'no code'));
      },
    );
  return { ends, call, ask: (request: ClientRequest) => call(encodeRequest(request)) };
}

describe('one request a call', () => {
  it('is answered under the id of its caller, whoever else has the same one', async () => {
    const seen: ClientRequest[] = [];
    const held: (() => void)[] = [];
    const address = await replica((request, reply) => {
      seen.push(request);
      const result = Buffer.from(`to ${request.access}`);
      held.push(() => reply({ id: request.id, status: 'ok', result }));
    });
    const [one, other] = [caller(address), caller(address)];
    one.ask(write(7));
    await eventually(() => held.length === 1, 'the first is there');
    other.ask({ ...write(7), access: 'read' });
    await eventually(() => held.length === 2, 'the second is there');
    expect(new Set(seen.map(({ id }) => id)).size).toBe(2);
    expect(seen.map(({ access }) => access)).toEqual(['write', 'read']);
    expect(seen.every((request) => Buffer.compare(request.command, command) === 0)).toBe(true);
    for (const answer of held.reverse()) answer();
    await eventually(() => one.ends.length + other.ends.length === 2, 'both are answered');
    expect(one.ends).toEqual([{ id: 7, status: 'ok', result: Buffer.from('to write') }]);
    expect(other.ends).toEqual([{ id: 7, status: 'ok', result: Buffer.from('to read') }]);
  });

  it('is told who leads, where that is known', async () => {
    const address = await replica(({ id, access }, reply) =>
      reply(access === 'read' ? { id, status: 'rejected', leader: 'n2' } : { id, status: 'rejected' }),
    );
    const { ask, ends } = caller(address);
    ask({ ...write(1), access: 'read' });
    await eventually(() => ends.length === 1, 'the first is answered');
    ask(write(2));
    await eventually(() => ends.length === 2, 'the second is answered');
    expect(ends).toEqual([
      { id: 1, status: 'rejected', leader: 'n2' },
      { id: 2, status: 'rejected' },
    ]);
  });

  it.each([
    ['undecodable bytes', Buffer.alloc(50, 0xff), 'INVALID_ARGUMENT'],
    [
      'a command above 1 MiB',
      encodeRequest({ ...write(1), command: Buffer.alloc(maxCommandBytes + 1) }),
      'INVALID_ARGUMENT',
    ],
    ['a call above 4 MiB', Buffer.alloc((4 << 20) + 1), 'RESOURCE_EXHAUSTED'],
  ])('is refused for %s, and the next one is taken', async (_, bytes, code) => {
    const seen: number[] = [];
    const address = await replica(({ id }, reply) => {
      seen.push(id);
      reply({ id, status: 'rejected' });
    });
    const { call, ask, ends } = caller(address);
    call(bytes);
    await eventually(() => ends.length === 1, 'it is refused');
    ask(write(3));
    await eventually(() => ends.length === 2, 'the next is answered');
    expect(ends).toEqual([code, { id: 3, status: 'rejected' }]);
    expect(seen).toHaveLength(1);
  });
});

describe('calls that wait', () => {
  /** What takes calls, over real gRPC; `answered` has whatever it said to any of them. */
  async function calls() {
    const seen: number[] = [];
    const answered: string[] = [];
    let cancelled = 0;
    const unary = new UnaryCalls(({ id }) => seen.push(id));
    const server = createServer();
    server.addService(
      { Call: callMethod },
      {
        Call: (call: Parameters<typeof unary.handle>[0], answer: sendUnaryData<ClientReply>) => {
          call.on('cancelled', () => {
            cancelled += 1;
          });
          unary.handle(call, (error, reply) => {
            answered.push(error === null ? `reply to ${reply?.id}` : 'an error');
            answer(error, reply);
          });
        },
      },
    );
    closers.push(() => server.forceShutdown());
    return { unary, seen, answered, cancelled: () => cancelled, ...caller(await listen(server, '127.0.0.1:0')) };
  }

  it('are forgotten when their caller gives up', async () => {
    const { unary, seen, answered, cancelled, ask, ends } = await calls();
    const given = ask(write(1));
    await eventually(() => seen.length === 1, 'it waits');
    given.cancel();
    await eventually(() => cancelled() === 1, 'the replica knows');
    for (const id of seen) unary.reply({ id, status: 'rejected' });
    unary.forget(0);
    expect(answered).toEqual([]);
    expect(ends).toEqual(['CANCELLED']);
  });

  it('are ended once they have waited too long, and a reply that comes later is for nobody', async () => {
    const { unary, seen, answered, ask, ends } = await calls();
    ask(write(1));
    ask(write(2));
    await eventually(() => seen.length === 2, 'both wait');
    unary.forget(60_000);
    expect(answered).toEqual([]);
    unary.forget(0);
    await eventually(() => ends.length === 2, 'both are ended');
    expect(ends).toEqual(['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
    for (const id of seen) unary.reply({ id, status: 'rejected' });
    expect(answered).toEqual(['an error', 'an error']);
  });

  it('are answered once', async () => {
    const { unary, seen, answered, ask, ends } = await calls();
    ask(write(5));
    await eventually(() => seen.length === 1, 'it waits');
    for (const id of [...seen, ...seen, 99]) unary.reply({ id, status: 'rejected' });
    await eventually(() => ends.length === 1, 'it is answered');
    expect(answered).toEqual(['reply to 5']);
    expect(ends).toEqual([{ id: 5, status: 'rejected' }]);
  });
});
