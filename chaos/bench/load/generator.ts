/**
 * The load generator, a process of its own: takes jobs from its parent one after the other, drives a system, and answers
 * with what it measured. It ends with its parent.
 */
import { writeFileSync } from 'node:fs';
import { loadBenchWorkload, loadDriver } from '../../catalog.ts';
import { serialiseLines } from '../../history.ts';
import { randomFor } from '../../random.ts';
import type { BenchOperation, LoadJob, LoadReport, LoadResult } from '../contracts.ts';
import { keyOf, loadStream } from '../records.ts';
import { Clients, Tally } from './clients.ts';
import { Histories } from './histories.ts';
import { Latencies } from './latencies.ts';

export type GeneratorRequest =
  | { readonly type: 'job'; readonly job: LoadJob }
  /** Writes the history of all jobs to a file. */
  | { readonly type: 'history'; readonly file: string };

const progressEveryMs = 250;

let histories: Histories | undefined;

function say(report: LoadReport): void {
  process.send?.(report);
}

/** The keys whose history is recorded: evenly spread over the records. */
function checkedKeys({ checkedKeys: count, settings: { records } }: LoadJob): ReadonlySet<string> {
  const wanted = Math.min(count, records);
  return new Set(Array.from({ length: wanted }, (_, index) => keyOf(Math.floor((index * records) / wanted))));
}

async function carryOut(job: LoadJob): Promise<LoadResult> {
  histories ??= new Histories(checkedKeys(job));
  histories.nextJob();
  const definition = await loadDriver(job.driver);
  const stream = await streamOf(job);
  const driver = definition.create(job.driverSettings);
  try {
    await driver.open();
    const clients = new Clients({
      driver,
      clients: job.driverSettings.clients,
      operationsPerCall: definition.operationsPerCall,
      loop: job.loop,
      random: randomFor(job.seed, 'bench/arrivals'),
      histories,
      ...stream,
    });
    return job.phase === 'load' ? await loadAll(clients, job) : await measure(clients, job);
  } finally {
    driver.close();
  }
}

async function streamOf({ phase, workload, settings, seed }: LoadJob) {
  if (phase === 'load') {
    const stream = loadStream(settings, randomFor(seed, 'bench/load'));
    return { next: () => stream.next(), acknowledged: () => {} };
  }
  const stream = (await loadBenchWorkload(workload)).stream(settings, randomFor(seed, `bench/${workload}`));
  return { next: () => stream.next(), acknowledged: (operation: BenchOperation) => stream.acknowledged(operation) };
}

/**
 * Inserts every record once.
 *
 * @throws Error where one was not acknowledged: reads of records that are not there are no measure of anything
 */
async function loadAll(clients: Clients, { driverSettings, settings }: LoadJob): Promise<LoadResult> {
  const tally = new Tally(new Latencies(false));
  const before = process.cpuUsage();
  clients.tally = tally;
  const progress = tellProgress(tally);
  clients.start();
  await clients.quiet();
  clearInterval(progress);
  if (tally.ok < settings.records) throw new Error(`only ${tally.ok} of ${settings.records} records were inserted`);
  return resultOf(tally, performance.now() - tally.beganMs, driverSettings.clients, before);
}

async function measure(clients: Clients, job: LoadJob): Promise<LoadResult> {
  clients.start();
  await sleep(job.warmupMs);
  say({ type: 'measuring' });
  const tally = new Tally(new Latencies(job.loop.kind === 'open'));
  const before = process.cpuUsage();
  clients.tally = tally;
  const progress = tellProgress(tally);
  await sleep(job.durationMs);
  clients.tally = undefined;
  clearInterval(progress);
  const durationMs = performance.now() - tally.beganMs;
  const result = resultOf(tally, durationMs, job.driverSettings.clients, before);
  say({ type: 'measured' });
  await clients.stop();
  return result;
}

function tellProgress(tally: Tally): NodeJS.Timeout {
  return setInterval(
    () => say({ type: 'progress', ok: tally.ok, elapsedMs: performance.now() - tally.beganMs }),
    progressEveryMs,
  );
}

function resultOf(tally: Tally, durationMs: number, clients: number, before: NodeJS.CpuUsage): LoadResult {
  const { user, system } = process.cpuUsage(before);
  const { ok, failed, unknown, calls, latencies } = tally;
  return {
    durationMs,
    ok,
    failed,
    unknown,
    perSecond: tally.wholeSeconds(durationMs),
    latency: latencies.take((clients * durationMs) / Math.max(1, calls)),
    cpuSeconds: (user + system) / 1e6,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function handle(request: GeneratorRequest): Promise<LoadReport> {
  if (request.type === 'job') return { type: 'done', result: await carryOut(request.job) };
  writeFileSync(request.file, serialiseLines(histories?.events ?? []));
  return { type: 'history', file: request.file, operations: histories?.operations ?? 0 };
}

if (process.send !== undefined) {
  process.on('message', (request: GeneratorRequest) => {
    handle(request)
      .catch(
        (error: unknown): LoadReport => ({
          type: 'failed',
          error: error instanceof Error ? error.message : String(error),
        }),
      )
      .then(say);
  });
  // The parent is gone: nothing is left to do.
  process.on('disconnect', () => process.exit(0));
}
