import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ProtocolAbility } from '../node/contract/definition.ts';
import { bugNamesOf, loadExperiment, loadFault, loadProtocol, namesOf } from './catalog.ts';
import type { Capability } from './contracts/cluster.ts';
import type { Plan } from './contracts/plan.ts';
import { IncapableError, SplitbrainError } from './errors.ts';
import { usualNodeCount } from './group-size.ts';
import { plannedBehaviours } from './malice.ts';
import { makePlan, type PlanOptions, refuseImpossiblePlan } from './plan.ts';
import { parsePlan } from './recording-files.ts';
import { samplePlan, sampleStrike } from './sample-plan.ts';
import { simSubstrate } from './substrate/sim/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'splitbrain-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { capabilities } = simSubstrate;
const plan = (name: string, options: Partial<PlanOptions> = {}) =>
  makePlan(name, { seed: 1, substrate: 'sim', capabilities, ...options });

function experimentFile(rest: string): string {
  const file = join(folder, 'mine.yml');
  writeFileSync(file, `question: Does it hold?\nwhy: To see.\n${rest}\n`);
  return file;
}

/** A protocol that can do whatever an experiment needs, or has the reports about which a malicious replica lies there. */
function ableFor(name: string): string {
  const { malicious, strikes, settings } = loadExperiment(name).experiment;
  const behaviours = [malicious?.behaviour, ...plannedBehaviours(undefined, strikes)];
  return behaviours.includes('drop-reports') || settings.quorumReads === true ? 'pbft' : 'multi-paxos';
}

const nodesOf = (count: number) => Array.from({ length: count }, (_, at) => `n${at + 1}`);

const refusal = async (planning: Promise<unknown>): Promise<SplitbrainError> => {
  const error = await planning.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SplitbrainError) return error;
  throw new Error(`it was not refused: ${error}`);
};

