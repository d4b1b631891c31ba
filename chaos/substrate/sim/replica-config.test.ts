import { expect, test } from 'vitest';
import { samplePlan } from '../../sample-plan.ts';
import { replicaConfig } from './index.ts';

const limits = { snapshotAfterBytes: 1, maxUncommittedBytes: 2 };

test('a replica is told what the experiment chooses, and nothing of what it does not', () => {
  const quorums = { phase1: 3, phase2: 1 };
  const leaseReads = { maxClockDrift: 0.01 };
  const chosen = replicaConfig(samplePlan({ settings: { quorums, leaseReads } }), 'n2', limits);
  expect(chosen).toMatchObject({ id: 'n2', members: ['n1', 'n2', 'n3'], quorums, leaseReads, ...limits });
  const plain = replicaConfig(samplePlan({}, { members: ['n1'] }), 'n2', limits);
  expect(plain.members).toEqual(['n1']);
  expect(plain).not.toHaveProperty('quorums');
  expect(plain).not.toHaveProperty('leaseReads');
});
