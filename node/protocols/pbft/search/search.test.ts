import { describe, expect, test } from 'vitest';
import { correctRules } from '../rules.ts';
import { explore } from './explore.ts';
import { type Freedom, Model } from './model.ts';
import { type Mutant, mutants } from './mutants.ts';
import { viewCount } from './replica.ts';
import { tell } from './trace.ts';

/** Every primary may be malicious, though only one replica is; and each replica leaves a view whenever it likes. */
const anyPrimary: Freedom = { lyingPrimaries: viewCount, leaves: 'each' };

/** Of three successive primaries one malicious replica is one. That all leave at once is enough for what is wrong. */
const oneMalicious: Freedom = { lyingPrimaries: 1, leaves: 'together' };

const traces = new Map<Mutant, readonly string[]>();

/** How a wrong rule comes to decide two batches. */
function traceOf(mutant: Mutant): readonly string[] {
  const known = traces.get(mutant);
  if (known !== undefined) return known;
  const model = new Model({ ...correctRules, ...mutant.rules }, oneMalicious);
  const lines = tell(model, explore(model).violation ?? []);
  traces.set(mutant, lines);
  return lines;
}

describe('one slot, four replicas and three views, searched exhaustively', () => {
  test('the correct rules decide no two batches, in no state', () => {
    const { states, decisions, violation } = explore(new Model(correctRules, anyPrimary));
    expect(violation).toBeUndefined();
    expect(states).toBe(464_625);
    const ways = ['a batch', 'the null request'].flatMap((what) =>
      ['fast', 'slow'].flatMap((how) => [0, 1, 2].map((view) => `${what}, ${how}, view ${view}`)),
    );
    expect([...decisions].sort()).toEqual(ways.sort());
  });

  test.each(mutants)('$name: $summary Two batches are decided', (mutant) => {
    const decided = traceOf(mutant).filter((line) => line.startsWith('=>'));
    expect(new Set(decided.map((line) => line.split(' ')[1])).size).toBe(2);
  });

  test('how each wrong rule comes to that stands in traces.txt', async () => {
    const texts = mutants.map((mutant) => {
      const lines = traceOf(mutant).map((line) => `  ${line}`);
      return [`${mutant.name}: ${mutant.summary}`, ...lines].join('\n');
    });
    await expect(`${texts.join('\n\n')}\n`).toMatchFileSnapshot('traces.txt');
  });
});
