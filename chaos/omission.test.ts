/**
 * A malicious leader slows a group, and never stops it: whatever as many as may be malicious leave out, hold back or say late, the
 * group does half of what it did in the calm at least, once it has had the time to recover. In virtual time.
 */
import { describe, expect, test } from 'vitest';
import { judge } from './judge.ts';
import { maliciousNodes } from './malice.ts';
import { makePlan } from './plan.ts';
import { record } from './run.ts';
import { simSubstrate } from './substrate/sim/index.ts';

const { capabilities } = simSubstrate;

async function run(experiment: string, nodeCount: number, malicious?: string) {
  const chosen = malicious === undefined ? { nodeCount } : { nodeCount, malicious };
  const plan = await makePlan(experiment, { seed: 1, substrate: 'sim', capabilities, ...chosen });
  return record(plan, simSubstrate, { signal: new AbortController().signal });
}

const ways: [string, string, string | undefined][] = [
  ['say nothing', 'mute-primary', undefined],
  ['say all late, by a little less than others have patience for', 'slow-primary', undefined],
  ['say nothing to some', 'mute-primary', 'selective'],
  ['take no notice of some clients', 'mute-primary', 'censor'],
  ['say old messages again', 'mute-primary', 'replay'],
  ['leave out what they were told of earlier views', 'forgetful-successor', undefined],
];

describe.each([
  [4, 1, ways],
  // The two that cost most: to be without a word, and to be just in time.
  [7, 2, ways.slice(0, 2)],
])('of %i replicas %i', (nodeCount, f, known) => {
  test.each(known)('%s, and cost no more than half of the throughput', async (_, experiment, malicious) => {
    const recording = await run(experiment, nodeCount, malicious);
    const { outcome, sentence, checks } = await judge(recording);
    expect(outcome, sentence).toBe('PASS');
    expect(maliciousNodes(recording).size).toBe(f);
    const pace = checks.find(({ check }) => check === 'throughput');
    expect(pace).toMatchObject({ verdict: 'valid', limit: 2, unit: 'times slower' });
    expect(pace?.value).toBeLessThanOrEqual(2);
  });
});
