import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { correctRules, type PbftDefect } from '../rules.ts';
import { explore } from './explore.ts';
import { type Freedom, Model } from './model.ts';
import { viewCount } from './replica.ts';
import { tell } from './trace.ts';

/** Every primary may be malicious, though only one replica is; and each replica leaves a view whenever it likes. */
const anyPrimary: Freedom = { lyingPrimaries: viewCount, leaves: 'each' };

/** Of three successive primaries one malicious replica is one. That all leave at once is enough for what is wrong. */
const oneMalicious: Freedom = { lyingPrimaries: 1, leaves: 'together' };

/** The planted bugs that say that they are found here: wrong rules of the fast path and of the view change. */
const defects = await plantedBugs('node/protocols/pbft/search/search.test.ts');

interface Named extends PbftDefect {
  readonly name: string;
}

async function plantedBugs(search: string): Promise<Named[]> {
  const folder = join(import.meta.dirname, '..', 'defects');
  const all = readdirSync(folder).map(async (file) => {
    const { default: defect } = (await import(join(folder, file))) as { default: PbftDefect };
    return { ...defect, name: file.replace('.ts', '') };
  });
  return (await Promise.all(all)).filter(({ foundBy }) => 'search' in foundBy && foundBy.search === search);
}

const traces = new Map<string, readonly string[]>();

/** How a wrong rule comes to decide two batches. */
function traceOf({ name, rules }: Named): readonly string[] {
  const known = traces.get(name);
  if (known !== undefined) return known;
  const model = new Model({ ...correctRules, ...rules }, oneMalicious);
  const lines = tell(model, explore(model).violation ?? []);
  traces.set(name, lines);
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

  test('nor do they with the freedom in which the wrong rules are tried', () => {
    expect(explore(new Model(correctRules, oneMalicious)).violation).toBeUndefined();
  });

  test('twelve planted bugs are looked for here', () => {
    expect(defects).toHaveLength(12);
  });

  test.each(defects)('$name: $summary Two batches are decided', (defect) => {
    const decided = traceOf(defect).filter((line) => line.startsWith('=>'));
    expect(new Set(decided.map((line) => line.split(' ')[1])).size).toBe(2);
  });

  test('how each wrong rule comes to that stands in traces.txt', async () => {
    const texts = defects.map((defect) => {
      const lines = traceOf(defect).map((line) => `  ${line}`);
      return [`${defect.name}: ${defect.summary}`, ...lines].join('\n');
    });
    await expect(`${texts.join('\n\n')}\n`).toMatchFileSnapshot('traces.txt');
  });
});
