import { type Command, Option } from 'commander';
import { EnvironmentError, exitCode } from '../../errors.ts';
import { parseEvents } from '../../history.ts';
import { judge } from '../../judge.ts';
import { refuseImpossiblePlan } from '../../plan.ts';
import { parsePlan, recordingFiles } from '../../recording-files.ts';
import { type Executed, execute, substrateOf, tellVerdict } from '../execute.ts';
import { interruptSignal } from '../interrupt.ts';
import { durationMs, options } from '../options.ts';
import { findRun, readRun, readRunFile, requireWritable } from '../results.ts';
import { tell } from '../terminal.ts';

interface ReplayFlags {
  readonly out: string;
  readonly until?: number;
}

/** What a replay must come to again. */
const recordedNames = ['history.jsonl', 'events.jsonl'] as const;

export default function register(program: Command): void {
  program
    .command('replay')
    .summary('run a recorded run again and compare, byte for byte')
    .description(
      'Runs a recorded run again from its folder alone: same seed, same schedule. Says where the two differ.\n' +
        'In the simulator they are the same byte for byte; on docker only the schedule is.',
    )
    .argument('<run>', 'the name or folder of a run, or "latest"')
    .addOption(options.out())
    .addOption(new Option('--until <time>', 'end the load after this time').argParser(durationMs))
    .action(replay);
}

async function replay(run: string, flags: ReplayFlags): Promise<void> {
  const folder = findRun(flags.out, run);
  const recorded = parsePlan(readRunFile(folder, 'schedule.json'), `${folder}/schedule.json`);
  const plan = flags.until === undefined ? recorded : { ...recorded, untilMs: flags.until };
  tell(`seed ${plan.seed}`);
  await refuseImpossiblePlan(plan, (await substrateOf(plan.substrate)).capabilities);
  // Read before anything runs: without it there is nothing to compare with.
  const before = flags.until === undefined ? readRecord(folder) : null;
  requireWritable(flags.out);
  const signal = interruptSignal();
  const executed = await execute(plan, { results: flags.out, signal });
  tellVerdict(executed);
  process.exitCode = signal.aborted ? exitCode.interrupted : executed.verdict.exitCode;
  if (before === null || signal.aborted) return;
  if (wasInterrupted(before.get('events.jsonl') ?? '', folder)) {
    tell('  The recorded run was interrupted, and this one was not: they are not compared.');
    process.exitCode = exitCode.inconclusive;
  } else if (plan.substrate === 'sim') compare(folder, before, executed);
  else await compareVerdicts(folder, executed);
}

/** Whether the load of a recorded run was broken off by a person. */
function wasInterrupted(text: string, folder: string): boolean {
  const lines = text.split('\n');
  const heal = lines.findIndex((line) => line.includes('"type":"phase"') && line.includes('"phase":"heal"'));
  const load = `${lines.slice(0, heal).join('\n')}\n`;
  return heal > 0 && parseEvents(load, `${folder}/events.jsonl`).some(({ type }) => type === 'interrupted');
}

/** The raw record, as text: whatever it holds is compared. */
function readRecord(folder: string): ReadonlyMap<string, string> {
  return new Map(recordedNames.map((name) => [name, readRunFile(folder, name)]));
}

/** In real time no run repeats another: the schedule was the same, and only what came of it can be compared. */
async function compareVerdicts(folder: string, { verdict }: Executed): Promise<void> {
  const { outcome } = await judge(readRun(folder));
  const same = outcome === verdict.outcome ? 'as this one' : `and this one ${verdict.outcome}`;
  tell(`  the recorded run was ${outcome}, ${same}; on docker a schedule repeats, its course does not`);
}

/** Compares the raw record of both runs; the first line that differs is named. */
function compare(folder: string, record: ReadonlyMap<string, string>, { recording }: Executed): void {
  for (const { name, content } of recordingFiles(recording)) {
    const before = record.get(name);
    if (before === undefined) continue;
    if (before === content) {
      tell(`  ${name}: identical, ${content.length} bytes`);
      continue;
    }
    const [old, now] = [before.split('\n'), content.split('\n')];
    const at = old.findIndex((line, index) => line !== now[index]);
    const line = at === -1 ? old.length : at;
    throw new EnvironmentError(
      `the replay differs from ${folder} in ${name}, line ${line + 1}: it was ${old[line] || '(nothing)'} and is ${now[line] || '(nothing)'}`,
      'A run is reproduced by the version that made it: result.json names its commit.',
    );
  }
}
