import { afterAll, describe, expect, test } from 'vitest';
import { bugNamesOf, loadDefect, namesOf } from '../catalog.ts';
import { exitCode } from '../errors.ts';
import { onlyRun, Scratch, splitbrain, textOf } from './spawned.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const bugs = await Promise.all(
  namesOf('protocol').flatMap((protocol) =>
    bugNamesOf(protocol).map(async (bug) => {
      const { foundBy, violates } = await loadDefect(protocol, bug);
      return { protocol, bug, violates, ...foundBy };
    }),
  ),
);

/** What a counter-example tells of: an operation of a client, or what a replica did. */
const plainWords = /Client process \d+|final read|\bn\d+\b.* at \d+\.\d+ s/;

test('there are planted bugs', () => {
  expect(bugs.length).toBeGreaterThanOrEqual(3);
});

describe.concurrent.each(bugs)('$bug of $protocol', ({ protocol, bug, violates, experiment, seed }) => {
  const foundCode = violates === 'safety' ? exitCode.safety : exitCode.liveness;
  const command = ['run', experiment, '--protocol', protocol, '--seed', String(seed)];

  test('is found, and explained in plain words', async () => {
    const out = scratch.fresh();
    const { code, stderr } = await splitbrain([...command, '--bug', bug, '--out', out]);
    expect(code, stderr).toBe(foundCode);
    expect(stderr).toContain(`✖ FAIL (${violates})`);
    const summary = textOf(onlyRun(out), 'summary.md');
    const [, evidence = ''] = /## What contradicts\n([\s\S]*?)\n## /.exec(summary) ?? [];
    const sentences = evidence.match(/^\d+\. .+$/gm) ?? [];
    expect(sentences.length).toBeGreaterThanOrEqual(2);
    expect(evidence).toMatch(plainWords);
    expect(summary).toContain(`--bug ${bug}`);
    expect(textOf(onlyRun(out), 'junit.xml')).toMatch(/<failure[ >]/);
    // Judged again from the record alone, it is still there.
    expect((await splitbrain(['check', onlyRun(out)])).code).toBe(foundCode);
  });

  test('without it, the same run passes', async () => {
    const { code, stderr } = await splitbrain([...command, '--out', scratch.fresh()]);
    expect(code, stderr).toBe(0);
  });
});
