/** When no quorum was left, on recordings made by hand. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../node/contract/ids.ts';
import type { LabEvent, Link } from './contracts/events.ts';
import type { Plan, PlannedStrike } from './contracts/plan.ts';
import { boundaryLinks, inboundLinks } from './links.ts';
import { leftNoQuorum, timeWithoutQuorum } from './quorum-left.ts';
import { samplePlan, sampleRun, sampleStrike, struck } from './sample-plan.ts';
import { strikeWindows } from './statistics.ts';

const named = (count: number) => Array.from({ length: count }, (_, at) => `n${at + 1}`);
const span = (fromMs: number, toMs: number) => ({ fromMs, toMs });
const seen = (
  type: 'node-up' | 'node-down' | 'node-paused' | 'node-resumed',
  node: NodeId,
  atMs: number,
): LabEvent => ({
  ...{ atMs, type, node },
});

/** A strike on some replicas, which were seen to go and to come back. */
const gone = (id: string, fromMs: number, toMs: number, nodes: string[]): LabEvent[] => [
  ...struck(id, fromMs, toMs, 'crash', nodes),
  ...nodes.flatMap((node) => [seen('node-down', node, fromMs), seen('node-up', node, toMs)]),
];

const cutting = (id: string, fromMs: number, toMs: number, links: readonly Link[], fault = 'cut'): LabEvent[] =>
  struck(id, fromMs, toMs, fault).map((event) => (event.type === 'strike' ? { ...event, links } : event));

/** Of so many replicas, with a strike in the plan for each that the events tell of. */
function when(protocol: string, count: number, events: readonly LabEvent[], overrides: Partial<Plan> = {}) {
  const strikes = events.flatMap((event): PlannedStrike[] =>
    event.type === 'strike' ? [sampleStrike({ id: event.strike, fault: event.fault })] : [],
  );
  const plan = samplePlan({}, { protocol, nodes: named(count), strikes, ...overrides });
  return timeWithoutQuorum(sampleRun({ plan, events: [...events].sort((a, b) => a.atMs - b.atMs) }));
}

describe('who runs', () => {
  test.each([
    ['raft', 5, 2, []],
    ['raft', 5, 3, [span(1000, 2000)]],
    ['raft', 4, 2, [span(1000, 2000)]],
    ['multi-paxos', 3, 2, [span(1000, 2000)]],
    ['pbft', 4, 1, []],
    ['pbft', 4, 2, [span(1000, 2000)]],
    ['pbft', 7, 2, []],
    ['pbft', 7, 3, [span(1000, 2000)]],
  ])('%s, of %d replicas %d are killed', async (protocol, count, down, spans) => {
    expect(await when(protocol, count, gone('s1.1', 1000, 2000, named(down)))).toEqual(spans);
  });

  test('a quorum is there again with the first that comes back, whatever has yet to be healed', async () => {
    const events = gone('s1.1', 1000, 2000, named(3)).filter(
      (event) => event.type !== 'node-up' || event.node !== 'n1',
    );
    expect(await when('raft', 5, [...events, seen('node-up', 'n1', 1400)])).toEqual([span(1000, 1400)]);
  });

  test('strikes that overlap take away a quorum that each of them leaves', async () => {
    const events = [...gone('s1.1', 1000, 3000, ['n1']), ...gone('s2.1', 2000, 4000, ['n2'])];
    expect(await when('raft', 5, events)).toEqual([]);
    expect(await when('pbft', 4, events)).toEqual([span(2000, 3000)]);
  });

  test('one that sleeps is away, too, and is back when it wakes', async () => {
    const paused = struck('s1.1', 1000, 2000, 'pause', ['n1', 'n2']);
    const sleeping = ['n1', 'n2'].flatMap((node) => [
      seen('node-paused', node, 1000),
      seen('node-resumed', node, 2000),
    ]);
    expect(await when('raft', 3, [...paused, ...sleeping])).toEqual([span(1000, 2000)]);
  });

  test('one that went away by itself counts as one that runs: that is no excuse', async () => {
    const alone = ['n1', 'n2'].map((node) => seen('node-down', node, 1000));
    expect(await when('raft', 3, alone)).toEqual([]);
    // Nor while another one is struck.
    expect(await when('raft', 3, [...gone('s1.1', 1000, 2000, ['n3']), ...alone.slice(1)])).toEqual([]);
  });

  test('only the time of the load counts, and what never came back is away to its end', async () => {
    const never = gone('s1.1', 9000, 20_000, named(3)).filter(({ atMs }) => atMs < 10_000);
    expect(await when('raft', 5, never)).toEqual([span(9000, 10_000)]);
    expect(await when('raft', 5, [seen('node-up', 'n1', -5)])).toEqual([]);
  });

  test('where one comes back as another goes, nothing was there in between', async () => {
    const events = [...gone('s1.1', 1000, 2000, ['n1', 'n2']), ...gone('s2.1', 2000, 3000, ['n2', 'n3'])];
    expect(await when('raft', 3, events)).toEqual([span(1000, 3000)]);
  });
});

