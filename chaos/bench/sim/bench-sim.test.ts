import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import register from '../../cli/commands/bench/sim.ts';
import { onlyRun, Scratch, textOf } from '../../cli/spawned.ts';
import { InterruptedError, UsageError } from '../../errors.ts';
import { benchSim, spreadOf } from './bench-sim.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  // The command listens for Ctrl-C until its process ends; this one goes on.
  for (const event of ['SIGINT', 'SIGTERM'] as const) {
    for (const listener of process.listeners(event))
      if (!listeners[event].includes(listener)) process.off(event, listener);
  }
});

const listeners = { SIGINT: process.listeners('SIGINT'), SIGTERM: process.listeners('SIGTERM') };
const small = scratch.write('small.yml', 'question: Is it quick?\nwhy: To see.\nload: { rate: 60 }\n');
const settings = { experiment: small, seed: 1, nodes: [3, 1], durationMs: 900, rounds: 2, budgetMs: 60_000 };
const { signal } = new AbortController();

describe('the figures', () => {
  test('each size is measured in each round, and profiled apart', async () => {
    const told: string[] = [];
    const profiled: number[] = [];
    const sizes = await benchSim(settings, {
      signal,
      onProgress: (line) => told.push(line),
      onProfile: (nodes, profile) => profiled.push(nodes, profile.nodes.length),
    });
    expect(sizes.map(({ nodes, rounds }) => [nodes, rounds.length])).toEqual([
      [3, 2],
      [1, 2],
    ]);
    expect(told.map((line) => line.replace(/replicas [\d.]+/g, 'replicas <pace>'))).toEqual([
      'warming up',
      'round 1 of 2, virtual s/s: 3 replicas <pace>, 1 replicas <pace>',
      'round 2 of 2, virtual s/s: 3 replicas <pace>, 1 replicas <pace>',
      'profiling',
    ]);
    expect(profiled).toEqual([3, expect.any(Number), 1, expect.any(Number)]);
    for (const { work, rounds, ...size } of sizes) {
      expect(work).toMatchObject({ outcome: 'PASS', exitCode: 0 });
      expect(work.virtualMs).toBeGreaterThanOrEqual(900);
      expect(work.clockEvents).toBeGreaterThan(work.operations);
      // The figures are those of the rounds.
      const paces = rounds.map(({ recordMs }) => work.virtualMs / recordMs);
      expect(size.virtualPerSecond.min).toBe(Math.min(...paces));
      expect(size.virtualPerSecond.max).toBe(Math.max(...paces));
      expect(size.virtualPerSecondJudged.median).toBeLessThan(size.virtualPerSecond.median);
      expect(size.profile.areas.map(({ area }) => area)).toContain('protocol');
    }
  });

  test('no round begins when the time is up, and the first one always does', async () => {
    const told: string[] = [];
    const onProgress = (line: string) => void told.push(line);
    const [size] = await benchSim({ ...settings, nodes: [1], rounds: 5, budgetMs: 0 }, { signal, onProgress });
    expect(size?.rounds).toHaveLength(1);
    expect(told).toContain('the time is up: 1 of 5 rounds were made');
  });

  test('interrupted, there is nothing to report', async () => {
    const options = { signal: AbortSignal.abort(), onProgress: () => {} };
    await expect(benchSim(settings, options)).rejects.toThrow(InterruptedError);
  });

  test('the middle of several', () => {
    expect(spreadOf([3])).toEqual({ median: 3, min: 3, max: 3 });
    expect(spreadOf([9, 1, 2])).toEqual({ median: 2, min: 1, max: 9 });
    expect(spreadOf([4, 1, 2, 9])).toEqual({ median: 3, min: 1, max: 9 });
  });
});

describe('the command', () => {
  /** `bench` knows some of the flags too, as the benchmark of real clusters does. */
  function program(): Command {
    const quiet = { writeErr: () => {}, writeOut: () => {} };
    const root = new Command('splitbrain').exitOverride().configureOutput(quiet);
    const bench = root.command('bench').option('--nodes <count>').option('--json').option('--out <folder>');
    register(bench.action(() => expect.unreachable()));
    return root;
  }

  const run = (...args: string[]) => program().parseAsync(['bench', 'sim', ...args], { from: 'user' });

  test('prints the result as JSON, and writes it into a folder of its own', async () => {
    const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const out = scratch.fresh();
    const kept = scratch.fresh();
    const flags = ['--experiment', small, '--duration', '900ms', '--nodes', '3,1', '--rounds', '1', '--seed', '7'];
    await run(...flags, '--json', '--out', out, '--profile', join(kept, 'pace.cpuprofile'));
    expect(process.exitCode).toBe(0);
    const text = printed.mock.calls.map(([chunk]) => String(chunk)).join('');
    printed.mockRestore();
    for (const name of ['pace-3.cpuprofile', 'pace-1.cpuprofile']) {
      expect(JSON.parse(textOf(kept, name))).toMatchObject({ samples: expect.any(Array) });
    }
    const folder = onlyRun(out);
    expect(folder).toMatch(/\/\d{8}T\d{6}Z-bench-sim-7$/);
    expect(textOf(folder, 'bench-sim.json')).toBe(text);
    const result = JSON.parse(text);
    expect(result).toMatchObject({
      schemaVersion: 1,
      settings: { seed: 7, nodes: [3, 1], durationMs: 900, rounds: 1 },
    });
    const markdown = textOf(folder, 'bench-sim.md');
    for (const { nodes, work } of result.sizes) {
      expect(markdown).toMatch(new RegExp(`^\\| ${nodes} \\| .* ${work.operations} operations \\| PASS \\|$`, 'm'));
    }
  });

  test.each([
    [['--nodes', '5,0'], /wants a whole number from 1 to 200/],
    [['--nodes', '5,,7'], /wants a whole number/],
    [['--nodes', '5,5'], /names a number twice/],
    [['--rounds', '0'], /wants a whole number from 1/],
    [['--budget', 'long'], /wants a whole number from 1/],
  ])('%j is refused', async (args, why) => {
    const refused = run(...args);
    await expect(refused).rejects.toThrow(CommanderError);
    await expect(refused).rejects.toThrow(why);
  });

  test.each([
    [['--experiment', 'leader-crsh'], /Did you mean "leader-crash"/],
    [['--experiment', 'leader-crash', '--duration', '1s'], /leaves no time for any strike/],
  ])('%j is refused before anything is written', async (args, why) => {
    const out = scratch.fresh();
    const refused = run(...args, '--out', out);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(why);
    expect(existsSync(out)).toBe(false);
  });
});
