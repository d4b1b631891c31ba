import { expect, test } from 'vitest';
import type { LabClient } from '../../contracts/cluster.ts';
import { bootLab, type Lab } from './lab-fixture.ts';

async function outcomeOf({ cluster }: Lab, client: LabClient, f: 'write' | 'read', value: unknown) {
  const ended: unknown[] = [];
  client.submit({ f, key: 'k', value }, 4000, ({ type, value: seen }) => ended.push(type, seen));
  while (ended.length === 0) await cluster.clock.sleep(1);
  return ended;
}

// Castro and Liskov (1999), section 4.2: a request is signed by its client, and a replica accepts no other.
test('what a malicious primary invents is carried out nowhere, and another primary sees to what clients want', async () => {
  const lab = await bootLab({ protocol: 'pbft', nodeCount: 4, malicious: { n1: 'invent' } });
  const [writer, reader] = ['c1', 'c2'].map((name) => lab.cluster.client(name));
  if (writer === undefined || reader === undefined) throw new Error('there are no clients');
  for (let value = 1; value <= 5; value += 1) {
    expect(await outcomeOf(lab, writer, 'write', value)).toEqual(['ok', null]);
    expect(await outcomeOf(lab, reader, 'read', null)).toEqual(['ok', value]);
  }
  expect(lab.seen).toContainEqual(expect.objectContaining({ type: 'deceived', node: 'n1', behaviour: 'invent' }));
  for (const node of ['n2', 'n3', 'n4']) expect(lab.cluster.status(node).view?.epoch).toBeGreaterThan(0);
  await lab.cluster.close();
});
