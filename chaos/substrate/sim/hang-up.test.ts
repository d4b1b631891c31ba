import { describe, expect, test } from 'vitest';
import { leaderOf } from '../../group.ts';
import { bootLab, statusesOf } from './lab-fixture.ts';

/** Longer than any message is on its way in a calm network, and much shorter than any election time-out; milliseconds. */
const shortMs = 30;

describe('the end of a leader', () => {
  test('is seen by its followers when its connections close, and another leads before a time-out would have run out', async () => {
    const { cluster, leader, followers } = await bootLab();
    await cluster.kill(leader);
    await cluster.clock.sleep(shortMs);
    for (const { node, view } of statusesOf(cluster)) {
      if (followers.includes(node)) expect(view?.leader).not.toBe(leader);
    }
    // The shortest time-out is 300 ms, and the last heartbeat may be 50 ms old.
    await cluster.clock.sleep(250 - shortMs);
    expect(followers).toContain(leaderOf(cluster));
  });

  test('is not seen through a cut', async () => {
    const { cluster, leader, followers } = await bootLab();
    const links = followers.map((to) => ({ from: leader, to }));
    await cluster.impair('cut', links, { kind: 'cut' });
    await cluster.kill(leader);
    await cluster.clock.sleep(shortMs);
    expect(followers.map((node) => cluster.status(node).view?.leader)).toEqual([leader, leader]);
  });
});
