/** Every experiment of the library with every protocol, once each: a smoke test of the whole lab, and of the experiments themselves. */
import { describe, expect, test } from 'vitest';
import { loadExperiment, namesOf } from './catalog.ts';
import type { Plan } from './contracts.ts';
import { IncapableError } from './errors.ts';
import { judge } from './judge.ts';
import { makePlan } from './plan.ts';
import { record } from './run.ts';
import { simSubstrate } from './substrate/sim/index.ts';

const { capabilities } = simSubstrate;

/** In these a malicious replica lies about certificates, which not every protocol has. */
const liesAboutCertificates = ['lying-successor'];

/** What a protocol cannot do, or a malicious replica cannot forge of it, is refused in a sentence. All else has to pass. */
const refused: Readonly<Record<string, readonly string[]>> = {
  raft: ['amnesia', ...liesAboutCertificates],
  'multi-paxos': liesAboutCertificates,
  paxos: [
    ...liesAboutCertificates,
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

const planOf = (experiment: string, protocol: string): Promise<Plan> =>
  makePlan(experiment, { seed: 1, substrate: 'sim', capabilities, protocol });

describe.each(namesOf('experiment'))('%s', (name) => {
  test('asks a question, and says why', () => {
    const { experiment } = loadExperiment(name);
    expect(experiment.question).toMatch(/^[A-Z].*\?$/);
    expect(experiment.why.length).toBeGreaterThan(40);
  });

  test.each(namesOf('protocol').filter((protocol) => !refused[protocol]?.includes(name)))(
    'passes with seed 1 on %s',
    async (protocol) => {
      const plan = await planOf(name, protocol);
      const recording = await record(plan, simSubstrate, { signal: new AbortController().signal });
      const { outcome, sentence, checks, exitCode } = await judge(recording);
      expect(outcome, sentence).toBe('PASS');
      expect(exitCode).toBe(0);
      expect(checks.map(({ check }) => check)).toEqual(namesOf('checker'));
      expect(recording.events.filter(({ type }) => type === 'struck').length).toBeGreaterThan(0);
    },
  );

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
