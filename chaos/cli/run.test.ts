import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Finder } from '../../node/contract/defect.ts';
import { engineNames } from '../../node/io/engines.ts';
import { packageRoot } from '../../node/io/package-root.ts';
import { namesOf } from '../catalog.ts';
import type { Plan } from '../contracts/plan.ts';
import { isByExperiment, testOf } from '../finders.ts';
import { mainFile, onlyRun, runsIn, Scratch, splitbrain, textOf } from './spawned.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const rawFiles = ['events.jsonl', 'history.jsonl', 'schedule.json'];
const allFiles = [
  ...rawFiles,
  'evidence.json',
  'junit.xml',
  'metrics.json',
  'report.html',
  'result.json',
  'summary.md',
].sort();
const quick = ['leader-crash', '--seed', '1', '--duration', '8s'];

describe.concurrent('all experiments, in a short time', () => {
  test('leave out those that have no time for a strike, or need more than the protocol can do, and say which', async () => {
    const { code, stdout, stderr } = await splitbrain([
      'run',
      '--all',
      '--dry-run',
      '--seed',
      '1',
      '--duration',
      '20s',
    ]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^long-run is left out: a run of 20 s leaves no time for any strike of this experiment$/m);
    expect(stderr).toMatch(
      /^amnesia is left out: the fault "amnesia" needs a protocol that can .*, and "raft" cannot$/m,
    );
    const planned = (JSON.parse(stdout) as Plan[]).map(({ experimentName }) => experimentName);
    expect(stderr).toMatch(
      /^lying-successor is left out: the malicious behaviour "drop-reports" forges what "raft" has not/m,
    );
    const leftOut = ['long-run', 'amnesia', 'lying-successor'];
    expect(planned).toEqual(namesOf('experiment').filter((name) => !leftOut.includes(name)));
  });

  test.each(['run', 'soak'])('%s: are no pass where that is all of them', async (command) => {
    const { code, stderr } = await splitbrain([command, '--all', '--seed', '1', '--duration', '100ms']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: every experiment was left out, and nothing is left to run$/m);
  });
});

