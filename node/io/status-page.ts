/** GET /status of a replica: what it knows of itself, as JSON; its shape, and how it is read from afar. */
import { get as httpGet, type IncomingMessage } from 'node:http';
import { z } from 'zod';

/** Without control characters, for it ends up on terminals; as long as the settings of a replica allow. */
const text = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII');
const nodeId = text(64);
const nodeIds = z.array(nodeId).max(100);
const index = z.int().nonnegative();

/** Zod would repeat the unknown keys, which are as long and as strange as a stranger likes. */
const nothingMore = {
  error: ({ code }: { readonly code: string }) =>
    code === 'unrecognized_keys' ? 'there is more in it than a status has' : undefined,
};

export const statusPageSchema = z.strictObject(
  {
    schemaVersion: z.literal(3),
    runId: text(128),
    id: nodeId,
    /** A folder of node/protocols. */
    protocol: text(60),
    /** All who may belong to the group, this one included, in the order that is the same everywhere. */
    members: nodeIds.min(1),
    /** Who belongs to the group as far as the replica knows; null where that cannot change. */
    group: z.strictObject({ voters: nodeIds.readonly(), learners: nodeIds.readonly() }, nothingMore).nullable(),
    /** As the protocol calls it. */
    role: text(64),
    /** The term, ballot, view or round. */
    epoch: index,
    /** Null where the replica knows none. */
    leader: nodeId.nullable(),
    commitIndex: index,
    lastIndex: index,
    appliedIndex: index,
    /** Since the process started, in whole milliseconds. */
    uptimeMs: index,
    /** Of what came from other replicas nothing became of so much, by why in a word or two. */
    refused: z.record(text(64), index),
  },
  nothingMore,
);

export type StatusPage = z.infer<typeof statusPageSchema>;

/** The longest page that is read, in bytes; that of the largest group has about 14000. */
const maxPageBytes = 64 * 1024;

/**
 * Asks a replica for its status.
 *
 * @param address - host:port of its metrics server
 * @param timeoutMs - for the whole page, not only its first byte; whole milliseconds
 * @throws Error whose message is a plain sentence without the address: `no answer in 500 ms`, `no answer: ...`,
 *   `HTTP 503`, or `not the status of a replica: ...`
 */
export async function readStatus(address: string, timeoutMs: number): Promise<StatusPage> {
  const deadline = AbortSignal.timeout(timeoutMs);
  let answer: Answer;
  try {
    answer = await get(`http://${address}/status`, deadline);
  } catch (error) {
    throw new Error(`no answer${deadline.aborted ? ` in ${timeoutMs} ms` : `: ${reasonOf(error)}`}`, { cause: error });
  }
  if (answer.code !== 200) throw new Error(`HTTP ${answer.code}`);
  if (answer.body === null) throw notStatus(`it is longer than ${maxPageBytes / 1024} KiB`);
  return parseStatus(answer.body);
}

interface Answer {
  readonly code: number | undefined;
  /** Null where it is too long. */
  readonly body: string | null;
}

/**
 * Over a connection of its own, which is closed at the end, whatever the end is. `fetch` would not do: after a deadline it
 * connects anew, or goes on trying to connect for ten seconds, and the program cannot end before.
 */
function get(url: string, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, { agent: false, signal }, (response) => {
      const { statusCode: code } = response;
      const body = code === 200 ? boundedBody(response) : Promise.resolve('');
      body.then((text) => resolve({ code, body: text }), reject).finally(() => request.destroy());
    });
    request.on('error', reject);
  });
}

async function boundedBody(response: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxPageBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseStatus(body: string): StatusPage {
  let page: unknown;
  try {
    page = JSON.parse(body);
  } catch {
    throw notStatus('it is not JSON');
  }
  const parsed = statusPageSchema.safeParse(page);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  throw notStatus(`${path === '' ? '' : `${path}: `}${issue?.message ?? ''}`);
}

function notStatus(why: string): Error {
  return new Error(`not the status of a replica: ${why}`);
}

/** A failure to connect to each of several addresses has a code and no message. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || (code ?? 'no reason is known');
}
