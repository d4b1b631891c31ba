import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { contestPoints } from './contests.ts';
import type { BenchPoint } from './contracts.ts';
import { type BenchChoices, benchPlan } from './plan.ts';

const alone: BenchChoices = {
  ...{ seed: 7, on: 'local', protocol: 'raft', nodes: 3, storages: [], peers: [], workloads: ['put'] },
  drivers: ['streams'],
  ...{ clients: [1, 64], rates: [], records: 100, valueBytes: 32, rounds: 1, warmupMs: 100, durationMs: 1000 },
  checkedKeys: 5,
};

const planOf = (change: Partial<BenchChoices>) => benchPlan({ ...alone, ...change });

/** `raft streams put 64`, and the rate of an open loop. */
function shortOf({ system, driver, workload, clients, loop }: BenchPoint): string {
  return [system, driver, workload, clients, ...(loop.kind === 'open' ? [`${loop.ratePerSecond}/s`] : [])].join(' ');
}

async function refused(change: Partial<BenchChoices>): Promise<string> {
  const error = await planOf(change).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UsageError);
  const { message, advice } = error as UsageError;
  expect(advice).toMatch(/(\.|npx splitbrain .*)$/);
  return message;
}

describe('a plan', () => {
  it('has a point for each workload, load and driver, closed loops before open ones', async () => {
    const plan = await planOf({ workloads: ['put', 'ycsb-b'], drivers: ['streams', 'unary'], rates: [500] });
    expect(plan.points.map(shortOf)).toEqual([
      ...['raft streams put 1', 'raft unary put 1', 'raft streams put 64', 'raft unary put 64'],
      ...['raft streams put 64 500/s', 'raft unary put 64 500/s'],
      ...['raft streams ycsb-b 1', 'raft unary ycsb-b 1', 'raft streams ycsb-b 64', 'raft unary ycsb-b 64'],
      ...['raft streams ycsb-b 64 500/s', 'raft unary ycsb-b 64 500/s'],
    ]);
    expect(plan).toMatchObject({
      ...{ schemaVersion: 1, seed: 7, on: 'local', protocol: 'raft', nodes: 3, storages: [], peers: [], rounds: 1 },
      ...{ settings: { records: 100, valueBytes: 32 }, warmupMs: 100, durationMs: 1000, checkedKeys: 5 },
    });
  });

  it('with a peer and no workload has what is compared with it, each point once', async () => {
    const { points } = await planOf({ peers: ['etcd'], workloads: [] });
    expect(points.map(shortOf)).toEqual([
      ...['raft streams put 1000', 'etcd etcd-put put 1000', 'etcd etcd-txn put 32', 'raft unary put 1000'],
      ...['raft streams put 1', 'etcd etcd-put put 1', 'raft streams read 1000', 'etcd etcd-put read 1000'],
    ]);
    for (const point of contestPoints('raft', 'etcd')) expect(points).toContainEqual(point);
  });

  it('with a peer and workloads has both, the peer beside ours', async () => {
    const { points } = await planOf({ peers: ['etcd'], workloads: ['ycsb-a'], clients: [8] });
    expect(points.map(shortOf).slice(0, 3)).toEqual([
      'raft streams ycsb-a 8',
      'etcd etcd-put ycsb-a 8',
      'raft streams put 1000',
    ]);
    expect(points).toHaveLength(10);
  });

  it('has each storage as a system of its own, beside the others', async () => {
    const plan = await planOf({ storages: ['wal', 'lmdb', 'wal'], drivers: ['streams', 'unary'], clients: [8] });
    expect(plan.storages).toEqual(['wal', 'lmdb']);
    expect(plan.points.map(shortOf)).toEqual([
      ...['raft-wal streams put 8', 'raft-lmdb streams put 8', 'raft-wal unary put 8', 'raft-lmdb unary put 8'],
    ]);
    const { points } = await planOf({ storages: ['lmdb'], peers: ['etcd'], workloads: [] });
    expect(points.map(shortOf).slice(0, 2)).toEqual(['raft-lmdb streams put 1000', 'etcd etcd-put put 1000']);
  });

  it('drops what is named twice', async () => {
    const change = { workloads: ['put', 'put'], drivers: ['streams', 'streams'], clients: [4, 4], rates: [9, 9] };
    expect((await planOf(change)).points.map(shortOf)).toEqual(['raft streams put 4', 'raft streams put 4 9/s']);
    const plan = await planOf({ peers: ['etcd', 'etcd'], workloads: ['put'], clients: [1, 1000] });
    expect(plan.peers).toEqual(['etcd']);
    expect(new Set(plan.points.map(shortOf)).size).toBe(plan.points.length);
  });
});

describe('refused before anything starts', () => {
  it.each<[Partial<BenchChoices>, RegExp]>([
    [{ workloads: ['ycbs-a'] }, /^there is no bench-workload "ycbs-a"\. Did you mean "ycsb-a"\?$/],
    [{ drivers: ['stream'] }, /^there is no driver "stream"\. Did you mean "streams"\?$/],
    [{ protocol: 'rafft' }, /^there is no protocol "rafft"\. Did you mean "raft"\?$/],
    [{ peers: ['ectd'] }, /^there is no peer "ectd"\. Did you mean "etcd"\?$/],
    [{ storages: ['wal', 'lmbd'] }, /^there is no storage "lmbd"\. Did you mean "lmdb"\?$/],
    [{ storages: ['wal', 'lmdb'], peers: ['etcd'] }, /^a peer is compared with one storage$/],
    [{ peers: ['mongo'] }, /^there is no peer "mongo"\.$/],
    [{ on: 'docker', peers: ['etcd'] }, /^a peer runs on this machine only$/],
    [{ drivers: ['streams', 'etcd-put'] }, /^the driver "etcd-put" speaks to etcd, not to raft$/],
    [{ drivers: ['etcd-txn'] }, /^the driver "etcd-txn" speaks to etcd, not to raft$/],
    [
      { drivers: ['etcd-txn'], workloads: ['put', 'ycsb-f'] },
      /^the driver "etcd-txn" cannot carry the workload "ycsb-f": it has no read and no read-modify-write$/,
    ],
  ])('%j', async (change, why) => {
    expect(await refused(change)).toMatch(why);
  });
});
