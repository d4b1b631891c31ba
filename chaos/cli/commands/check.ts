import type { Command } from 'commander';
import { judge } from '../../judge.ts';
import { tellVerdict } from '../execute.ts';
import { options } from '../options.ts';
import { findRun, readRun } from '../results.ts';
import { print } from '../terminal.ts';

export default function register(program: Command): void {
  program
    .command('check')
    .summary('judge a stored history again')
    .description('Judges a stored run again, from its raw record alone, and prints every check. Writes nothing.')
    .argument('<run>', 'the name or folder of a run, or "latest"')
    .option('--json', 'the verdict as JSON on stdout')
    .addOption(options.out())
    .action(check);
}

async function check(run: string, flags: { out: string; json?: boolean }): Promise<void> {
  const folder = findRun(flags.out, run);
  const recording = readRun(folder);
  const verdict = await judge(recording);
  if (flags.json === true) print(JSON.stringify(verdict, null, 2));
  else for (const each of verdict.checks) print(`${each.verdict.padEnd(8)} ${each.check}: ${each.summary}`);
  tellVerdict({ folder, recording, verdict });
  process.exitCode = verdict.exitCode;
}
