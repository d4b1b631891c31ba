/** Every experiment of the library with every protocol, once each: a smoke test of the whole lab, and of the experiments themselves. */
import { describe, expect, test } from 'vitest';
import { loadProtocol } from '../node/io/protocols.ts';
import { loadExperiment, namesOf } from './catalog.ts';
import type { Plan } from './contracts/plan.ts';
import { IncapableError } from './errors.ts';
import { judge } from './judge.ts';
import { whyBesideModel } from './malice.ts';
import { makePlan } from './plan.ts';
import { record } from './run.ts';
import { simSubstrate } from './substrate/sim/index.ts';

const { capabilities } = simSubstrate;

/** In these a malicious replica lies about certificates, which not every protocol has. */
const liesAboutCertificates = ['forgetful-successor', 'lying-successor'];
/** In these a quorum of replicas is believed in what it says of its states. */
const believesStates = ['kept-in-the-dark', 'quorum-reads'];

/** What a protocol cannot do, or a malicious replica cannot forge of it, is refused in a sentence. All else has to pass. */
const refused: Readonly<Record<string, readonly string[]>> = {
  raft: ['amnesia', ...liesAboutCertificates, ...believesStates],
  'multi-paxos': [...liesAboutCertificates, ...believesStates],
  paxos: [
    ...liesAboutCertificates,
    ...believesStates,
    'amnesia',
    'challenged-lease',
    'lease-reads',
    'new-leader',
    'reborn-candidate',
    'transfer',
  ],
  pbft: [
    ...['amnesia', 'challenged-lease', 'concurrent-changes', 'disk-wiped', 'learner-catch-up', 'lease-reads'],
    ...['members-change', 'new-leader', 'reborn-candidate', 'removed-leader', 'transfer'],
  ],
};

/** Operations per second where the protocol signs: each costs ten times as much there, and more of them show no more. */
const signedRate = 30;

async function planOf(name: string, protocol: string): Promise<Plan> {
  const { load: written, limits } = loadExperiment(name).experiment;
  const { signs } = await loadProtocol(protocol);
  // How fast a group is shows only where its clients ask for more.
  const isPaced = limits.slowdown !== undefined;
  const load = signs && !isPaced ? { rate: Math.min(written.rate, signedRate) } : {};
  return makePlan(name, { seed: 1, substrate: 'sim', capabilities, protocol, ...load });
}

/** The protocols under which an experiment has no place, for it has malicious replicas, and they stand none. */
const beside = new Map<string, readonly string[]>();
for (const name of namesOf('experiment')) {
  const { experiment } = loadExperiment(name);
  const reasons = await Promise.all(
    namesOf('protocol').map(async (protocol) => [protocol, await whyBesideModel({ experiment, protocol })] as const),
  );
  beside.set(
    name,
    reasons.flatMap(([protocol, why]) => (why === null ? [] : [protocol])),
  );
}

test('what has malicious replicas has no place under protocols that stand crashes alone', () => {
  const names = [...beside].flatMap(([name, protocols]) => (protocols.length > 0 ? [name] : []));
  expect(names).toEqual([
    ...['censoring-primary', 'forgetful-successor', 'kept-in-the-dark', 'lying-successor', 'malicious-and-slow'],
    ...['malicious-primary', 'mute-primary', 'slow-primary', 'too-many-liars', 'too-many-malicious', 'turncoat'],
  ]);
  for (const name of names) expect(beside.get(name)).toEqual(['multi-paxos', 'paxos', 'raft']);
});

describe.each(namesOf('experiment'))('%s', (name) => {
  const isAsked = (protocol: string) => !refused[protocol]?.includes(name) && !beside.get(name)?.includes(protocol);

  test('asks a question, and says why', () => {
    const { experiment } = loadExperiment(name);
    expect(experiment.question).toMatch(/^[A-Z].*\?$/);
    expect(experiment.why.length).toBeGreaterThan(40);
  });

  test.each(namesOf('protocol').filter(isAsked))('passes with seed 1 on %s', async (protocol) => {
    const plan = await planOf(name, protocol);
    const recording = await record(plan, simSubstrate, { signal: new AbortController().signal });
    const { outcome, sentence, checks, exitCode } = await judge(recording);
    expect(outcome, sentence).toBe('PASS');
    expect(exitCode).toBe(0);
    expect(checks.map(({ check }) => check)).toEqual(namesOf('checker'));
    expect(recording.events.filter(({ type }) => type === 'struck').length).toBeGreaterThan(0);
  });

  test.each(namesOf('protocol').filter((protocol) => refused[protocol]?.includes(name)))(
    'is refused with a sentence on %s',
    async (protocol) => {
      const refusal = await planOf(name, protocol).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(IncapableError);
      expect((refusal as Error).message).toMatch(
        new RegExp(`needs a protocol that can .*, and "${protocol}" cannot|forges what "${protocol}" has not`),
      );
    },
  );
});
