import { afterAll, expect, test } from 'vitest';
import { Scratch, splitbrain } from '../../cli/spawned.ts';
import { randomFor } from '../../random.ts';
import { contents, describeOnDocker, imageVariables, newLabs } from './docker-fixture.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const limitMs = 300_000;
const env = imageVariables;
/** How often a run is killed; the moments are drawn, and named in the tests' titles. */
const kills = Number(process.env['SPLITBRAIN_KILLS'] ?? 2);
const random = randomFor(Number(process.env['SPLITBRAIN_KILLS_SEED'] ?? 1), 'kills');
const moments = Array.from({ length: kills }, () => random.integer(0, 3000));
const bootMoments = Array.from({ length: Math.ceil(kills / 2) }, () => random.integer(0, 1500));

/** Runs an experiment, and kills it without a warning some time after its output matches. */
async function killedRun(after: RegExp, delayMs: number): Promise<void> {
  let due = false;
  const { code, stderr } = await splitbrain(['run', 'leader-isolated', '--on', 'docker', '--out', scratch.fresh()], {
    env,
    limitMs,
    onStderr: (text, send) => {
      if (due || !after.test(text)) return;
      due = true;
      setTimeout(() => send('SIGKILL'), delayMs);
    },
  });
  expect(code, stderr).toBe(null);
  expect(due, stderr).toBe(true);
}

describeOnDocker('a run that is killed without a warning', () => {
  test.each(moments)(
    '%i ms after a fault began: down leaves the engine as it was before',
    async (delayMs) => {
      const before = await contents();
      const ours = await newLabs();
      await killedRun(/strike s1\.1/, delayMs);
      const [lab = '', ...others] = await ours();
      expect([lab, ...others]).toEqual([expect.stringMatching(/^splitbrain-[0-9a-f]{8}$/)]);
      const { code, stdout, stderr } = await splitbrain(['down', lab], { env, limitMs });
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stdout).toBe(`Removed ${lab}.\n`);
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );

  test.each(bootMoments)(
    '%i ms after its containers began to come up: down ends that, too',
    async (delayMs) => {
      const before = await contents();
      const ours = await newLabs();
      await killedRun(/starting containers/, delayMs);
      const labs = await ours();
      expect(labs).toHaveLength(1);
      const { code, stderr } = await splitbrain(['down', ...labs], { env, limitMs });
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(await contents()).toEqual(before);
      // Compose was not killed with its caller: nothing may come of it later.
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );

  test(
    'while it came up: the next run removes it, and leaves nothing of its own',
    async () => {
      const before = await contents();
      await killedRun(/is up/, random.integer(0, 300));
      const question = scratch.write('calm.yml', 'question: Does it run?\nwhy: To see what is removed first.\n');
      const { stderr } = await splitbrain(
        ['run', question, '--on', 'docker', '--duration', '1s', '--out', scratch.fresh()],
        { env, limitMs },
      );
      expect(stderr).toMatch(/removed splitbrain-[0-9a-f]{8}, left behind by a run that was killed/);
      expect(stderr).toMatch(/phase: done/);
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );

  test(
    'with Ctrl-C while it came up: it removes what there is, and ends with 130',
    async () => {
      const before = await contents();
      let sent = false;
      const { code, stderr } = await splitbrain(['run', 'leader-crash', '--on', 'docker', '--out', scratch.fresh()], {
        env,
        limitMs,
        onStderr: (text, send) => {
          if (sent || !/starting containers/.test(text)) return;
          sent = true;
          setTimeout(() => send('SIGINT'), random.integer(0, 2000));
        },
      });
      expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringMatching(/[Ii]nterrupted/) });
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );

  test(
    'leaves alone what a live run steers',
    async () => {
      const before = await contents();
      const ours = await newLabs();
      let down: Promise<{ stdout: string }> | undefined;
      const { stderr } = await splitbrain(
        ['run', 'leader-crash', '--on', 'docker', '--seed', '1', '--duration', '8s', '--out', scratch.fresh()],
        {
          env,
          limitMs,
          onStderr: (text) => {
            if (/phase: load/.test(text))
              down ??= ours().then(([lab = 'none']) => splitbrain(['down', lab], { env, limitMs }));
          },
        },
      );
      expect((await down)?.stdout, stderr).toMatch(/Left splitbrain-[0-9a-f]{8}: a live run steers it/);
      expect(stderr).toMatch(/phase: done/);
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );
});
