import { afterEach, describe, expect, test, vi } from 'vitest';
import type * as catalog from './catalog.ts';
import type { LabEvent } from './contracts/events.ts';
import type { Checker, CheckResult, Outcome, PropertyKind } from './contracts/verdict.ts';
import { exitCode } from './errors.ts';
import { judge, worstExitCode } from './judge.ts';
import { samplePlan, sampleRun, sampleStrike, struck } from './sample-plan.ts';

/** The checkers of the library, as each test wants them. */
const library = vi.hoisted(() => ({ checkers: new Map<string, Checker>() }));

vi.mock('./catalog.ts', async (original) => ({
  ...(await original<typeof catalog>()),
  namesOf: () => [...library.checkers.keys()],
  loadChecker: async (name: string) => library.checkers.get(name),
}));

afterEach(() => library.checkers.clear());

function says(kind: PropertyKind, verdict: CheckResult['verdict']): void {
  const name = `${kind}-${verdict}-${library.checkers.size}`;
  const check = async () => ({ verdict, summary: `${name} said so.`, evidence: [] });
  library.checkers.set(name, { summary: name, kind, check });
}

const judged = (expected: 'pass' | 'violated' = 'pass') => judge(sampleRun({ plan: samplePlan({ expect: expected }) }));

const kinds: readonly PropertyKind[] = ['safety', 'liveness', 'coverage'];

describe('the worst of what the checkers say is the verdict', () => {
  test.each<[Outcome, number, (readonly [PropertyKind, CheckResult['verdict']])[]]>([
    ['PASS', 0, []],
    ['INCONCLUSIVE', 2, [['coverage', 'unknown']]],
    ['INCONCLUSIVE', 2, [['safety', 'unknown']]],
    ['INCONCLUSIVE', 2, [['liveness', 'unknown']]],
    ['FAIL (liveness)', 3, [['liveness', 'invalid']]],
    [
      'FAIL (liveness)',
      3,
      [
        ['coverage', 'unknown'],
        ['liveness', 'invalid'],
        ['safety', 'unknown'],
      ],
    ],
    ['FAIL (safety)', 1, [['safety', 'invalid']]],
    [
      'FAIL (safety)',
      1,
      [
        ['coverage', 'unknown'],
        ['liveness', 'invalid'],
        ['safety', 'invalid'],
      ],
    ],
  ])('%s, %d: %j', async (outcome, code, others) => {
    for (const kind of kinds) says(kind, 'valid');
    for (const [kind, verdict] of others) says(kind, verdict);
    const verdict = await judged();
    expect(verdict).toMatchObject({ outcome, exitCode: code });
    expect(verdict.checks).toHaveLength(3 + others.length);
    expect(verdict.sentence).not.toMatch(/undefined|NaN/);
    // The reason is said: by the first of those that decided.
    const decisive = verdict.checks.find(
      ({ kind, verdict: said }) =>
        (outcome === 'FAIL (safety)' && kind === 'safety' && said === 'invalid') ||
        (outcome === 'FAIL (liveness)' && said === 'invalid') ||
        (outcome === 'INCONCLUSIVE' && said === 'unknown'),
    );
    if (outcome !== 'PASS') expect(verdict.sentence).toContain(decisive?.summary.replace(/\.$/, ''));
  });
});

describe('a violation that is expected', () => {
  test('is the pass', async () => {
    says('safety', 'valid');
    says('safety', 'invalid');
    says('liveness', 'invalid');
    says('coverage', 'unknown');
    expect(await judged('violated')).toMatchObject({ outcome: 'PASS', exitCode: 0 });
  });

  test.each<[PropertyKind, CheckResult['verdict']]>([
    ['safety', 'valid'],
    ['safety', 'unknown'],
    ['liveness', 'invalid'],
  ])('proves nothing where it did not come: %s %s', async (kind, verdict) => {
    says(kind, verdict);
    expect(await judged('violated')).toMatchObject({ outcome: 'INCONCLUSIVE', exitCode: 2 });
  });
});

describe('a checker that breaks says unknown, never valid', () => {
  test.each<[string, () => Promise<never>]>([
    ['throws', () => Promise.reject(new Error('out of memory'))],
    [
      'throws at once',
      () => {
        throw new Error('out of memory');
      },
    ],
  ])('%s', async (_, check) => {
    says('safety', 'valid');
    library.checkers.set('broken', { summary: 'breaks', kind: 'safety', check });
    const verdict = await judged();
    expect(verdict).toMatchObject({ outcome: 'INCONCLUSIVE', exitCode: 2 });
    expect(verdict.checks.find(({ check: name }) => name === 'broken')).toMatchObject({
      verdict: 'unknown',
      kind: 'safety',
      summary: expect.stringContaining('out of memory'),
    });
  });

  test('and does not hide what the others found', async () => {
    library.checkers.set('broken', { summary: 'breaks', kind: 'safety', check: () => Promise.reject(new Error('x')) });
    says('safety', 'invalid');
    expect(await judged()).toMatchObject({ outcome: 'FAIL (safety)', exitCode: 1 });
  });
});

describe('time without a quorum', () => {
  const events = [
    ...struck('s1.1', 1000, 2000, 'crash', ['n1', 'n2']),
    ...['n1', 'n2'].map((node): LabEvent => ({ atMs: 1000, type: 'node-down', node })),
    { atMs: 1900, type: 'node-up', node: 'n2' } as const,
  ].sort((a, b) => a.atMs - b.atMs);
  const judgedOf = (protocol: string, seen: readonly LabEvent[]) => {
    const plan = samplePlan({}, { protocol, strikes: [sampleStrike()] });
    return judge(sampleRun({ plan, events: seen }));
  };

  test('is told, and named in the sentence', async () => {
    const verdict = await judgedOf('raft', events);
    expect(verdict.withoutQuorum).toEqual([{ fromMs: 1000, toMs: 1900 }]);
    expect(verdict.sentence).toContain('at worst besides the time without a quorum.');
    const calm = await judgedOf('raft', []);
    expect(calm.withoutQuorum).toEqual([]);
    expect(calm.sentence).not.toContain('quorum');
  });

  test('of a protocol that is not there any more is not known, which hides nothing else', async () => {
    says('safety', 'invalid');
    expect(await judgedOf('of-yore', events)).toMatchObject({ outcome: 'FAIL (safety)', withoutQuorum: [] });
  });
});

test('the limits reach every checker', async () => {
  const seen: unknown[] = [];
  const limits = { timeMs: 5, maxStates: 6 };
  const check: Checker['check'] = async (_, given) => {
    seen.push(given);
    return { verdict: 'valid', summary: 'Fine.', evidence: [] };
  };
  for (const name of ['a', 'b']) library.checkers.set(name, { summary: name, kind: 'safety', check });
  await judge(sampleRun({}), limits);
  expect(seen).toEqual([limits, limits]);
});

describe('of many runs the worst counts', () => {
  test.each([
    [[], exitCode.ok],
    [[0, 0], exitCode.ok],
    [[0, 2], exitCode.inconclusive],
    [[2, 3, 0], exitCode.liveness],
    [[2, 3, 5, 0], exitCode.environment],
    [[5, 1, 2, 3, 0], exitCode.safety],
  ])('%j: %d', (codes, worst) => {
    expect(worstExitCode(codes)).toBe(worst);
    expect(worstExitCode([...codes].reverse())).toBe(worst);
  });
});
