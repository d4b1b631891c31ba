/**
 * What really happens to the containers and in them: the engine's own events, and the facts that replicas write to their
 * logs (which outlive a kill -9). Independent of what the orchestrator asked for.
 */
import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import type Docker from 'dockerode';
import { z } from 'zod';
import type { NodeId } from '../../../node/protocol.ts';
import { labLabel, nodeLabel } from './compose-file.ts';

/** A fact as a replica's log has it; `fact` is checked by whoever takes it. */
export interface LoggedFact {
  readonly node: NodeId;
  readonly atMs: number;
  readonly fact: { readonly type: string; readonly [field: string]: unknown };
}

export type ContainerChange = 'die' | 'start' | 'pause' | 'unpause';

export interface Observer {
  readonly onChange: (node: NodeId, change: ContainerChange, atMs: number) => void;
  readonly onFact: (fact: LoggedFact) => void;
}

const eventSchema = z.object({
  Action: z.string(),
  timeNano: z.number(),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()) }),
});

const lineSchema = z.object({ time: z.number(), fact: z.looseObject({ type: z.string() }) });

const changes: ReadonlySet<string> = new Set(['die', 'start', 'pause', 'unpause']);

/** Follows the engine's events about a lab; the returned function ends it. */
export async function followEvents(docker: Docker, project: string, { onChange }: Observer): Promise<() => void> {
  const filters = JSON.stringify({ type: ['container'], label: [`${labLabel}=${project}`] });
  const stream = (await docker.getEvents({ filters })) as unknown as Readable;
  const lines = createInterface({ input: stream });
  lines.on('line', (line) => {
    const event = eventSchema.safeParse(parseJson(line));
    if (!event.success || !changes.has(event.data.Action)) return;
    const node = event.data.Actor.Attributes[nodeLabel];
    if (node !== undefined) onChange(node, event.data.Action as ContainerChange, event.data.timeNano / 1e6);
  });
  stream.on('error', () => {});
  return () => stream.destroy();
}

/**
 * Follows the log of a replica's container until the container stops. Call it again after each start.
 *
 * @param afterMs - facts up to this moment were taken before
 */
export async function followFacts(
  container: Docker.Container,
  node: NodeId,
  afterMs: number,
  { onFact }: Observer,
): Promise<() => void> {
  const stream = (await container.logs({ follow: true, stdout: true, stderr: false })) as unknown as Readable;
  const stdout = new PassThrough();
  container.modem.demuxStream(stream, stdout, new PassThrough());
  stream.on('end', () => stdout.end());
  stream.on('error', () => stdout.end());
  createInterface({ input: stdout }).on('line', (line) => {
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
