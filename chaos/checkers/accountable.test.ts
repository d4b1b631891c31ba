import { describe, expect, test } from 'vitest';
import type { LabEvent, Recording } from '../contracts/events.ts';
import { evidence, provenBy, recordingOf, share, signed } from '../evidence-fixture.ts';
import { defaultLimits } from '../judge.ts';
import { record } from '../run.ts';
import { samplePlan, sampleRun } from '../sample-plan.ts';
import { clockToleranceMs } from '../strike-effects.ts';
import { simSubstrate } from '../substrate/sim/index.ts';
import checker from './accountable.ts';

const judged = (recording: Recording) => checker.check(recording, defaultLimits);
const turned = (atMs: number): LabEvent => ({ atMs, type: 'turned', node: 'n4', behaviour: 'double-vote' });
/** Without proof. */
const framedBy = (node: string): LabEvent => evidence(node, 'n1', share('n1', 3, 'a'), share('n1', 3, 'a'));
const deceived = (node: string, behaviour: string): LabEvent => ({ atMs: 4, type: 'deceived', node, behaviour });

describe('a run is accountable', () => {
  test('where nobody is accused', async () => {
    expect(await judged(recordingOf([]))).toMatchObject({
      verdict: 'valid',
      summary: 'Nobody was malicious, and nobody is convicted.',
    });
    expect(await judged(recordingOf([deceived('n4', 'mute')], { n4: 'mute' }))).toMatchObject({ verdict: 'valid' });
  });

  test('where whoever was malicious is convicted, whoever reported it', async () => {
    const events = [deceived('n4', 'double-vote'), provenBy('n1', 'n4'), provenBy('n2', 'n4'), provenBy('n4', 'n4')];
    expect(await judged(recordingOf(events, { n4: 'double-vote' }))).toMatchObject({
      verdict: 'valid',
      summary: 'n4 is convicted: it shared two batches in slot 3 of view 0, by evidence of n1, n2, n4.',
    });
  });

  test('where a malicious replica accuses others without proof', async () => {
    const framing = [
      evidence('n4', 'n1', share('n1', 3, 'a'), share('n1', 3, 'a')),
      evidence('n4', 'n1', share('n1', 3, 'a'), share('n4', 3, 'b')),
      evidence('n4', 'n2', share('n2', 3, 'a'), share('n2', 4, 'b')),
    ];
    expect(await judged(recordingOf(framing, { n4: 'frame' }))).toMatchObject({
      verdict: 'valid',
      summary:
        'Nobody is convicted by what it signed. n4 accused n1 without proof, and was malicious itself: that convicts nobody. ' +
        'n4 accused n2 without proof, and was malicious itself: that convicts nobody.',
    });
  });

  // The evidence of the fixture is reported at 5 ms.
  test.each([1, 5 + clockToleranceMs])('where a replica was turned while it ran, at %d ms', async (atMs) => {
    const events = [turned(atMs), provenBy('n1', 'n4'), framedBy('n4')];
    expect(await judged(recordingOf(events))).toMatchObject({ verdict: 'valid' });
  });

  test('under a protocol that signs nothing', async () => {
    expect(await judged(sampleRun({ plan: samplePlan() }))).toMatchObject({ verdict: 'valid' });
  });
});

describe('a run is not accountable', () => {
  test('where an honest replica is convicted', async () => {
    const result = await judged(recordingOf([provenBy('n1', 'n2')], { n4: 'mute' }));
    expect(result).toMatchObject({
      verdict: 'invalid',
      summary: 'n2 was honest, and shared two batches in slot 3 of view 0.',
    });
    expect(result.evidence[0]?.sentences.at(-1)).toBe(`Statement: pbft share slot 3 view 0 batch ${'b'.repeat(64)}`);
  });

  test.each<[string, LabEvent]>([
    ['is convicted', provenBy('n1', 'n4')],
    ['accuses without proof', framedBy('n4')],
  ])('where a replica %s before it is turned', async (_, event) => {
    for (const atMs of [5.1 + clockToleranceMs, 10_000]) {
      const result = await judged(recordingOf([event, turned(atMs)]));
      expect(result).toMatchObject({ verdict: 'invalid' });
      expect(result.summary).toMatch(/^n4 was honest, and /);
    }
  });

  test.each<[string, LabEvent]>([
    ['the same twice', evidence('n1', 'n4', share('n4', 3, 'a'), share('n4', 3, 'a'))],
    ['two slots', evidence('n1', 'n4', share('n4', 3, 'a'), share('n4', 4, 'b'))],
    ['a signature of another', evidence('n1', 'n4', share('n4', 3, 'a'), share('n1', 3, 'b'))],
    ['no signature', evidence('n1', 'n4', share('n4', 3, 'a'), { ...share('n4', 3, 'b'), signature: 'none' })],
    ['no statements of PBFT', evidence('n1', 'n4', signed('n4', 'yes'), signed('n4', 'no'))],
  ])('where an honest one accuses by %s, also of who is malicious', async (_, event) => {
    const result = await judged(recordingOf([event], { n4: 'double-vote' }));
    expect(result).toMatchObject({ verdict: 'invalid' });
    expect(result.summary).toMatch(/^n1 was honest, and accused n4 without proof: /);
  });
});

test('nothing is said where somebody contradicted itself and is not convicted, or there are no keys', async () => {
  expect(await judged(recordingOf([deceived('n4', 'double-vote')], { n4: 'double-vote' }))).toMatchObject({
    verdict: 'unknown',
    summary: 'n4 behaved so that it contradicted itself (double-vote), and nobody convicts it.',
  });
  expect(await judged(recordingOf([provenBy('n1', 'n4')], { n4: 'double-vote' }, []))).toMatchObject({
    verdict: 'unknown',
  });
});

/** A short run of PBFT in the simulator. */
async function played(malicious: Readonly<Record<string, string>>, seed: number): Promise<Recording> {
  const plan = samplePlan(
    { duration: '2s' },
    { protocol: 'pbft', nodes: ['n1', 'n2', 'n3', 'n4'], seed, malicious, durationMs: 2000 },
  );
  return await record(plan, simSubstrate, { signal: new AbortController().signal });
}

describe('in the simulator', () => {
  test.each([
    ['n1', 'equivocate'],
    ['n4', 'double-vote'],
    ['n4', 'misnumber'],
  ])('%s is convicted of %s, and nobody else is', async (culprit, behaviour) => {
    const result = await judged(await played({ [culprit]: behaviour }, 1));
    expect(result.verdict).toBe('valid');
    expect(result.summary.match(/n\d is convicted/g)).toEqual([`${culprit} is convicted`]);
  });

  test('who frames others convicts nobody', async () => {
    const recording = await played({ n4: 'frame' }, 1);
    expect(recording.events).toContainEqual(expect.objectContaining({ type: 'deceived', behaviour: 'frame' }));
    const result = await judged(recording);
    expect(result.verdict).toBe('valid');
    expect(result.summary).toMatch(/^Nobody is convicted by what it signed\. n4 accused n\d without proof/);
  });
});
