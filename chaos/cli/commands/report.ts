import { join } from 'node:path';
import type { Command } from 'commander';
import { judge } from '../../judge.ts';
import { report } from '../execute.ts';
import { options } from '../options.ts';
import { findRun, readRun, requireWritable } from '../results.ts';
import { print } from '../terminal.ts';

export default function register(program: Command): void {
  program
    .command('report')
    .summary('render the reports of a stored run again')
    .description('Judges a stored run again and renders its reports anew, in its folder.')
    .argument('<run>', 'the name or folder of a run, or "latest"')
    .addOption(options.out())
    .action(render);
}

async function render(run: string, flags: { out: string }): Promise<void> {
  const folder = findRun(flags.out, run);
  requireWritable(folder);
  const recording = readRun(folder);
  const verdict = await judge(recording);
  await report(folder, recording, verdict, { startedAt: new Date(), wallMs: 0 });
  print(join(folder, 'report.html'));
  process.exitCode = verdict.exitCode;
}
