import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NodeId } from '../../../node/contract/ids.ts';
import { loadFault } from '../../catalog.ts';
import type { Cluster, Heal } from '../../contracts/cluster.ts';
import type { LabEvent } from '../../contracts/events.ts';
import type { Operation } from '../../contracts/operations.ts';
import { leaderAmong } from '../../running.ts';
import { samplePlan } from '../../sample-plan.ts';
import { whyUnsettled } from '../../unsettled.ts';
import { contents, describeOnDocker, engine, newLabs } from './docker-fixture.ts';
import { dockerSubstrate } from './index.ts';
import { linksInto, toxiproxyApiPort } from './layout.ts';
import { findVantage } from './vantage.ts';

const limitMs = 300_000;
/** In which nothing of these tests fails to come about. */
const patience = { timeout: 20_000 };

describeOnDocker('a group of containers, of which one begins outside of it', () => {
  const seen: LabEvent[] = [];
  let before: string[];
  let cluster: Cluster;
  let lab: string;
  beforeAll(async () => {
    before = await contents();
    const ours = await newLabs();
    const nodes = ['n1', 'n2', 'n3', 'n4'];
    const plan = samplePlan({}, { substrate: 'docker', nodes, members: nodes.slice(0, 3) });
    cluster = await dockerSubstrate.boot(plan, (atMs, fact) => seen.push({ ...fact, atMs }));
    [lab = ''] = await ours();
  }, limitMs);
  afterAll(async () => {
    await cluster?.close();
    expect(await contents()).toEqual(before);
  }, limitMs);

  const statuses = () => cluster.nodes.map((node) => cluster.status(node));
  const leader = (): NodeId => leaderAmong(statuses()) ?? '';
  const voters = () => {
    const led = statuses().find(({ node }) => node === leader());
    return [...(led?.view?.group?.voters ?? [])].sort();
  };
  const follower = () => voters().find((node) => node !== leader()) ?? '';
  const settles = () => expect.poll(() => whyUnsettled(statuses()), patience).toBe(null);
  const disk = (node: NodeId, from: number) =>
    seen
      .slice(from)
      .flatMap((event) =>
        event.type.startsWith('disk-') && 'node' in event && event.node === node ? [event.type] : [],
      );

  /** The links that refuse whoever wants to use them. */
  async function shutLinks(): Promise<string[]> {
    const toxiproxy = (await engine().containers(lab)).find(({ service }) => service === 'toxiproxy');
    if (toxiproxy === undefined) throw new Error('there is no Toxiproxy');
    const address = (await findVantage(engine())).address(toxiproxy, toxiproxyApiPort);
    const proxies = (await (await fetch(`http://${address}/proxies`)).json()) as Record<string, { enabled: boolean }>;
    return Object.keys(proxies).filter((name) => proxies[name]?.enabled !== true);
  }

  async function write(value: number): Promise<void> {
    const op: Operation = { f: 'write', key: 'k', value };
    const { type } = await new Promise<{ type: string }>((resolve) =>
      cluster.client(`writer-${value}`).submit(op, 10_000, resolve),
    );
    expect(type).toBe('ok');
  }

  /** Strikes as a run does; the returned heal tells whether the fault was seen to bite by its end. */
  async function strike(name: string, nodes: readonly NodeId[], params: object = {}): Promise<() => Promise<boolean>> {
    const from = seen.length;
    const fault = await loadFault(name);
    const heal: Heal = await fault.strike({ cluster, strike: 's1.1', nodes, links: [] }, fault.parse(params));
    return async () => {
      await heal();
      return fault.bit({ nodes, links: [], events: seen.slice(from) });
    };
  }

  test(
    'begins with its members, tells who they are, and takes in the other',
    async () => {
      await expect.poll(voters, patience).toEqual(['n1', 'n2', 'n3']);
      await cluster.order(leader(), { kind: 'reconfigure', voters: ['n1', 'n2', 'n3'], learners: ['n4'] });
      await expect.poll(() => cluster.status('n4').view?.group?.learners, patience).toEqual(['n4']);
      await cluster.order(leader(), { kind: 'reconfigure', voters: [...cluster.nodes], learners: [] });
      await expect.poll(voters, patience).toEqual(cluster.nodes);
      await write(1);
      await settles();
    },
    limitMs,
  );

  test('says why it does not do something', async () => {
    const order = { kind: 'transfer', to: 'n1' } as const;
    await expect(cluster.order(follower(), order)).rejects.toThrow(`does not lead; ${leader()} leads.`);
    await expect(cluster.order(leader(), { ...order, to: 'n9' })).rejects.toThrow('no replica of this run');
    await expect(cluster.wipe('n1')).rejects.toThrow('n1 runs, and its disk cannot be wiped');
  });

  test(
    'hands over, and goes on without one of its members until that is voted in again',
    async () => {
      const next = follower();
      const handedOver = await strike('transfer', [next]);
      await expect.poll(leader, patience).toBe(next);
      expect(await handedOver()).toBe(true);

      const out = follower();
      const comeBack = await strike('remove', [out]);
      await expect.poll(voters, patience).toEqual(cluster.nodes.filter((node) => node !== out));
      await write(2);
      expect(await comeBack()).toBe(true);
      await expect.poll(voters, patience).toEqual(cluster.nodes);
      await settles();
    },
    limitMs,
  );

  test(
    'a member that lost its disk begins anew, and comes to the same state',
    async () => {
      const lost = follower();
      const from = seen.length;
      const heal = await strike('wipe', [lost]);
      expect(cluster.status(lost).state).toBe('down');
      // Marked is not wiped: nobody has seen that yet.
      expect(disk(lost, from)).toEqual([]);
      await write(3);
      expect(await heal()).toBe(true);
      expect(disk(lost, from)).toEqual(['disk-wiped']);
      await settles();
      const hashes = await Promise.all(cluster.nodes.map((node) => cluster.stateHash(node)));
      expect(new Set(hashes).size).toBe(1);
      expect(hashes[0]).toEqual(expect.any(String));
      // It is wiped once: after that it remembers, as any other.
      const applied = cluster.status(lost).appliedIndex;
      await cluster.kill(lost);
      await cluster.start(lost);
      await expect.poll(() => cluster.status(lost).appliedIndex, patience).toBeGreaterThanOrEqual(applied);
      expect(disk(lost, from)).toEqual(['disk-wiped']);
    },
    limitMs,
  );

  // To connect to an address that comes or goes takes seconds, and Toxiproxy takes nobody else over that link meanwhile.
  test(
    'who is killed is not connected to until it runs again; what strikes its links stays on them',
    async () => {
      const dead = follower();
      const from = cluster.nodes.find((node) => node !== dead) ?? '';
      await settles();
      await cluster.kill(dead);
      const cut = await cluster.impair('s2.1', [{ from, to: dead }], { kind: 'cut' });
      expect((await shutLinks()).sort()).toEqual(linksInto(cluster.nodes, dead).sort());
      await cluster.start(dead);
      expect(await shutLinks()).toEqual([]);
      const silent = { type: 'link-dropped', from, to: dead, strike: 's2.1' };
      await expect.poll(() => seen, patience).toContainEqual(expect.objectContaining(silent));
      await cut();
      await settles();
      await cluster.kill(dead);
      await cluster.healAll();
      expect(await shutLinks()).toEqual([]);
      await settles();
    },
    limitMs,
  );

  test(
    'a slow disk stays slow through a restart, until it is healed',
    async () => {
      const slow = follower();
      const from = seen.length;
      const heal = await strike('slow-disk', [slow], { delayMs: 40 });
      await expect.poll(() => disk(slow, from), patience).toEqual(['disk-slow']);
      await cluster.kill(slow);
      await cluster.start(slow);
      await expect.poll(() => disk(slow, from), patience).toEqual(['disk-slow', 'disk-slow']);
      expect(await heal()).toBe(true);
      await expect.poll(() => disk(slow, from), patience).toEqual(['disk-slow', 'disk-slow', 'disk-fast']);

      await strike('slow-disk', [slow], { delayMs: 40 });
      await cluster.healAll();
      await expect.poll(() => disk(slow, from).slice(3), patience).toEqual(['disk-slow', 'disk-fast']);
      await settles();
    },
    limitMs,
  );
});
