/** What is particular to strikes on disks. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../node/contract/ids.ts';
import type { LabEvent } from '../contracts/events.ts';
import { leaderOf } from '../group.ts';
import { answers, bootLab, type Lab, statusesOf, strikeOn, write } from '../substrate/sim/lab-fixture.ts';

const first = ({ followers }: Lab): NodeId => followers[0] as NodeId;
const typesOf = (events: readonly LabEvent[], node: NodeId) =>
  events.filter((event) => 'node' in event && event.node === node).map(({ type }) => type);

describe('wipe', () => {
  test.each(['log', 'snapshot'])('the target comes back empty, and has everything again by %s', async (how) => {
    const lab = await bootLab(how === 'snapshot' ? { snapshotAfterBytes: 512 } : { snapshotAfterBytes: 2 ** 30 });
    const node = first(lab);
    await write(lab, 'before', 100);
    const { heal } = await strikeOn(lab, 'wipe', [node]);
    expect(lab.cluster.status(node)).toMatchObject({ state: 'down' });
    await write(lab, 'meanwhile', 20);
    const from = lab.seen.length;
    await lab.cluster.start(node);
    // Nobody tells it anything: it is not in the group.
    await lab.cluster.clock.sleep(2000);
    expect(lab.cluster.status(node)).toMatchObject({ state: 'up', appliedIndex: 0 });
    await heal();
    await lab.cluster.clock.sleep(500);
    const restored = lab.seen.slice(from).filter((event) => event.type === 'restore' && event.node === node);
    expect(restored.map((event) => event.type === 'restore' && event.from)).toEqual(
      how === 'snapshot' ? ['replica'] : [],
    );
    const hashes = await Promise.all(lab.cluster.nodes.map((each) => lab.cluster.stateHash(each)));
    expect(new Set(hashes).size).toBe(1);
    expect(new Set(statusesOf(lab.cluster).map(({ appliedIndex }) => appliedIndex)).size).toBe(1);
  });

  test('the target leaves the group before it dies', async () => {
    const lab = await bootLab();
    const node = first(lab);
    const from = lab.seen.length;
    await strikeOn(lab, 'wipe', [node]);
    const events = lab.seen.slice(from);
    const left = events.findIndex((event) => event.type === 'configuration' && !event.voters.includes(node));
    const died = events.findIndex((event) => event.type === 'node-down' && event.node === node);
    expect(left).not.toBe(-1);
    expect(died).toBeGreaterThan(left);
    expect(typesOf(events, node).slice(-2)).toEqual(['node-down', 'disk-wiped']);
  });

  test('of the leader makes another one lead', async () => {
    const lab = await bootLab();
    const { heal } = await strikeOn(lab, 'wipe', [lab.leader]);
    expect(await answers(lab, 'meanwhile')).toBe(true);
    expect(lab.followers).toContain(leaderOf(lab.cluster));
    await heal();
    expect(await answers(lab, 'after')).toBe(true);
  });

  test('of a second one is refused until the first votes again', async () => {
    const lab = await bootLab({ nodeCount: 5 });
    const [one, two] = lab.followers as [NodeId, NodeId];
    const { heal } = await strikeOn(lab, 'wipe', [one]);
    await expect(strikeOn(lab, 'wipe', [two], 's2.1')).rejects.toThrow('one replica at a time');
    expect(lab.cluster.status(two).state).toBe('up');
    await heal();
    const second = await strikeOn(lab, 'wipe', [two], 's2.1');
    await second.heal();
    expect(await answers(lab, 'after')).toBe(true);
  });
});

/**
 * What is done to the target and to its group. Raft does not look at what a replica lost, and no plan with it has this fault;
 * but where all others are well nothing depends on that.
 */
