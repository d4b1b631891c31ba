/** One run from plan to results folder: record, write the raw record, judge, report. */
import { existsSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { loadReporter, namesOf } from '../catalog.ts';
import type { Substrate } from '../contracts/cluster.ts';
import type { Recording } from '../contracts/events.ts';
import type { Plan } from '../contracts/plan.ts';
import type { Verdict } from '../contracts/verdict.ts';
import { judge } from '../judge.ts';
import { maliciousWords } from '../malice.ts';
import { recordingFiles } from '../recording-files.ts';
import { record } from '../run.ts';
import { simSubstrate } from '../substrate/sim/index.ts';
import { progressView } from './progress.ts';
import { provenance } from './provenance.ts';
import { makeRunFolder, markLatest, writeFiles } from './results.ts';
import { color, commandLine, outcomeMark, tell } from './terminal.ts';

export interface ExecuteOptions {
  readonly results: string;
  /** The reporters to write; all where there are none named. */
  readonly reporters?: readonly string[];
  readonly signal: AbortSignal;
  /** Leaves the system running at the end, where something runs. */
  readonly keepUp?: boolean;
}

export interface Executed {
  readonly folder: string;
  readonly recording: Recording;
  readonly verdict: Verdict;
}

/** The substrate of a plan. What only docker needs is loaded only for it. */
export async function substrateOf(name: Plan['substrate']): Promise<Substrate> {
  if (name === 'sim') return simSubstrate;
  return (await import('../substrate/docker/index.ts')).dockerSubstrate;
}

/** The command that makes the same run again, without its folder; null where the experiment is not of the library. */
export function runCommand(plan: Plan): string | null {
  if (!namesOf('experiment').includes(plan.experimentName)) return null;
  const flags = ['--seed', String(plan.seed), '--protocol', plan.protocol, '--nodes', String(plan.nodes.length)];
  flags.push('--duration', `${plan.durationMs}ms`, '--rate', String(plan.experiment.load.rate));
  if (plan.bug !== undefined) flags.push('--bug', plan.bug);
  if (plan.storage !== undefined) flags.push('--storage', plan.storage);
  const malicious = maliciousWords(plan.malicious ?? {});
  if (malicious !== '') flags.push('--malicious', malicious);
  const { mode } = plan.experiment.settings;
  if (mode !== undefined) flags.push('--mode', mode);
  if (plan.substrate !== 'sim') flags.push('--on', plan.substrate);
  return commandLine(['npx', 'splitbrain', 'run', plan.experimentName, ...flags]);
}

export function replayCommand(folder: string): string {
  return commandLine(['npx', 'splitbrain', 'replay', relative(process.cwd(), folder) || '.']);
}

/** Runs a plan and leaves its results. */
export async function execute(plan: Plan, options: ExecuteOptions): Promise<Executed> {
  const startedAt = new Date();
  const began = performance.now();
  const view = progressView(plan);
  let recording: Recording;
  try {
    recording = await record(plan, await substrateOf(plan.substrate), {
      signal: options.signal,
      keepUp: options.keepUp === true,
      onProgress: view.onProgress,
      onEvent: view.onEvent,
    });
  } finally {
    view.end();
  }
  const folder = keep(recording, options.results, startedAt);
  const verdict = await judge(recording);
  await report(folder, recording, verdict, { startedAt, wallMs: performance.now() - began }, options.reporters);
  markLatest(options.results, folder);
  return { folder, recording, verdict };
}

/** The raw record is on disk before it is judged; where it cannot be, nothing is. */
function keep(recording: Recording, results: string, startedAt: Date): string {
  const folder = makeRunFolder(results, recording.plan, startedAt);
  try {
    writeFiles(folder, [...recordingFiles(recording), ...(recording.artifacts ?? [])]);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/** Renders and writes every report of a run. */
export async function report(
  folder: string,
  recording: Recording,
  verdict: Verdict,
  times: { readonly startedAt: Date; readonly wallMs: number },
  reporters: readonly string[] = namesOf('reporter'),
): Promise<void> {
  const input = {
    recording,
    verdict,
    provenance: provenance(times.startedAt, times.wallMs),
    commands: { replay: replayCommand(folder), run: runCommand(recording.plan) ?? replayCommand(folder) },
  };
  for (const name of reporters) {
    const { render } = await loadReporter(name);
    writeFiles(folder, await render(input));
  }
}

/** What a person reads at the end of a run. */
export function tellVerdict({ folder, recording, verdict }: Executed): void {
  const { plan } = recording;
  tell(`${outcomeMark(verdict.outcome)}  ${color.bold(plan.experimentName)}  seed ${plan.seed}: ${verdict.sentence}`);
  for (const check of verdict.checks.filter(({ verdict: said }) => said !== 'valid')) {
    tell(`  ${check.check}: ${check.verdict}. ${check.summary}`);
    for (const sentence of check.evidence[0]?.sentences ?? []) tell(`    ${sentence}`);
  }
  const shown = relative(process.cwd(), folder) || '.';
  if (existsSync(join(folder, 'report.html'))) tell(`  report: ${join(shown, 'report.html')}`);
  else tell(`  results: ${shown}`);
  if (verdict.outcome !== 'PASS') tell(`  again:  ${replayCommand(folder)}`);
  annotate(verdict, plan);
}

/** Under GitHub Actions a failure is an annotation. */
function annotate(verdict: Verdict, plan: Plan): void {
  if (process.env['GITHUB_ACTIONS'] !== 'true' || verdict.outcome === 'PASS') return;
  const text = `${verdict.outcome}: ${verdict.sentence}`.replace(/[\r\n%]/g, ' ');
  tell(`::error title=${plan.experimentName} seed ${plan.seed}::${text}`);
}
