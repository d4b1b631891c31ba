import { describe, expect, test } from 'vitest';
import { loadExperiment, loadProtocol } from './catalog.ts';
import type { LabEvent, Recording } from './contracts/events.ts';
import type { Plan } from './contracts/plan.ts';
import { UsageError } from './errors.ts';
import { judge } from './judge.ts';
import {
  behaving,
  honestRecording,
  idleMalice,
  type MaliciousChoice,
  maliceInWords,
  planMalicious,
  spellsOf,
} from './malice.ts';
import { makePlan, type PlanOptions } from './plan.ts';
import { record } from './run.ts';
import { simSubstrate } from './substrate/sim/index.ts';

const { capabilities } = simSubstrate;

async function run(experiment: string, options: Partial<PlanOptions>): Promise<Recording> {
  const plan = await makePlan(experiment, { seed: 1, substrate: 'sim', capabilities, durationMs: 8000, ...options });
  return record(plan, simSubstrate, { signal: new AbortController().signal });
}

const nodes = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];

const pbft = await loadProtocol('pbft');

describe('who is malicious', () => {
  const planned = (
    choice: MaliciousChoice | undefined,
    seed = 1,
    experiment = loadExperiment('leader-crash').experiment,
  ) => planMalicious(experiment, choice, nodes, pbft, seed);

  test('nobody, where nobody asks for it', () => expect(planned(undefined)).toBeUndefined());

  test('as many as the protocol stands, drawn by the seed, where one behaviour is named', () => {
    const drawn = [1, 2, 3, 4, 5].map((seed) => Object.keys(planned('mute', seed) ?? {}));
    for (const each of drawn) expect(each.length).toBe(2);
    expect(new Set(drawn.map((each) => each.join())).size).toBeGreaterThan(1);
    expect(planned('mute', 3)).toEqual(planned('mute', 3));
  });

  test('who is named', () => expect(planned({ n4: 'mute', n3: 'lie' })).toEqual({ n4: 'mute', n3: 'lie' }));

  test('nobody who is not there', () => expect(() => planned({ n9: 'mute' })).toThrow(UsageError));

  test.each([
    ['malicious-primary', { n1: 'equivocate', n2: 'equivocate' }],
    ['too-many-malicious', { n1: 'equivocate', n2: 'equivocate', n3: 'equivocate' }],
  ])('as the experiment %s has it: the first, f or f + 1', (name, found) => {
    expect(planned(undefined, 1, loadExperiment(name).experiment)).toEqual(found);
  });

  test.each([
    ['malicious-primary', { n1: 'lie', n2: 'lie' }, []],
    ['too-many-malicious', { n1: 'lie', n2: 'lie', n3: 'lie' }, []],
    ['mute-primary', undefined, ['lie']],
    ['turncoat', undefined, ['lie', 'lie', 'lie', 'lie', 'lie', 'lie']],
  ])('as the experiment %s has it, in another way where a behaviour is named', (name, found, struck) => {
    const experiment = behaving(loadExperiment(name).experiment, 'lie');
    expect(planned('lie', 1, experiment)).toEqual(found);
    const turned = experiment.strikes.filter(({ fault }) => fault === 'malice');
    expect(turned.map(({ params }) => params)).toEqual(struck.map((behaviour) => ({ behaviour })));
  });

  test('and who is named besides those whom the experiment turns as it says', () => {
    const { experiment } = loadExperiment('mute-primary');
    expect(behaving(experiment, { n3: 'lie' })).toBe(experiment);
    expect(planned({ n3: 'lie' }, 1, experiment)).toEqual({ n3: 'lie' });
  });

  test('never more than there are', () => {
    const { experiment } = loadExperiment('malicious-primary');
    const many = { ...experiment, malicious: { count: 8, behaviour: 'mute', which: 'first' } as const };
    expect(() => planned(undefined, 1, many)).toThrow(UsageError);
  });
});

