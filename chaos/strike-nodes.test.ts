import { expect, test } from 'vitest';
import type { NodeId } from '../node/contract/ids.ts';
import type { Cluster } from './contracts/cluster.ts';
import type { Fault } from './contracts/faults.ts';
import crash from './faults/crash.ts';
import pause from './faults/pause.ts';

const nodes = ['n1', 'n2', 'n3'];
const tick = () => new Promise((resolve) => setImmediate(resolve));

/** A cluster that knows which nodes are struck. Some strikes and some take-backs fail; a strike has its effect even so. */
function fake(failing: { strikes?: readonly NodeId[]; takeBacks?: readonly NodeId[] }) {
  const struck = new Set<NodeId>();
  const strike = async (node: NodeId) => {
    if (node !== 'n1') await tick();
    struck.add(node);
    if (failing.strikes?.includes(node)) throw new Error(`${node} gave no answer`);
  };
  const takeBack = async (node: NodeId) => {
    if (failing.takeBacks?.includes(node)) throw new Error(`${node} cannot be taken back`);
    await tick();
    struck.delete(node);
  };
  const cluster = { kill: strike, start: takeBack, pause: strike, resume: takeBack } as Partial<Cluster> as Cluster;
  return { struck, strikeBy: (fault: Fault<unknown>) => fault.strike({ cluster, strike: 's1', nodes, links: [] }, {}) };
}

const faults: [string, Fault<unknown>][] = [
  ['crash', crash as Fault<unknown>],
  ['pause', pause as Fault<unknown>],
];

test.each(faults)('%s: every node is struck, and healed', async (_, fault) => {
  const { struck, strikeBy } = fake({});
  const heal = await strikeBy(fault);
  expect([...struck].sort()).toEqual(nodes);
  await heal();
  expect([...struck]).toEqual([]);
});

test.each(faults)('%s: a strike that fails for one node stays in force on none', async (_, fault) => {
  for (const failed of nodes) {
    const { struck, strikeBy } = fake({ strikes: [failed] });
    await expect(strikeBy(fault)).rejects.toThrow(`${failed} gave no answer`);
    expect([...struck]).toEqual([]);
  }
});

test.each(faults)('%s: a take-back that fails hides no reason and holds up no other', async (_, fault) => {
  const { struck, strikeBy } = fake({ strikes: ['n2'], takeBacks: ['n1'] });
  await expect(strikeBy(fault)).rejects.toThrow('n2 gave no answer');
  expect([...struck]).toEqual(['n1']);
});

test.each(faults)('%s: a heal that fails says so', async (_, fault) => {
  const heal = await fake({ takeBacks: ['n3'] }).strikeBy(fault);
  await expect(heal()).rejects.toThrow('n3 cannot be taken back');
});
