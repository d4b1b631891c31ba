import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packageRoot } from '../../../node/io/package-root.ts';
import { onlyRun, Scratch, splitbrain, textOf } from '../../cli/spawned.ts';
import { findCompose } from './compose.ts';
import { contents, describeOnDocker, engine, imageVariables } from './docker-fixture.ts';
import { replicaImage } from './image.ts';
import type { LabStatus } from './lab-status.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const limitMs = 300_000;
const project = 'splitbrain-standalone-test';
/** Somebody who owns the results, and is neither root nor a user of the image. */
const someone = 4711;

/** `docker compose` with the file at the top of the project, whose results go to a folder of the test. */
async function compose(...args: string[]): Promise<{ code: number | null; output: string }> {
  const [command = '', ...first] = (await findCompose()).command;
  const file = join(packageRoot, 'docker-compose.yml');
  const image = (await replicaImage(engine(), undefined, () => {}, new AbortController().signal)).name;
  const all = [...first, '-p', project, '--project-directory', scratch.path, '-f', file, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(command, all, {
      env: { ...process.env, ...imageVariables, SPLITBRAIN_IMAGE: image },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

describeOnDocker('the compose file at the top of the project', () => {
  test(
    'up --wait gives a cluster that elects a leader, and status says so; run lab runs an experiment beside it',
    async () => {
      const results = join(scratch.path, 'results');
      mkdirSync(results);
      if (process.getuid?.() === 0) chownSync(results, someone, someone);
      const before = await contents();
      try {
        expect(await compose('up', '-d', '--wait')).toMatchObject({ code: 0 });
        await expect.poll(leader, { timeout: 10_000 }).toMatch(/^n[1-5]$/);
        const up = await contents();
        expect(up.length).toBe(before.length + 6 + 1 + 5);

        const { code, output } = await compose('run', '--rm', 'lab', 'run', 'leader-crash', '--duration', '16s');
        expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/✔ PASS {2}leader-crash/) });
        const run = onlyRun(results);
        expect(JSON.parse(textOf(run, 'result.json'))).toMatchObject({ plan: { substrate: 'docker' } });
        expect(statSync(join(run, 'report.html')).uid).toBe(process.getuid?.() === 0 ? someone : process.getuid?.());
        // The run had a lab of its own; ours is as it was.
        expect(await contents()).toEqual(up);
        expect(await leader()).toMatch(/^n[1-5]$/);
      } finally {
        await compose('down', '-v', '--timeout', '3');
      }
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );
});

async function leader(): Promise<string | null> {
  const { stdout } = await splitbrain(['status', '--json']);
  const labs = JSON.parse(stdout) as LabStatus[];
  const lab = labs.find((each) => each.project === project);
  return lab?.replicas.length === 5 ? lab.leader : null;
}
