import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { onlyRun, runsIn, Scratch, splitbrain, textOf } from '../../cli/spawned.ts';
import { InterruptedError } from '../../errors.ts';
import { benchSim } from './bench-sim.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

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
    expect(told.map((line) => line.replace(/(replicas?) [\d.]+/g, '$1 <pace>'))).toEqual([
      'warming up',
      'round 1 of 2, virtual s/s: 3 replicas <pace>, 1 replica <pace>',
      'round 2 of 2, virtual s/s: 3 replicas <pace>, 1 replica <pace>',
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
});

describe.concurrent('the command', () => {
  test('prints the result as JSON, and writes it into a folder of its own', async () => {
    const [out, kept] = [scratch.fresh(), scratch.fresh()];
    const flags = ['--experiment', small, '--duration', '900ms', '--nodes', '3,1', '--rounds', '1', '--seed', '7'];
    const files = ['--out', out, '--profile', join(kept, 'pace.cpuprofile')];
    const { code, stdout, stderr } = await splitbrain(['bench', 'sim', ...flags, ...files, '--json']);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^round 1 of 1, virtual s\/s: 3 replicas [\d.]+, 1 replica [\d.]+$/m);
    for (const name of ['pace-3.cpuprofile', 'pace-1.cpuprofile']) {
      expect(JSON.parse(textOf(kept, name))).toMatchObject({ samples: expect.any(Array) });
    }
    const folder = onlyRun(out);
    expect(folder).toMatch(/\/\d{8}T\d{6}Z-bench-sim-7$/);
    expect(textOf(folder, 'bench-sim.json')).toBe(stdout);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      schemaVersion: 1,
      settings: { seed: 7, nodes: [3, 1], durationMs: 900, rounds: 1 },
    });
    const markdown = textOf(folder, 'bench-sim.md');
    for (const { nodes, work, profile } of result.sizes) {
      expect(markdown).toMatch(new RegExp(`^\\| ${nodes} \\| .* ${work.operations} operations \\| PASS \\|$`, 'm'));
      // Lines of the sources, though what ran was one long line a file.
      const lines = profile.functions.filter(({ file }: { file: string }) => file.endsWith('.ts'));
      expect(lines.filter(({ line }: { line: number }) => line > 1)).not.toEqual([]);
    }
  });

  test.each<[readonly string[], RegExp]>([
    [['--nodes', '5,0'], /wants a whole number from 1 to 200/],
    [['--nodes', '5,5'], /names a number twice/],
    [['--duration', '1s'], /leaves no time for any strike/],
  ])('%j is refused before anything is written', async (args, why) => {
    const out = scratch.fresh();
    const { code, stdout, stderr } = await splitbrain(['bench', 'sim', ...args, '--out', out]);
    expect({ code, stdout }, stderr).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(why);
    expect(existsSync(out)).toBe(false);
  });

  test('interrupted, it ends with 130 and writes nothing', async () => {
    const out = scratch.fresh();
    let sent = false;
    const { code, stdout, stderr } = await splitbrain(
      ['bench', 'sim', '--nodes', '3', '--rounds', '1000', '--out', out],
      {
        onStderr: (text, send) => {
          if (sent || !text.includes('round 1 of 1000')) return;
          sent = true;
          send('SIGINT');
        },
      },
    );
    expect({ code, stdout }, stderr).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/^error: interrupted: /m);
    expect(runsIn(out)).toEqual([]);
  });
});
