import { once } from 'node:events';
import { connect } from 'node:http2';
import { expect, test } from 'vitest';
import { createServer, flowControlWindowBytes, listen } from './grpc.ts';

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
