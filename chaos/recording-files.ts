/** A recording as files and back: `schedule.json`, `history.jsonl` and `events.jsonl` are all that judging needs. */
import { z } from 'zod';
import type { Recording } from './contracts/events.ts';
import type { Plan } from './contracts/plan.ts';
import type { ReportFile } from './contracts/report.ts';
import { UsageError } from './errors.ts';
import { experimentSchema, explainIssues } from './experiment.ts';
import { parseEvents, parseHistory, serialiseLines } from './history.ts';

export const recordingFileNames = ['schedule.json', 'history.jsonl', 'events.jsonl'] as const;
export type RecordingFileName = (typeof recordingFileNames)[number];

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/);

const planShape = z.strictObject({
  schemaVersion: z.literal(1),
  experimentName: name,
  seed: z.int(),
  substrate: z.enum(['sim', 'docker']),
  system: name,
  protocol: name,
  bug: z.exactOptional(name),
  storage: z.exactOptional(name),
  nodes: z
    .array(z.string())
    .min(1)
    .max(200)
    .refine((nodes) => new Set(nodes).size === nodes.length, 'names a replica twice'),
  members: z.exactOptional(z.array(z.string()).min(1)),
  malicious: z.exactOptional(z.record(z.string(), name)),
  durationMs: z.number().positive(),
  untilMs: z.exactOptional(z.number().positive()),
  strikes: z.array(
    z.strictObject({
      id: z.string(),
      trigger: z.union([
        z.strictObject({ atMs: z.number() }),
        z.strictObject({
          on: z.enum(['election-started', 'leader-elected']),
          notBeforeMs: z.number(),
          afterMs: z.number(),
        }),
      ]),
      durationMs: z.number().min(0),
      fault: name,
      params: z.record(z.string(), z.unknown()),
      target: name,
      outage: z.boolean(),
    }),
  ),
  experiment: experimentSchema,
});

const planSchema = planShape.refine(
  ({ nodes, members = nodes }) => new Set(members).size === members.length && members.every((id) => nodes.includes(id)),
  { path: ['members'], message: 'names a replica twice, or one that is not among the nodes' },
);

/** The raw files of a recording; written before anything is judged. */
export function recordingFiles({ plan, history, events }: Recording): ReportFile[] {
  return [
    { name: 'schedule.json', content: `${JSON.stringify(plan, null, 2)}\n` },
    { name: 'history.jsonl', content: serialiseLines(history) },
    { name: 'events.jsonl', content: serialiseLines(events) },
  ];
}

/**
 * Reads a plan back.
 *
 * @throws UsageError where the text is damaged
 */
export function parsePlan(text: string, file: string): Plan {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is damaged: ${(error as Error).message}`, 'Run the experiment again.');
  }
  const parsed = planSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${file} is not the schedule of a run: ${explainIssues(parsed.error)}`, 'Run it again.');
}

/**
 * Reads a recording back from the text of its files.
 *
 * @param read - gives the text of a file, and its path for errors
 * @throws UsageError where one is damaged
 */
export function parseRecording(read: (name: RecordingFileName) => { text: string; file: string }): Recording {
  const [plan, history, events] = recordingFileNames.map(read) as [
    ReturnType<typeof read>,
    ReturnType<typeof read>,
    ReturnType<typeof read>,
  ];
  return {
    plan: parsePlan(plan.text, plan.file),
    history: parseHistory(history.text, history.file),
    events: parseEvents(events.text, events.file),
  };
}
