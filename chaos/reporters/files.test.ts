import { describe, expect, it } from 'vitest';
import { loadReporter, namesOf } from '../catalog.ts';
import { parseRecording, recordingFiles } from '../recording-files.ts';
import { dockerInput } from './shared/docker-fixture.ts';
import { hostile, sampleInput } from './shared/sample-recording.ts';

async function render(name: string, input = sampleInput('PASS')): Promise<string> {
  const reporter = await loadReporter(name);
  const [file] = await reporter.render(input);
  return file?.content ?? '';
}

/** After a run on containers: the simulator leaves less to tell. */
describe('every reporter', () => {
  const names = namesOf('reporter');

  it.each(names)('%s says what it makes, and makes one file', async (name) => {
    const reporter = await loadReporter(name);
    const files = await reporter.render(dockerInput('PASS'));
    expect(files).toHaveLength(1);
    expect(reporter.summary).toContain(files[0]?.name);
  });

  it.each(names)('%s gives the same text for the same input', async (name) => {
    expect(await render(name)).toBe(await render(name));
  });

  it.each(names)('%s copes with every outcome', async (name) => {
    for (const outcome of ['PASS', 'FAIL (safety)', 'FAIL (liveness)', 'INCONCLUSIVE', 'LAB ERROR'] as const) {
      expect(await render(name, dockerInput(outcome))).not.toBe('');
      expect(await render(name, dockerInput(outcome, hostile))).not.toBe('');
    }
  });

  it.each(names)('%s copes with a run in which nothing happened', async (name) => {
    const input = dockerInput('LAB ERROR');
    const recording = { ...input.recording, history: [], events: [] };
    expect(await render(name, { ...input, recording })).toEqual(expect.any(String));
  });
});

describe('the raw files', () => {
  it.each([
    ['the simulator', sampleInput],
    ['docker', dockerInput],
  ])('come back as they were, of %s', (_, input) => {
    // A plan with such names is refused; values, keys and errors may be anything.
    const { plan } = input('FAIL (safety)').recording;
    const recording = { ...input('FAIL (safety)', hostile).recording, plan };
    const files = new Map(recordingFiles(recording).map(({ name, content }) => [name, content]));
    expect(parseRecording((file) => ({ file, text: files.get(file) ?? '' }))).toEqual(recording);
  });
});

describe('result.json', () => {
  it('says what a machine wants to know, in a fixed order', async () => {
    const result: object = JSON.parse(await render('result'));
    expect(Object.keys(result)).toEqual([
      'schemaVersion',
      'outcome',
      'sentence',
      'exitCode',
      'plan',
      'malicious',
      'checks',
      'statistics',
      'commands',
      'provenance',
      'substrate',
    ]);
    expect(result).toMatchObject({
      schemaVersion: 1,
      outcome: 'PASS',
      exitCode: 0,
      plan: { experiment: 'rolling-failures', protocol: 'raft', bug: null, seed: 42, strikes: 3 },
      statistics: { longestOutageMs: 1215, withoutQuorum: [], leaderChanges: 2 },
      provenance: { commit: '463bde3' },
      substrate: null,
    });
  });

  it('says what containers were run on, and how prompt they were', async () => {
    const result = JSON.parse(await render('result', dockerInput('PASS')));
    expect(result.statistics).toMatchObject({
      bootToFirstWriteMs: 3225.63,
      strikeEffects: [
        { fault: 'crash', strikes: 1, medianMs: 18, maxMs: 18 },
        { fault: 'cut', strikes: 1, medianMs: 96, maxMs: 96 },
        { fault: 'latency', strikes: 1, medianMs: 200, maxMs: 200 },
      ],
    });
    const images = [
      ['replica', `sha256:${'0a1b2c3d'.repeat(8)}`],
      ['toxiproxy', `sha256:${'9f8e7d6c'.repeat(8)}`],
    ];
    expect(result.substrate.engine).toBe('27.3.1');
    expect(Object.entries(result.substrate.images)).toEqual(images);
  });

  it('says what the replicas held at most, where that was sampled', async () => {
    const input = sampleInput('PASS');
    const peakFootprint = { logBytes: 1, snapshotBytes: 2, memoryBytes: 3 };
    const verdict = { ...input.verdict, statistics: { ...input.verdict.statistics, compactions: 4, peakFootprint } };
    const result = JSON.parse(await render('result', { ...input, verdict }));
    expect(result.statistics).toMatchObject({ compactions: 4, peakFootprint });
    expect(JSON.parse(await render('result', input)).statistics).toMatchObject({
      compactions: 0,
      peakFootprint: null,
      work: null,
    });
  });

  it('says what proposers took from each other, where they did', async () => {
    const input = sampleInput('PASS');
    const most = { index: 88, overtaken: 6, fromMs: 12_100, toMs: 12_900, heldUpMs: 912 };
    const duels = { overtaken: 7, most, longest: { ...most, index: 95, overtaken: 1, heldUpMs: null } };
    const verdict = { ...input.verdict, statistics: { ...input.verdict.statistics, duels } };
    expect(JSON.parse(await render('result', { ...input, verdict })).statistics.duels).toEqual(duels);
    expect(JSON.parse(await render('result', input)).statistics.duels).toBeNull();
  });

  it('says what kept the logs, where that was chosen', async () => {
    const input = dockerInput('PASS');
    const chosen = { ...input.recording, plan: { ...input.recording.plan, storage: 'lmdb' } };
    const result = JSON.parse(await render('result', { ...input, recording: chosen }));
    expect(result.plan.storage).toBe('lmdb');
    expect(JSON.parse(await render('result', input)).plan.storage).toBe(null);
  });

  it('says how replicas came to a decision, where that was chosen', async () => {
    const input = dockerInput('PASS');
    const { plan } = input.recording;
    const settings = { ...plan.experiment.settings, mode: 'linear' };
    const chosen = { ...plan, experiment: { ...plan.experiment, settings } };
    const result = JSON.parse(await render('result', { ...input, recording: { ...input.recording, plan: chosen } }));
    expect(result.plan.mode).toBe('linear');
    const suites = await render('junit', { ...input, recording: { ...input.recording, plan: chosen } });
    expect(suites).toContain(`${plan.experimentName}.${plan.protocol} (linear)`);
    expect(JSON.parse(await render('result', input)).plan.mode).toBe(null);
  });

  it('does not depend on the order in which values were built', async () => {
    const input = sampleInput('FAIL (safety)');
    const backwards = (value: object) => Object.fromEntries(Object.entries(value).reverse());
    const shuffled = {
      ...input,
      provenance: backwards(input.provenance) as typeof input.provenance,
      verdict: { ...input.verdict, checks: input.verdict.checks.map((check) => backwards(check) as typeof check) },
    };
    expect(await render('result', shuffled)).toBe(await render('result', input));
  });

  it('carries the evidence', async () => {
    const result = JSON.parse(await render('result', sampleInput('FAIL (safety)')));
    expect(result.checks[3]).toMatchObject({ check: 'linearizable', verdict: 'invalid' });
    expect(result.checks[3].evidence[0].ops).toEqual([90_001, 90_002, 90_003]);
  });
});
