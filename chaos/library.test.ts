/** Every experiment of the library, once each: a smoke test of the whole lab, and of the experiments themselves. */
import { describe, expect, test } from 'vitest';
import { loadExperiment, namesOf } from './catalog.ts';
import { judge } from './judge.ts';
import { makePlan } from './plan.ts';
import { record } from './run.ts';
import { simSubstrate } from './substrate/sim/index.ts';

describe.each(namesOf('experiment'))('%s', (name) => {
  test('asks a question, and says why', () => {
    const { experiment } = loadExperiment(name);
    expect(experiment.question).toMatch(/^[A-Z].*\?$/);
    expect(experiment.why.length).toBeGreaterThan(40);
  });

  test('passes with seed 1', async () => {
    const { capabilities } = simSubstrate;
    const plan = await makePlan(name, { seed: 1, substrate: 'sim', capabilities });
    const recording = await record(plan, simSubstrate, { signal: new AbortController().signal });
    const { outcome, sentence, checks, exitCode } = await judge(recording);
    expect(outcome, sentence).toBe('PASS');
    expect(exitCode).toBe(0);
    expect(checks.map(({ check }) => check)).toEqual(namesOf('checker'));
    expect(recording.events.filter(({ type }) => type === 'struck').length).toBeGreaterThan(0);
  });
});
