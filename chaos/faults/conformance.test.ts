/** What every fault of the library must do, whatever it is: each file in this folder is found by its name. */
import { describe, expect, test } from 'vitest';
import type { ProtocolAbility } from '../../node/contract/definition.ts';
import type { NodeId } from '../../node/contract/ids.ts';
import { abilityInWords } from '../abilities.ts';
import { loadFault, loadProtocol, namesOf } from '../catalog.ts';
import type { Capability } from '../contracts/cluster.ts';
import type { LabEvent } from '../contracts/events.ts';
import type { StrikeEvidence } from '../contracts/faults.ts';
import { UsageError } from '../errors.ts';
import { samplePlan } from '../sample-plan.ts';
import { answers, bootLab, type Lab, statusesOf, strikeOn, testParams, write } from '../substrate/sim/lab-fixture.ts';
import { whyUnsettled } from '../unsettled.ts';

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
  'replica.behave': true,
  'replica.footprint': true,
};

type Whom = 'one who follows' | 'two, the leader among them' | 'everybody';

const targetsOf: Readonly<Record<Whom, (lab: Lab) => readonly NodeId[]>> = {
  'one who follows': ({ followers }) => followers.slice(0, 1),
  'two, the leader among them': ({ leader, followers }) => [leader, ...followers.slice(0, 1)].sort(),
  everybody: ({ cluster }) => cluster.nodes,
};
const everyTarget = Object.keys(targetsOf) as Whom[];

/** What a fault cannot do to some of three replicas; it says so, and does nothing. */
const refusals: Readonly<Record<string, Partial<Record<Whom, RegExp>>>> = {
  // There must be somebody on either side of it.
  bridge: { 'two, the leader among them': /two others/, everybody: /two others/ },
  // A group has somebody who votes.
  remove: { everybody: /nobody would be left to vote/ },
  demote: { everybody: /nobody would be left to vote/ },
  resize: { everybody: /already as it should become/ },
  wipe: { 'two, the leader among them': /one replica at a time/, everybody: /one replica at a time/ },
  amnesia: { 'two, the leader among them': /one replica at a time/, everybody: /one replica at a time/ },
  // One leads.
  transfer: { 'two, the leader among them': /not several/, everybody: /not several/ },
};

const { protocol: usual, experiment } = samplePlan();
const defaults = experiment.settings;

const protocols = await Promise.all(
  namesOf('protocol').map(async (name) => ({ name, abilities: (await loadProtocol(name)).abilities })),
);

/** What a fault is tried on: the usual protocol where that can do what it takes, or else the first that can. */
function protocolFor(asked: readonly ProtocolAbility[]): string | undefined {
  const able = protocols.filter(({ abilities }) => asked.every((ability) => abilities.has(ability)));
  return (able.find(({ name }) => name === usual) ?? able[0])?.name;
}

const faults = await Promise.all(
  namesOf('fault').map(async (name) => {
    const { needs, needsOfProtocol = [] } = await loadFault(name);
    const protocol = protocolFor(needsOfProtocol);
    // A strike on a group does not end before the group has agreed to it, and its heal neither.
    return { name, protocol, needsOfProtocol, ofGroup: needs.includes('group.order') };
  }),
);
const tried = faults.flatMap(({ protocol, ...fault }) => (protocol === undefined ? [] : [{ ...fault, protocol }]));
const struckBy = everyTarget.flatMap((whom) =>
  tried.map(({ name, protocol }) => ({ name, protocol, whom, refusal: refusals[name]?.[whom] })),
);

const impairing = new Set(['link-dropped', 'link-delayed']);
const sickening = new Set(['node-down', 'node-paused', 'disk-wiped', 'disk-slow', ...impairing]);
const changing = new Set(['configuration', 'role', ...sickening]);

