/** The figures of the simulator as files and as text. */
import type { ReportFile } from '../../contracts/report.ts';
import { count, figure } from '../../words.ts';
import type { BenchResult } from '../contracts.ts';
import { formatSummary, percent } from '../profile/format.ts';
import type { Spread } from '../reports/figures.ts';
import { formatSpread } from '../reports/wording.ts';
import { pace, type SimBenchSettings, type SizeResult } from './bench-sim.ts';

/** `bench-sim.json`. */
export interface SimBenchResult {
  readonly schemaVersion: 1;
  readonly startedAt: string;
  readonly machine: BenchResult['machine'];
  readonly version: string;
  readonly commit: string | null;
  /** Compiled code is a little faster: tsx adds a call to each closure that is made. */
  readonly code: 'TypeScript through tsx' | 'compiled';
  readonly settings: SimBenchSettings;
  readonly sizes: readonly SizeResult[];
}

/** What is counted, in words. */
export const legend = [
  'virtual s/s: virtual seconds in a second of recording: boot, load, strikes, settling and read-back',
  'judged: the same in a second of a whole run: plan, recording, and the verdict of every checker',
  'runs/min: whole runs one after the other on one core, as a soak counts them; nothing is rendered or written',
  'clock events/s: timers, messages and syncs of the simulator, in a second of recording',
  'CPU: of one core; V8 collects garbage on others too, and much less than 100 % tells of a busy machine',
  'median (and extremes) of the rounds: the same run each time, after some to warm up',
];

export function paceRows(sizes: readonly SizeResult[]): string[][] {
  return [
    ['replicas', 'virtual s/s', 'judged', 'runs/min', 'clock events/s', 'CPU', 'a run', 'verdict'],
    ...sizes.map(({ nodes, work, ...size }) => [
      String(nodes),
      withRange(size.virtualPerSecond),
      withRange(size.virtualPerSecondJudged),
      withRange(size.runsPerMinute),
      withRange(size.clockEventsPerSecond),
      `${pace(size.cpuPercent.median)} %`,
      `${pace(work.virtualMs / 1000)} virtual s, ${count(work.clockEvents, 'clock event')}, ${count(work.operations, 'operation')}`,
      work.outcome,
    ]),
  ];
}

/** A row for each area that takes one part in a hundred or more at some size. */
export function areaRows(sizes: readonly SizeResult[]): string[][] {
  const shares = sizes.map(({ profile }) => new Map(profile.areas.map(({ area, share }) => [area, share])));
  const largest = (area: string) => Math.max(...shares.map((byArea) => byArea.get(area) ?? 0));
  const areas = [...new Set(shares.flatMap((byArea) => [...byArea.keys()]))];
  return [
    ['area', ...sizes.map(({ nodes }) => count(nodes, 'replica'))],
    ...areas
      .filter((area) => largest(area) >= 0.01)
      .sort((a, b) => largest(b) - largest(a))
      .map((area) => [area, ...shares.map((byArea) => percent(byArea.get(area) ?? 0))]),
  ];
}

export function reportFiles(result: SimBenchResult): ReportFile[] {
  return [
    { name: 'bench-sim.json', content: `${JSON.stringify(result, null, 2)}\n` },
    { name: 'bench-sim.md', content: markdown(result) },
  ];
}

function markdown({ settings, machine, sizes, ...result }: SimBenchResult): string {
  const { experiment, seed, durationMs } = settings;
  const { cpu, cores, os, node } = machine;
  return [
    '# The pace of the simulator',
    `Experiment ${experiment}, seed ${seed}, ${durationMs / 1000} s of load; ${result.startedAt}.`,
    `Splitbrain ${result.version} (${result.commit ?? 'no commit'}), ${result.code}; Node ${node}, ${os}, ${cpu}, ${count(cores, 'core')}.`,
    table(paceRows(sizes)),
    legend.map((line) => `- ${line}`).join('\n'),
    '## Where the time goes',
    'Of whole runs, in further ones under the profiler: time in functions themselves, without what they called.',
    table(areaRows(sizes)),
    ...sizes.flatMap(({ nodes, profile }) => [
      `### ${count(nodes, 'replica')}`,
      `\`\`\`text\n${formatSummary(profile)}\n\`\`\``,
    ]),
    '',
  ].join('\n\n');
}

function table([head = [], ...rows]: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function withRange(spread: Spread): string {
  return formatSpread(spread, (value) => (value < 10 ? pace(value) : figure(Math.round(value))));
}