describe('a plan', () => {
  test('has what the experiment says, and its defaults', async () => {
    const { defaultNodeCount } = await loadProtocol('raft');
    const made = await plan('leader-crash');
    expect(made).toMatchObject({ experimentName: 'leader-crash', protocol: 'raft', seed: 1, substrate: 'sim' });
    expect(made.durationMs).toBe(loadExperiment('leader-crash').experiment.duration);
    expect(made.nodes).toEqual(nodesOf(defaultNodeCount));
    expect(made).not.toHaveProperty('bug');
    expect(loadExperiment('figure-8').experiment.nodes).toBe(3);
    expect((await plan('figure-8')).nodes).toHaveLength(3);
  });

  test('a group may begin with the first of the nodes, and where nothing is said of that nothing stands in it', async () => {
    const made = await plan(experimentFile('nodes: 5\nmembers: 3'));
    expect(made).toMatchObject({ nodes: { length: 5 }, members: ['n1', 'n2', 'n3'], experiment: { members: 3 } });
    const text = JSON.stringify(made);
    expect(JSON.stringify(parsePlan(text, 'schedule.json'))).toBe(text);
    const whole = await plan(experimentFile('nodes: 5'));
    expect(whole).not.toHaveProperty('members');
    expect(whole.experiment).not.toHaveProperty('members');
  });

  test('what is overridden stands in it everywhere, so that it runs the same again', async () => {
    const [bug = ''] = bugNamesOf('raft');
    const made = await plan('figure-8', { nodeCount: 7, durationMs: 12_000, rate: 33, bug });
    expect(made).toMatchObject({ durationMs: 12_000, bug, nodes: { length: 7 } });
    expect(made.experiment).toMatchObject({ nodes: 7, duration: 12_000, load: { rate: 33, clients: 8 } });
    expect(made.strikes.every(({ trigger }) => !('atMs' in trigger) || trigger.atMs < 12_000)).toBe(true);
  });

  test('containers may keep their logs in another storage engine; the default stands in no plan', async () => {
    const made = await plan('leader-crash', { substrate: 'docker', storage: 'lmdb' });
    expect(made).toMatchObject({ storage: 'lmdb', protocol: 'raft' });
    const text = JSON.stringify(made);
    expect(JSON.stringify(parsePlan(text, 'schedule.json'))).toBe(text);
    const without = JSON.stringify(await plan('leader-crash', { substrate: 'docker' }));
    expect(without).not.toContain('storage');
    expect(JSON.stringify(await plan('leader-crash', { substrate: 'docker', storage: 'wal' }))).toBe(without);
  });

  test('containers of a larger group than the experiment has of its own get longer time-outs and limits, up to four times', async () => {
    const settings = async (name: string, nodeCount?: number) =>
      (await plan(name, { substrate: 'docker', ...(nodeCount ? { nodeCount } : {}) })).experiment.settings;
    const own = await settings('leader-crash');
    expect(own).toMatchObject({ electionTimeout: [300, 600], heartbeatInterval: 50 });
    expect(await settings('leader-crash', 10)).toEqual({
      ...own,
      electionTimeout: [600, 1200],
      heartbeatInterval: 100,
    });
    const longest = { ...own, electionTimeout: [1200, 2400], heartbeatInterval: 200 };
    expect(await settings('leader-crash', 20)).toEqual(longest);
    expect(await settings('leader-crash', 40)).toEqual(longest);
    expect(await settings('leader-crash', 3)).toEqual(own);
    const limits = async (nodeCount: number) =>
      (await plan('leader-crash', { substrate: 'docker', nodeCount })).experiment.limits;
    const ofFive = await limits(5);
    expect(ofFive).toEqual(loadExperiment('leader-crash').experiment.limits);
    expect(await limits(20)).toEqual({
      recovery: 4 * ofFive.recovery,
      outage: 4 * ofFive.outage,
      settle: 4 * ofFive.settle,
    });
    expect((await settings('figure-8', 5)).electionTimeout).toEqual([250, 500]);
    // What an experiment says of its own size stands.
    const file = experimentFile('nodes: 20\nsettings: { electionTimeout: [100ms, 200ms] }');
    expect((await settings(file)).electionTimeout).toEqual([100, 200]);
  });

  test('each malicious replica that is put into an experiment lengthens its limits; an experiment with its own keeps them', async () => {
    const written = loadExperiment('leader-crash').experiment;
    const { settings, limits } = (await plan('leader-crash', { protocol: 'pbft', malicious: 'mute' })).experiment;
    expect(settings).toEqual(written.settings);
    expect(limits).toMatchObject({
      recovery: 2 * written.limits.recovery,
      outage: 2 * written.limits.outage,
      settle: 2 * written.limits.settle,
    });
    const own = await plan('malicious-primary', { malicious: 'mute' });
    expect(own.experiment.limits).toEqual(loadExperiment('malicious-primary').experiment.limits);
    const struck = await plan('turncoat', { malicious: { n3: 'mute' } });
    expect(struck.experiment.limits).toEqual(loadExperiment('turncoat').experiment.limits);
  });

  test('in the simulator a larger group keeps its time-outs', async () => {
    const { settings, limits } = (await plan('leader-crash')).experiment;
    expect((await plan('leader-crash', { nodeCount: 40 })).experiment).toMatchObject({ settings, limits });
  });

  test.each(namesOf('experiment'))('%s: is the same bytes after it was read back', async (name) => {
    const protocol = ableFor(name);
    for (const bug of [undefined, ...bugNamesOf(protocol).slice(0, 1)]) {
      const text = JSON.stringify(await plan(name, bug === undefined ? { protocol } : { protocol, bug }));
      expect(JSON.stringify(parsePlan(text, 'schedule.json'))).toBe(text);
    }
  });

  test('a seed decides the schedule; the workload and its rate do not', async () => {
    expect((await plan('leader-crash')).strikes).toEqual((await plan('leader-crash', { rate: 5 })).strikes);
    expect((await plan('leader-crash')).strikes).not.toEqual((await plan('leader-crash', { seed: 2 })).strikes);
  });

  test('a target may be a replica of the plan', async () => {
    const file = experimentFile('strikes: [{ fault: crash, target: n4, at: 1s, for: 1s }]');
    expect((await plan(file)).strikes[0]?.target).toBe('n4');
    const refused = await refusal(plan(file, { nodeCount: 3 }));
    expect(refused.message).toBe('there is no target "n4": the group has 3 replicas');
    expect(refused.advice).toContain('--nodes 4');
  });
});

