import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CallOutcome } from '../client.ts';
import { eventually } from './fixture.ts';
import { TestCluster } from './process-fixture.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start({ protocol: 'pbft', members: ['n1', 'n2', 'n3', 'n4'], quorumReads: true });
});
afterAll(() => cluster.close());

const resultOf = (outcome: CallOutcome) => (outcome.kind === 'answered' ? outcome.result.value : outcome.error);

/** How far all have come; undefined where they have not come to the same yet, or one is not asked yet: two are enough to answer. */
async function applied(): Promise<number | undefined> {
  const counts = await Promise.all(
    cluster.members.map(async (id) => {
      const status = await cluster
        .control(id)
        .status()
        .catch(() => undefined);
      return status?.appliedIndex;
    }),
  );
  return new Set(counts).size === 1 ? counts[0] : undefined;
}

async function settled(): Promise<number> {
  let count: number | undefined;
  await eventually(async () => {
    count = await applied();
    return count !== undefined;
  }, 'all have applied the same');
  return count as number;
}

it('processes answer reads from their states, and clients believe a quorum of them', async () => {
  const call = cluster.client();
  expect(resultOf(await call({ op: 'put', key: 'k', a: 'v' }))).toBeNull();
  const before = await settled();
  for (let again = 0; again < 10; again += 1) expect(resultOf(await call({ op: 'get', key: 'k' }))).toBe('v');
  // Where this machine is slow some may have gone through the log after all.
  expect((await settled()) - before).toBeLessThan(10);
  for (const value of ['w', 'x', 'y']) {
    expect(resultOf(await call({ op: 'put', key: 'k', a: value }))).toBeNull();
    expect(resultOf(await call({ op: 'get', key: 'k' }))).toBe(value);
  }
});