describe.each(namesOf('fault'))('%s', (name) => {
  test('says what it does, and needs what a substrate may offer', async () => {
    const { summary, needs, needsOfProtocol = [] } = await loadFault(name);
    expect(summary).not.toBe('');
    for (const need of needsOfProtocol) expect(Object.keys(abilityInWords)).toContain(need);
    // Whoever gives orders asks for a protocol that obeys them.
    expect(needsOfProtocol.some((need) => need === 'reconfigure' || need === 'transfer')).toBe(
      needs.includes('group.order'),
    );
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

  test('touches only links that exist, each once, and some of them wherever it can strike', async () => {
    const fault = await loadFault(name);
    const all = ['n1', 'n2', 'n3', 'n4', 'n5'];
    for (const target of [['n1'], ['n2', 'n4'], all]) {
      const links = fault.links(target, all, testParams(name, fault)).map(({ from, to }) => `${from}->${to}`);
      expect(new Set(links).size).toBe(links.length);
      for (const link of links) expect(link).toMatch(/^(n[1-5])->(?!\1)n[1-5]$/);
      const impossible = target.length === all.length && refusals[name]?.everybody !== undefined;
      if (fault.needs.some((need) => need.startsWith('link.')) && !impossible) expect(links).not.toEqual([]);
      else expect(links).toEqual([]);
    }
  });

  test('without evidence it did not bite', async () => {
    const fault = await loadFault(name);
    const nodes = ['n1', 'n2'];
    const links = fault.links(nodes, ['n1', 'n2', 'n3'], testParams(name, fault));
    const bit = (events: LabEvent[]) => fault.bit({ nodes, links, events } satisfies StrikeEvidence);
    expect(bit([])).toBe(false);
    const harmless: LabEvent[] = [
      { atMs: 1, type: 'struck', strike: 's1.1' },
      { atMs: 1, type: 'node-up', node: 'n1' },
      { atMs: 1, type: 'role', node: 'n1', role: 'follower', epoch: 1 },
      {
        atMs: 1,
        type: 'configuration',
        node: 'n1',
        index: 1,
        voters: ['n1', 'n2', 'n3'],
        outgoing: [],
        learners: [],
      },
    ];
    expect(bit(harmless)).toBe(false);
    const elsewhere: LabEvent[] = [
      { atMs: 1, type: 'node-down', node: 'n3' },
      { atMs: 1, type: 'node-paused', node: 'n3' },
      { atMs: 1, type: 'disk-slow', node: 'n3' },
      { atMs: 1, type: 'disk-wiped', node: 'n3' },
      { atMs: 1, type: 'role', node: 'n3', role: 'leader', epoch: 1 },
      { atMs: 1, type: 'configuration', node: 'n1', index: 2, voters: ['n1', 'n2'], outgoing: ['n3'], learners: [] },
      { atMs: 1, type: 'link-dropped', from: 'x1', to: 'x2', strike: 's1.1' },
      { atMs: 1, type: 'link-delayed', from: 'x1', to: 'x2', strike: 's1.1' },
    ];
    expect(bit(elsewhere)).toBe(false);
  });
});

describe.each(faults.filter(({ protocol }) => protocol === undefined))('$name', ({ needsOfProtocol }) => {
  const words = needsOfProtocol.map((ability) => abilityInWords[ability]).join(' and ');
  test.skip(`is tried once there is a protocol that can ${words}`, () => {});
});

describe.each(tried)('$name, with $protocol', ({ name, protocol }) => {
  test('healed before any message passed, it is never seen to act', async () => {
    const lab = await bootLab({ protocol });
    const { heal } = await strikeOn(lab, name, lab.followers.slice(0, 1));
    await heal();
    const healed = lab.seen.length;
    expect(await answers(lab, 'after')).toBe(true);
    expect(lab.seen.slice(healed).filter(({ type }) => impairing.has(type))).toEqual([]);
  });

  test('what it leaves when the lab gives up, `healAll` takes away', async () => {
    const lab = await bootLab({ protocol });
    await strikeOn(lab, name, lab.followers.slice(0, 1));
    await lab.cluster.clock.sleep(200);
    await lab.cluster.healAll();
    const healed = lab.seen.length;
    expect(await answers(lab, 'after')).toBe(true);
    expect(statusesOf(lab.cluster).map(({ state }) => state)).toEqual(['up', 'up', 'up']);
    expect(lab.seen.slice(healed).filter(({ type }) => sickening.has(type))).toEqual([]);
  });
});

describe.each(struckBy.filter(({ refusal }) => refusal === undefined))('$name of $whom', ({ name, whom, protocol }) => {
  test('bites, and after its heal, which may come twice, nothing is left', async () => {
    const lab = await bootLab({ protocol });
    const nodes = targetsOf[whom](lab);
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
    expect(whyUnsettled(statusesOf(lab.cluster))).toBe(null);
    const group = lab.cluster.status(lab.leader).view?.group;
    expect([...(group?.voters ?? [])].sort()).toEqual(lab.cluster.nodes);
    expect(group?.learners).toEqual([]);
  });
});

describe.each(struckBy.filter(({ refusal }) => refusal !== undefined))(
  '$name of $whom',
  ({ name, whom, protocol, refusal }) => {
    test('is refused at once, and nothing happens', async () => {
      const lab = await bootLab({ protocol });
      const before = { seen: lab.seen.length, atMs: lab.cluster.clock.now() };
      await expect(strikeOn(lab, name, targetsOf[whom](lab))).rejects.toThrow(refusal);
      expect(lab.cluster.clock.now()).toBe(before.atMs);
      await lab.cluster.clock.sleep(500);
      expect(lab.seen.slice(before.seen).filter(({ type }) => changing.has(type))).toEqual([]);
      expect(await answers(lab, 'after')).toBe(true);
    });
  },
);

describe.each(tried.filter(({ ofGroup }) => !ofGroup))('$name beside a cut', ({ name, protocol }) => {
  test('its heal leaves the strike of another one in force', async () => {
    const lab = await bootLab({ protocol });
    const other = await strikeOn(lab, 'cut', ['n3'], 's2.1');
    const { heal } = await strikeOn(lab, name, ['n3']);
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

describe.each(tried.filter(({ ofGroup }) => ofGroup))('$name beside a cut', ({ name, protocol }) => {
  // Whoever is to vote again must have caught up, or be told to stand: that takes a way to it.
  test('does not end before the cut does', async () => {
    const lab = await bootLab({ protocol });
    const nodes = lab.followers.slice(0, 1);
    const other = await strikeOn(lab, 'cut', nodes, 's2.1');
    await write(lab, 'meanwhile', 2 * defaults.maxEntriesPerMessage);
    const ended: string[] = [];
    const over = strikeOn(lab, name, nodes)
      .then(({ heal }) => heal())
      .then(() => ended.push('ended'));
    await lab.cluster.clock.sleep(3000);
    expect(ended).toEqual([]);
    await other.heal();
    await lab.cluster.clock.sleep(10_000);
    await over;
    expect(ended).toEqual(['ended']);
    expect(await answers(lab, 'after')).toBe(true);
    expect(whyUnsettled(statusesOf(lab.cluster))).toBe(null);
  });
});
