/** The life of a replica's process: from its environment to its exit code. */
import { type Journal, openJournal } from './log.ts';
import { ReplicaProcess } from './replica-process.ts';
import { defaultEngine, type NodeSettings, readSettings, SettingsError } from './settings.ts';

/** The replica stopped by itself, or its machine failed it. */
const failedExitCode = 1;
/** Its settings make no sense. */
const settingsExitCode = 4;
/** How long a stop may take before the process ends without it, in milliseconds. */
const stopTimeoutMs = 5000;

/**
 * Runs a replica until SIGTERM or SIGINT (exit code 0), until it stops by itself (1), or not at all where its settings
 * make no sense (4).
 */
export async function runReplica(): Promise<void> {
  const journal = openJournal();
  const fail = (what: string) => (error: unknown) => {
    journal.log.fatal(error instanceof Error ? { stack: error.stack } : {}, `${what}: ${messageOf(error)}`);
    process.exit(failedExitCode);
  };
  process.on('uncaughtException', fail('an error was not caught'));
  process.on('unhandledRejection', fail('a promise was rejected and not caught'));
  const settings = settingsOrExit(journal);
  let stopping = false;
  // Bound before the start, which reads the whole log: a process that is told to stop meanwhile stops, too.
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    journal.log.info(`stopping on ${signal}`);
    setTimeout(() => fail('the stop took too long')(`${stopTimeoutMs} ms`), stopTimeoutMs);
    started.then((replica) => replica.stop()).then(() => process.exit(0), fail('the stop failed'));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (settings.endsWithStdin) process.stdin.resume().on('close', () => stop('the end of its standard input'));
  const started = ReplicaProcess.start({
    settings,
    journal,
    onStopped: (reason) => {
      journal.log.fatal(`the replica stopped: ${reason}`);
      process.exit(failedExitCode);
    },
  });
  try {
    await started;
    journal.log.info(whatRuns(settings));
  } catch (error) {
    if (error instanceof SettingsError) exitOnSettings(journal, error);
    fail('the replica could not start')(error);
  }
}

function whatRuns({ id, protocol, bug, engine }: NodeSettings): string {
  const planted = bug === undefined ? '' : ` with the bug ${bug}`;
  return `${id} runs ${protocol}${planted}${engine === defaultEngine ? '' : `, its log in ${engine}`}`;
}

function settingsOrExit(journal: Journal): NodeSettings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (error instanceof SettingsError) exitOnSettings(journal, error);
    throw error;
  }
}

function exitOnSettings(journal: Journal, error: SettingsError): never {
  journal.log.fatal(error.message);
  process.exit(settingsExitCode);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
