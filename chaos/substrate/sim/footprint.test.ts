/** What the simulator tells of what its replicas hold. */
import { describe, expect, test } from 'vitest';
import type { LabFact } from '../../contracts/events.ts';
import { samplePlan } from '../../sample-plan.ts';
import type { Footprint } from '../../samples.ts';
import { simSubstrate } from './index.ts';
import { type Lab, write } from './lab-fixture.ts';
import { processLab } from './process-fixture.ts';

type Fact = LabFact & { readonly atMs: number };

/** Three replicas; what is observed of them, and their samples in the stretch of time that is waited for. */
async function boot(durationMs: number, snapshotAfterBytes: number) {
  const seen: Fact[] = [];
  const plan = samplePlan({ duration: durationMs, network: { unruly: false }, settings: { snapshotAfterBytes } });
  const cluster = await simSubstrate.boot(plan, (atMs, fact) => seen.push({ atMs, ...fact }));
  const samples = () => seen.filter((fact): fact is Footprint => fact.type === 'footprint');
  const lab: Lab = { cluster, leader: 'n1', followers: ['n2', 'n3'], seen };
  return { cluster, samples, lab };
}

describe('samples of replicas', () => {
  test('come once a second in a short run, from each that runs, one that is paused too', async () => {
    const { cluster, samples } = await boot(10_000, 8192);
    await cluster.clock.sleep(5500);
    await cluster.kill('n2');
    await cluster.pause('n3');
    await cluster.clock.sleep(5000);
    const times = (node: string) => samples().flatMap((sample) => (sample.node === node ? [sample.atMs] : []));
    expect(times('n1')).toEqual([1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000]);
    expect(times('n3')).toEqual(times('n1'));
    expect(times('n2')).toEqual(times('n1').slice(0, 5));
  });

  test('are no more of a day than of ten minutes', async () => {
    const dayMs = 86_400_000;
    const { cluster, samples } = await boot(dayMs, 8192);
    await cluster.clock.sleep(dayMs / 100 + 1);
    expect(samples().filter(({ node }) => node === 'n1')).toHaveLength(6);
  });

  test('show a log that grows and is cut, and a machine that stays as it is', async () => {
    const { cluster, samples, lab } = await boot(60_000, 2048);
    await write(lab, 'c1', 400);
    await cluster.clock.sleep(1000);
    const own = samples().filter(({ node }) => node === 'n1');
    const last = own.at(-1);
    expect(last).toMatchObject({ keys: 5, sessions: 1 });
    expect(last?.snapshotBytes).toBeGreaterThan(0);
    expect(last?.stateBytes).toBeGreaterThan(5 * 'k1'.length);
    expect(last?.logRecords).toBeGreaterThan(0);
    expect(last?.logBytes).toBeLessThan(3 * 2048 + 2048);
    const whole = await boot(60_000, 2 ** 30);
    await write(whole.lab, 'c1', 400);
    await whole.cluster.clock.sleep(1000);
    const uncut = whole.samples().filter(({ node }) => node === 'n1');
    expect(uncut.at(-1)).toMatchObject({ keys: 5, sessions: 1, snapshotBytes: 0 });
    expect(uncut.at(-1)?.logBytes).toBeGreaterThan(3 * (last?.logBytes ?? 0));
  });
});

test('a process that does not run holds nothing in memory, and is not sampled', async () => {
  const { clock, process } = processLab();
  const sizeOf = (record: unknown) => String(record).length;
  expect(process.footprint(sizeOf)).toBeNull();
  process.start();
  process.receive('n2', 'write abc');
  await clock.sleep(5);
  expect(process.footprint(sizeOf)).toMatchObject({ node: 'n1', logRecords: 1, logBytes: 3, heldBytes: 0, keys: 0 });
  process.kill();
  expect(process.footprint(sizeOf)).toBeNull();
});
