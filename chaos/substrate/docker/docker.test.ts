import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judge } from '../../judge.ts';
import { makePlan } from '../../plan.ts';
import { record } from '../../run.ts';
import { publicImages } from './compose-file.ts';
import { Engine } from './engine.ts';
import { dockerSubstrate } from './index.ts';

const engine = new Engine();

/** Why these tests cannot run here; null where they can. */
async function whyNot(): Promise<string | null> {
  try {
    await engine.require();
    const wanted = [
      process.env['SPLITBRAIN_BASE_IMAGE'] || publicImages.base,
      process.env['SPLITBRAIN_TOXIPROXY_IMAGE'] || publicImages.toxiproxy,
    ];
    for (const image of wanted) if ((await engine.imageLabels(image)) === null) return `${image} is not here`;
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const reason = await whyNot();
const limitMs = 300_000;

describe.skipIf(reason !== null)(
  `on a real engine with real Toxiproxy${reason === null ? '' : `: skipped, ${reason}`}`,
  () => {
    const known = new Set<string>();

    beforeAll(async () => {
      for (const { id } of await engine.containers()) known.add(id);
    });

    test.each(['rolling-failures', 'leader-isolated', 'one-way-partition'])(
      '%s passes, as in the simulator',
      async (experiment) => {
        const { capabilities } = dockerSubstrate;
        const plan = await makePlan(experiment, { seed: 1, substrate: 'docker', capabilities, durationMs: 16_000 });
        const recording = await record(plan, dockerSubstrate, { signal: new AbortController().signal });
        const { outcome, sentence } = await judge(recording);
        expect({ outcome, sentence }).toMatchObject({ outcome: 'PASS' });
        expect(recording.artifacts?.map(({ name }) => name)).toContain('compose.yml');
      },
      limitMs,
    );

    afterAll(async () => {
      expect((await engine.containers()).filter(({ id }) => !known.has(id))).toEqual([]);
    });
  },
);
