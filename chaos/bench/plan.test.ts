import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { contestPoints } from './contests.ts';
import type { BenchPoint } from './contracts.ts';
import { type BenchChoices, benchPlan } from './plan.ts';

const alone: BenchChoices = {
  ...{ seed: 7, on: 'local', protocols: ['raft'], nodes: 3, storages: [], modes: [], peers: [], workloads: ['put'] },
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
      ...{
        schemaVersion: 2,
        seed: 7,
        on: 'local',
        protocols: ['raft'],
        beside: null,
        nodes: 3,
        storages: [],
        modes: [],
      },
      ...{ peers: [], rounds: 1 },
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

  it('has each protocol as a system of its own, and raft beside one that is another', async () => {
    const plan = await planOf({ protocols: ['multi-paxos'], drivers: ['streams', 'unary'], clients: [8] });
    expect(plan).toMatchObject({ protocols: ['multi-paxos', 'raft'], beside: 'raft' });
    expect(plan.points.map(shortOf)).toEqual([
      ...['multi-paxos streams put 8', 'raft streams put 8', 'multi-paxos unary put 8', 'raft unary put 8'],
    ]);
    const named = await planOf({ protocols: ['raft', 'multi-paxos', 'raft'], storages: ['lmdb'], clients: [8] });
    expect(named).toMatchObject({ protocols: ['raft', 'multi-paxos'], beside: 'raft', storages: ['lmdb'] });
    expect(named.points.map(shortOf)).toEqual(['raft-lmdb streams put 8', 'multi-paxos-lmdb streams put 8']);
  });

  it('has each mode as a system of its own; what stands beside the protocol has its usual one', async () => {
    const { modes, points } = await planOf({ protocols: ['pbft'], modes: ['all-to-all'], nodes: 4, clients: [8] });
    expect(modes).toEqual(['all-to-all']);
    expect(points.map(shortOf)).toEqual(['pbft-all-to-all streams put 8', 'raft streams put 8']);
  });

  it.each<[Partial<BenchChoices>, readonly string[], string | null]>([
    [{ protocols: ['raft'] }, ['raft'], null],
    [{ protocols: ['multi-paxos'], beside: 'none' }, ['multi-paxos'], null],
    [{ protocols: ['raft', 'multi-paxos'], beside: 'none' }, ['raft', 'multi-paxos'], null],
    [{ protocols: ['raft'], beside: 'multi-paxos' }, ['raft', 'multi-paxos'], 'multi-paxos'],
    [{ protocols: ['multi-paxos'], beside: 'multi-paxos' }, ['multi-paxos'], null],
    // These are compared with a peer, or in their storages.
    [{ protocols: ['multi-paxos'], peers: ['etcd'] }, ['multi-paxos'], null],
    [{ protocols: ['multi-paxos'], storages: ['wal', 'lmdb'] }, ['multi-paxos'], null],
    [{ protocols: ['multi-paxos'], storages: ['lmdb', 'lmdb'] }, ['multi-paxos', 'raft'], 'raft'],
  ])('of %j has the protocols %j, compared with %j', async (change, protocols, beside) => {
    expect(await planOf(change)).toMatchObject({ protocols, beside });
  });

  it('has three rounds where systems are compared and none were asked for', async () => {
    const { rounds: _, ...unsaid } = alone;
    const roundsOf = async (change: Partial<BenchChoices>) => (await benchPlan({ ...unsaid, ...change })).rounds;
    expect(await roundsOf({})).toBe(1);
    expect(await roundsOf({ storages: ['lmdb', 'lmdb'] })).toBe(1);
    expect(await roundsOf({ protocols: ['multi-paxos'], beside: 'none' })).toBe(1);
    for (const change of [{ protocols: ['multi-paxos'] }, { storages: ['wal', 'lmdb'] }, { peers: ['etcd'] }]) {
      expect(await roundsOf(change)).toBe(3);
    }
    expect(await roundsOf({ protocols: ['multi-paxos'], rounds: 2 })).toBe(2);
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
    [{ protocols: ['raft', 'rafft'] }, /^there is no protocol "rafft"\. Did you mean "raft"\?$/],
    [{ beside: 'rafft' }, /^there is no protocol "rafft"\. Did you mean "raft"\?$/],
    [{ peers: ['ectd'] }, /^there is no peer "ectd"\. Did you mean "etcd"\?$/],
    [{ storages: ['wal', 'lmbd'] }, /^there is no storage "lmbd"\. Did you mean "lmdb"\?$/],
    [{ storages: ['wal', 'lmdb'], peers: ['etcd'] }, /^a peer is compared with one storage$/],
    [{ protocols: ['raft', 'multi-paxos'], peers: ['etcd'] }, /^a peer is compared with one protocol$/],
    [{ protocols: ['multi-paxos'], beside: 'raft', peers: ['etcd'] }, /^a peer is compared with one protocol$/],
    [{ protocols: ['raft', 'multi-paxos'], storages: ['wal', 'lmdb'] }, /^protocols are compared in one storage$/],
    [{ modes: ['fast'] }, /^the protocol "raft" has one way to run, and no mode "fast"$/],
    [{ protocols: ['raft', 'pbft'], modes: ['all-to-all'], nodes: 4, beside: 'none' }, /^the protocol "raft" has one/],
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
