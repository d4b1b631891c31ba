import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { rehearsalFactor, rehearsalsOf, runBench } from '../../bench/bench.ts';
import { isMet, peerNames } from '../../bench/contests.ts';
import type { BenchPlan, BenchResult } from '../../bench/contracts.ts';
import { type BenchChoices, benchPlan } from '../../bench/plan.ts';
import { benchReports, costLines, ratioLines, tableLines, verdictLines } from '../../bench/reports/bench-reports.ts';
import { findEtcd } from '../../bench/systems/etcd-binary.ts';
import { startSystem } from '../../bench/systems.ts';
import { exitCode, InterruptedError } from '../../errors.ts';
import { worstExitCode } from '../../judge.ts';
import { drawSeed } from '../../random.ts';
import { BenchProgress } from '../bench-progress.ts';
import { interruptSignal } from '../interrupt.ts';
import { durationMs, integer, options } from '../options.ts';
import { makeRunFolder, requireWritable, writeFiles } from '../results.ts';
import { commandLine, print, tell } from '../terminal.ts';
import registerSim from './bench/sim.ts';

interface BenchFlags {
  readonly on: 'local' | 'docker';
  readonly protocol: readonly string[];
  readonly beside?: string;
  readonly nodes?: number;
  readonly storage: readonly string[];
  readonly mode: readonly string[];
  readonly peer: readonly string[];
  readonly driver: readonly string[];
  readonly clients: readonly number[];
  readonly rate: readonly number[];
  readonly records: number;
  readonly valueBytes: number;
  readonly rounds?: number;
  readonly warmup: number;
  readonly duration: number;
  readonly check?: number;
  readonly seed?: number;
  readonly enforce?: boolean;
  readonly json?: boolean;
  readonly out: string;
}

/** How many keys `--check` records where it is given no number. */
const checkedKeys = 100;
const ycsb = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `ycsb-${letter}`);

function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim());
  if (list.every((name) => name !== '')) return list;
  throw new InvalidArgumentError('wants names with commas between them.');
}

function counts(min: number, max: number): (text: string) => number[] {
  const one = integer(min, max);
  return (text) => [...new Set(text.split(',').map(one))];
}

export default function register(program: Command): void {
  const command = program
    .command('bench')
    .summary('how fast: real processes under load, beside a peer')
    .description(
      'Loads a cluster of real processes on this machine, with durable logs, at several numbers of clients (closed loop)\n' +
        'and rates (open loop), and writes what it measured. Without a workload: put and read; with --peer what is\n' +
        'compared with it. "ycsb" stands for the six core workloads of YCSB. Several protocols, modes or storages, or a peer\n' +
        'run side by side, and their ratios are told; of protocols those to raft.',
    )
    .argument('[workload...]', 'put, read, ycsb-a to ycsb-f, ycsb; see: list bench-workloads')
    .addOption(new Option('--on <place>', 'where the replicas run').choices(['local', 'docker']).default('local'))
    .addOption(
      new Option('--protocol <names>', 'the protocol of the replicas, or several; see: list protocols')
        .argParser(names)
        .default(['raft'], 'raft')
        .env('SPLITBRAIN_PROTOCOL'),
    )
    .addOption(
      new Option(
        '--beside <protocol>',
        'measure other protocols beside this one, or none; raft, unless a peer or several storages are named',
      ),
    )
    .addOption(
      options.nodes(
        'how many replicas each system has; 3 where absent, or what the protocols have that cannot run with 3',
      ),
    )
    .addOption(
      new Option('--storage <names>', 'what keeps the logs, each beside the others; see: list storages')
        .argParser(names)
        .default([], 'wal'),
    )
    .addOption(
      new Option('--mode <names>', 'how the replicas come to a decision, each beside the others; see: list protocols')
        .argParser(names)
        .default([], "the protocol's"),
    )
    .addOption(new Option('--peer <names>', `measure beside it: ${peerNames.join(', ')}`).argParser(names).default([]))
    .addOption(
      new Option('--driver <names>', 'how operations travel: streams, unary').argParser(names).default(['streams']),
    );
  withLoadOptions(command).action(bench);
  registerSim(command);
}

function withLoadOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--clients <counts>', 'numbers of clients')
        .argParser(counts(1, 10_000))
        .default([1, 64, 256, 1000], '1,64,256,1000'),
    )
    .addOption(
      new Option('--rate <list>', 'open loops beside the closed ones, in operations per second')
        .argParser(counts(1, 1_000_000))
        .default([], 'none'),
    )
    .addOption(
      new Option('--records <count>', 'records of the load phase').argParser(integer(1, 10_000_000)).default(10_000),
    )
    .addOption(new Option('--value-bytes <count>', 'length of a value').argParser(integer(16, 1_000_000)).default(256))
    .addOption(
      new Option('--rounds <count>', 'how often; 1, or 3 where systems are compared').argParser(integer(1, 1000)),
    )
    .addOption(new Option('--warmup <time>', 'before each measurement').argParser(durationMs).default(2000, '2s'))
    .addOption(new Option('--duration <time>', 'of each measurement').argParser(durationMs).default(5000, '5s'))
    .addOption(
      new Option('--check [keys]', 'record the history of so many keys, and check that it is linearizable')
        .argParser(integer(1, 10_000))
        .preset(checkedKeys),
    )
    .addOption(options.seed())
    .option('--enforce', 'end with 3 where a ratio does not reach what it must')
    .option('--json', 'print the result as JSON on stdout')
    .addOption(options.out());
}

async function bench(workloads: string[], flags: BenchFlags): Promise<void> {
  const startedAt = new Date();
  const plan = await benchPlan(choicesOf(workloads, flags));
  if (plan.peers.includes('etcd')) findEtcd();
  requireWritable(flags.out);
  tell(`seed ${plan.seed}; ${plan.points.length} points, ${plan.rounds} round(s), about ${secondsOf(plan)} s`);
  const { seed } = plan;
  const protocol = plan.protocols.join('-');
  const folder = makeRunFolder(flags.out, { experimentName: 'bench', protocol, seed }, startedAt);
  const data = join(resolve(folder), 'data');
  const progress = new BenchProgress();
  const signal = interruptSignal('ending the replicas and whatever ran beside them');
  try {
    const start = (name: string) => startSystem(name, plan, data, signal);
    const result = await runBench(plan, { folder, signal, observer: progress, start });
    progress.end();
    rmSync(data, { recursive: true, force: true });
    finish(result, folder, flags);
  } catch (error) {
    progress.end();
    if (!signal.aborted) {
      removeAllButLogs(folder, data);
      throw error;
    }
    // There is nothing to report, and what failed since then failed of that.
    rmSync(folder, { recursive: true, force: true });
    throw new InterruptedError('the benchmark was ended by its user');
  }
}

/** Errors point to the logs of the systems, which stand beside the folders with their data. */
function removeAllButLogs(folder: string, data: string): void {
  for (const system of foldersIn(data)) {
    for (const member of foldersIn(system)) rmSync(member, { recursive: true, force: true });
  }
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

function choicesOf(workloads: readonly string[], flags: BenchFlags): BenchChoices {
  const { on, protocol: protocols, storage: storages, mode: modes, peer: peers, driver: drivers } = flags;
  const { clients, rate: rates, records, valueBytes, beside, rounds, nodes } = flags;
  const asked = workloads.flatMap((name) => (name === 'ycsb' ? ycsb : [name]));
  return {
    ...{ on, protocols, storages, modes, peers, drivers, clients, rates, records, valueBytes },
    ...(nodes === undefined ? {} : { nodes }),
    ...(beside === undefined ? {} : { beside }),
    ...(rounds === undefined ? {} : { rounds }),
    seed: flags.seed ?? drawSeed(),
    workloads: asked.length > 0 || peers.length > 0 ? asked : ['put', 'read'],
    warmupMs: flags.warmup,
    durationMs: flags.duration,
    checkedKeys: flags.check ?? 0,
  };
}

function secondsOf(plan: BenchPlan): number {
  const { points, rounds, warmupMs, durationMs: measuredMs } = plan;
  const rehearsalsMs = rehearsalsOf(plan).length * rehearsalFactor * warmupMs;
  return Math.ceil((rehearsalsMs + points.length * rounds * (warmupMs + measuredMs)) / 1000);
}

function finish(result: BenchResult, folder: string, flags: BenchFlags): void {
  const seed = flags.seed === undefined ? ['--seed', String(result.plan.seed)] : [];
  writeFiles(folder, benchReports(result, commandLine(['npx', 'splitbrain', ...process.argv.slice(2), ...seed])));
  for (const line of [...tableLines(result), ...costLines(result), ...ratioLines(result)]) tell(line);
  for (const { system, summary } of result.checks) tell(`${system}: ${summary}`);
  for (const line of verdictLines(result)) tell(line);
  tell(join(folder, 'bench.html'));
  if (flags.json === true) print(JSON.stringify(result, null, 2));
  process.exitCode = worstExitCode([
    ...result.checks.map(({ verdict }) => codes[verdict]),
    ...(flags.enforce === true && !result.ratios.every(isMet) ? [exitCode.liveness] : []),
  ]);
}

const codes = { valid: exitCode.ok, invalid: exitCode.safety, unknown: exitCode.inconclusive } as const;
