/** What every target of the library must do, whatever it is: each file in this folder is found by its name. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../node/contract/ids.ts';
import { loadTarget, namesOf } from '../catalog.ts';
import type { NodeStatus } from '../contracts/cluster.ts';
import type { Target } from '../contracts/faults.ts';
import { randomFor } from '../random.ts';

/** A cluster in any state: replicas up, down and paused, and any of those that run may believe that it leads. */
const cluster = fc
  .array(
    fc.record({
      state: fc.constantFrom('up', 'up', 'up', 'down', 'paused'),
      leads: fc.boolean(),
      epoch: fc.nat(5),
      hits: fc.nat(3),
    }),
    { minLength: 1, maxLength: 9 },
  )
  .map((replicas) => ({
    tolerated: Math.floor((replicas.length - 1) / 2),
    struck: new Map(replicas.map(({ hits }, at): [NodeId, number] => [`n${at + 1}`, hits])),
    statuses: replicas.map(({ state, leads, epoch }, at): NodeStatus => {
      const node = `n${at + 1}`;
      const view = { role: leads ? 'leader' : 'follower', epoch, commitIndex: 0, lastIndex: 0 };
      return {
        node,
        state,
        appliedIndex: 0,
        view: state !== 'up' ? null : leads ? { ...view, leader: node } : view,
      };
    }),
  }));

type Shape = typeof cluster extends fc.Arbitrary<infer T> ? T : never;

const upOf = ({ statuses }: Shape) => statuses.filter(({ state }) => state === 'up').map(({ node }) => node);
const chooseWith = (target: Target, shape: Shape, seed: number) =>
  target.choose({ ...shape, random: randomFor(seed, 'targets') });

/** Holds a property against every cluster and every seed. */
async function always(name: string, holds: (chosen: NodeId[], shape: Shape) => void): Promise<void> {
  const target = await loadTarget(name);
  fc.assert(
    fc.property(cluster, fc.nat(), (shape, seed) => {
      holds(chooseWith(target, shape, seed), shape);
    }),
  );
}

/** The replica of the highest epoch among those that run and believe that they lead. */
function leadersOf(shape: Shape): NodeId[] {
  const leaders = shape.statuses.filter(({ state, view, node }) => state === 'up' && view?.leader === node);
  const highest = Math.max(...leaders.map(({ view }) => view?.epoch ?? -1));
  return leaders.filter(({ view }) => view?.epoch === highest).map(({ node }) => node);
}

describe.each(namesOf('target'))('%s', (name) => {
  test('chooses running replicas, each once, and nobody where nobody runs', () =>
    always(name, (chosen, shape) => {
      expect(new Set(chosen).size).toBe(chosen.length);
      for (const node of chosen) expect(upOf(shape)).toContain(node);
    }));

  test('chooses the same from the same draws, and changes nothing', async () => {
    const target = await loadTarget(name);
    expect(target.summary).not.toBe('');
    fc.assert(
      fc.property(cluster, fc.nat(), (shape, seed) => {
        const before = structuredClone(shape);
        expect(chooseWith(target, shape, seed)).toEqual(chooseWith(target, shape, seed));
        expect(shape).toEqual(before);
      }),
    );
  });

  test('finds somebody in a healthy cluster of five', async () => {
    const target = await loadTarget(name);
    const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'];
    const view = { role: 'follower', epoch: 1, commitIndex: 0, lastIndex: 0, leader: 'n3' };
    const statuses = nodes.map((node): NodeStatus => ({ node, state: 'up', appliedIndex: 0, view }));
    const chosen = new Set<NodeId>();
    for (let seed = 0; seed < 100; seed += 1) {
      const some = chooseWith(target, { statuses, tolerated: 2, struck: new Map() }, seed);
      expect(some).not.toEqual([]);
      for (const node of some) chosen.add(node);
    }
    // What is drawn at random reaches everybody that it may.
    const fixed: Readonly<Record<string, number>> = { leader: 1, next: 1, follower: 4, successors: 2 };
    expect(chosen.size).toBe(fixed[name] ?? 5);
  });
});

describe('each chooses what its name says', () => {
  test('all', () => always('all', (chosen, shape) => expect(chosen).toEqual(upOf(shape))));

  test('one', () =>
    always('one', (chosen, shape) => {
      expect(chosen).toHaveLength(Math.min(1, upOf(shape).length));
    }));

  test('leader: of several the one of the highest epoch', () =>
    always('leader', (chosen, shape) => {
      const leaders = leadersOf(shape);
      expect(chosen).toHaveLength(Math.min(1, leaders.length));
      for (const node of chosen) expect(leaders).toContain(node);
    }));

  test('follower: not the leader', async () => {
    const leader = await loadTarget('leader');
    await always('follower', (chosen, shape) => {
      const [leading] = chooseWith(leader, shape, 1);
      const others = upOf(shape).filter((node) => node !== leading);
      expect(chosen).toHaveLength(Math.min(1, others.length));
      expect(chosen).not.toContain(leading);
    });
  });

  test('minority: as many as are tolerated, so that a quorum is left', () =>
    always('minority', (chosen, shape) => {
      expect(chosen).toHaveLength(Math.min(shape.tolerated, upOf(shape).length));
    }));

  test('majority: one more than is tolerated, so that none is', () =>
    always('majority', (chosen, shape) => {
      expect(chosen).toHaveLength(Math.min(shape.tolerated + 1, upOf(shape).length));
    }));

  test('half: of all replicas, as many as run of that, whoever leads', () =>
    always('half', (chosen, shape) => {
      const half = Math.floor(shape.statuses.length / 2);
      expect(chosen).toHaveLength(Math.min(half, upOf(shape).length));
    }));

  test('leader-minority: the leader among as many as are tolerated', async () => {
    const leader = await loadTarget('leader');
    await always('leader-minority', (chosen, shape) => {
      const leading = chooseWith(leader, shape, 1);
      if (leading.length === 0) {
        expect(chosen).toEqual([]);
        return;
      }
      expect(chosen).toContain(leading[0]);
      expect(chosen).toHaveLength(Math.min(Math.max(1, shape.tolerated), upOf(shape).length));
    });
  });

  test('successors: as many as are tolerated, the first of them right behind the leader', async () => {
    const leader = await loadTarget('leader');
    await always('successors', (chosen, shape) => {
      const [leading] = chooseWith(leader, shape, 1);
      const up = upOf(shape);
      const behind = up.concat(up).slice(up.indexOf(leading ?? '') + 1);
      const others = leading === undefined ? 0 : Math.min(shape.tolerated, up.length - 1);
      expect(chosen).toEqual(behind.slice(0, others));
    });
  });

  test('next: one of those that were struck least', () =>
    always('next', (chosen, shape) => {
      const counts = upOf(shape).map((node) => shape.struck.get(node) ?? 0);
      expect(chosen).toHaveLength(Math.min(1, counts.length));
      for (const node of chosen) expect(shape.struck.get(node)).toBe(Math.min(...counts));
    }));

  test('next: everybody in turn', async () => {
    const target = await loadTarget('next');
    const struck = new Map<NodeId, number>();
    const statuses = ['n1', 'n2', 'n3'].map((node): NodeStatus => ({ node, state: 'up', appliedIndex: 0, view: null }));
    const order = Array.from({ length: 6 }, (_, seed) => {
      const [node = ''] = chooseWith(target, { statuses, tolerated: 1, struck }, seed);
      struck.set(node, (struck.get(node) ?? 0) + 1);
      return node;
    });
    expect(order).toEqual(['n1', 'n2', 'n3', 'n1', 'n2', 'n3']);
  });
});
