/**
 * An experiment is a question, asked as data: `experiments/<name>.yml`. This is its shape, with every default, and the
 * only place that reads one. Durations are written `30s`, `250ms`, `1.5m` or as a number of milliseconds.
 */
import { type Document, parseDocument } from 'yaml';
import { z } from 'zod';
import { UsageError } from './errors.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const maxDurationMs = 48 * 3_600_000;

/** Reads `30s`, `250ms`, `2m` or `1h` as milliseconds; null where it is none of these. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(text.trim());
  const perUnit = unitMs[match?.[2] ?? ''];
  return match === null || perUnit === undefined ? null : Number(match[1]) * perUnit;
}

const duration = z
  .union([z.number(), z.string()], { error: 'wants a duration such as 30s or 250ms' })
  .transform((value, context) => {
    const ms = typeof value === 'number' ? value : parseDuration(value);
    if (ms !== null && ms >= 0 && ms <= maxDurationMs) return ms;
    context.addIssue({ code: 'custom', message: `wants a duration such as 30s or 250ms, up to 48h, not "${value}"` });
    return z.NEVER;
  });

/** A duration, or a range [min, max] from which each seed draws. */
const durationRange = z
  .union([z.tuple([duration, duration]), duration.transform((ms): [number, number] => [ms, ms])], {
    error: 'wants a duration such as 30s, or a range of two such as [1s, 2s]',
  })
  .refine(([min, max]) => min <= max, 'wants a range [min, max] with min not above max');

const strikeSchema = z.strictObject({
  /** The file in `faults/`. */
  fault: z.string(),
  /** The file in `targets/`, or the name of a replica. */
  target: z.string(),
  params: z.record(z.string(), z.unknown()).default({}),
  /** When the first one begins, since load began. */
  at: durationRange.optional(),
  /** Begins some time after an event instead; `at` is then the earliest. */
  on: z.enum(['election-started', 'leader-elected']).optional(),
  after: durationRange.default([0, 0]),
  /** Repeats it that long after the begin of the one before. */
  every: durationRange.optional(),
  /** Repeats it no later than this. */
  until: duration.optional(),
  /** How long it lasts before it is healed. */
  for: durationRange,
  /**
   * Nothing can succeed before the heal, though a quorum runs and can talk: every link is slower than any time-out, say, or no
   * disk answers. That no quorum is left needs no word: it is told from what happens (`quorum-left.ts`).
   */
  outage: z.boolean().default(false),
});

const loadSchema = z.strictObject({
  /** The file in `workloads/`. */
  workload: z.string().default('register'),
  params: z.record(z.string(), z.unknown()).default({}),
  clients: z.int().min(1).max(10_000).default(8),
  /** Operations per second of all clients together. */
  rate: z.number().positive().max(1_000_000).default(100),
  /** After which an operation counts as unknown. */
  timeout: duration.default(1000),
});

const maxSnapshotAfterBytes = 2 ** 40;

/** What the replicas are told. */
export const settingsSchema = z.strictObject({
  electionTimeout: durationRange.default([300, 600]),
  heartbeatInterval: duration.default(50),
  maxEntriesPerMessage: z.int().min(1).max(65_536).default(64),
  /**
   * How many bytes of decided payloads gather behind a snapshot before the next is saved. Where absent each seed draws it in
   * the simulator, and containers have the default of a replica.
   */
  snapshotAfterBytes: z.int().min(1).max(maxSnapshotAfterBytes).optional(),
  /** Present where a leader answers reads by its clock; see `LeaseReads` of node/protocol.ts for what that asks of clocks. */
  leaseReads: z.strictObject({ maxClockDrift: z.number().min(0).max(0.5).default(0.01) }).optional(),
  /** Whether clients believe what a quorum of replicas says of a read, beside the log; see `ReplicaConfig` of node/protocol.ts. */
  quorumReads: z.boolean().optional(),
  /** How many of the first members make a quorum, where that is not a majority; see `QuorumSizes` of node/protocol.ts. */
  quorums: z.strictObject({ phase1: z.int().min(1).max(200), phase2: z.int().min(1).max(200) }).optional(),
  /** In which way the replicas come to a decision, where the protocol has several (`list protocols`); its usual one where absent. */
  mode: z.string().min(1).max(60).optional(),
});