describe('how replicas behaved', () => {
  const plan = (malicious: Plan['malicious'], own?: Plan['experiment']['malicious']) => {
    const { experiment } = loadExperiment('leader-crash');
    return { malicious, experiment: { ...experiment, ...(own && { malicious: own }) } } as Plan;
  };
  const turned = (atMs: number, node: string, behaviour: string | null): LabEvent => ({
    ...{ atMs, type: 'turned', node },
    behaviour,
  });
  const deceived = (atMs: number, node: string, behaviour: string): LabEvent => ({
    ...{ atMs, type: 'deceived', node },
    behaviour,
  });

  test('is told by what they were told to do', () => {
    const events = [
      turned(-20, 'n1', 'mute'),
      deceived(-10, 'n1', 'mute'),
      turned(1000, 'n2', 'lie'),
      turned(2000, 'n2', 'flood'),
      deceived(2500, 'n2', 'flood'),
      turned(3000, 'n2', null),
    ];
    const recording = { plan: plan({ n1: 'mute' }), events };
    expect(spellsOf(recording)).toEqual([
      { node: 'n1', behaviour: 'mute', fromMs: null, toMs: null, deceived: true },
      { node: 'n2', behaviour: 'lie', fromMs: 1000, toMs: 2000, deceived: false },
      { node: 'n2', behaviour: 'flood', fromMs: 2000, toMs: 3000, deceived: true },
    ]);
    expect(maliceInWords(recording)).toBe(
      'Malicious: n1 (mute), n2 (lie from 1.000 s to 2.000 s, which had no occasion, flood from 2.000 s to 3.000 s).',
    );
  });

  test('is nothing where all were honest', () => {
    expect(maliceInWords({ plan: plan(undefined), events: [] })).toBeNull();
  });

  test('makes a run vain where the experiment itself has them, and they had no occasion', () => {
    const own = { count: 'f', behaviour: 'mute', which: 'first' } as const;
    expect(idleMalice({ plan: plan({ n1: 'mute' }, own), events: [] }).map(({ node }) => node)).toEqual(['n1']);
    expect(idleMalice({ plan: plan({ n1: 'mute' }, own), events: [deceived(1, 'n1', 'mute')] })).toEqual([]);
    expect(idleMalice({ plan: plan({ n1: 'mute' }), events: [] })).toEqual([]);
  });

  test('leaves what they tell of themselves out of what is judged', () => {
    const role = (node: string): LabEvent => ({ atMs: 0, type: 'role', node, role: 'primary', epoch: 0 });
    const recording = {
      plan: plan({ n1: 'mute' }),
      history: [],
      events: [role('n1'), role('n2')],
    } as unknown as Recording;
    expect(honestRecording(recording).events).toEqual([role('n2')]);
  });
});

test('under a protocol that stands crashes alone what was found speaks neither for it nor against it', async () => {
  const { outcome, sentence, exitCode } = await judge(
    await run('malicious-primary', { protocol: 'raft', durationMs: 15_000 }),
  );
  expect(outcome).toBe('OUTSIDE FAULT MODEL');
  expect(sentence).toContain('raft stands replicas that crash, and none that is malicious');
  expect(exitCode).toBe(2);
});

// Of these the plays of node/malice can tell nothing: their batches have no sessions, and one of 8 MiB takes its time there.
test.each(['censor', 'oversize'])('%s deceives, and nobody suffers from it', async (behaviour) => {
  const recording = await run('slow-links', { protocol: 'pbft', malicious: { n1: behaviour } });
  const { outcome, sentence } = await judge(recording);
  expect(outcome, sentence).toBe('PASS');
  expect(spellsOf(recording)).toEqual([{ node: 'n1', behaviour, fromMs: null, toMs: null, deceived: true }]);
});

test('what no client has asked for is decided by no honest replica, and clients get on', async () => {
  const { outcome, sentence } = await judge(await run('slow-links', { protocol: 'pbft', malicious: { n1: 'invent' } }));
  expect(outcome, sentence).toBe('PASS');
});
