/** A run in which nothing was proven is not a pass. */
import { describe, expect, test } from 'vitest';
import type { LabEvent } from '../contracts/events.ts';
import type { HistoryEvent } from '../contracts/operations.ts';
import { samplePlan, sampleRun, sampleStrike, struck, successes } from '../sample-plan.ts';
import { clockToleranceMs } from '../strike-effects.ts';
import vacuity from './vacuity.ts';

const limits = { timeMs: 1000, maxStates: 1000 };

const down = (node: string, atMs: number): LabEvent => ({ atMs, type: 'node-down', node });
/** One of each kind, in the middle of a strike from 1 s to 2 s. */
const work = successes([
  ['read', 1500],
  ['write', 1500],
  ['cas', 1500, true],
]);

const judged = (
  events: LabEvent[],
  history: readonly HistoryEvent[] = work,
  strikes = [sampleStrike()],
  experiment: Parameters<typeof samplePlan>[0] = {},
) => vacuity.check(sampleRun({ plan: samplePlan(experiment, { strikes }), history, events }), limits);

const sorted = (...events: LabEvent[]) => events.sort((a, b) => a.atMs - b.atMs);
const bitten = sorted(...struck('s1.1', 1000, 2000), down('n1', 1000));

describe('valid', () => {
  test('every strike was seen to bite, and every kind of operation succeeded meanwhile', async () => {
    expect(await judged(bitten)).toMatchObject({ verdict: 'valid', evidence: [] });
  });

  test('an experiment that strikes nothing has nothing to show', async () => {
    expect(await judged([], [], [])).toMatchObject({ verdict: 'valid' });
  });

  test('one strike that was skipped, where another one of its kind came about', async () => {
    const skipped: LabEvent = {
      atMs: 5000,
      type: 'strike-skipped',
      strike: 's1.2',
      why: 'there was no leader to strike',
    };
    const strikes = [sampleStrike(), sampleStrike({ id: 's1.2' })];
    expect(await judged([...bitten, skipped], work, strikes)).toMatchObject({ verdict: 'valid' });
  });

  test('of several windows any will do for a kind', async () => {
    const events = sorted(...bitten, ...struck('s1.2', 5000, 6000), down('n1', 5000));
    const spread = successes([
      ['read', 1500],
      ['write', 5500],
      ['cas', 5500, true],
    ]);
    expect(await judged(events, spread)).toMatchObject({ verdict: 'valid' });
  });

  test('where no quorum was left the recovery counts as well, for nothing can succeed before', async () => {
    const gone = (backMs: number) =>
      sorted(...struck('s1.1', 1000, 2000, 'crash', ['n1', 'n2']), ...['n1', 'n2'].map((node) => down(node, 1000)), {
        atMs: backMs,
        type: 'node-up',
        node: 'n1',
      });
    const at = (atMs: number) =>
      successes([
        ['read', atMs],
        ['write', atMs],
        ['cas', atMs, true],
      ]);
    const experiment = { limits: { recovery: 1000 } };
    const strikes = [sampleStrike()];
    expect(await judged(gone(2000), at(2900), strikes, experiment)).toMatchObject({ verdict: 'valid' });
    expect(await judged(gone(2000), at(3100), strikes, experiment)).toMatchObject({ verdict: 'unknown' });
    // As long as none is there nothing can succeed, whatever was healed.
    expect(await judged(gone(2500), at(3400), strikes, experiment)).toMatchObject({ verdict: 'valid' });
    expect(await judged(gone(2500), at(3600), strikes, experiment)).toMatchObject({ verdict: 'unknown' });
    // It was there for a part of the strike.
    expect(await judged(gone(1900), at(2900), strikes, experiment)).toMatchObject({ verdict: 'unknown' });
  });

  test('where nothing can be asked under a strike the recovery counts as well', async () => {
    const strikes = [sampleStrike({ outage: true })];
    const later = successes([
      ['read', 2900],
      ['write', 2900],
      ['cas', 2900, true],
    ]);
    expect(await judged(bitten, later, strikes, { limits: { recovery: 1000 } })).toMatchObject({ verdict: 'valid' });
    expect(await judged(bitten, later, strikes, { limits: { recovery: 500 } })).toMatchObject({ verdict: 'unknown' });
    expect(await judged(bitten, later, [sampleStrike()], { limits: { recovery: 1000 } })).toMatchObject({
      verdict: 'unknown',
    });
  });
});

