import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { expect, test } from 'vitest';
import { createServer, flowControlWindowBytes, listen, shutDown } from './grpc.ts';

test('a server takes whole batches: its windows are wide, for the connection and for each stream', async () => {
  const server = createServer();
  const address = await listen(server, '127.0.0.1:0');
  const session = connect(`http://${address}`);
  try {
    const [settings] = await once(session, 'remoteSettings');
    expect(settings.initialWindowSize).toBe(flowControlWindowBytes);
    // The frame for the connection comes behind the settings: a ping's answer comes behind both.
    await new Promise((resolve) => session.ping(resolve));
    expect(session.state.remoteWindowSize).toBe(flowControlWindowBytes);
  } finally {
    session.destroy();
    server.forceShutdown();
  }
});

test('a method may be served past the library, which goes on with all others', async () => {
  const server = createServer();
  const paths: unknown[] = [];
  const address = await listen(server, '127.0.0.1:0', {
    path: '/test/Direct',
    handle: (stream, headers) => {
      paths.push(headers[':path']);
      stream.respond({ ':status': 204 });
    },
  });
  const session = connect(`http://${address}`);
  try {
    const headers = { ':method': 'POST', 'content-type': 'application/grpc' };
    const [direct] = await once(session.request({ ...headers, ':path': '/test/Direct' }).end(), 'response');
    expect(direct[':status']).toBe(204);
    const [other] = await once(session.request({ ...headers, ':path': '/test/Other' }).end(), 'response');
    expect(other['grpc-status']).toBe('12');
    expect(paths).toEqual(['/test/Direct']);
  } finally {
    session.destroy();
    shutDown(server);
  }
});

test('a server that is shut down ends its connections, and the calls that nobody else ends', async () => {
  const server = createServer();
  let began = () => {};
  const beginning = new Promise<void>((resolve) => {
    began = resolve;
  });
  const address = await listen(server, '127.0.0.1:0', { path: '/test/Never', handle: () => began() });
  const session = connect(`http://${address}`);
  const stream = session.request({ ':method': 'POST', ':path': '/test/Never' });
  stream.on('error', () => {});
  session.on('error', () => {});
  const gone = new Promise((resolve) => session.on('close', resolve));
  await beginning;
  shutDown(server);
  await gone;
  expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
  await expect(once(connect(`http://${address}`), 'connect')).rejects.toThrow('ECONNREFUSED');
});

test('an address that is taken is an error with a sentence', async () => {
  const [first, second] = [createServer(), createServer()];
  const address = await listen(first, '127.0.0.1:0');
  try {
    await expect(listen(second, address)).rejects.toThrow(`cannot listen on ${address}`);
  } finally {
    first.forceShutdown();
    second.forceShutdown();
  }
});
