/** What is particular to strikes on a group: who leads, votes and learns while they are in force, and after. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../node/contract/ids.ts';
import type { Group } from '../../node/contract/view.ts';
import { leaderOf } from '../group.ts';
import { answers, bootLab, type Lab, strikeOn, write } from '../substrate/sim/lab-fixture.ts';

/** The group by whoever leads it, in order. */
function groupOf({ cluster }: Lab): Group | undefined {
  const leader = leaderOf(cluster);
  const group = leader === undefined ? undefined : cluster.status(leader).view?.group;
  return group && { voters: [...group.voters].sort(), learners: [...group.learners].sort() };
}

const five = { nodeCount: 5 } as const;
const first = ({ followers }: Lab): NodeId => followers[0] as NodeId;
const rest = ({ cluster }: Lab, ...without: NodeId[]) => cluster.nodes.filter((node) => !without.includes(node));

/** What was seen of one replica since an earlier length of the record. */
const seenOf = ({ seen }: Lab, from: number, node: NodeId) =>
  seen.slice(from).filter((event) => 'node' in event && event.node === node);

describe('remove', () => {
  test('of one that follows: it has neither vote nor news, and does not disturb', async () => {
    const lab = await bootLab(five);
    const node = first(lab);
    const { heal } = await strikeOn(lab, 'remove', [node]);
    expect(groupOf(lab)).toEqual({ voters: rest(lab, node), learners: [] });
    const from = lab.seen.length;
    const { appliedIndex } = lab.cluster.status(node);
    await write(lab, 'meanwhile', 20);
    await lab.cluster.clock.sleep(3000);
    expect(lab.cluster.status(node).appliedIndex).toBe(appliedIndex);
    expect(leaderOf(lab.cluster)).toBe(lab.leader);
    // It may ask for votes, as it does not know that it has left; nobody listens.
    const stood = lab.seen.slice(from).filter((event) => event.type === 'role' && event.role !== 'follower');
    expect(stood).toEqual(
      stood.filter((event) => event.type === 'role' && event.node === node && event.role === 'pre-candidate'),
    );
    await heal();
    expect(groupOf(lab)).toEqual({ voters: lab.cluster.nodes, learners: [] });
    await lab.cluster.clock.sleep(100);
    expect(lab.cluster.status(node).appliedIndex).toBe(lab.cluster.status(lab.leader).appliedIndex);
  });

  test('of the leader: another one leads', async () => {
    const lab = await bootLab(five);
    const { heal } = await strikeOn(lab, 'remove', [lab.leader]);
    await lab.cluster.clock.sleep(1000);
    const next = leaderOf(lab.cluster);
    expect(lab.followers).toContain(next);
    expect(groupOf(lab)).toEqual({ voters: lab.followers, learners: [] });
    expect(await answers(lab, 'meanwhile')).toBe(true);
    await heal();
    expect(groupOf(lab)).toEqual({ voters: lab.cluster.nodes, learners: [] });
    expect(leaderOf(lab.cluster)).toBe(next);
  });

  test('of one that is not in the group is refused, and of one beside another gives back only its own', async () => {
    const lab = await bootLab(five);
    const [one, two] = lab.followers as [NodeId, NodeId];
    const { heal } = await strikeOn(lab, 'remove', [one]);
    await expect(strikeOn(lab, 'remove', [one], 's2.1')).rejects.toThrow('already as it should become');
    const other = await strikeOn(lab, 'remove', [two], 's3.1');
    await other.heal();
    expect(groupOf(lab)).toEqual({ voters: rest(lab, one), learners: [] });
    await heal();
    expect(groupOf(lab)).toEqual({ voters: lab.cluster.nodes, learners: [] });
  });

  test('is carried out by the next leader where this one is paused', async () => {
    const lab = await bootLab(five);
    const paused = await strikeOn(lab, 'pause', [lab.leader], 's2.1');
    const beganMs = lab.cluster.clock.now();
    const { heal } = await strikeOn(lab, 'remove', [first(lab)]);
    expect(lab.cluster.clock.now() - beganMs).toBeLessThan(10_000);
    expect(groupOf(lab)?.voters).toEqual(rest(lab, first(lab)));
    await paused.heal();
    await heal();
    expect(groupOf(lab)).toEqual({ voters: lab.cluster.nodes, learners: [] });
  });

  test('its heal says in a sentence who could not be voted in again', async () => {
    const lab = await bootLab();
    const { heal } = await strikeOn(lab, 'remove', [first(lab)]);
    const cut = await strikeOn(lab, 'cut', [first(lab)], 's2.1');
    await write(lab, 'meanwhile', 200);
    const failed = expect(heal()).rejects.toThrow(/^the group did not do it within 15 s: .*n\d did not catch up/);
    await lab.cluster.clock.sleep(20_000);
    await failed;
    // Once there is a way to it, the same heal does it.
    await cut.heal();
    await heal();
    expect(groupOf(lab)).toEqual({ voters: lab.cluster.nodes, learners: [] });
  });
});