test('a strike is seen to bite before its command by as much as two clocks may differ, not more', async () => {
  const seenAt = (atMs: number) => judged(sorted(...struck('s1.1', 1000, 2000), down('n1', atMs)));
  expect((await seenAt(1000 - clockToleranceMs)).verdict).toBe('valid');
  expect((await seenAt(1000 - clockToleranceMs - 0.1)).verdict).toBe('unknown');
});

describe('unknown', () => {
  test.each<[string, LabEvent[], readonly HistoryEvent[], string]>([
    ['a strike that did not bite', struck('s1.1', 1000, 2000), work, 'Strike s1.1 (crash of n1) was not seen to bite.'],
    [
      'another replica than the target went down',
      sorted(...struck('s1.1', 1000, 2000), down('n2', 1500)),
      work,
      'Strike s1.1 (crash of n1) was not seen to bite.',
    ],
    [
      'the target went down, but not during the strike',
      sorted(...struck('s1.1', 1000, 2000), down('n1', 500), down('n1', 2500)),
      work,
      'Strike s1.1 (crash of n1) was not seen to bite.',
    ],
    [
      'the strike was skipped',
      [{ atMs: 1000, type: 'strike-skipped', strike: 's1.1', why: 'there was no n1 to strike' }],
      work,
      'No strike like s1.1 (crash of n1) came about.',
    ],
    [
      'the strike failed',
      sorted(...struck('s1.1', 1000, 2000).slice(0, 1), down('n1', 1000), {
        atMs: 1001,
        type: 'strike-failed',
        strike: 's1.1',
        error: 'no answer',
      }),
      work,
      'Strike s1.1 failed: no answer.',
    ],
    ['the run was interrupted', [...bitten, { atMs: 9000, type: 'interrupted' }], work, 'The run was interrupted.'],
    [
      'a kind never succeeded',
      bitten,
      successes([
        ['read', 1500],
        ['write', 1500],
        ['cas', 1500, false],
      ]),
      'No cas succeeded under strike s1 (crash of n1) (1.000 s to 2.000 s).',
    ],
    [
      'a kind succeeded only when nothing was struck',
      bitten,
      successes([
        ['read', 1500],
        ['write', 2500],
        ['cas', 1500, true],
      ]),
      'No write succeeded under strike s1 (crash of n1) (1.000 s to 2.000 s).',
    ],
  ])('%s', async (_, events, history, sentence) => {
    const result = await judged(events, history);
    expect(result.verdict).toBe('unknown');
    expect(result.summary).toBe(sentence);
    expect(result.evidence.flatMap(({ sentences }) => sentences)).toEqual([sentence]);
  });

  test('an outcome that nobody knows is no success', async () => {
    const history = work.map((event) => (event.type === 'ok' ? { ...event, type: 'info' as const } : event));
    const { evidence } = await judged(bitten, history);
    expect(evidence.map(({ sentences }) => sentences[0]?.split(' ').slice(0, 2).join(' '))).toEqual([
      'No read',
      'No write',
      'No cas',
    ]);
  });

  test('under a strike that is meant to be brief nothing need succeed, however long its heal took', async () => {
    const idle = successes([['read', 2500]]);
    expect((await judged(bitten, idle, [sampleStrike({ durationMs: 999 })])).verdict).toBe('valid');
    expect((await judged(bitten, idle, [sampleStrike({ durationMs: 1000 })])).verdict).toBe('unknown');
  });

  test('each strike of the experiment counts for itself; one of several repetitions is enough', async () => {
    const strikes = ['s1.1', 's1.2', 's2.1', 's2.2', 's3.4', 's3.5'].map((id) => sampleStrike({ id }));
    const { verdict, evidence } = await judged(bitten, work, strikes);
    expect(verdict).toBe('unknown');
    // The third was shrunk to its later repetitions.
    expect(evidence.map(({ sentences }) => sentences[0])).toEqual([
      'No strike like s2.1 (crash of n1) came about.',
      'No strike like s3.4 (crash of n1) came about.',
    ]);
  });

  test('what another strike did to a link does not count for this one', async () => {
    const cut = (drops: LabEvent[]) => {
      const [first, ...rest] = struck('s1.1', 1000, 2000, 'cut');
      const links = [{ from: 'n1', to: 'n2' }];
      return judged(sorted({ ...first, links } as LabEvent, ...rest, ...drops), work, [sampleStrike({ fault: 'cut' })]);
    };
    const dropped = (strike: string): LabEvent => ({ atMs: 1200, type: 'link-dropped', from: 'n1', to: 'n2', strike });
    expect((await cut([dropped('s1.1')])).verdict).toBe('valid');
    expect((await cut([dropped('s9.1')])).verdict).toBe('unknown');
  });
});
