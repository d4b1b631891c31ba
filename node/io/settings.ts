/** What one replica process is told: JSON in the environment, or in a file that the environment names. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { keysFlaw } from '../crypto/ed25519.ts';
import { quorumFlaw } from '../quorum-sizes.ts';

/** The storage engine of a replica that is told of none. */
export const defaultEngine = 'wal';

/** The settings make no sense. The message is one sentence. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const address = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:]+):\d{1,5}$/, 'must be host:port');
const fileName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'must be small letters, digits and hyphens');
const nodeId = z.string().regex(/^[A-Za-z0-9][\w./-]{0,63}$/, 'must be letters, digits and ._/-');
const milliseconds = z.number().positive().max(600_000);
const quorumSize = z.int().min(1).max(200);

const schema = z
  .strictObject({
    /** Replicas and callers of another run are refused. */
    runId: z.string().regex(/^[\w.-]{1,128}$/, 'must be letters, digits and ._-'),
    id: nodeId,
    /** All who may belong to the group, this one included, in the same order everywhere. */
    members: z.array(nodeId).min(1).max(100),
    /** Who of them votes at the very beginning, in the same order everywhere; all where absent. The others come later. */
    group: z.array(nodeId).min(1).max(100).optional(),
    /** A folder of node/protocols. */
    protocol: fileName,
    /** A planted bug: a file of the protocol's folder `defects`. */
    bug: fileName.optional(),
    electionTimeoutMs: z.tuple([milliseconds, milliseconds]).default([150, 300]),
    heartbeatIntervalMs: milliseconds.default(50),
    maxEntriesPerMessage: z.int().positive().max(65_536).default(64),
    logCacheBytes: z
      .int()
      .min(0)
      .max(2 ** 34)
      .default(1 << 20),
    /** How much may wait for a majority, in bytes. */
    maxUncommittedBytes: z
      .int()
      .positive()
      .max(2 ** 34)
      .default(256 << 20),
    /** How many bytes of decided payloads gather behind a snapshot before the next is saved. */
    snapshotAfterBytes: z
      .int()
      .positive()
      .max(2 ** 40)
      .default(64 << 20),
    /** How much of a snapshot one message carries. */
    snapshotChunkBytes: z
      .int()
      .positive()
      .max(16 << 20)
      .default(1 << 20),
    /** Present where a leader answers reads by its clock, and how far clocks may run apart, as a part of the time. */
    leaseReads: z.strictObject({ maxClockDrift: z.number().min(0).max(0.5) }).optional(),
    /** Whether a quorum of replicas answers reads beside the log. */
    quorumReads: z.boolean().optional(),
    /** How many of the first members make a quorum of each phase; majorities where absent. */
    quorums: z.strictObject({ phase1: quorumSize, phase2: quorumSize }).optional(),
    /**
     * Present where replicas may be malicious: how this one behaves from its start on (a file of node/malice; honestly where
     * absent), and who else is malicious from the start on.
     */
    malice: z.strictObject({ behaviour: fileName.optional(), accomplices: z.array(nodeId).max(100) }).optional(),
    /** In which way the replicas come to a decision, where the protocol has several; its usual one where absent. */
    mode: fileName.optional(),
    /** Whether the protocol's facts are printed. */
    trace: z.boolean().default(true),
    /** Whether the replica stops when its standard input ends, and so does not outlive whoever holds the other end. */
    endsWithStdin: z.boolean().default(false),
    /** The log is kept here; made where it is absent. */
    dataFolder: z.string().min(1),
    /** What keeps the log: a file of node/io/engines. */
    engine: fileName.default(defaultEngine),
    /** What this process listens on; port 0 takes any free one. */
    listen: z.strictObject({ peer: address, client: address, control: address, metrics: address }),
    /** Where each other member is dialled: its link's proxy, or its own address. */
    peers: z.record(nodeId, address),
    /** Shown by every caller of the control API. */
    token: z.string().min(16).max(256),
    /**
     * With what it signs, where the protocol does: its own private key, a secret, and the public ones of all members. Where there
     * is no key of a client, nobody can ask it for anything.
     */
    keys: z
      .strictObject({
        privateKey: z.string(),
        publicKeys: z.record(nodeId, z.string()),
        clientKeys: z.record(nodeId, z.string()).default({}),
      })
      .optional(),
    /** How often an idle link gives a sign of life; from the number of members where absent. */
    linkIntervalMs: milliseconds.optional(),
  })
  .check((context) => {
    const { id, members, group = members, peers, electionTimeoutMs, quorums, keys } = context.value;
    const complain = (path: string, message: string) =>
      context.issues.push({ code: 'custom', path: [path], message, input: context.value });
    const others = members.filter((member) => member !== id);
    if (new Set(members).size !== members.length) complain('members', 'must not name a replica twice');
    if (!members.includes(id)) complain('members', `must contain ${id} itself`);
    if (new Set(group).size !== group.length || group.some((each) => !members.includes(each))) {
      complain('group', 'must name members only, and none twice');
    }
    if (
      others.join() !== [...others].filter((other) => other in peers).join() ||
      Object.keys(peers).length !== others.length
    ) {
      complain('peers', 'must hold an address for each other member, and for nobody else');
    }
    const flaw = quorums === undefined ? undefined : quorumFlaw(quorums, group.length);
    if (flaw !== undefined) complain('quorums', flaw);
    const wrongKeys = keys === undefined ? undefined : keysFlaw(id, members, keys);
    if (wrongKeys !== undefined) complain('keys', wrongKeys);
    if (electionTimeoutMs[0] > electionTimeoutMs[1]) complain('electionTimeoutMs', 'must be [min, max]');
  });