describe('which links are cut', () => {
  const all = named(7);
  const halves = boundaryLinks(['n1', 'n2', 'n3'], all);

  test('a partition leaves none where no side is a quorum', async () => {
    expect(await when('raft', 7, cutting('s1.1', 1000, 2000, halves))).toEqual([]);
    expect(await when('pbft', 7, cutting('s1.1', 1000, 2000, halves))).toEqual([span(1000, 2000)]);
  });

  test('a bridge leaves one for who leads, and none for who votes to all', async () => {
    const others = all.filter((node) => node !== 'n7');
    const bridge = boundaryLinks(['n1', 'n2', 'n3'], others);
    expect(await when('raft', 7, cutting('s1.1', 1000, 2000, bridge, 'bridge'))).toEqual([]);
    expect(await when('pbft', 7, cutting('s1.1', 1000, 2000, bridge, 'bridge'))).toEqual([span(1000, 2000)]);
  });

  test('a link that passes messages one way does not count', async () => {
    const deaf = inboundLinks(['n1', 'n2'], named(4));
    expect(await when('pbft', 4, cutting('s1.1', 1000, 2000, deaf, 'one-way-cut'))).toEqual([span(1000, 2000)]);
    expect(await when('pbft', 4, cutting('s1.1', 1000, 2000, inboundLinks(['n1'], named(4)), 'one-way-cut'))).toEqual(
      [],
    );
  });

  test.each(['latency', 'loss'])('%s is no cut', async (fault) => {
    expect(await when('pbft', 7, cutting('s1.1', 1000, 2000, halves, fault))).toEqual([]);
  });

  test('cut from the moment in which the commands are done, until the heal is asked for', async () => {
    const slowly = cutting('s1.1', 1000, 2000, halves).map((event): LabEvent => {
      if (event.type === 'struck') return { ...event, atMs: 1200 };
      return event.type === 'healed' ? { ...event, atMs: 2300 } : event;
    });
    expect(await when('pbft', 7, slowly)).toEqual([span(1200, 2000)]);
  });

  test('a link that two strikes cut is there again when both are healed', async () => {
    const events = [...cutting('s1.1', 1000, 3000, halves), ...cutting('s2.1', 2000, 4000, halves)];
    expect(await when('pbft', 7, events)).toEqual([span(1000, 4000)]);
  });

  test('a strike that failed cuts nothing', async () => {
    const failed = cutting('s1.1', 1000, 2000, halves).slice(0, 1);
    expect(await when('pbft', 7, failed)).toEqual([]);
  });
});

describe('whose word counts', () => {
  const strike = gone('s1.1', 1000, 2000, ['n1']);

  test('malicious from the beginning: one more that is away is too many', async () => {
    expect(await when('pbft', 4, strike, { malicious: { n4: 'mute' } })).toEqual([span(1000, 2000)]);
    expect(await when('pbft', 7, strike, { malicious: { n4: 'mute' } })).toEqual([]);
    expect(await when('pbft', 4, [], { malicious: { n3: 'silent', n4: 'silent' } })).toEqual([span(0, 10_000)]);
  });

  test('turned malicious by a strike: from then on, also when that is over', async () => {
    const turned = (atMs: number, behaviour: string | null): LabEvent => ({
      atMs,
      type: 'turned',
      node: 'n4',
      behaviour,
    });
    const events = [...struck('s2.1', 1200, 1500, 'malice', ['n4']), turned(1200, 'mute'), turned(1500, null)];
    expect(await when('pbft', 4, [...events, ...strike])).toEqual([span(1200, 2000)]);
    // A strike of it that came to nothing.
    expect(await when('pbft', 4, [...events.slice(0, 2), ...strike])).toEqual([]);
  });
});

