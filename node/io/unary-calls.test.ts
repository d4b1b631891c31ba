import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeCommand, maxCommandBytes } from '../machine/command.ts';
import type { ClientReply, ClientRequest } from '../ports.ts';
import { encodeRequest, maxAskedBytes } from './client-batches.ts';
import { ClientServer } from './client-server.ts';
import { callMethod } from './client-service.ts';
import { eventually } from './fixture.ts';
import { createServer, listen, shutDown } from './grpc.ts';
import { UnaryCalls, type UnaryLimits } from './unary-calls.ts';

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
function caller(address: string, metadata = new Metadata()) {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  closers.push(() => client.close());
  const ends: (ClientReply | string)[] = [];
  const details: string[] = [];
  const { path, responseDeserialize } = callMethod;
  const call = (bytes: Buffer) =>
    client.makeUnaryRequest(
      path,
      (plain: Buffer) => plain,
      responseDeserialize,
      bytes,
      metadata,
      (error, reply) => {
        if (error !== null) details.push(error.details);
        ends.push(error === null ? (reply ?? 'nothing') : (status[error.code] ?? 'no code'));
      },
    );
  return { ends, details, call, ask: (request: ClientRequest) => call(encodeRequest(request)) };
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

  it('may bring metadata of its own, and is answered with what belongs to gRPC', async () => {
    const address = await replica(({ id }, reply) => reply({ id, status: 'rejected' }));
    const metadata = new Metadata();
    metadata.set('who', 'a client in another language');
    metadata.set('token-bin', Buffer.from([0, 1, 255]));
    const { ask, ends } = caller(address, metadata);
    const got = new Promise<Metadata>((resolve) => ask(write(4)).on('metadata', resolve));
    expect((await got).get('content-type')).toEqual(['application/grpc+proto']);
    await eventually(() => ends.length === 1, 'it is answered');
    expect(ends).toEqual([{ id: 4, status: 'rejected' }]);
  });

  it('may be large, and so may its reply', async () => {
    const large = Buffer.alloc(maxCommandBytes, 'large');
    const address = await replica(({ id, command }, reply) => reply({ id, status: 'ok', result: command }));
    const { ask, ends } = caller(address);
    ask({ ...write(6), command: large });
    await eventually(() => ends.length === 1, 'it is answered');
    const [end] = ends;
    // Compared by hand: a matcher takes seconds for so many bytes.
    expect(typeof end === 'object' && end.status === 'ok' && Buffer.compare(end.result, large) === 0).toBe(true);
  });

  it.each([
    ['undecodable bytes', Buffer.alloc(50, 0xff), 'INVALID_ARGUMENT', /could not be decoded, or is above 1 MiB$/],
    [
      'a command above 1 MiB',
      encodeRequest({ ...write(1), command: Buffer.alloc(maxAskedBytes + 1) }),
      'INVALID_ARGUMENT',
      /could not be decoded, or is above 1 MiB$/,
    ],
    [
      'a call above 4 MiB',
      Buffer.alloc((4 << 20) + 1),
      'RESOURCE_EXHAUSTED',
      /^the request has 4194305 bytes, and 4194304 are the limit$/,
    ],
  ])('is refused for %s, and the next one is taken', async (_, bytes, code, sentence) => {
    const seen: number[] = [];
    const address = await replica(({ id }, reply) => {
      seen.push(id);
      reply({ id, status: 'rejected' });
    });
    const { call, ask, ends, details } = caller(address);
    call(bytes);
    await eventually(() => ends.length === 1, 'it is refused');
    ask(write(3));
    await eventually(() => ends.length === 2, 'the next is answered');
    expect(ends).toEqual([code, { id: 3, status: 'rejected' }]);
    expect(details).toEqual([expect.stringMatching(sentence)]);
    expect(seen).toHaveLength(1);
  });

  it('is told at once that its replica ends', async () => {
    let seen = 0;
    const server = new ClientServer({
      onRequest: () => {
        seen += 1;
      },
      observer: { counted: () => {}, timed: () => {} },
    });
    const { ask, ends, details } = caller(await server.open('127.0.0.1:0'));
    for (let id = 1; id <= 10; id += 1) ask(write(id));
    await eventually(() => seen === 10, 'all wait');
    server.close();
    await eventually(() => ends.length === 10, 'all are ended');
    expect(new Set(ends)).toEqual(new Set(['UNAVAILABLE']));
    expect(new Set(details)).toEqual(new Set(['the replica has ended; it may have been carried out']));
  });
});

