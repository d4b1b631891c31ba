/**
 * Every planted bug is found by the experiment and the seed that it names, and without it the same run passes. Those that name
 * a test are found there.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../node/io/package-root.ts';
import { bugNamesOf, loadDefect, loadProtocol, namesOf } from './catalog.ts';
import type { Recording } from './contracts/events.ts';
import type { Verdict } from './contracts/verdict.ts';
import { isByExperiment, testOf } from './finders.ts';
import { judge } from './judge.ts';
import { makePlan } from './plan.ts';
import { record } from './run.ts';
import { simSubstrate } from './substrate/sim/index.ts';

const bugs = await Promise.all(
  namesOf('protocol').flatMap((protocol) =>
    bugNamesOf(protocol).map(async (bug) => ({ protocol, bug, ...(await loadDefect(protocol, bug)) })),
  ),
);

/** Protocols under which fewer operations a second are tried of the library. */
const signing = new Set(
  (await Promise.all(namesOf('protocol').map(async (name) => ({ name, ...(await loadProtocol(name)) }))))
    .filter(({ signs }) => signs)
    .map(({ name }) => name),
);

const byExperiment = bugs.flatMap(({ protocol, bug, violates, foundBy }) =>
  isByExperiment(foundBy) ? [{ protocol, bug, violates, ...foundBy }] : [],
);

const byTest = bugs.flatMap(({ protocol, bug, foundBy }) =>
  isByExperiment(foundBy) ? [] : [{ protocol, bug, test: testOf(foundBy) }],
);

/** What a counter-example tells of: an operation of a client, what a replica did, or how long nothing was done, or little. */
const plainWords =
  /Client process \d+|final read|had both applied|by evidence of n\d+|had applied \d+ of \d+|\bn\d+\b.* at \d+\.\d+ s|for \d+\.\d+ s|^From \d+\.\d+ s to \d+\.\d+ s/m;

interface Judged {
  readonly recording: Recording;
  readonly verdict: Verdict;
}

async function judged(experiment: string, seed: number, protocol: string, bug?: string): Promise<Judged> {
  const { capabilities } = simSubstrate;
  const chosen = bug === undefined ? { protocol } : { protocol, bug };
  const plan = await makePlan(experiment, { seed, substrate: 'sim', capabilities, ...chosen });
  const recording = await record(plan, simSubstrate, { signal: new AbortController().signal });
  return { recording, verdict: await judge(recording) };
}

test('there are planted bugs, those among them that every Raft of this lab has to be tried with', () => {
  const names = bugs.filter(({ protocol }) => protocol === 'raft').map(({ bug }) => bug);
  expect(names).toEqual(
    expect.arrayContaining([
      ...['old-term-commit', 'early-read', 'reused-round', 'unflushed-count', 'commit-past-match', 'blind-truncation'],
      ...[
        'kept-log',
        'early-change',
        'joint-union',
        'no-pre-vote',
        'forgotten-sessions',
        'volatile-vote',
        'long-lease',
      ],
    ]),
  );
});

test('and those that every Multi-Paxos of this lab has to be tried with', () => {
  const names = bugs.filter(({ protocol }) => protocol === 'multi-paxos').map(({ bug }) => bug);
  expect(names).toEqual(
    expect.arrayContaining([
      ...['reused-ballot', 'unchecked-accept', 'early-pruning', 'pending-value', 'one-ballot', 'misaligned-merge'],
      ...['acknowledged-gap', 'disjoint-quorums', 'amnesia', 'ignored-lease'],
    ]),
  );
});

describe.each(byExperiment)('$bug of $protocol', ({ protocol, bug, violates, experiment, seed }) => {
  test('is found, and explained in plain words', async () => {
    const { verdict } = await judged(experiment, seed, protocol, bug);
    expect(verdict.outcome, verdict.sentence).toBe(`FAIL (${violates})`);
    const sentences = verdict.checks
      .filter((check) => check.verdict === 'invalid')
      .flatMap(({ evidence }) => evidence.flatMap((each) => each.sentences));
    expect(sentences.length).toBeGreaterThanOrEqual(1);
    expect(sentences.join('\n')).toMatch(plainWords);
  });

  // That all pass with this seed where nothing is signed is shown by `library.test.ts`.
  if (seed === 1 && !signing.has(protocol)) return;
  test('without it, the same run passes', async () => {
    const { verdict } = await judged(experiment, seed, protocol);
    expect(verdict.outcome, verdict.sentence).toBe('PASS');
  });
});

describe.each(byTest)('$bug of $protocol', ({ protocol, test: file }) => {
  test('is found by a test of its protocol, which looks for all that name it', () => {
    expect(file).toMatch(new RegExp(`^node/protocols/${protocol}/.+\\.test\\.ts$`));
    expect(readFileSync(join(packageRoot, file), 'utf8')).toContain(`plantedBugs('${file}')`);
  });
});
