import { describe, expect, test } from 'vitest';
import type { LabClient } from '../../contracts/cluster.ts';
import { bootLab, type Lab, write } from './lab-fixture.ts';

async function outcomeOf({ cluster }: Lab, client: LabClient, f: 'write' | 'read', value: unknown) {
  const ended: unknown[] = [];
  client.submit({ f, key: 'k', value }, 4000, ({ type, value: seen }) => ended.push(type, seen));
  while (ended.length === 0) await cluster.clock.sleep(1);
  return ended;
}

const appliedBy = ({ cluster }: Lab) => cluster.nodes.map((node) => cluster.status(node).appliedIndex);

async function labWith(options: Parameters<typeof bootLab>[0] = {}) {
  const lab = await bootLab({ protocol: 'pbft', nodeCount: 4, quorumReads: true, ...options });
  const clientOf = async (name: string) => {
    const client = lab.cluster.client(name);
    // It has a session now.
    expect(await outcomeOf(lab, client, 'write', 0)).toEqual(['ok', null]);
    await lab.cluster.clock.sleep(200);
    return client;
  };
  return { lab, writer: await clientOf('c1'), reader: await clientOf('c2') };
}

describe('a read that a quorum answers', () => {
  test('takes no place in the log, and sees every write that was acknowledged before', async () => {
    const { lab, writer, reader } = await labWith();
    for (let value = 1; value <= 10; value += 1) {
      expect(await outcomeOf(lab, writer, 'write', value)).toEqual(['ok', null]);
      expect(await outcomeOf(lab, reader, 'read', null)).toEqual(['ok', value]);
    }
    await lab.cluster.clock.sleep(200);
    const before = appliedBy(lab);
    for (let again = 0; again < 20; again += 1) {
      expect(await outcomeOf(lab, reader, 'read', null)).toEqual(['ok', 10]);
    }
    expect(appliedBy(lab)).toEqual(before);
    await lab.cluster.close();
  });

  test('goes through the log where too few answer in time', async () => {
    const { lab, writer, reader } = await labWith({ nodeCount: 7 });
    expect(await outcomeOf(lab, writer, 'write', 5)).toEqual(['ok', null]);
    for (const node of ['n6', 'n7']) await lab.cluster.kill(node);
    await lab.cluster.clock.sleep(200);
    const [before] = appliedBy(lab);
    expect(await outcomeOf(lab, reader, 'read', null)).toEqual(['ok', 5]);
    expect(appliedBy(lab)[0]).toBe(before);
    await lab.cluster.pause('n5');
    const late = outcomeOf(lab, reader, 'read', null);
    await lab.cluster.clock.sleep(500);
    await lab.cluster.resume('n5');
    expect(await late).toEqual(['ok', 5]);
    expect(appliedBy(lab)[0]).toBe((before ?? 0) + 1);
    await lab.cluster.close();
  });

  // Section 5.1.3: 2f + 1 equal answers, f + 1 of them of honest replicas.
  test('is what honest replicas know, whatever a malicious one says of its own state', async () => {
    const { lab, writer, reader } = await labWith({ malicious: { n3: 'lie' } });
    for (let value = 1; value <= 10; value += 1) {
      expect(await outcomeOf(lab, writer, 'write', value)).toEqual(['ok', null]);
      expect(await outcomeOf(lab, reader, 'read', null)).toEqual(['ok', value]);
    }
    expect(lab.seen).toContainEqual(expect.objectContaining({ type: 'deceived', node: 'n3', behaviour: 'lie' }));
    await lab.cluster.close();
  });

  test('is answered by replicas that took over a state, as by the others', async () => {
    const { lab, writer, reader } = await labWith({ snapshotAfterBytes: 1 });
    await lab.cluster.kill('n4');
    await write(lab, 'c3', 40);
    expect(await outcomeOf(lab, writer, 'write', 7)).toEqual(['ok', null]);
    await lab.cluster.start('n4');
    await lab.cluster.clock.sleep(3000);
    expect(lab.seen).toContainEqual(expect.objectContaining({ type: 'restore', node: 'n4', from: 'replica' }));
    await lab.cluster.kill('n1');
    await lab.cluster.clock.sleep(3000);
    expect(await outcomeOf(lab, reader, 'read', null)).toEqual(['ok', 7]);
    await lab.cluster.close();
  });
});

// Berger, Reiser and Bessani (2021), arXiv 2107.11144.
test('a malicious primary that shuts out as many as can be missing, and answers nobody, blocks no client', async () => {
  const { lab, writer, reader } = await labWith({ malicious: { n1: 'shut-out' } });
  for (let value = 1; value <= 20; value += 1) {
    expect(await outcomeOf(lab, writer, 'write', value)).toEqual(['ok', null]);
    expect(await outcomeOf(lab, reader, 'read', null)).toEqual(['ok', value]);
  }
  // It leads all the time: nobody can tell that it does anything wrong.
  expect(lab.cluster.status('n3').view).toMatchObject({ epoch: 0, leader: 'n1' });
  expect(lab.seen).toContainEqual(expect.objectContaining({ type: 'deceived', node: 'n1', behaviour: 'shut-out' }));
  await lab.cluster.close();
});
