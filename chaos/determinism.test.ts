/**
 * The gate of the simulator: the same seed is the same run, byte for byte. Compared are the raw record and the log of
 * all draws, in one process, in two, and compiled; where they differ, the first event that differs is named.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { packageRoot } from '../node/io/package-root.ts';
import { namesOf } from './catalog.ts';
import { compilePackage } from './cli/build-fixture.ts';
import { runsIn, Scratch, splitbrain, textOf } from './cli/spawned.ts';
import type { RandomSource } from './contracts/faults.ts';
import { makePlan } from './plan.ts';
import type * as random from './random.ts';
import { recordingFiles } from './recording-files.ts';
import { record } from './run.ts';
import { simSubstrate } from './substrate/sim/index.ts';

/** Every draw of the run under way, in order; and the one to spoil, to see that the gate would notice. */
const draws = vi.hoisted(() => ({ log: [] as string[], spoil: -1 }));

vi.mock('./random.ts', async (original) => {
  const real = await original<typeof random>();
  const logged = (purpose: string, what: string, value: unknown) => {
    draws.log.push(`${purpose} ${what} ${value}`);
  };
  return {
    ...real,
    randomFor: (seed: number, purpose: string): RandomSource => {
      const source = real.randomFor(seed, purpose);
      return {
        ...source,
        between: (min, max) => {
          const drawn = source.between(min, max);
          const value = draws.log.length === draws.spoil ? (min + drawn) / 2 : drawn;
          logged(purpose, 'between', value);
          return value;
        },
        chance: (probability) => {
          const value = source.chance(probability);
          logged(purpose, 'chance', value);
          return value;
        },
        integer: (min, max) => {
          const value = source.integer(min, max);
          logged(purpose, 'integer', value);
          return value;
        },
      };
    },
  };
});

