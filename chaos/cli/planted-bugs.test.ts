import { afterAll, describe, expect, test } from 'vitest';
import { loadDefect } from '../catalog.ts';
import { exitCode } from '../errors.ts';
import { isByExperiment } from '../finders.ts';
import { onlyRun, Scratch, splitbrain, textOf } from './spawned.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

/** One of them, as a person sees it; all of them: `chaos/planted-bugs.test.ts`. */
const bug = 'stale-read';
const { foundBy } = await loadDefect('raft', bug);
if (!isByExperiment(foundBy)) throw new Error(`${bug} is found by no experiment`);
const { experiment, seed } = foundBy;

/** What a counter-example tells of: an operation of a client, or what a replica did. */
const plainWords = /Client process \d+|final read|\bn\d+\b.* at \d+\.\d+ s/;

describe.concurrent('a planted bug', () => {
  const command = ['run', experiment, '--protocol', 'raft', '--seed', String(seed)];

  test('is found, and explained in plain words', async () => {
    const out = scratch.fresh();
    const { code, stderr } = await splitbrain([...command, '--bug', bug, '--out', out]);
    expect(code, stderr).toBe(exitCode.safety);
    expect(stderr).toContain('✖ FAIL (safety)');
    const summary = textOf(onlyRun(out), 'summary.md');
    const [, evidence = ''] = /## What contradicts\n([\s\S]*?)\n## /.exec(summary) ?? [];
    const sentences = evidence.match(/^\d+\. .+$/gm) ?? [];
    expect(sentences.length).toBeGreaterThanOrEqual(2);
    expect(evidence).toMatch(plainWords);
    expect(summary).toContain(`--bug ${bug}`);
    expect(textOf(onlyRun(out), 'junit.xml')).toMatch(/<failure[ >]/);
    // Judged again from the record alone, it is still there.
    expect((await splitbrain(['check', onlyRun(out)])).code).toBe(exitCode.safety);
  });

  test('without it, the same run passes', async () => {
    const { code, stderr } = await splitbrain([...command, '--out', scratch.fresh()]);
    expect(code, stderr).toBe(0);
  });
});
