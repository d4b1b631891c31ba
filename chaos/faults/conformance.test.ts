/** What every fault of the library must do, whatever it is: each file in this folder is found by its name. */
import { describe, expect, test } from 'vitest';
import { loadFault, namesOf } from '../catalog.ts';
import type { Capability, Cluster, Fault, LabEvent, LabFact, NodeId, StrikeEvidence } from '../contracts.ts';
import { UsageError } from '../errors.ts';
import { leaderAmong } from '../running.ts';
import { samplePlan } from '../sample-plan.ts';
import { simSubstrate } from '../substrate/sim/index.ts';

/** The compiler refuses to leave one out. */
const known: Readonly<Record<Capability, true>> = {
  'process.kill': true,
  'process.pause': true,
  'link.cut': true,
  'link.latency': true,
  'link.loss': true,
  'link.reorder': true,
  'disk.slow': true,
  'disk.wipe': true,
  'group.order': true,
};

/** Strong enough to be seen within half a second. */
const strongParams: Readonly<Record<string, object>> = { loss: { probability: 0.9 }, latency: { delayMs: 20 } };
const paramsOf = (name: string, fault: Fault<unknown>) => fault.parse(strongParams[name] ?? {});

interface Lab {
  readonly cluster: Cluster;
  readonly seen: LabEvent[];
}

/** A cluster of three that has a leader, and everything that was observed of it. */
async function boot(): Promise<Lab> {
  const seen: LabEvent[] = [];
  const plan = samplePlan({ network: { unruly: false } });
  const cluster = await simSubstrate.boot(plan, (atMs: number, fact: LabFact) => seen.push({ atMs, ...fact }));
  await cluster.clock.sleep(3000);
  expect(leaderAmong(statusesOf(cluster))).toBeDefined();
  return { cluster, seen };
}

const statusesOf = (cluster: Cluster) => cluster.nodes.map((node) => cluster.status(node));

/** Whether a client gets an answer to a write soon. */
async function answers({ cluster }: Lab, client: string): Promise<boolean> {
  let type = '';
  cluster.client(client).submit({ f: 'write', key: 'k', value: 1 }, 4000, (completion) => {
    type = completion.type;
  });
  await cluster.clock.sleep(5000);
  return type === 'ok';
}

async function strikeOn({ cluster }: Lab, name: string, nodes: readonly NodeId[], strike = 's1.1') {
  const fault = await loadFault(name);
  const params = paramsOf(name, fault);
  const links = fault.links(nodes, cluster.nodes, params);
  const heal = await fault.strike({ cluster, strike, nodes, links }, params);
  return { fault, links, heal };
}

const impairing = new Set(['link-dropped', 'link-delayed']);
const sickening = new Set(['node-down', 'node-paused', ...impairing]);