describe('how many make a quorum', () => {
  test('of flexible quorums it takes the larger', async () => {
    const events = gone('s1.1', 1000, 2000, ['n1', 'n2']);
    const { experiment } = samplePlan({ settings: { quorums: { phase1: 4, phase2: 2 } } });
    expect(await when('multi-paxos', 5, events, { experiment })).toEqual([span(1000, 2000)]);
    expect(await when('multi-paxos', 5, events)).toEqual([]);
  });

  test('who only waits to become a member adds nothing', async () => {
    const events = gone('s1.1', 1000, 2000, ['n1', 'n2']);
    expect(await when('raft', 5, events, { members: ['n1', 'n2', 'n3'] })).toEqual([span(1000, 2000)]);
  });
});

describe('members that change', () => {
  const acts = (atMs: number, nodes: string[], voters: string[], outgoing: string[] = []): LabEvent[] =>
    nodes.map((node) => ({ ...{ atMs, type: 'configuration', node, index: 1 }, voters, outgoing, learners: [] }));
  const three = ['n1', 'n2', 'n3'];

  test('those count who vote, once nobody acts by anything else', async () => {
    const strike = gone('s1.1', 1000, 2000, ['n1', 'n2']);
    expect(await when('raft', 5, [...acts(500, named(5), three), ...strike])).toEqual([span(1000, 2000)]);
    // One that has not heard of it yet.
    expect(await when('raft', 5, [...acts(500, named(4), three), ...strike])).toEqual([]);
    expect(await when('raft', 5, [...acts(500, named(5), three), ...strike, ...acts(1500, ['n4'], named(5))])).toEqual([
      span(1000, 1500),
    ]);
  });

  test('of a joint configuration both halves', async () => {
    const strike = gone('s1.1', 1000, 2000, ['n1', 'n4']);
    expect(await when('raft', 5, [...acts(500, named(5), three, named(5)), ...strike])).toEqual([]);
    expect(await when('raft', 5, [...acts(500, named(5), three, ['n3', 'n4', 'n5']), ...strike])).toEqual([]);
    expect(await when('raft', 5, [...acts(500, named(5), three, ['n4', 'n5']), ...strike])).toEqual([span(1000, 2000)]);
  });
});

describe('a strike that left no quorum', () => {
  const windows = (events: LabEvent[]) => {
    const plan = samplePlan({}, { strikes: [sampleStrike()] });
    return strikeWindows(sampleRun({ plan, events }));
  };
  const [strike] = windows(struck('s1.1', 1000, 2000));
  if (strike === undefined) throw new Error('the sample has a strike');

  test('for its whole length, but for what two clocks may differ', () => {
    expect(leftNoQuorum(strike, [span(1000, 2000)])).toBe(true);
    expect(leftNoQuorum(strike, [span(900, 1500), span(1500, 2100)])).toBe(true);
    expect(leftNoQuorum(strike, [span(1002, 1998)])).toBe(true);
    expect(leftNoQuorum(strike, [span(1006, 2000)])).toBe(false);
    expect(leftNoQuorum(strike, [])).toBe(false);
  });

  test('one that was over at once, or never began or ended, is not one of them', () => {
    expect(leftNoQuorum({ ...strike, healRequestedMs: 1003 }, [])).toBe(false);
    expect(leftNoQuorum({ ...strike, struckMs: null }, [span(0, 9000)])).toBe(false);
    expect(leftNoQuorum({ ...strike, healRequestedMs: null }, [span(0, 9000)])).toBe(false);
  });
});

test('of a protocol that is not there any more nothing can be told', async () => {
  await expect(when('none', 3, [])).rejects.toThrow('there is no protocol "none"');
});