interface Run {
  readonly draws: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

/** Runs in this process. */
async function runHere(experiment: string, seed: number, spoil = -1): Promise<Run> {
  draws.log = [];
  draws.spoil = spoil;
  const { capabilities } = simSubstrate;
  const plan = await makePlan(experiment, { seed, substrate: 'sim', capabilities, durationMs: 14_000 });
  const recording = await record(plan, simSubstrate, { signal: new AbortController().signal });
  const files = recordingFiles(recording).map(({ name, content }) => [name, content] as const);
  return { draws: draws.log, files: Object.fromEntries(files) };
}

/** Where two lists first differ, in words; null where they are equal. */
function firstDifference(what: string, a: readonly string[], b: readonly string[]): string | null {
  const at = a.findIndex((line, index) => line !== b[index]);
  if (at === -1 && a.length === b.length) return null;
  const index = at === -1 ? a.length : at;
  return `${what} ${index + 1} differs: ${a[index] ?? 'nothing'} <> ${b[index] ?? 'nothing'}`;
}

/** The first event, operation or draw that differs between two runs; null where there is none. */
function difference(a: Run, b: Run): string | null {
  for (const name of ['events.jsonl', 'history.jsonl', 'schedule.json']) {
    const found = firstDifference(`${name}: line`, a.files[name]?.split('\n') ?? [], b.files[name]?.split('\n') ?? []);
    if (found !== null) return found;
  }
  return firstDifference('draw', a.draws, b.draws);
}

/** Those that differ most in what they do: crashes, cuts, delays, events that set strikes off. */
const some = ['rolling-failures', 'split-brain', 'slow-links', 'figure-8', 'one-way-partition', 'rejoin'];
const eventful = some.filter((name) => name !== 'rejoin');

describe('in one process', () => {
  test.each(eventful)('%s is the same twice', async (experiment) => {
    const [first, second] = [await runHere(experiment, 11), await runHere(experiment, 11)];
    expect(difference(first, second)).toBeNull();
    expect(first.draws.length).toBeGreaterThan(5000);
    expect(first.files['history.jsonl']?.length).toBeGreaterThan(10_000);
  });

  test('another seed is another run', async () => {
    const [first, second] = [await runHere('rolling-failures', 11), await runHere('rolling-failures', 12)];
    expect(difference(first, second)).toMatch(/^events\.jsonl: line \d+ differs: /);
    expect(first.files['history.jsonl']).not.toBe(second.files['history.jsonl']);
    expect(first.draws).not.toEqual(second.draws);
  });

  test('two runs at the same time do not disturb each other', async () => {
    const alone = [await runHere('split-brain', 5), await runHere('slow-links', 6)];
    const together = await Promise.all([runHere('split-brain', 5), runHere('slow-links', 6)]);
    for (const [at, run] of together.entries()) expect(run.files).toEqual(alone[at]?.files);
  });

  test('a single draw that differs is noticed, and the first event that it changed is named', async () => {
    const clean = await runHere('split-brain', 11);
    const spoilt = clean.draws.findIndex(
      (draw, at) => at > 4000 && draw.startsWith('network/n') && draw.includes('between'),
    );
    const found = difference(clean, await runHere('split-brain', 11, spoilt)) ?? '';
    const [, line = '', was = '', is = ''] = /^events\.jsonl: line (\d+) differs: (.+) <> (.+)$/.exec(found) ?? [];
    expect(Number(line)).toBeGreaterThan(1);
    expect(JSON.parse(was)).not.toEqual(JSON.parse(is));
    expect(clean.files['events.jsonl']?.split('\n')[Number(line) - 1]).toBe(was);
  });
});

describe('across processes', () => {
  const scratch = new Scratch();
  const cache = join(packageRoot, 'node_modules', '.cache');
  let compiledRoot = '';
  afterAll(() => {
    scratch.remove();
    if (compiledRoot !== '') rmSync(compiledRoot, { recursive: true, force: true });
  });

  /** A package as it is installed, compiled and without sources, where its dependencies are found. */
  beforeAll(() => {
    mkdirSync(cache, { recursive: true });
    compiledRoot = mkdtempSync(join(cache, 'splitbrain-determinism-'));
    compilePackage(join(compiledRoot, 'dist'));
    const { files } = JSON.parse(textOf(packageRoot, 'package.json')) as { files: string[] };
    for (const part of ['package.json', ...files.filter((file) => file !== 'dist' && !file.includes('*'))]) {
      cpSync(join(packageRoot, part), join(compiledRoot, part), { recursive: true });
    }
  });

  const runsOf = async (main?: string) => {
    const out = scratch.fresh();
    const options = main === undefined ? {} : { main };
    const args = ['run', ...some, '--seed', '11', '--out', out, '--reporter', 'result'];
    const { code, stderr } = await splitbrain(args, options);
    expect(code, stderr).toBe(0);
    const byName = new Map<string, Record<string, string>>();
    for (const folder of runsIn(out)) {
      const name = basename(folder).replace(/^\d+T\d+Z-|-raft-11$/g, '');
      const files = ['events.jsonl', 'history.jsonl', 'schedule.json'].map((file) => [file, textOf(folder, file)]);
      byName.set(name, Object.fromEntries(files));
    }
    return byName;
  };

  test('sources twice, and compiled: the same', async () => {
    const compiled = join(compiledRoot, 'dist', 'chaos', 'cli', 'main.js');
    const [first, second, third] = await Promise.all([runsOf(), runsOf(), runsOf(compiled)]);
    expect([...first.keys()].sort()).toEqual([...some].sort());
    for (const [name, files] of first) {
      for (const other of [second, third]) {
        const found = difference({ draws: [], files }, { draws: [], files: other.get(name) ?? {} });
        expect(found, name).toBeNull();
      }
    }
  });

  test('the compiled package finds the same parts', async () => {
    const compiled = join(compiledRoot, 'dist', 'chaos', 'cli', 'main.js');
    const { stdout, code } = await splitbrain(['list', '--json', '--out', scratch.fresh()], { main: compiled });
    expect(code).toBe(0);
    const listed = JSON.parse(stdout) as Record<string, { name: string }[]>;
    for (const kind of ['experiment', 'fault', 'target', 'checker', 'reporter', 'workload', 'protocol'] as const) {
      expect(listed[`${kind}s`]?.map(({ name }) => name)).toEqual(namesOf(kind));
    }
  });
});