describe('amnesia', () => {
  test.each(['a follower', 'the leader'])('%s comes back at once, empty and with its vote', async (whom) => {
    const lab = await bootLab();
    const node = whom === 'the leader' ? lab.leader : first(lab);
    await write(lab, 'before', 20);
    const from = lab.seen.length;
    await strikeOn(lab, 'amnesia', [node]);
    const events = lab.seen.slice(from);
    const signs = ['node-down', 'disk-wiped', 'node-up'];
    expect(typesOf(events, node).filter((type) => signs.includes(type))).toEqual(signs);
    expect(lab.cluster.status(node)).toMatchObject({ state: 'up', appliedIndex: 0 });
    expect(events.some((event) => event.type === 'configuration' && !event.voters.includes(node))).toBe(false);
  });

  test('when it heals the target is voted out, and in again when it has caught up', async () => {
    const lab = await bootLab();
    const node = first(lab);
    await write(lab, 'before', 20);
    const { heal } = await strikeOn(lab, 'amnesia', [node]);
    const from = lab.seen.length;
    await heal();
    const configurations = lab.seen
      .slice(from)
      .flatMap((event) => (event.type === 'configuration' && event.node === lab.leader ? [event] : []));
    const without = configurations.findIndex((each) => !each.voters.includes(node) && each.outgoing.length === 0);
    expect(without).not.toBe(-1);
    expect(configurations.at(-1)).toMatchObject({ outgoing: [], learners: [] });
    expect([...(configurations.at(-1)?.voters ?? [])].sort()).toEqual(lab.cluster.nodes);
    await lab.cluster.clock.sleep(500);
    expect(new Set(statusesOf(lab.cluster).map(({ appliedIndex }) => appliedIndex)).size).toBe(1);
  });

  test('while one has forgotten, nobody else may lose a disk; once it is voted in anew another may', async () => {
    const lab = await bootLab({ nodeCount: 5 });
    const [one, two] = lab.followers as [NodeId, NodeId];
    const { heal } = await strikeOn(lab, 'amnesia', [one]);
    for (const other of ['amnesia', 'wipe']) {
      await expect(strikeOn(lab, other, [two], 's2.1')).rejects.toThrow('one replica at a time');
    }
    expect(lab.cluster.status(two).state).toBe('up');
    await heal();
    const wiped = await strikeOn(lab, 'wipe', [two], 's2.1');
    await expect(strikeOn(lab, 'amnesia', [one], 's1.2')).rejects.toThrow('one replica at a time');
    await wiped.heal();
    const again = await strikeOn(lab, 'amnesia', [one], 's1.2');
    await again.heal();
    expect(await answers(lab, 'after')).toBe(true);
  });

  test('of one that does not vote is refused, and so is that of the only one that does', async () => {
    const lab = await bootLab();
    const { heal } = await strikeOn(lab, 'demote', [first(lab)]);
    await expect(strikeOn(lab, 'amnesia', [first(lab)], 's2.1')).rejects.toThrow('has promises to forget');
    await heal();
    const alone = await bootLab({ nodeCount: 1 });
    await expect(strikeOn(alone, 'amnesia', ['n1'])).rejects.toThrow('nobody would be left to vote');
    expect(await answers(alone, 'after')).toBe(true);
  });

  test('heals where somebody else has let go of the target meanwhile', async () => {
    const lab = await bootLab();
    const node = first(lab);
    const { heal } = await strikeOn(lab, 'amnesia', [node]);
    await strikeOn(lab, 'remove', [node], 's2.1');
    await heal();
    expect(await answers(lab, 'after')).toBe(true);
    expect(lab.cluster.status(lab.leader).view?.group?.voters).toContain(node);
  });
});

describe('slow-disk', () => {
  /** How long one write takes, in milliseconds. */
  async function writeMs(lab: Lab, client: string): Promise<number> {
    const beganMs = lab.cluster.clock.now();
    await write(lab, client, 1);
    return lab.cluster.clock.now() - beganMs;
  }

  test('a majority of slow disks slows every write, and one of three none', async () => {
    const lab = await bootLab();
    const one = await strikeOn(lab, 'slow-disk', [first(lab)]);
    expect(await writeMs(lab, 'one')).toBeLessThan(100);
    const two = await strikeOn(lab, 'slow-disk', lab.followers.slice(1), 's2.1');
    expect(await writeMs(lab, 'two')).toBeGreaterThanOrEqual(100);
    await one.heal();
    await two.heal();
    // What is being synced still takes its time.
    await lab.cluster.clock.sleep(500);
    expect(await writeMs(lab, 'after')).toBeLessThan(100);
  });

  test('outlasts a crash of its replica, and `healAll` ends it', async () => {
    const lab = await bootLab();
    await strikeOn(lab, 'slow-disk', lab.cluster.nodes);
    const crash = await strikeOn(lab, 'crash', [first(lab)], 's2.1');
    await crash.heal();
    await lab.cluster.clock.sleep(1000);
    expect(await writeMs(lab, 'still')).toBeGreaterThanOrEqual(100);
    await lab.cluster.healAll();
    await lab.cluster.clock.sleep(1000);
    expect(await writeMs(lab, 'after')).toBeLessThan(100);
  });
});

describe('bridge', () => {
  test('of four others two and two reach each other by way of the target alone', async () => {
    const lab = await bootLab({ nodeCount: 5 });
    const bridge = first(lab);
    const { links } = await strikeOn(lab, 'bridge', [bridge]);
    const others = lab.cluster.nodes.filter((node) => node !== bridge);
    const left = others.slice(0, 2);
    expect(links).toHaveLength(8);
    for (const { from, to } of links) {
      expect(left.includes(from)).not.toBe(left.includes(to));
      expect([from, to]).not.toContain(bridge);
    }
  });
});
