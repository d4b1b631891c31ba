/**
 * What really happens to the containers and in them: the engine's own events, and the facts that replicas write to their
 * logs (which outlive a kill -9). Independent of what the orchestrator asked for.
 */
import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { z } from 'zod';
import type { NodeId } from '../../../node/contract/ids.ts';
import { wallClockMs } from '../../../node/io/clock.ts';
import type { LabFact } from '../../contracts/events.ts';
import type { Engine } from './engine.ts';
import { labels } from './layout.ts';

/** A fact as a replica's log has it; `fact` is checked by whoever takes it. */
export interface LoggedFact {
  readonly node: NodeId;
  readonly atMs: number;
  readonly fact: { readonly type: string; readonly [field: string]: unknown };
}

export type ContainerChange = 'die' | 'start' | 'pause' | 'unpause';

/** What a container uses; see the fact `resources`. */
export type Resources = Omit<LabFact & { readonly type: 'resources' }, 'type' | 'node'>;

export interface Observer {
  readonly onChange: (node: NodeId, change: ContainerChange, atMs: number) => void;
  readonly onFact: (fact: LoggedFact) => void;
  readonly onResources: (node: NodeId, atMs: number, used: Resources) => void;
  /** What the lab cannot do without is gone; said in a sentence. */
  readonly onBroken: (error: string, atMs: number) => void;
}

const eventSchema = z.object({
  Action: z.string(),
  timeNano: z.number(),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()) }),
});

const lineSchema = z.object({ time: z.number(), fact: z.looseObject({ type: z.string() }) });

const counters = z.object({ rx_bytes: z.number(), tx_bytes: z.number() });
const processor = z.object({
  cpu_usage: z.object({ total_usage: z.number() }),
  system_cpu_usage: z.number(),
  online_cpus: z.number(),
});
/** A container that has just begun or ended has no earlier sample, or no figures: it is passed over. */
const statsSchema = z.object({
  cpu_stats: processor,
  precpu_stats: processor,
  memory_stats: z.object({ usage: z.number() }),
  networks: z.record(z.string(), counters).default({}),
});

const changes: ReadonlySet<string> = new Set(['die', 'start', 'pause', 'unpause']);

/** Follows the engine's events about a lab; the returned function ends it. */
export async function followEvents(
  engine: Engine,
  project: string,
  { onChange, onBroken }: Observer,
): Promise<() => void> {
  const stream = await engine.followEvents(project);
  eachLine(stream, (line) => {
    const event = eventSchema.safeParse(parseJson(line));
    if (!event.success || !changes.has(event.data.Action)) return;
    const { Action, timeNano, Actor } = event.data;
    const node = Actor.Attributes[labels.node];
    const atMs = timeNano / 1e6;
    if (node !== undefined) onChange(node, Action as ContainerChange, atMs);
    else if (Action === 'die') onBroken('Toxiproxy died: without it no link can be trusted', atMs);
  });
  let wanted = true;
  const gone = () => {
    if (wanted)
      onBroken(`the Docker engine went away. What is left on it goes with: npx splitbrain down`, wallClockMs());
    wanted = false;
  };
  stream.on('error', gone).on('close', gone);
  return () => {
    wanted = false;
    stream.destroy();
  };
}

/** Follows what a container uses, a sample a second, until the returned function is called or the container stops. */
export async function followResources(
  engine: Engine,
  id: string,
  node: NodeId,
  { onResources }: Observer,
): Promise<() => void> {
  const stream = await engine.followStats(id);
  eachLine(stream, (line) => {
    const sample = statsSchema.safeParse(parseJson(line));
    if (sample.success) onResources(node, wallClockMs(), resourcesOf(sample.data));
  });
  stream.on('error', () => {});
  return () => stream.destroy();
}

/** The reader of the lines has errors of its own: those of the stream, which the stream's owner hears of. */
function eachLine(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream })
    .on('line', onLine)
    .on('error', () => {});
}

function resourcesOf(sample: z.infer<typeof statsSchema>): Resources {
  const { cpu_stats: now, precpu_stats: before, memory_stats, networks } = sample;
  const busy = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const passed = (now.system_cpu_usage - before.system_cpu_usage) / now.online_cpus;
  const sum = (direction: keyof z.infer<typeof counters>) =>
    Object.values(networks).reduce((total, each) => total + each[direction], 0);
  return {
    cpuPercent: passed > 0 && busy > 0 ? Math.round((busy / passed) * 1000) / 10 : 0,
    memoryBytes: memory_stats.usage,
    receivedBytes: sum('rx_bytes'),
    sentBytes: sum('tx_bytes'),
  };
}

/**
 * Follows the log of a replica's container until the container stops. Call it again after each start.
 *
 * @param afterMs - facts up to this moment were taken before
 */
export async function followFacts(
  engine: Engine,
  id: string,
  node: NodeId,
  afterMs: number,
  { onFact }: Observer,
): Promise<() => void> {
  const stdout = new PassThrough();
  const stream = await engine.followLog(id, afterMs, stdout);
  stream.on('end', () => stdout.end());
  stream.on('error', () => stdout.end());
  eachLine(stdout, (line) => {
    const entry = lineSchema.safeParse(parseJson(line));
    if (entry.success && entry.data.time > afterMs) onFact({ node, atMs: entry.data.time, fact: entry.data.fact });
  });
  return () => stream.destroy();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
