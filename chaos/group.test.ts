/** Orders to a group, said to scripted replicas in virtual time. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../node/contract/ids.ts';
import type { Order } from '../node/contract/inputs.ts';
import type { Group } from '../node/contract/view.ts';
import type { Cluster, NodeStatus } from './contracts/cluster.ts';
import { orderGroup, regroup } from './group.ts';
import { SimClock } from './substrate/sim/clock.ts';

const three: Group = { voters: ['n1', 'n2', 'n3'], learners: [] };
const two: Order = { kind: 'reconfigure', voters: ['n1', 'n2'], learners: [] };

interface Script {
  /** Who leads at a time, in milliseconds. */
  readonly leader: (atMs: number) => NodeId | undefined;
  readonly order: (node: NodeId, order: Order, atMs: number) => Promise<void>;
  readonly group?: () => Group | undefined;
}

function scripted({ leader, order, group = () => three }: Script) {
  const clock = new SimClock();
  const said: string[] = [];
  const status = (node: NodeId): NodeStatus => {
    const leads = leader(clock.now()) === node;
    const known = group();
    const view = { role: leads ? 'leader' : 'follower', epoch: 1, commitIndex: 0, lastIndex: 0 };
    return {
      node,
      state: 'up',
      view: { ...view, ...(leads ? { leader: node } : {}), ...(known === undefined ? {} : { group: known }) },
      appliedIndex: 0,
    };
  };
  const cluster = {
    clock,
    nodes: three.voters,
    status,
    order: (node: NodeId, wanted: Order) => {
      said.push(node);
      return order(node, wanted, clock.now());
    },
  } as unknown as Cluster;
  return { cluster, clock, said };
}

/** Lets time go on until the promise is settled. */
async function inTime<T>({ clock }: { clock: SimClock }, promise: Promise<T>): Promise<T> {
  const over = new AbortController();
  const end = () => over.abort();
  promise.then(end, end);
  await clock.sleep(60_000, over.signal);
  return promise;
}

const never = () => new Promise<void>(() => {});
const refuses = (why: string) => () => Promise.reject(new Error(why));