describe('refused before anything boots', () => {
  test.each<[string, string, Partial<PlanOptions>, RegExp]>([
    ['an unknown protocol', '', { protocol: 'rafd' }, /there is no protocol "rafd"\. Did you mean "raft"\?/],
    ['an unknown bug', '', { bug: 'nope' }, /there is no planted bug of raft "nope"/],
    ['an unknown storage', '', { storage: 'lmbd', substrate: 'docker' }, /no storage "lmbd"\. Did you mean "lmdb"\?/],
    [
      'a storage in the simulator',
      '',
      { storage: 'wal' },
      /^the storage "wal" cannot be chosen in the simulator: its disk is simulated$/,
    ],
    [
      'an unknown workload',
      'load: { workload: regster }',
      {},
      /there is no workload "regster"\. Did you mean "register"/,
    ],
    [
      'a limit of what is not sampled',
      'limits: { footprint: { logBytes: 1, memoryBytes: 1 } }',
      { substrate: 'docker', capabilities: new Set<Capability>(['process.kill']) },
      /^a limit of what replicas hold needs replica\.footprint, which "docker" cannot do$/,
    ],
    ['wrong params of the workload', 'load: { params: { keys: 0 } }', {}, /workload "register" are wrong: keys: /],
    [
      'an unknown fault',
      'strikes: [{ fault: cutt, target: n1, at: 1s, for: 1s }]',
      {},
      /no fault "cutt"\. Did you mean "cut"/,
    ],
    [
      'no way out of its folder',
      'strikes: [{ fault: ../faults/cut, target: n1, at: 1s, for: 1s }]',
      {},
      /no fault "\.\./,
    ],
    [
      'wrong params of a fault, though its strike finds no time',
      'strikes: [{ fault: cut, target: n1, at: 1s, for: 1s }, { fault: loss, target: n1, at: 29s, for: 9s, params: { p: 1 } }]',
      {},
      /the params of loss are wrong: .*"p"/,
    ],
    ['no time', 'duration: 0s', {}, /duration is 0 ms, and wants at least 1 ms/],
    ['no time, asked for', '', { durationMs: 0.5 }, /duration is 0\.5 ms/],
    ['no heartbeat', 'settings: { heartbeatInterval: 0s }', {}, /settings\.heartbeatInterval is 0 ms/],
    ['no time-out', 'settings: { electionTimeout: [0, 10] }', {}, /settings\.electionTimeout is 0 ms/],
  ])('%s', async (_, rest, options, why) => {
    const error = await refusal(plan(experimentFile(rest), options));
    expect(error.message).toMatch(why);
    expect(error.exitCode).toBe(4);
    expect(error.advice).not.toBe('');
  });

  test.each(namesOf('fault'))('%s: where the substrate lacks what it needs', async (fault) => {
    const file = experimentFile(`strikes: [{ fault: ${fault}, target: n1, at: 1s, for: 1s }]`);
    const { needs } = await loadFault(fault);
    for (const need of needs) {
      const without = new Set([...capabilities].filter((each) => each !== need));
      const { message, advice } = await refusal(plan(file, { capabilities: without }));
      expect(message).toBe(`the fault "${fault}" needs ${need}, which "sim" cannot do`);
      expect(advice).toContain('--on');
    }
    expect(needs.length).toBeGreaterThan(0);
  });

  describe.each(namesOf('protocol'))('with %s', (protocol) => {
    /** Refused where it lacks an ability, and only there: when it is planned, and as a plan from a file. */
    async function expectRefusalWhereUnable(rest: string, needed: readonly ProtocolAbility[], what: string) {
      const file = experimentFile(rest);
      const { experiment } = loadExperiment(file);
      const strikes = experiment.strikes.map(({ fault }) => sampleStrike({ fault }));
      const definition = await loadProtocol(protocol);
      const nodes = nodesOf(usualNodeCount(experiment, definition));
      const fromFile = samplePlan(experiment, { protocol, strikes, nodes });
      const { abilities } = definition;
      const able = needed.every((ability) => abilities.has(ability));
      for (const planned of [() => plan(file, { protocol }), () => refuseImpossiblePlan(fromFile, capabilities)]) {
        if (able) {
          await planned();
          continue;
        }
        const error = await refusal(planned());
        expect(error).toBeInstanceOf(IncapableError);
        expect(error.message.startsWith(`${what} needs a protocol that can `)).toBe(true);
        expect(error.message.endsWith(`, and "${protocol}" cannot`)).toBe(true);
      }
    }

    test.each(namesOf('fault'))('%s: where the protocol lacks what it needs', async (fault) => {
      const { needsOfProtocol = [] } = await loadFault(fault);
      const strike = `strikes: [{ fault: ${fault}, target: n1, at: 1s, for: 1s }]`;
      await expectRefusalWhereUnable(strike, needsOfProtocol, `the fault "${fault}"`);
    });

    test('reads by the clock, where the protocol has none', async () => {
      const leases = 'settings: { leaseReads: { maxClockDrift: 0.01 } }';
      await expectRefusalWhereUnable(leases, ['lease-reads'], 'settings.leaseReads');
    });

    test('reads by a quorum, where the protocol has none; that there are none can be had of all', async () => {
      await expectRefusalWhereUnable('settings: { quorumReads: true }', ['quorum-reads'], 'settings.quorumReads');
      await expectRefusalWhereUnable('settings: { quorumReads: false }', [], 'settings.quorumReads');
    });

    test('sizes of quorums, where the protocol has its own', async () => {
      const quorums = 'nodes: 3\nsettings: { quorums: { phase1: 3, phase2: 1 } }';
      await expectRefusalWhereUnable(quorums, ['flexible-quorums'], 'settings.quorums');
    });
  });

  describe.each(namesOf('protocol'))('sizes of a group of %s', (protocol) => {
    test('the default is one that it can have', async () => {
      const { defaultNodeCount, sizeFlaw } = await loadProtocol(protocol);
      expect(sizeFlaw?.(defaultNodeCount)).toBeUndefined();
      expect((await plan(experimentFile(''), { protocol })).nodes).toHaveLength(defaultNodeCount);
    });

    test('any other number that is asked for is refused with its sentence, when it is planned and as a plan from a file', async () => {
      const { sizeFlaw } = await loadProtocol(protocol);
      const { experiment } = loadExperiment(experimentFile(''));
      for (let nodeCount = 1; nodeCount <= 10; nodeCount += 1) {
        const fromFile = samplePlan(experiment, { protocol, nodes: nodesOf(nodeCount) });
        const flaw = sizeFlaw?.(nodeCount);
        for (const planned of [
          () => plan(experimentFile(''), { protocol, nodeCount }),
          () => refuseImpossiblePlan(fromFile, capabilities),
        ]) {
          if (flaw === undefined) await planned();
          else expect(`${(await refusal(planned())).message}.`).toBe(flaw);
        }
      }
    });

    test('a number of the experiment’s own gives way to the default where it cannot be', async () => {
      const { defaultNodeCount, sizeFlaw } = await loadProtocol(protocol);
      for (const nodes of [3, 5, 7]) {
        const file = experimentFile(`nodes: ${nodes}`);
        const expected = sizeFlaw?.(nodes) === undefined ? nodes : defaultNodeCount;
        expect((await plan(file, { protocol })).nodes).toHaveLength(expected);
      }
    });
  });

  test('a group that begins with more members than there are nodes', async () => {
    const file = experimentFile('nodes: 5\nmembers: 5');
    expect((await plan(file)).members).toHaveLength(5);
    const { message, advice } = await refusal(plan(file, { nodeCount: 4 }));
    expect(message).toBe('the group is to begin with 5 members, and there are 4 nodes');
    expect(advice).toContain('--nodes');
  });

  test('an experiment that does not exist, by name and by file', async () => {
    expect((await refusal(plan('leader-crsh'))).message).toContain('Did you mean "leader-crash"?');
    expect((await refusal(plan(join(folder, 'none.yml')))).message).toMatch(/there is no experiment file .*none\.yml/);
    expect((await refusal(plan(`${folder}/`))).message).toMatch(/cannot be read|is not a name/);
  });
});