describe.concurrent('run', () => {
  test('prints the seed first, passes, and leaves every file of the results', async () => {
    const out = scratch.fresh();
    const { code, stdout, stderr } = await splitbrain(['run', ...quick, '--out', out]);
    expect(stderr.split('\n')[0]).toBe('seed 1');
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toContain('✔ PASS  leader-crash  seed 1: ');
    const folder = onlyRun(out);
    expect(basename(folder)).toMatch(/^\d{8}T\d{6}Z-leader-crash-raft-1$/);
    expect(readdirSync(folder).sort()).toEqual(allFiles);
    expect(readlinkSync(join(out, 'latest'))).toBe(basename(folder));
    const result = JSON.parse(textOf(folder, 'result.json'));
    expect(result).toMatchObject({
      schemaVersion: 1,
      outcome: 'PASS',
      exitCode: 0,
      plan: { seed: 1, durationMs: 8000 },
    });
    expect(textOf(folder, 'junit.xml')).toMatch(/<testsuites.*failures="0" errors="0"/s);
    expect(textOf(folder, 'report.html')).toMatch(/^<!doctype html>.*PASS/is);
    expect(textOf(folder, 'summary.md')).toMatch(/^# PASS: /);
  });

  test('without a seed draws one, and says which, so that the run can be made again', async () => {
    const out = scratch.fresh();
    const first = await splitbrain(['run', 'leader-crash', '--duration', '9s', '--out', out]);
    const seed = /^seed (\d+)\n/.exec(first.stderr)?.[1] ?? '';
    expect(first.code, first.stderr).toBe(0);
    expect(basename(onlyRun(out))).toMatch(new RegExp(`-${seed}$`));
    const again = scratch.fresh();
    await splitbrain(['run', 'leader-crash', '--duration', '9s', '--seed', seed, '--out', again]);
    for (const file of rawFiles) expect(textOf(onlyRun(again), file)).toBe(textOf(onlyRun(out), file));
  });

  test('--json prints one line a run, and nothing else, on stdout', async () => {
    const out = scratch.fresh();
    const { code, stdout, stderr } = await splitbrain(['run', ...quick, '--json', '--repeat', '2', '--out', out]);
    expect(code, stderr).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      runsIn(out).map((folder, at) => ({
        experiment: 'leader-crash',
        seed: at + 1,
        outcome: 'PASS',
        sentence: expect.stringContaining('No acknowledged write was lost'),
        folder,
      })),
    );
    expect(stderr).toContain('2 of 2 passed');
  });

  test('--dry-run prints the plans, runs nothing and writes nothing', async () => {
    const out = scratch.fresh();
    const flags = ['--dry-run', '--seed', '3', '--repeat', '2', '--nodes', '7', '--rate', '12.5', '--out', out];
    const { code, stdout, stderr } = await splitbrain(['run', 'leader-crash', 'rejoin', ...flags]);
    expect(code, stderr).toBe(0);
    expect(stderr).toBe('seed 3\n');
    const plans = JSON.parse(stdout) as Plan[];
    expect(plans.map(({ experimentName, seed }) => [experimentName, seed])).toEqual([
      ['leader-crash', 3],
      ['rejoin', 3],
      ['leader-crash', 4],
      ['rejoin', 4],
    ]);
    for (const plan of plans) {
      expect(plan.nodes).toHaveLength(7);
      expect(plan.experiment.load.rate).toBe(12.5);
      expect(plan.strikes).not.toEqual([]);
    }
    expect(existsSync(out)).toBe(false);
  });

  test('--reporter writes the raw record and only those reports', async () => {
    const out = scratch.fresh();
    const { code, stderr } = await splitbrain(['run', ...quick, '--out', out, '--reporter', 'result', 'junit']);
    expect(code, stderr).toBe(0);
    expect(readdirSync(onlyRun(out)).sort()).toEqual(['junit.xml', 'result.json', ...rawFiles].sort());
    expect(stderr).not.toContain('report.html');
  });

  test('an experiment from a file, with the folder of the results where it is called', async () => {
    const file = scratch.write(
      'mine.yml',
      'question: Does it pause?\nwhy: To see.\nnodes: 3\nduration: 6s\n' +
        'strikes: [{ fault: pause, target: n2, at: 1s, for: 2s }]\n',
    );
    const { code, stderr } = await splitbrain(['run', file, '--seed', '1'], { cwd: scratch.path });
    expect(code, stderr).toBe(0);
    const folder = onlyRun(join(scratch.path, 'results'));
    expect(basename(folder)).toMatch(/-mine-raft-1$/);
    expect(textOf(folder, 'events.jsonl')).toContain('"type":"node-paused"');
  });

  test('the environment sets what no flag sets', async () => {
    const env = {
      SPLITBRAIN_SEED: '5',
      SPLITBRAIN_NODES: '3',
      SPLITBRAIN_DURATION: '9s',
      SPLITBRAIN_OUT: scratch.path,
    };
    const { code, stdout, stderr } = await splitbrain(['run', 'leader-crash', '--dry-run', '--nodes', '7'], { env });
    expect(code, stderr).toBe(0);
    expect(stderr).toBe('seed 5\n');
    const [plan] = JSON.parse(stdout) as Plan[];
    expect(plan).toMatchObject({ seed: 5, durationMs: 9000, nodes: { length: 7 } });
  });

  test('under GitHub Actions a failure is an annotation, and the summary is that of the job', async () => {
    const file = scratch.write('summary-of-the-job.md', 'before\n');
    // Too short for anything to be proven.
    const harmless = scratch.write('idle.yml', 'question: Nothing?\nwhy: To see.\nduration: 2ms\n');
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file };
    const { code, stderr } = await splitbrain(['run', harmless, '--seed', '1', '--out', scratch.fresh()], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^::error title=idle seed 1::INCONCLUSIVE: /m);
    expect(textOf(file)).toMatch(/^before\n# INCONCLUSIVE: /);
  });

  test('the raw record of the same run in the same second is kept apart', async () => {
    const out = scratch.fresh();
    const args = ['run', ...quick, '--duration', '6s', '--reporter', 'result', '--out', out];
    const ended = await Promise.all([splitbrain(args), splitbrain(args), splitbrain(args)]);
    for (const { code, stderr } of ended) expect(code, stderr).toBe(0);
    expect(runsIn(out)).toHaveLength(3);
    for (const folder of runsIn(out)) expect(readdirSync(folder).sort()).toEqual(['result.json', ...rawFiles].sort());
  });

  test('a reader that has gone away is no failure', async () => {
    const { code, stderr } = await splitbrain([], { main: closedPipe() });
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('EPIPE');
  });

  /** A script that runs the command with a stdout whose reader goes away at once. */
  function closedPipe(): string {
    return scratch.write(
      'closed-pipe.mjs',
      `import { spawn } from 'node:child_process';
       const args = ${JSON.stringify(['run', '--all', '--dry-run', '--seed', '1', '--repeat', '10'])};
       const child = spawn(process.execPath, [${JSON.stringify(mainFile)}, ...args], {
         stdio: ['ignore', 'pipe', 'inherit'],
       });
       child.stdout.destroy();
       child.on('close', (code, signal) => { process.exitCode = code ?? signal; });`,
    );
  }
});

