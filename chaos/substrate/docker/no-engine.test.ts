import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, test } from 'vitest';
import { packageRoot } from '../../../node/io/package-root.ts';
import { expectSentence, mainFile, Scratch, splitbrain } from '../../cli/spawned.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const isRoot = process.getuid?.() === 0;
const run = (...more: string[]) => ['run', 'leader-crash', '--on', 'docker', '--out', scratch.fresh(), ...more];

/** Whether another user could read the checkout. */
function readableByAll(): boolean {
  for (let folder = packageRoot; folder !== dirname(folder); folder = dirname(folder)) {
    const checked = spawnSync('setpriv', ['--reuid=65534', '--clear-groups', 'test', '-x', folder]);
    if (checked.status !== 0) return false;
  }
  return true;
}

test.concurrent.each([
  ['never answers', 0],
  ['answers the first call, and then no more', 1],
])('an engine that takes calls and %s', async (_, answers) => {
  const socket = join(scratch.path, `mute-${answers}.sock`);
  let calls = 0;
  const server = createHttpServer((_, response) => {
    calls += 1;
    if (calls <= answers) response.setHeader('content-type', 'application/json').end('{"Version":"0"}');
  });
  await once(server.listen(socket), 'listening');
  try {
    const env = { DOCKER_HOST: `unix://${socket}`, SPLITBRAIN_IMAGE: 'any' };
    expectSentence(
      await splitbrain(run(), { env }),
      /the Docker engine did not answer in 20 s/,
      /npx splitbrain doctor/,
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('no engine', async () => {
  const ended = await splitbrain(run(), { env: { DOCKER_HOST: `unix://${scratch.path}/no.sock` } });
  expectSentence(ended, /no Docker engine runs here/, /npx splitbrain doctor/);
});

test.skipIf(isRoot && !readableByAll())('an engine whose socket this user may not use', async () => {
  const socket = join(scratch.path, 'closed.sock');
  const server = createServer((each) => each.destroy());
  await once(server.listen(socket), 'listening');
  chmodSync(scratch.path, 0o755);
  chmodSync(socket, 0o000);
  const main = scratch.write(
    'as-nobody.mjs',
    `if (process.getuid() === 0) process.setuid(65534); await import(${JSON.stringify(mainFile)});`,
  );
  const out = join(scratch.path, 'for-all');
  mkdirSync(out, { mode: 0o777 });
  chmodSync(out, 0o777);
  try {
    const env = { DOCKER_HOST: `unix://${socket}` };
    const ended = await splitbrain(['run', 'leader-crash', '--on', 'docker', '--out', out], { env, main });
    expectSentence(ended, /this user may not use it/, /group docker/);
  } finally {
    server.close();
  }
});
