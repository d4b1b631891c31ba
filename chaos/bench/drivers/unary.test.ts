/** Calls of our replicas, as the driver makes them. */
import { afterEach, expect, test } from 'vitest';
import { decodeReply, encodeRequest } from '../../../node/io/client-batches.ts';
import { ClientServer } from '../../../node/io/client-server.ts';
import { callMethod } from '../../../node/io/client-service.ts';
import { eventually } from '../../../node/io/fixture.ts';
import { ReplicaConnections } from '../../../node/io/replica-connections.ts';
import type { ClientReply, ClientRequest } from '../../../node/ports.ts';
import { ask } from '../http2/grpc-fixture.ts';
import { UnaryConnection } from '../http2/unary-connection.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

/** A replica that answers, a turn later, with what it was asked; gives its address. */
function replica(): Promise<string> {
  const server: ClientServer = new ClientServer({
    onRequest: (client, { id, command }) =>
      setImmediate(() => server.reply(client, { id, status: 'ok', result: command })),
    observer: { counted: () => {}, timed: () => {} },
  });
  closers.push(() => server.close());
  return server.open('127.0.0.1:0');
}

async function dial(address: string): Promise<UnaryConnection> {
  const connection = await UnaryConnection.open(address);
  closers.push(() => connection.close());
  return connection;
}

const requestOf = (id: number): ClientRequest => ({ id, access: 'write', command: Buffer.from(`command ${id}`) });

test('calls of the light client and a stream of batches are served on one port at once', async () => {
  const address = await replica();
  const calls = await dial(address);
  const streams = new ReplicaConnections({ n1: address });
  closers.push(() => streams.close());
  await eventually(() => streams.reachable().length === 1, 'the stream is there');
  const replies: ClientReply[] = [];
  const line = streams.addClient((_, reply) => replies.push(reply));
  const asked = [];
  for (let id = 1; id <= 1000; id += 1) {
    asked.push(ask(calls, callMethod.path, encodeRequest(requestOf(id))));
    line.send('n1', requestOf(id));
  }
  for (const [index, { reply, failure }] of (await Promise.all(asked)).entries()) {
    expect(failure).toBeNull();
    const id = index + 1;
    expect(decodeReply(reply ?? Buffer.alloc(0))).toEqual({ id, status: 'ok', result: Buffer.from(`command ${id}`) });
  }
  await eventually(() => replies.length === 1000, 'the stream has its replies, too');
});

test('a call that cannot be decoded fails with what the replica says of it', async () => {
  const address = await replica();
  const calls = await dial(address);
  const { reply, failure } = await ask(calls, callMethod.path, Buffer.alloc(50, 0xff));
  expect(reply).toBeNull();
  expect(failure).toMatchObject({
    status: 3,
    message: 'INVALID_ARGUMENT: the request could not be decoded, or is above 1 MiB',
  });
  expect((await ask(calls, '/splitbrain.v1.Client/Nothing', 'x')).failure).toMatchObject({ status: 12 });
  expect((await ask(calls, callMethod.path, encodeRequest(requestOf(1)))).failure).toBeNull();
});
