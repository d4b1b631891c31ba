import { dirname, join, parse, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { thisMachine } from '../../../bench/machine.ts';
import { benchSim, type SimBenchSettings, type SizeResult } from '../../../bench/sim/bench-sim.ts';
import { planOf } from '../../../bench/sim/pace.ts';
import { areaRows, legend, paceRows, reportFiles, type SimBenchResult } from '../../../bench/sim/report.ts';
import type { ReportFile } from '../../../contracts/report.ts';
import { worstExitCode } from '../../../judge.ts';
import { interruptSignal } from '../../interrupt.ts';
import { integer, options } from '../../options.ts';
import { provenance } from '../../provenance.ts';
import { makeRunFolder, requireWritable, writeFiles } from '../../results.ts';
import { columns, print, tell } from '../../terminal.ts';

interface SimFlags {
  readonly nodes: readonly number[];
  readonly experiment: string;
  readonly seed: number;
  readonly duration: number;
  readonly rounds: number;
  readonly budget: number;
  readonly json?: boolean;
  readonly out: string;
  readonly profile?: string;
}

const replicaCount = integer(1, 200);

function replicaCounts(text: string): number[] {
  const counts = text.split(',').map(replicaCount);
  if (new Set(counts).size === counts.length) return counts;
  throw new InvalidArgumentError('names a number twice.');
}

export default function register(bench: Command): void {
  // A flag that `bench` knows too belongs to the command that it stands behind; commander wants that said all the way up.
  for (let at: Command | null = bench; at !== null; at = at.parent) at.enablePositionalOptions();
  bench
    .command('sim')
    .summary('the pace of the simulator, and where its time goes')
    .description(
      'Makes the same run in the simulator again and again at several numbers of replicas, on one core: virtual seconds\n' +
        'per second, runs per minute, and from a CPU profile of further runs where the time goes.',
    )
    .addOption(
      new Option('--nodes <counts>', 'numbers of replicas')
        .argParser(replicaCounts)
        .default([5, 20, 100], '5,20,100')
        .env('SPLITBRAIN_NODES'),
    )
    .option('--experiment <name>', 'of the library, or the path of an experiment file', 'leader-crash')
    .addOption(options.seed().default(1))
    .addOption(options.duration().default(10_000, '10s'))
    .addOption(new Option('--rounds <count>', 'how often to measure each').argParser(integer(1, 1000)).default(5))
    .addOption(
      new Option('--budget <seconds>', 'begin no further round after this time')
        .argParser(integer(1, 86_400))
        .default(30),
    )
    .option('--json', 'print the result as JSON on stdout')
    .option('--profile <file>', 'keep the CPU profiles (.cpuprofile), one for each number of replicas')
    .addOption(options.out())
    .action(sim);
}

async function sim(flags: SimFlags): Promise<void> {
  const startedAt = new Date();
  const { experiment, seed, duration: durationMs, nodes, rounds, out } = flags;
  const settings: SimBenchSettings = { experiment, seed, durationMs, nodes, rounds, budgetMs: flags.budget * 1000 };
  // What cannot be run is refused before anything is written.
  for (const count of nodes) await planOf({ ...settings, nodes: count });
  requireWritable(out);
  if (flags.profile !== undefined) requireWritable(dirname(resolve(flags.profile)));
  tell(`${experiment}, seed ${seed}, ${durationMs / 1000} s of load, with ${nodes.join(', ')} replicas`);
  const profiles: ReportFile[] = [];
  const sizes = await benchSim(settings, {
    signal: interruptSignal('ending the measurement'),
    onProgress: tell,
    onProfile: (count, profile) => {
      if (flags.profile === undefined) return;
      profiles.push({ name: profileName(flags.profile, nodes, count), content: JSON.stringify(profile) });
    },
  });
  const result = { schemaVersion: 1, startedAt: startedAt.toISOString(), ...surroundings(), settings, sizes } as const;
  const folder = makeRunFolder(out, { experimentName: 'bench', protocol: 'sim', seed }, startedAt);
  writeFiles(folder, reportFiles(result));
  if (flags.profile !== undefined) writeFiles(dirname(resolve(flags.profile)), profiles);
  print(flags.json === true ? JSON.stringify(result, null, 2) : tables(sizes));
  tell(`results: ${join(folder, 'bench-sim.md')}`);
  process.exitCode = worstExitCode(sizes.map(({ work }) => work.exitCode));
}

function tables(sizes: readonly SizeResult[]): string {
  return [columns(paceRows(sizes)), legend.join('\n'), columns(areaRows(sizes))].join('\n\n');
}

/** `pace.cpuprofile`; where there are several, `pace-5.cpuprofile` for five replicas. */
function profileName(file: string, nodes: readonly number[], count: number): string {
  const { name, ext } = parse(file);
  return nodes.length === 1 ? `${name}${ext}` : `${name}-${count}${ext}`;
}

function surroundings(): Pick<SimBenchResult, 'machine' | 'version' | 'commit' | 'code'> {
  const { splitbrainVersion, commit } = provenance(new Date(), 0);
  return {
    machine: thisMachine(),
    version: splitbrainVersion,
    commit,
    code: import.meta.url.endsWith('.ts') ? 'TypeScript through tsx' : 'compiled',
  };
}
