import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { contestantsOf } from '../../compare/contestants.ts';
import type { Comparison, Measured } from '../../compare/contracts.ts';
import { electionMsOf, heartbeatMsOf, measure } from '../../compare/measure.ts';
import { compareFiles } from '../../compare/report.ts';
import {
  conditions,
  fastPathHeading,
  fastPathRows,
  headings,
  legend,
  loads,
  nameOf,
  rowsOf,
} from '../../compare/table.ts';
import { exitCode } from '../../errors.ts';
import { interruptSignal } from '../interrupt.ts';
import { integer, options } from '../options.ts';
import { provenance } from '../provenance.ts';
import { makeRunFolder, requireWritable, writeFiles } from '../results.ts';
import { columns, print, tell } from '../terminal.ts';

interface CompareFlags {
  readonly protocols: readonly string[];
  readonly faults: number;
  readonly slots: number;
  readonly payload: number;
  readonly hop: number;
  readonly slow: number;
  readonly seed: number;
  readonly out: string;
  readonly json?: boolean;
}

function names(text: string): string[] {
  const all = text.split(',');
  if (new Set(all).size === all.length) return all;
  throw new InvalidArgumentError('names a protocol twice.');
}

export default function register(program: Command): void {
  program
    .command('compare')
    .summary('what a decision costs, protocol by protocol')
    .description(
      'Has each protocol, in each of its modes, decide the same commands in the simulator, one to a slot, in calm and with one\n' +
        'slow replica: messages, signatures, syncs and hops for each. At as many faults, and with as many replicas.',
    )
    .addOption(
      new Option('--protocols <names>', 'which, in the order of the table')
        .argParser(names)
        .default(['raft', 'multi-paxos', 'pbft'], 'raft,multi-paxos,pbft'),
    )
    .addOption(new Option('--faults <count>', 'how many each is to stand').argParser(integer(1, 10)).default(1))
    .addOption(new Option('--slots <count>', 'how many commands').argParser(integer(9, 10_000)).default(100))
    .addOption(new Option('--payload <bytes>', 'how long a value is').argParser(integer(1, 100_000)).default(100))
    .addOption(
      new Option('--hop <ms>', 'how long a message takes from one to another').argParser(integer(1, 50)).default(20),
    )
    .addOption(
      new Option('--slow <hops>', 'how much longer each link of the slow replica takes')
        .argParser(integer(1, 15))
        .default(15),
    )
    .addOption(options.seed().default(1))
    .addOption(options.out())
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText('after', '\nExample: npx splitbrain compare --faults 2')
    .action(compare);
}

async function compare(flags: CompareFlags): Promise<void> {
  const startedAt = new Date();
  const { seed, slots, payload: payloadBytes, hop: hopMs, slow: slownessHops } = flags;
  const settings = { seed, slots, payloadBytes, hopMs, slownessHops };
  const contestants = await contestantsOf(flags.protocols, flags.faults);
  requireWritable(flags.out);
  const signal = interruptSignal('ending the comparison');
  const measured: Measured[] = [];
  for (const load of loads) {
    for (const contestant of contestants) {
      if (signal.aborted) {
        process.exitCode = exitCode.interrupted;
        return;
      }
      measured.push(await measure(contestant, load, settings));
      tell(`${nameOf(contestant)} with ${contestant.nodes} replicas, ${load}: done`);
    }
  }
  const { splitbrainVersion: version, commit } = provenance(startedAt, 0);
  const timing = { heartbeatMs: heartbeatMsOf(settings), electionTimeoutMs: electionMsOf(settings) };
  const origin = { schemaVersion: 1, startedAt: startedAt.toISOString(), version, commit } as const;
  const comparison: Comparison = { ...origin, settings, ...timing, measured };
  const folder = makeRunFolder(flags.out, { experimentName: 'compare', protocol: 'protocols', seed }, startedAt);
  writeFiles(folder, compareFiles(comparison));
  print(flags.json === true ? JSON.stringify(comparison, null, 2) : tables(comparison));
  tell(`report: ${join(folder, 'compare.html')}`);
}

function tables(comparison: Comparison): string {
  const { measured } = comparison;
  const each = loads.flatMap((load) => [headings[load], columns(rowsOf(measured.filter((one) => one.load === load)))]);
  const fastPaths = fastPathRows(measured);
  const fast = fastPaths.length > 1 ? [fastPathHeading, columns(fastPaths)] : [];
  return [conditions(comparison), ...each, ...fast, legend.join('\n')].join('\n\n');
}
