/**
 * Plays in which a planted bug does its harm, with a malicious replica that says the right lie at the right moment. Each is
 * played twice: by the wrong rule, and by the correct one, which stands it.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Group, type Letter } from './group-fixture.ts';
import type { PbftDefect, PbftRules } from './rules.ts';
import { certificate, change, commit, first, newView, propose } from './signed-fixture.ts';

/** Whether harm was done. */
type Play = (rules: Partial<PbftRules>) => boolean;

const plays: Readonly<Record<string, Play>> = {
  /**
   * n1 alone has decided a, n3 and n4 have prepared it, and n1 is cut off. n2 leads the next view, and begins it with view
   * changes in their names that tell of nothing; then it puts b where a was.
   */
  'believed-new-view': (rules) => {
    const group = new Group({ rules, absent: ['n2'] });
    group.write('a');
    group.deliver(({ to, msg }) => to === 'n1' || !isCommit(msg));
    for (let time = 0; time < 2; time += 1) group.fire('progress', () => false);
    const own = change('n2', 1);
    const forged = ['n3', 'n4'].map((signer) => ({ ...own, signature: { ...own.signature, signer } }));
    for (const id of ['n3', 'n4']) {
      group.hear(id, 'n2', newView(1, [own, ...forged]), propose(1, 'b', 1), commit('n2', 1, 'b', 1));
    }
    group.deliver(({ to }) => to !== 'n1');
    return new Set([...group.applied.values()].flatMap((texts) => texts.slice(0, 1))).size > 1;
  },

  /** All have prepared a. n4 shows a certificate for it that it has forged; then the others leave, and show good ones. */
  'judged-by-name': (rules) => {
    const group = new Group({ rules, absent: ['n4'] });
    group.write('a');
    group.deliver(({ msg }) => !isCommit(msg));
    const { signatures, ...prepared } = certificate('prepared', 1, 'a');
    const forged = { ...prepared, signatures: signatures.map(({ signer }) => ({ signer, bytes: new Uint8Array(64) })) };
    for (const id of first(3)) group.hear(id, 'n4', change('n4', 1, [{ slot: 1, prepared: forged }]));
    for (let time = 0; time < 2; time += 1) group.fire('progress');
    for (let time = 0; time < 8; time += 1) {
      group.beat(3);
      group.fire('view');
    }
    return group.applied.get('n2')?.includes('a') !== true;
  },
};

function isCommit(msg: Letter['msg']): boolean {
  return msg.type === 'vote' && msg.phase === 'commit';
}

const folder = join(import.meta.dirname, 'defects');

async function load(name: string): Promise<PbftDefect> {
  return ((await import(join(folder, `${name}.ts`))) as { default: PbftDefect }).default;
}

/** The names of those that say that they are found here. */
async function plantedBugs(play: string): Promise<string[]> {
  const names = readdirSync(folder).map((file) => file.replace('.ts', ''));
  const found = await Promise.all(names.map(async (name) => ({ name, foundBy: (await load(name)).foundBy })));
  return found.filter(({ foundBy }) => 'play' in foundBy && foundBy.play === play).map(({ name }) => name);
}

test('there is a play for each planted bug that says so', async () => {
  expect(Object.keys(plays)).toEqual(expect.arrayContaining(await plantedBugs('node/protocols/pbft/plays.test.ts')));
});

describe.each(Object.entries(plays))('the play of %s', (name, play) => {
  test('does harm with that planted bug', async () => {
    expect(play((await load(name)).rules)).toBe(true);
  });

  test('does none with the correct rules', () => {
    expect(play({})).toBe(false);
  });
});