describe('demote', () => {
  test('leaves the target without a vote, and tells it all that is decided', async () => {
    const lab = await bootLab(five);
    const node = first(lab);
    const { heal } = await strikeOn(lab, 'demote', [node]);
    expect(groupOf(lab)).toEqual({ voters: rest(lab, node), learners: [node] });
    await write(lab, 'meanwhile', 20);
    await lab.cluster.clock.sleep(100);
    expect(lab.cluster.status(node).appliedIndex).toBe(lab.cluster.status(lab.leader).appliedIndex);
    await heal();
    expect(groupOf(lab)).toEqual({ voters: lab.cluster.nodes, learners: [] });
  });

  test('of one of three leaves two, of which neither can be missed', async () => {
    const lab = await bootLab();
    const [one, two] = lab.followers as [NodeId, NodeId];
    const { heal } = await strikeOn(lab, 'demote', [one]);
    const cut = await strikeOn(lab, 'cut', [two], 's2.1');
    expect(await answers(lab, 'without a quorum')).toBe(false);
    // It does not stand for election itself, though nobody leads.
    expect(seenOf(lab, 0, one).filter((event) => event.type === 'role' && event.epoch > 1)).toEqual([]);
    await cut.heal();
    await heal();
    expect(await answers(lab, 'after')).toBe(true);
  });
});

describe('resize', () => {
  test('to three of five goes through joint consensus, and the three need no other', async () => {
    const lab = await bootLab(five);
    const three = [lab.leader, ...lab.followers.slice(0, 2)].sort();
    const from = lab.seen.length;
    const { heal } = await strikeOn(lab, 'resize', three);
    const joint = lab.seen.slice(from).filter((event) => event.type === 'configuration' && event.outgoing.length > 0);
    expect(joint).not.toEqual([]);
    expect(groupOf(lab)).toEqual({ voters: three, learners: [] });
    const crash = await strikeOn(lab, 'crash', lab.followers.slice(2), 's2.1');
    expect(await answers(lab, 'meanwhile')).toBe(true);
    await crash.heal();
    await heal();
    expect(groupOf(lab)).toEqual({ voters: lab.cluster.nodes, learners: [] });
  });

  test('without the leader makes another one lead', async () => {
    const lab = await bootLab(five);
    const three = lab.followers.slice(0, 3);
    await strikeOn(lab, 'resize', three);
    await lab.cluster.clock.sleep(1000);
    expect(three).toContain(leaderOf(lab.cluster));
  });
});

describe('transfer', () => {
  test('makes the target lead, sooner than an election would', async () => {
    const lab = await bootLab(five);
    const to = lab.followers.at(-1) as NodeId;
    const beganMs = lab.cluster.clock.now();
    const { heal } = await strikeOn(lab, 'transfer', [to]);
    expect(leaderOf(lab.cluster)).toBe(to);
    const ledMs = lab.seen.findLast((event) => event.type === 'role' && event.role === 'leader')?.atMs ?? 0;
    expect(ledMs - beganMs).toBeLessThan(100);
    await heal();
    await lab.cluster.clock.sleep(3000);
    expect(leaderOf(lab.cluster)).toBe(to);
  });

  test('to who leads already, or cannot lead, comes to nothing, and says so', async () => {
    const lab = await bootLab();
    await expect(strikeOn(lab, 'transfer', [lab.leader])).rejects.toThrow(`${lab.leader} leads already`);
    const demoted = await strikeOn(lab, 'demote', [first(lab)], 's2.1');
    const failed = expect(strikeOn(lab, 'transfer', [first(lab)])).rejects.toThrow(/15 s: n\d has no vote/);
    await lab.cluster.clock.sleep(20_000);
    await failed;
    await demoted.heal();
    expect(leaderOf(lab.cluster)).toBe(lab.leader);
  });

  // A leader that loses its followers steps down without having handed over: the next one is told again.
  test('is said again where somebody else came to lead', async () => {
    const lab = await bootLab(five);
    const cut = await strikeOn(lab, 'cut', [lab.leader], 's2.1');
    const to = first(lab);
    const strike = strikeOn(lab, 'transfer', [to]);
    await lab.cluster.clock.sleep(5000);
    await cut.heal();
    await strike;
    expect(leaderOf(lab.cluster)).toBe(to);
  });

  test('holds up nobody where the target does not run', async () => {
    const lab = await bootLab(five);
    const to = first(lab);
    await strikeOn(lab, 'crash', [to], 's2.1');
    const from = lab.seen.length;
    const { fault, links } = await strikeOn(lab, 'transfer', [to]);
    await write(lab, 'meanwhile', 20);
    expect(leaderOf(lab.cluster)).toBe(lab.leader);
    expect(fault.bit({ nodes: [to], links, events: lab.seen.slice(from) })).toBe(false);
  });
});
