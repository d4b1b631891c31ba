import { describe, expect, test } from 'vitest';
import { correctRules, type PbftRules } from '../rules.ts';
import { explore } from './explore.ts';
import { type Freedom, Model } from './model.ts';
import { mutants } from './mutants.ts';
import { viewCount } from './replica.ts';
import { tell } from './trace.ts';

/** Every primary may be malicious, though only one replica is; and each replica leaves a view whenever it likes. */
const anyPrimary: Freedom = { lyingPrimaries: viewCount, leaves: 'each' };

/** Of three successive primaries one malicious replica is one. That all leave at once is enough for what is wrong. */
const oneMalicious: Freedom = { lyingPrimaries: 1, leaves: 'together' };

function explained(rules: PbftRules): string[] {
  const model = new Model(rules, oneMalicious);
  return tell(model, explore(model).violation ?? []);
}

describe('one slot, four replicas and three views, searched exhaustively', () => {
  test('the correct rules decide no two batches, in no state', () => {
    const { states, decisions, violation } = explore(new Model(correctRules, anyPrimary));
    expect(violation).toBeUndefined();
    expect(states).toBe(235_518);
    const ways = ['a batch', 'the null request'].flatMap((what) =>
      ['fast', 'slow'].flatMap((how) => [0, 1, 2].map((view) => `${what}, ${how}, view ${view}`)),
    );
    expect([...decisions].sort()).toEqual(ways.sort());
  });

  const traces = new Map<string, string[]>();

  test.each(mutants)('$name: $summary Two batches are decided', ({ name, summary, rules }) => {
    const lines = explained({ ...correctRules, ...rules });
    traces.set(`${name}: ${summary}`, lines);
    const decided = lines.filter((line) => line.startsWith('=>')).map((line) => line.split(' ')[1]);
    expect(new Set(decided).size).toBe(2);
  });

  test('how each wrong rule comes to that stands in traces.txt', async () => {
    const text = [...traces].map(([title, lines]) => [title, ...lines.map((line) => `  ${line}`)].join('\n'));
    await expect(`${text.join('\n\n')}\n`).toMatchFileSnapshot('traces.txt');
  });
});