export type NodeSettings = z.infer<typeof schema>;
/** As they are written: what has a default may be absent. */
export type NodeSettingsInput = z.input<typeof schema>;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads SPLITBRAIN_NODE (JSON) or the file that SPLITBRAIN_NODE_FILE names. CONSENSUS_ALGORITHM, ELECTION_TIMEOUT_MS
 * (`150`: from 150 to 300; or `150-400`) and HEARTBEAT_INTERVAL_MS override what is written there.
 *
 * @throws SettingsError
 */
export function readSettings(environment: Environment): NodeSettings {
  const { source, text } = settingsText(environment);
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch (error) {
    throw new SettingsError(`${source} is not JSON: ${(error as Error).message}.`);
  }
  if (typeof written !== 'object' || written === null) throw new SettingsError(`${source} must hold a JSON object.`);
  const parsed = schema.safeParse({ ...written, ...overridesOf(environment) });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  throw new SettingsError(
    `${source} is wrong${path === '' ? '' : ` at ${path}`}: ${lowerFirst(issue?.message ?? '')}.`,
  );
}

function settingsText(environment: Environment): { source: string; text: string } {
  const { SPLITBRAIN_NODE: text, SPLITBRAIN_NODE_FILE: file } = environment;
  if (text !== undefined && text !== '') return { source: 'SPLITBRAIN_NODE', text };
  if (file === undefined || file === '') {
    throw new SettingsError(
      'A replica needs its settings as JSON in SPLITBRAIN_NODE, or in the file SPLITBRAIN_NODE_FILE.',
    );
  }
  try {
    return { source: file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    throw new SettingsError(`SPLITBRAIN_NODE_FILE cannot be read: ${(error as Error).message}.`);
  }
}

function overridesOf(environment: Environment): Partial<NodeSettingsInput> {
  const {
    CONSENSUS_ALGORITHM: protocol,
    ELECTION_TIMEOUT_MS: election,
    HEARTBEAT_INTERVAL_MS: heartbeat,
  } = environment;
  return {
    ...(protocol ? { protocol } : {}),
    ...(election ? { electionTimeoutMs: electionTimeoutOf(election) } : {}),
    ...(heartbeat ? { heartbeatIntervalMs: numberOf('HEARTBEAT_INTERVAL_MS', heartbeat) } : {}),
  };
}

function electionTimeoutOf(text: string): [number, number] {
  const [min, max, ...more] = text.split('-').map((part) => numberOf('ELECTION_TIMEOUT_MS', part));
  if (min === undefined || more.length > 0) {
    throw new SettingsError(`ELECTION_TIMEOUT_MS must be like 150 or 150-300, and is "${text}".`);
  }
  return [min, max ?? 2 * min];
}

function numberOf(name: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text.trim())) return Number(text);
  throw new SettingsError(`${name} must be in milliseconds, and is "${text}".`);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