describe.concurrent('list', () => {
  test('--json names everything that there is', async () => {
    const { code, stdout, stderr } = await splitbrain(['list', '--json', '--out', scratch.fresh()]);
    expect(code, stderr).toBe(0);
    expect(stderr).toBe('');
    const listed = JSON.parse(stdout) as Record<string, { name: string; summary: string; foundBy?: unknown }[]>;
    const namesIn = (kind: string) => listed[kind]?.map(({ name }) => name);
    for (const kind of ['experiment', 'protocol', 'fault', 'target', 'workload', 'checker', 'reporter'] as const) {
      expect(namesIn(`${kind}s`)).toEqual(namesOf(kind));
    }
    expect(namesIn('systems')).toEqual(['replica']);
    expect(namesIn('storages')).toEqual(engineNames());
    expect(listed['runs']).toEqual([]);
    for (const bug of listed['bugs'] ?? []) {
      const foundBy = bug.foundBy as Finder;
      if (isByExperiment(foundBy)) expect(namesOf('experiment')).toContain(foundBy.experiment);
      else expect(existsSync(join(packageRoot, testOf(foundBy)))).toBe(true);
    }
    expect(listed['bugs']?.length).toBeGreaterThan(0);
    for (const [kind, items] of Object.entries(listed)) {
      for (const { summary } of items) expect(summary, kind).not.toBe('');
    }
  });

  test('one kind, for people: a planted bug comes with the command that finds it', async () => {
    const { code, stdout } = await splitbrain(['list', 'bugs']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^bugs:\n {2}\S+ +\S/);
    expect(stdout).toMatch(/found by: npx splitbrain run \S+ --seed \d+ --bug \S+$/m);
    expect(stdout).toMatch(/found by an exhaustive search, and no experiment: npx vitest run \S+\.test\.ts$/m);
    expect(stdout).not.toContain('experiments:');
  });

  test('protocols: with what each can do', async () => {
    const { code, stdout } = await splitbrain(['list', 'protocols']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^ {2}raft +Raft: .*\n {4}5 replicas \(or any other number\) tolerate 2 crashed\n {4}can: change the members of its group; hand over the lead; answer/m,
    );
  });
});

describe.concurrent('help', () => {
  test.each(['run', 'list', 'replay', 'check', 'report', 'soak'])('%s --help', async (command) => {
    const { code, stdout, stderr } = await splitbrain([command, '--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(new RegExp(`^Usage: splitbrain ${command} \\[options\\]`));
    expect(stdout).toContain('--help');
  });

  test('without a command explains itself, names each command and the exit codes', async () => {
    const bare = await splitbrain([]);
    expect(bare.code).toBe(4);
    expect(bare.stderr).not.toMatch(/^\s+at /m);
    const { code, stdout } = await splitbrain(['--help']);
    expect(code).toBe(0);
    for (const command of ['run', 'list', 'replay', 'check', 'report', 'soak']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    }
    expect(stdout).toContain('130 interrupted');
    expect(bare.stderr).toBe(stdout);
  });

  test('--version is that of the package', async () => {
    const { code, stdout } = await splitbrain(['--version']);
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(JSON.parse(textOf(packageRoot, 'package.json')).version);
  });
});