describe('a plan from a file', () => {
  const refusalOf = (changed: Plan, able: ReadonlySet<Capability> = capabilities) =>
    refusal(refuseImpossiblePlan(changed, able)).then(({ message }) => message);

  test('is taken as it was made', async () => {
    for (const name of namesOf('experiment')) {
      const made = await plan(name, { protocol: ableFor(name) });
      await expect(refuseImpossiblePlan(made, capabilities)).resolves.toBeUndefined();
    }
  });

  test('is refused where a plan would never be made so', async () => {
    const made = await plan('leader-crash');
    const withStrike = (change: object): Plan => ({
      ...made,
      strikes: made.strikes.map((strike) => ({ ...strike, ...change })),
    });
    expect(await refusalOf({ ...made, protocol: 'rafd' })).toContain('no protocol "rafd"');
    expect(await refusalOf({ ...made, bug: 'nope' })).toContain('no planted bug of raft "nope"');
    const stored = { ...made, storage: 'lmdb' };
    expect(await refusalOf(stored)).toContain('its disk is simulated');
    expect(await refusalOf({ ...stored, substrate: 'docker', storage: 'bolt' })).toContain('no storage "bolt"');
    await expect(refuseImpossiblePlan({ ...stored, substrate: 'docker' }, capabilities)).resolves.toBeUndefined();
    expect(await refusalOf(withStrike({ fault: 'crush' }))).toContain('no fault "crush"');
    expect(await refusalOf(withStrike({ target: 'n9' }))).toContain('no target "n9"');
    expect(await refusalOf(withStrike({ params: { x: 1 } }))).toContain('the params of crash are wrong');
    expect(await refusalOf(made, new Set())).toContain('needs process.kill, which "sim" cannot do');
  });
});
