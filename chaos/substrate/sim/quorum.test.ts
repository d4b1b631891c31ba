/** What is told of a group from its links is what the simulator shows of every protocol: with a quorum it serves, without it does not. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../node/contract/ids.ts';
import { loadProtocol, namesOf } from '../../catalog.ts';
import { everyLink } from '../../links.ts';
import { type FaultModel, hasQuorum } from '../../quorum.ts';
import { samplePlan } from '../../sample-plan.ts';
import { simSubstrate } from './index.ts';
import { answers } from './lab-fixture.ts';

const nodes = ['n1', 'n2', 'n3', 'n4'];

/** Every graph of four, but for the names of its nodes. */
const graphs: Readonly<Record<string, string>> = {
  'no link': '',
  'one link': '12',
  'two links that meet': '12 23',
  'two links apart': '12 34',
  'a path': '12 23 34',
  'a star': '12 13 14',
  'a triangle': '12 13 23',
  'a ring': '12 23 34 14',
  'a triangle and one more': '12 13 23 34',
  'all but one link': '12 13 23 24 34',
  'all links': '12 13 14 23 24 34',
};

function talkIn(links: string) {
  const linked = new Set(links.split(' ').flatMap(([a, b]) => [`n${a}-n${b}`, `n${b}-n${a}`]));
  return (one: NodeId, other: NodeId) => linked.has(`${one}-${other}`);
}

describe.each(namesOf('protocol'))('%s', (protocol) => {
  test.each(Object.entries(graphs))('%s', async (_, links) => {
    const { faultModel, tolerated } = await loadProtocol(protocol);
    const talk = talkIn(links);
    const half = { voters: new Set(nodes), quorum: nodes.length - tolerated(nodes.length) };
    const has = (model: FaultModel) => hasQuorum(model, [half], { counts: () => true, talk });
    const plan = samplePlan({ network: { unruly: false } }, { protocol, nodes });
    const cluster = await simSubstrate.boot(plan, () => {});
    expect(await answers({ cluster }, 'c1')).toBe(true);
    const cut = everyLink(nodes).filter(({ from, to }) => !talk(from, to));
    await cluster.impair('s1.1', cut, { kind: 'cut' });
    // Another may have to lead first.
    await cluster.clock.sleep(10_000);
    const serves = await answers({ cluster }, 'c2');
    if (has(faultModel)) expect(serves).toBe(true);
    // What one passes on of another may do for less than all that is promised, but never for less than a star.
    else if (!has('crash')) expect(serves).toBe(false);
    await cluster.close();
  });
});