const networkSchema = z.strictObject({
  /** The calm one-way delay of a link in the simulator; a real network has its own. */
  delay: durationRange.default([0.2, 1]),
  /** Each seed draws whether messages between replicas may be reordered or doubled (simulator only). */
  unruly: z.boolean().default(true),
});

const limitsSchema = z.strictObject({
  /** From the heal of a strike to the next successful write. */
  recovery: duration.default(3000),
  /** The longest stretch without a successful write while a quorum is left. */
  outage: duration.default(5000),
  /** From the end of the load until all replicas agree. */
  settle: duration.default(10_000),
  /**
   * By how many times slower than before the first strike the group may be under a strike, once it has had the time to recover
   * from it. Where absent nothing is asked of that.
   */
  slowdown: z.number().min(1).max(1000).optional(),
  /**
   * The most that a replica may hold at any of its samples: its log on the disk, and payloads and state in memory. Where
   * absent nothing is asked of that.
   */
  footprint: z.strictObject({ logBytes: z.int().min(1), memoryBytes: z.int().min(1) }).optional(),
});

const behaviourName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'must be small letters, digits and hyphens');

const maliciousSchema = z.strictObject({
  /** How many are malicious all the time: `f`, as many as the protocol stands; `f+1`, one too many; or a number. */
  count: z.union([z.enum(['f', 'f+1']), z.int().min(1).max(200)]),
  /** A file of node/malice. */
  behaviour: behaviourName,
  /** Which: `drawn` by the seed, or the `first` ones, which lead first in protocols where that goes by turns. */
  which: z.enum(['drawn', 'first']).default('drawn'),
});

export const experimentSchema = z.strictObject({
  /** What the experiment asks, as a question. */
  question: z.string().min(1),
  /** Why the answer is not obvious, and where the scenario comes from. */
  why: z.string().min(1),
  protocol: z.string().default('raft'),
  nodes: z.int().min(1).max(200).optional(),
  /** How many of the nodes make up the group at the beginning; all where absent. The others run, and may be voted in. */
  members: z.int().min(1).max(200).optional(),
  malicious: maliciousSchema.optional(),
  duration: duration.default(30_000),
  load: loadSchema.default(loadSchema.parse({})),
  strikes: z.array(strikeSchema).default([]),
  settings: settingsSchema.default(settingsSchema.parse({})),
  network: networkSchema.default(networkSchema.parse({})),
  limits: limitsSchema.default(limitsSchema.parse({})),
  /** `violated`: a safety violation is what is expected, and so the pass. */
  expect: z.enum(['pass', 'violated']).default('pass'),
});

export type Experiment = z.infer<typeof experimentSchema>;
export type StrikeSpecification = Experiment['strikes'][number];

/** Turns the issues of a failed parse into one sentence that names each place. */
export function explainIssues(error: z.ZodError): string {
  return error.issues
    .map((issue) => {
      const at = issue.path.join('.');
      return at === '' ? issue.message : `${at}: ${issue.message}`;
    })
    .join('; ');
}

/** The document as plain values; aliases that lead nowhere, or too far, are refused. */
function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new UsageError(`${file} is not valid YAML: ${(error as Error).message}`, 'Mend the file and run again.');
  }
}

/**
 * Reads an experiment from the text of its file.
 *
 * @param text - YAML
 * @param file - named in errors
 * @throws UsageError where it is not YAML, or not an experiment
 */
export function parseExperiment(text: string, file: string): Experiment {
  const document = parseDocument(text, { prettyErrors: true });
  const problem = document.errors[0];
  if (problem !== undefined) {
    throw new UsageError(
      `${file} is not valid YAML: ${problem.message.split('\n')[0]}`,
      'Mend the file and run again.',
    );
  }
  const parsed = experimentSchema.safeParse(plainValue(document, file));
  if (!parsed.success) {
    throw new UsageError(
      `${file} is not a valid experiment: ${explainIssues(parsed.error)}`,
      'experiments/rolling-failures.yml shows every part; mend the file and run again.',
    );
  }
  for (const [index, strike] of parsed.data.strikes.entries()) {
    if (strike.at === undefined && strike.on === undefined) {
      throw new UsageError(`${file}: strikes.${index} has neither "at" nor "on"`, 'Say when the strike begins.');
    }
  }
  return parsed.data;
}
