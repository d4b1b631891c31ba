import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { expectSentence, onlyRun, Scratch, splitbrain, textOf } from '../../cli/spawned.ts';
import { composeUp } from './compose.ts';
import { imageName, publicImages } from './compose-file.ts';
import { contents, describeOnDocker, engine, imageVariables, newLabs } from './docker-fixture.ts';
import { removeLab } from './labs.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const limitMs = 300_000;
const isRoot = process.getuid?.() === 0;
const run = (...more: string[]) => ['run', 'leader-crash', '--on', 'docker', '--out', scratch.fresh(), ...more];
/** Nothing listens there, so that an image of that name can be neither here nor pulled. */
const noImage = 'localhost:1/splitbrain/nothing:1';

describeOnDocker('what is missing or breaks', () => {
  test.each([
    ['the replicas', 'SPLITBRAIN_IMAGE', /there is no image localhost:1/, /unset SPLITBRAIN_IMAGE/],
    ['Toxiproxy', 'SPLITBRAIN_TOXIPROXY_IMAGE', /localhost:1\S+ is not here and could not be pulled/, /docker pull/],
    ['the base', 'SPLITBRAIN_BASE_IMAGE', /the image could not be built/, /docker build/],
  ])(
    'the image of %s',
    async (_, variable, what, mend) => {
      const before = await contents();
      const named = variable === 'SPLITBRAIN_BASE_IMAGE' ? { SPLITBRAIN_IMAGE: '' } : {};
      const ended = await splitbrain(run(), { env: { ...imageVariables, ...named, [variable]: noImage }, limitMs });
      expectSentence(ended, what, mend);
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );

  test(
    'a port that another program has',
    async () => {
      const before = await contents();
      const server = createServer((socket) => socket.destroy());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as { port: number };
      const project = 'splitbrain-port-taken';
      const own = { 'org.splitbrain.lab': project };
      const toxiproxy = {
        image: imageName(publicImages.toxiproxy),
        labels: own,
        ports: [`127.0.0.1:${port}:8474`],
      };
      const text = stringify({ services: { toxiproxy }, networks: { default: { labels: own } } });
      try {
        await expect(composeUp(project, text, '', new AbortController().signal)).rejects.toMatchObject({
          exitCode: 5,
          message: expect.stringMatching(/port is already allocated|address already in use/),
          advice: expect.stringMatching(/Another program has the port/),
        });
      } finally {
        server.close();
        await removeLab(engine(), project, 0);
      }
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );

  test.skipIf(!isRoot)(
    'a disk that is full when the results are to be written',
    async () => {
      const before = await contents();
      const disk = join(scratch.path, 'small-disk');
      mkdirSync(disk);
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status).toBe(0);
      try {
        const question = scratch.write('calm.yml', 'question: Does it fit?\nwhy: To fill a disk.\n');
        const late = ['run', question, '--on', 'docker', '--duration', '3s', '--out', disk];
        const ended = await splitbrain(late, { env: imageVariables, limitMs });
        expectSentence(ended, /no space left|ENOSPC/, /Make room on the disk/);
      } finally {
        spawnSync('umount', [disk]);
      }
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );

  test(
    'the engine goes away in the middle of a run',
    async () => {
      const before = await contents();
      const ours = await newLabs();
      const out = scratch.fresh();
      const relay = await relayTo(process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock');
      const ended = await splitbrain(['run', 'leader-isolated', '--on', 'docker', '--out', out], {
        env: { ...imageVariables, DOCKER_HOST: `unix://${relay.path}` },
        limitMs,
        onStderr: (text) => {
          if (/strike s1\.1/.test(text)) relay.cut();
        },
      });
      relay.cut();
      expectSentence(ended, /LAB ERROR.*the Docker engine went away/, /npx splitbrain down/);
      expect(textOf(onlyRun(out), 'history.jsonl').length).toBeGreaterThan(1000);
      // It came back: what could not be removed then is removed now.
      for (const lab of await ours()) expect((await splitbrain(['down', lab], { limitMs })).code).toBe(0);
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );

  test(
    'Toxiproxy dies in the middle of a fault',
    async () => {
      const before = await contents();
      const ours = await newLabs();
      const out = scratch.fresh();
      let killing: Promise<unknown> | undefined;
      const ended = await splitbrain(['run', 'leader-isolated', '--on', 'docker', '--out', out], {
        env: imageVariables,
        limitMs,
        onStderr: (text) => {
          if (/strike s1\.1/.test(text)) killing ??= killToxiproxy(ours);
        },
      });
      await killing;
      expectSentence(ended, /LAB ERROR.*Toxiproxy died/, /again: {2}npx splitbrain replay/);
      // What was seen until then is kept.
      expect(textOf(onlyRun(out), 'events.jsonl')).toMatch(/"type":"lab-error"/);
      expect(textOf(onlyRun(out), 'history.jsonl').length).toBeGreaterThan(1000);
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );
});

async function killToxiproxy(ours: () => Promise<string[]>): Promise<void> {
  for (const lab of await ours()) {
    const toxiproxy = (await engine().containers(lab)).find(({ service }) => service === 'toxiproxy');
    if (toxiproxy !== undefined) await engine().kill(toxiproxy.id);
  }
}

/** A socket of the test's own in front of the engine's, so that the engine goes away for those alone who came through it. */
async function relayTo(host: string): Promise<{ path: string; cut: () => void }> {
  const path = join(scratch.path, 'relay.sock');
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(host.replace(/^unix:\/\//, ''));
    for (const each of [near, far]) {
      sockets.add(each);
      each.on('error', () => {}).on('close', () => [near, far].map((other) => other.destroy()));
    }
    near.pipe(far).pipe(near);
  });
  await once(server.listen(path), 'listening');
  return {
    path,
    cut: () => {
      server.close();
      for (const each of sockets) each.destroy();
    },
  };
}