describe.each(namesOf('fault'))('%s', (name) => {
  test('says what it does, and needs what a substrate may offer', async () => {
    const { summary, needs } = await loadFault(name);
    expect(summary).not.toBe('');
    expect(needs.length).toBeGreaterThan(0);
    for (const need of needs) expect(Object.keys(known)).toContain(need);
  });

  test('has a default for every parameter, and refuses nonsense in a sentence that names it', async () => {
    const fault = await loadFault(name);
    expect(fault.parse({})).toEqual(fault.parse(undefined));
    for (const nonsense of [{ nonsense: 1 }, 'nonsense', 5, [1], { delayMs: -1, probability: 'x', direction: 'up' }]) {
      expect(() => fault.parse(nonsense)).toThrow(UsageError);
      expect(() => fault.parse(nonsense)).toThrow(`the params of ${name} are wrong: `);
    }
  });

  test('touches only links that exist, each once, and at least one of the target', async () => {
    const fault = await loadFault(name);
    const all = ['n1', 'n2', 'n3', 'n4', 'n5'];
    for (const target of [['n1'], ['n2', 'n4'], all]) {
      const links = fault.links(target, all, paramsOf(name, fault)).map(({ from, to }) => `${from}->${to}`);
      expect(new Set(links).size).toBe(links.length);
      for (const link of links) expect(link).toMatch(/^(n[1-5])->(?!\1)n[1-5]$/);
      if (fault.needs.some((need) => need.startsWith('link.'))) expect(links).not.toEqual([]);
      else expect(links).toEqual([]);
    }
  });

  test('without evidence it did not bite', async () => {
    const fault = await loadFault(name);
    const nodes = ['n1', 'n2'];
    const links = fault.links(nodes, ['n1', 'n2', 'n3'], paramsOf(name, fault));
    const bit = (events: LabEvent[]) => fault.bit({ nodes, links, events } satisfies StrikeEvidence);
    expect(bit([])).toBe(false);
    const harmless: LabEvent[] = [
      { atMs: 1, type: 'struck', strike: 's1.1' },
      { atMs: 1, type: 'node-up', node: 'n1' },
      { atMs: 1, type: 'role', node: 'n1', role: 'leader', epoch: 1 },
    ];
    expect(bit(harmless)).toBe(false);
    const elsewhere: LabEvent[] = [
      { atMs: 1, type: 'node-down', node: 'n3' },
      { atMs: 1, type: 'node-paused', node: 'n3' },
      { atMs: 1, type: 'link-dropped', from: 'x1', to: 'x2', strike: 's1.1' },
      { atMs: 1, type: 'link-delayed', from: 'x1', to: 'x2', strike: 's1.1' },
    ];
    expect(bit(elsewhere)).toBe(false);
  });

  test.each([[['n2']], [['n1', 'n3']], [['n1', 'n2', 'n3']]])(
    'bites %j, and after its heal nothing is left',
    async (nodes) => {
      const lab = await boot();
      const before = lab.seen.length;
      const { fault, links, heal } = await strikeOn(lab, name, nodes);
      await lab.cluster.clock.sleep(500);
      const events = lab.seen.slice(before);
      expect(fault.bit({ nodes, links, events })).toBe(true);
      await heal();
      await heal();
      await lab.cluster.clock.sleep(100);
      expect(statusesOf(lab.cluster).map(({ state }) => state)).toEqual(['up', 'up', 'up']);
      const healed = lab.seen.length;
      expect(await answers(lab, 'after')).toBe(true);
      expect(lab.seen.slice(healed).filter(({ type }) => sickening.has(type))).toEqual([]);
      expect(statusesOf(lab.cluster).every(({ view }) => view?.leader !== undefined)).toBe(true);
    },
  );

  test('healed before any message passed, it is never seen to act', async () => {
    const lab = await boot();
    const { heal } = await strikeOn(lab, name, ['n1', 'n2']);
    await heal();
    const healed = lab.seen.length;
    expect(await answers(lab, 'after')).toBe(true);
    expect(lab.seen.slice(healed).filter(({ type }) => impairing.has(type))).toEqual([]);
  });

  test('what it leaves when the lab gives up, `healAll` takes away', async () => {
    const lab = await boot();
    await strikeOn(lab, name, ['n1', 'n2']);
    await lab.cluster.clock.sleep(200);
    await lab.cluster.healAll();
    const healed = lab.seen.length;
    expect(await answers(lab, 'after')).toBe(true);
    expect(statusesOf(lab.cluster).map(({ state }) => state)).toEqual(['up', 'up', 'up']);
    expect(lab.seen.slice(healed).filter(({ type }) => sickening.has(type))).toEqual([]);
  });
});

describe.each(namesOf('fault'))('%s beside a cut', (name) => {
  test('its heal leaves the strike of another one in force', async () => {
    const lab = await boot();
    const other = await strikeOn(lab, 'cut', ['n3'], 's2.1');
    const { heal } = await strikeOn(lab, name, ['n3'], 's1.1');
    await lab.cluster.clock.sleep(300);
    await heal();
    const healed = lab.seen.length;
    // New messages of n3 go nowhere still: it hears of no write of the others.
    const applied = lab.cluster.status('n3').appliedIndex;
    expect(await answers(lab, 'after')).toBe(true);
    expect(lab.cluster.status('n3').appliedIndex).toBe(applied);
    expect(lab.seen.slice(healed).filter((event) => 'strike' in event && event.strike === 's1.1')).toEqual([]);
    await other.heal();
    await lab.cluster.clock.sleep(3000);
    const indexes = statusesOf(lab.cluster).map(({ appliedIndex }) => appliedIndex);
    expect(new Set(indexes).size).toBe(1);
    expect(indexes[0]).toBeGreaterThan(applied);
  });
});
