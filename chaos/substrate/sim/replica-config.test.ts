import { expect, test } from 'vitest';
import { samplePlan } from '../../sample-plan.ts';
import { replicaConfig } from './index.ts';

const [signing, silent] = [{ signs: true }, { signs: false }];
const limits = { snapshotAfterBytes: 1, maxUncommittedBytes: 2 };

test('a replica is told what the experiment chooses, and nothing of what it does not', () => {
  const quorums = { phase1: 3, phase2: 1 };
  const leaseReads = { maxClockDrift: 0.01 };
  const chosen = replicaConfig(
    samplePlan({ settings: { quorums, leaseReads, quorumReads: true, mode: 'fast' } }),
    silent,
    'n2',
    limits,
  );
  expect(chosen).toMatchObject({
    id: 'n2',
    members: ['n1', 'n2', 'n3'],
    quorums,
    leaseReads,
    quorumReads: true,
    mode: 'fast',
    ...limits,
  });
  const plain = replicaConfig(samplePlan({}, { members: ['n1'] }), silent, 'n2', limits);
  expect(plain.members).toEqual(['n1']);
  expect(plain).not.toHaveProperty('quorums');
  expect(plain).not.toHaveProperty('leaseReads');
  expect(plain).not.toHaveProperty('quorumReads');
  expect(plain).not.toHaveProperty('mode');
  expect(plain).not.toHaveProperty('crypto');
});

test('replicas of a protocol that signs know each other by what they sign, also those who join later', () => {
  const cryptoOf = (id: string, seed: number) => {
    const { crypto } = replicaConfig(samplePlan({}, { members: ['n1', 'n2'], seed }), signing, id, limits);
    if (crypto === undefined) throw new Error('there is no crypto');
    return crypto;
  };
  const bytes = new Uint8Array([1, 2, 3]);
  const signature = cryptoOf('n3', 1).sign(bytes);
  expect(cryptoOf('n1', 1).verify('n3', bytes, signature)).toBe(true);
  expect(cryptoOf('n1', 1).verify('n2', bytes, signature)).toBe(false);
  expect(cryptoOf('n1', 2).verify('n3', bytes, signature)).toBe(false);
});