describe('calls that wait', () => {
  /** What takes calls, over real gRPC; `seen` are those that it asked for a reply. */
  async function calls(limits?: UnaryLimits) {
    const seen: number[] = [];
    const unary = new UnaryCalls(({ id }) => seen.push(id), limits);
    const server = createServer();
    closers.push(() => shutDown(server));
    const address = await listen(server, '127.0.0.1:0', { path: callMethod.path, handle: unary.handle });
    return { unary, seen, ...caller(address) };
  }

  it('give up their place when their caller gives up', async () => {
    const { unary, seen, ask, ends } = await calls();
    const given = ask(write(1));
    await eventually(() => seen.length === 1, 'it waits');
    expect(unary.underWay).toBe(1);
    given.cancel();
    await eventually(() => unary.underWay === 0, 'the replica knows');
    for (const id of seen) unary.reply({ id, status: 'rejected' });
    unary.forget(0);
    expect(ends).toEqual(['CANCELLED']);
  });

  it('are ended once they have waited too long, and a reply that comes later is for nobody', async () => {
    const { unary, seen, ask, ends, details } = await calls();
    ask(write(1));
    ask(write(2));
    await eventually(() => seen.length === 2, 'both wait');
    unary.forget(60_000);
    expect(unary.underWay).toBe(2);
    unary.forget(0);
    for (const id of seen) unary.reply({ id, status: 'rejected' });
    await eventually(() => ends.length === 2, 'both are ended');
    expect(ends).toEqual(['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
    expect(new Set(details)).toEqual(new Set(['no reply in time; it may have been carried out']));
  });

  it('are answered once', async () => {
    const { unary, seen, ask, ends } = await calls();
    ask(write(5));
    await eventually(() => seen.length === 1, 'it waits');
    for (const id of [...seen, ...seen, 99]) unary.reply({ id, status: 'rejected' });
    await eventually(() => ends.length === 1, 'it is answered');
    expect(ends).toEqual([{ id: 5, status: 'rejected' }]);
    expect(unary.underWay).toBe(0);
  });

  it('are turned away past a bound, until others are answered', async () => {
    const { unary, seen, ask, ends, details } = await calls({ calls: 2, partialBytes: 1 << 20 });
    for (const id of [1, 2, 3]) ask(write(id));
    await eventually(() => ends.length === 1, 'the third is turned away');
    expect(ends).toEqual(['RESOURCE_EXHAUSTED']);
    expect(details).toEqual(['more than 2 calls wait']);
    for (const id of seen) unary.reply({ id, status: 'rejected' });
    ask(write(4));
    await eventually(() => seen.length === 3, 'the next is taken');
  });

  it('may be a thousand at once, answered in any order', async () => {
    const { unary, seen, ask, ends } = await calls();
    for (let id = 1; id <= 1000; id += 1) ask(write(id));
    await eventually(() => seen.length === 1000, 'all wait');
    expect(unary.underWay).toBe(1000);
    for (const id of [...seen].reverse()) unary.reply({ id, status: 'ok', result: Buffer.from(`${id}`) });
    await eventually(() => ends.length === 1000, 'all are answered');
    const ids = ends.map((end) => (typeof end === 'string' ? end : end.id));
    expect(new Set(ids)).toEqual(new Set(Array.from({ length: 1000 }, (_, index) => index + 1)));
    expect(unary.underWay).toBe(0);
  });
});
