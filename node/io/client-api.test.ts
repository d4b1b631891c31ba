import { Client, credentials, Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeCommand, maxCommandBytes } from '../machine/command.ts';
import type { ClientReply, ClientRequest } from '../ports.ts';
import { encodeRequests, maxAskedBytes } from './client-batches.ts';
import { ClientServer } from './client-server.ts';
import { sessionMethod } from './client-service.ts';
import { eventually } from './fixture.ts';
import { freeAddresses } from './free-addresses.ts';
import { ReplicaConnections } from './replica-connections.ts';
import type { RequestObserver } from './request-samples.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

const command = encodeCommand({ op: 'put', session: 1, sequence: 1, key: 'k', a: 'v', b: null });
const write = (id: number): ClientRequest => ({ id, access: 'write', command });

type Handle = (client: string, request: ClientRequest, reply: (reply: ClientReply) => void) => void;

/** A replica whose clients' API is real and whose answers come from `handle`. */
async function replica(handle: Handle) {
  const counted: string[] = [];
  const timed: string[] = [];
  const observer: RequestObserver = {
    counted: (outcome, count) => counted.push(`${outcome} ${count}`),
    timed: (op, outcome) => timed.push(`${op} ${outcome}`),
  };
  const server: ClientServer = new ClientServer({
    onRequest: (client, request) => handle(client, request, (reply) => server.reply(client, reply)),
    observer,
  });
  closers.push(() => server.close());
  return { server, counted, timed, address: await server.open('127.0.0.1:0') };
}

async function connected(addresses: Record<string, string>): Promise<ReplicaConnections> {
  const connections = new ReplicaConnections(addresses);
  closers.push(() => connections.close());
  await eventually(() => connections.reachable().length === Object.keys(addresses).length, 'all are reached');
  return connections;
}

describe('many clients behind one connection', () => {
  it('each get their own replies, although their requests bear the same ids', async () => {
    const seen: ClientRequest[] = [];
    const { address, counted, timed } = await replica((_, request, reply) => {
      seen.push(request);
      const result = Buffer.from(`result ${seen.length}`);
      if (request.access === 'read') reply({ id: request.id, status: 'rejected', leader: 'n7' });
      else reply({ id: request.id, status: 'ok', result });
    });
    const connections = await connected({ n1: address });
    const got: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const line = connections.addClient((from, reply) => got.push(`${name} ${from} ${reply.id} ${reply.status}`));
      line.send('n1', name === 'c' ? { ...write(7), access: 'read' } : write(7));
    }
    await eventually(() => got.length === 3, 'all replies came');
    expect(got).toEqual(['a n1 7 ok', 'b n1 7 ok', 'c n1 7 rejected']);
    expect(seen.every((request) => Buffer.compare(request.command, command) === 0)).toBe(true);
    expect(counted).toEqual(['rejected 1', 'ok 2']);
    expect(timed).toEqual(['write ok']);
  });

  it('carry large batches both ways', async () => {
    const large = Buffer.alloc(maxCommandBytes, 1);
    const { address } = await replica((_, { id }, reply) => reply({ id, status: 'ok', result: large }));
    const connections = await connected({ n1: address });
    let bytes = 0;
    const line = connections.addClient((_, reply) => {
      bytes += reply.status === 'ok' ? reply.result.length : 0;
    });
    for (let id = 1; id <= 12; id += 1) line.send('n1', { id, access: 'write', command: large });
    await eventually(() => bytes === 12 * maxCommandBytes, 'all came back');
  });

  it('are refused at once where a replica cannot be reached: it never saw the request', async () => {
    const [nobody = ''] = await freeAddresses(1);
    const connections = new ReplicaConnections({ n1: nobody });
    closers.push(() => connections.close());
    const got: ClientReply[] = [];
    const line = connections.addClient((_, reply) => got.push(reply));
    line.send('n1', write(1));
    line.send('n2', write(2));
    expect(got).toEqual([]);
    await eventually(() => got.length === 2, 'both were refused');
    expect(got).toEqual([
      { id: 1, status: 'rejected' },
      { id: 2, status: 'rejected' },
    ]);
  });

  it('find a replica again that was restarted, and hear nothing of what it had taken before', async () => {
    const [address = ''] = await freeAddresses(1);
    const silent = new ClientServer({ onRequest: () => {}, observer: { counted: () => {}, timed: () => {} } });
    await silent.open(address);
    const connections = await connected({ n1: address });
    const got: number[] = [];
    const line = connections.addClient((_, reply) => got.push(reply.id));
    line.send('n1', write(1));
    await eventually(() => connections.reachable().length === 1, 'it is up');
    silent.close();
    await eventually(() => connections.reachable().length === 0, 'the end is noticed');
    const again: ClientServer = new ClientServer({
      onRequest: (client, { id }) => again.reply(client, { id, status: 'rejected' }),
      observer: { counted: () => {}, timed: () => {} },
    });
    closers.push(() => again.close());
    await again.open(address);
    await eventually(() => connections.reachable().length === 1, 'it is found again');
    line.send('n1', write(2));
    await eventually(() => got.includes(2), 'it answers');
    expect(got).toEqual([2]);
  });
});

/** One call with any bytes; resolves when it ends. */
function stranger(address: string, batches: readonly Buffer[]): Promise<StatusObject> {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  closers.push(() => client.close());
  const { path, responseDeserialize } = sessionMethod;
  const call = client.makeBidiStreamRequest(path, (bytes: Buffer) => bytes, responseDeserialize, new Metadata());
  call.on('error', () => {});
  call.on('data', () => {});
  for (const batch of batches) call.write(batch);
  return new Promise((resolve) => call.on('status', resolve));
}

describe('the clients’ API bounds what it takes', () => {
  const answer: Handle = (_, { id }, reply) => reply({ id, status: 'rejected' });

  it.each([
    ['undecodable bytes', Buffer.alloc(50, 0xff), status.INVALID_ARGUMENT],
    [
      'a command above 1 MiB',
      encodeRequests([{ id: 1, access: 'write', command: Buffer.alloc(maxAskedBytes + 1) }]),
      status.INVALID_ARGUMENT,
    ],
    ['a batch above 4 MiB', Buffer.alloc((4 << 20) + 1), status.RESOURCE_EXHAUSTED],
  ])('%s ends the stream', async (_, bytes, code) => {
    const { address } = await replica(answer);
    expect(await stranger(address, [bytes])).toMatchObject({ code });
    const connections = await connected({ n1: address });
    expect(connections.reachable()).toEqual(['n1']);
  });

  it('turns away requests once 100,000 of a stream wait', async () => {
    const { address } = await replica(() => {});
    const connections = await connected({ n1: address });
    const refused: number[] = [];
    const line = connections.addClient((_, reply) => refused.push(reply.id));
    for (let id = 1; id <= 100_010; id += 1) line.send('n1', { ...write(id), command: Buffer.alloc(30) });
    await eventually(() => refused.length === 10, 'those past the bound came back');
    expect(refused[0]).toBe(100_001);
  });
});
