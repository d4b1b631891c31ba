/** The command line: every file in `commands/` is a command. */
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../../node/io/package-root.ts';
import { EnvironmentError, exitCode, SplitbrainError } from '../errors.ts';
import bench from './commands/bench.ts';
import check from './commands/check.ts';
import compare from './commands/compare.ts';
import doctor from './commands/doctor.ts';
import down from './commands/down.ts';
import evidence from './commands/evidence.ts';
import list from './commands/list.ts';
import replay from './commands/replay.ts';
import report from './commands/report.ts';
import run from './commands/run.ts';
import soak from './commands/soak.ts';
import status from './commands/status.ts';
import { color, tell } from './terminal.ts';

function program(): Command {
  const root = new Command('splitbrain')
    .description('A chaos-testing lab for consensus protocols: every verdict comes with its evidence.')
    .version(packageVersion(), '--version')
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .exitOverride()
    .addHelpText(
      'after',
      `
Exit codes: 0 as expected, 1 safety violated, 2 inconclusive, 3 liveness or a threshold,
            4 usage or configuration, 5 environment, 130 interrupted.
An option whose help names a variable (env: SPLITBRAIN_...) can be set by it; the flag wins.

Begin with:  npx splitbrain run rolling-failures`,
    );
  const commands = [run, list, replay, check, evidence, report, soak, bench, compare, status, doctor, down];
  for (const register of commands) register(root);
  for (const command of root.commands) command.exitOverride().showSuggestionAfterError();
  return root;
}

/** Runs the command line and sets the exit code; errors are sentences, never stack traces of ours. */
async function main(): Promise<void> {
  try {
    await program().parseAsync(process.argv);
  } catch (error) {
    process.exitCode = explain(error);
  }
}

/** Where something breaks outside of any command: never with 1, the code of a violation. */
function end(error: unknown): never {
  process.exit(explain(error));
}

/** A reader that has gone away (`| head`) does not matter; the exit code says how the command ended. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  end(new EnvironmentError(`the output cannot be written: ${error.message}`, 'Send it to another place.'));
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) {
    // Help and version are no errors; for the rest commander has said what is wrong.
    if (error.exitCode === 0) return exitCode.ok;
    if (error.code !== 'commander.help') tell('See what there is with: npx splitbrain --help');
    return exitCode.usage;
  }
  if (error instanceof SplitbrainError) {
    tell(`${color.red('error:')} ${error.message}`);
    tell(error.advice);
    return error.exitCode;
  }
  tell(`${color.red('error:')} the lab itself failed: ${error instanceof Error ? error.stack : String(error)}`);
  return exitCode.environment;
}

process.on('uncaughtException', end);
for (const stream of [process.stdout, process.stderr]) stream.on('error', onOutputError);
await main();