describe('an order', () => {
  test('is said once to whoever leads, where that does it', async () => {
    const stage = scripted({ leader: () => 'n2', order: async () => {} });
    await orderGroup(stage.cluster, () => two);
    expect(stage.said).toEqual(['n2']);
    expect(stage.clock.now()).toBe(0);
  });

  test('is not said where there is nothing to be done', async () => {
    const stage = scripted({ leader: () => 'n2', order: never });
    await orderGroup(stage.cluster, () => null);
    expect(stage.said).toEqual([]);
  });

  test('waits over an election, and is said to the next leader', async () => {
    const stage = scripted({
      leader: (atMs) => (atMs < 500 ? 'n1' : atMs < 1000 ? undefined : 'n3'),
      order: (node) => (node === 'n1' ? Promise.reject(new Error('it stepped down')) : Promise.resolve()),
    });
    await inTime(
      stage,
      orderGroup(stage.cluster, () => two),
    );
    expect(new Set(stage.said)).toEqual(new Set(['n1', 'n3']));
    expect(stage.said.at(-1)).toBe('n3');
    expect(stage.clock.now()).toBeGreaterThanOrEqual(1000);
  });

  test('is made anew for each attempt, from the group as it is then', async () => {
    let group = three;
    const stage = scripted({
      leader: () => 'n1',
      group: () => group,
      order: () => {
        group = { voters: ['n1'], learners: [] };
        return Promise.reject(new Error('not done, or so it seemed'));
      },
    });
    await inTime(
      stage,
      orderGroup(stage.cluster, ({ voters }) => (voters.length === 1 ? null : two)),
    );
    expect(stage.said).toEqual(['n1']);
  });

  test('is given up with the last reason', async () => {
    const stage = scripted({
      leader: () => 'n1',
      order: (_node, _order, atMs) => Promise.reject(new Error(atMs < 5000 ? 'first' : 'n3 did not catch up')),
    });
    const over = orderGroup(stage.cluster, () => two);
    await expect(inTime(stage, over)).rejects.toThrow('the group did not do it within 15 s: n3 did not catch up');
  });

  test('is given up with what a leader said last, though at the end none said anything', async () => {
    const stage = scripted({
      leader: (atMs) => (atMs < 12_000 ? 'n1' : undefined),
      order: refuses('n3 did not catch up'),
    });
    const over = orderGroup(stage.cluster, () => two);
    await expect(inTime(stage, over)).rejects.toThrow(/15 s: nobody led; before that: n3 did not catch up$/);
  });

  test('is given up where nobody leads, or the leader tells of no group', async () => {
    const leaderless = scripted({ leader: () => undefined, order: never });
    await expect(
      inTime(
        leaderless,
        orderGroup(leaderless.cluster, () => two),
      ),
    ).rejects.toThrow(/15 s: nobody led$/);
    const silent = scripted({ leader: () => 'n1', order: never, group: () => undefined });
    await expect(
      inTime(
        silent,
        orderGroup(silent.cluster, () => two),
      ),
    ).rejects.toThrow(/n1 did not say who belongs to the group$/);
  });

  test('does not hang on a leader that never answers', async () => {
    const stage = scripted({ leader: () => 'n1', order: never });
    await expect(
      inTime(
        stage,
        orderGroup(stage.cluster, () => two),
      ),
    ).rejects.toThrow(/15 s: n1 did not answer$/);
    expect(stage.said).toEqual(['n1']);
  });

  test('goes to the next leader, though the one before never answered', async () => {
    const stage = scripted({
      leader: (atMs) => (atMs < 300 ? 'n1' : 'n2'),
      order: (node) => (node === 'n1' ? never() : Promise.resolve()),
    });
    await inTime(
      stage,
      orderGroup(stage.cluster, () => two),
    );
    expect(stage.said).toEqual(['n1', 'n2']);
    expect(stage.clock.now()).toBeLessThan(1000);
  });

  test('that cannot be is not tried: what makes it may throw', async () => {
    const stage = scripted({ leader: () => 'n1', order: never });
    const over = orderGroup(stage.cluster, () => {
      throw new Error('nobody would be left');
    });
    await expect(over).rejects.toThrow('nobody would be left');
    expect(stage.clock.now()).toBe(0);
  });

  test('to hand over is said again where another took over, and is done when the right one leads', async () => {
    const stage = scripted({
      leader: (atMs) => (atMs < 10 ? 'n1' : atMs < 500 ? 'n2' : 'n3'),
      order: (node, _order, atMs) =>
        atMs < 400 ? Promise.reject(new Error(`not n3 took over from ${node}`)) : never(),
    });
    await inTime(
      stage,
      orderGroup(stage.cluster, (_group, leader) => (leader === 'n3' ? null : { kind: 'transfer', to: 'n3' })),
    );
    expect(stage.said).toContain('n1');
    expect(stage.said.at(-1)).toBe('n2');
    expect(stage.clock.now()).toBeGreaterThanOrEqual(500);
  });
});

describe('a change of the group', () => {
  /** A group that does what it is told; the first `lost` answers do not arrive. */
  function obedient(lost = 0) {
    let group = three;
    let left = lost;
    const stage = scripted({
      leader: () => 'n1',
      group: () => group,
      order: (_node, order) => {
        if (order.kind === 'reconfigure') group = { voters: order.voters, learners: order.learners };
        left -= 1;
        return left >= 0 ? Promise.reject(new Error('the connection broke')) : Promise.resolve();
      },
    });
    return { ...stage, group: () => group };
  }
  const withoutThird = (): Group => ({ voters: ['n1', 'n2'], learners: ['n3'] });

  test.each([0, 1, 3])('is taken back by its heal, and %i answers that were lost change nothing', async (lost) => {
    const stage = obedient(lost);
    const heal = await inTime(stage, regroup(stage.cluster, withoutThird));
    expect(stage.group()).toEqual({ voters: ['n1', 'n2'], learners: ['n3'] });
    await heal();
    await heal();
    expect(stage.group()).toEqual(three);
  });

  test('gives back only what it took: who has no vote for another reason does not get one', async () => {
    const stage = obedient();
    const first = await regroup(stage.cluster, withoutThird);
    const second = await regroup(stage.cluster, () => ({ voters: ['n1'], learners: ['n3'] }));
    await second();
    expect(stage.group()).toEqual({ voters: ['n1', 'n2'], learners: ['n3'] });
    await first();
    expect(stage.group()).toEqual(three);
  });

  test('is refused where nobody would vote, or nothing would change', async () => {
    const stage = scripted({ leader: () => 'n1', order: refuses('it must not be asked') });
    await expect(regroup(stage.cluster, () => ({ voters: [], learners: [] }))).rejects.toThrow(
      'nobody would be left to vote',
    );
    await expect(regroup(stage.cluster, () => ({ ...three, voters: ['n3', 'n1', 'n2'] }))).rejects.toThrow(
      'already as it should become',
    );
    expect(stage.said).toEqual([]);
  });
});
