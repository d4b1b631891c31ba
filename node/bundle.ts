/**
 * Bundles: what the clients of one process ask for in one turn, signed once. Under a protocol whose replicas sign, clients do
 * too, or a malicious primary could have carried out what nobody asked for. A bundle is proposed as a whole, so that whoever
 * is to vote for it sees who wants it; a batch is bundles one behind the other, and a client's request is a batch of one.
 *
 * A bundle is `length u32 | length of the name u8 | name | signature | commands`. The first length is of all that follows it;
 * the signature has 64 bytes; commands stand each behind a u32 length, as in any batch (`machine/command.ts`). What a replica says
 * of a bundle is a batch of results, or of dated ones where it was asked beside the log: `since f64 | result`. All numbers are
 * big-endian.
 */

import type { ReplicaConfig } from './contract/config.ts';
import { type Crypto, signatureBytes } from './contract/crypto.ts';
import type { NodeId } from './contract/ids.ts';
import { LastOnes, type Room } from './last-ones.ts';
import { encodeBatch, isWholeBatch } from './machine/command.ts';
import type { DatedAnswer } from './machine/machine.ts';

export interface Bundle {
  /** Who has signed it. */
  readonly client: string;
  readonly signature: Uint8Array;
  readonly commands: Uint8Array;
}

/** What comes before the name, in bytes. */
const headBytes = 5;
const maxNameBytes = 64;
/** The most that a bundle takes beside its commands, in bytes. */
export const bundleRoom = headBytes + maxNameBytes + signatureBytes;

const utf8 = new TextEncoder();

/** What the names of clients begin with where signatures are verified, and those of no replicas. */
const clientPrefix = 'client:';

/** What a client is called where signatures are verified. */
export function signerName(client: string): string {
  return clientPrefix + client;
}

export function isClient(signer: NodeId): boolean {
  return signer.startsWith(clientPrefix);
}

/** What is signed. @param digest - of the commands */
export function bundleStatement(client: string, digest: string): Uint8Array {
  return utf8.encode(`splitbrain commands of ${client} ${digest}`);
}

/**
 * Signs commands.
 *
 * @param client - the name of the signer, up to 64 characters of ASCII
 */
export function encodeBundle(
  client: string,
  commands: readonly Uint8Array[],
  { sign, digest }: Pick<Crypto, 'sign' | 'digest'>,
): Uint8Array {
  const batch = encodeBatch(commands);
  return bundleBytes({ client, signature: sign(bundleStatement(client, digest(batch))), commands: batch });
}

/** A bundle as bytes, whoever has signed what. */
export function bundleBytes({ client, signature, commands }: Bundle): Uint8Array {
  const length = headBytes + client.length + signatureBytes + commands.length;
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeUInt32BE(length - 4, 0);
  bytes[4] = client.length;
  bytes.write(client, headBytes, 'latin1');
  bytes.set(signature, headBytes + client.length);
  bytes.set(commands, headBytes + client.length + signatureBytes);
  return bytes;
}

/** The bundles of a batch, as views into it; null where it is anything else. Signatures are not looked at. */
export function decodeBundles(payload: Uint8Array): readonly Bundle[] | null {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const bundles: Bundle[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + headBytes > bytes.length) return null;
    const end = at + 4 + bytes.readUInt32BE(at);
    const name = at + headBytes;
    const signature = name + (bytes[at + 4] as number);
    const commands = signature + signatureBytes;
    if (signature - name > maxNameBytes || commands > end || end > bytes.length) return null;
    bundles.push({
      client: bytes.toString('latin1', name, signature),
      signature: bytes.subarray(signature, commands),
      commands: bytes.subarray(commands, end),
    });
    at = end;
  }
  return bundles;
}

/** How long the date of an answer is. */
const dateBytes = 8;

export function encodeDated({ since, result }: DatedAnswer): Uint8Array {
  const bytes = Buffer.allocUnsafe(dateBytes + result.length);
  bytes.writeDoubleBE(since, 0);
  bytes.set(result, dateBytes);
  return bytes;
}

/** The result in a dated answer, as a view; empty where that is none. */
export function resultOfDated(answer: Uint8Array): Uint8Array {
  return answer.subarray(dateBytes);
}

/** What tells a bundle from all others, once its signature was verified: a good one stands for one message under one key. */
export function bundleKey({ signature }: Bundle): string {
  return Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString('latin1');
}

/**
 * The most bytes of several bundles that become one batch; one bundle may be longer by itself. Many: what replicas say, sign and
 * verify is by the batch.
 */
export const maxBundlesBytes = 1 << 20;

/** What of a bundle says what was asked for, and by whom. */
type Asked = Pick<Bundle, 'client' | 'commands'>;

/** How much is kept of what was found good. What is bad is not kept: anybody could fill the room with it. */
const roomForGood: Room<Asked> = { count: 4096, bytes: 8 << 20, bytesOf: ({ commands }) => commands.length };

/**
 * Tells whether a batch is what clients of the run have asked for, each part signed by whoever wants it, and nothing else, and no
 * longer than an honest replica makes one: clients have signed enough to make batches of any length of it, again and again. A
 * replica meets each bundle twice, from the client and in a proposal: what it has lately found good it knows again by its bytes,
 * and neither digests nor verifies it another time.
 */
export function genuineness(crypto: Pick<Crypto, 'digest' | 'verify'>): (payload: Uint8Array) => boolean {
  const good = new LastOnes(roomForGood);
  const isGood = (bundle: Bundle) => {
    const key = bundleKey(bundle);
    const known = good.get(key);
    if (known !== undefined && isSame(known, bundle)) return true;
    if (!isSigned(bundle, crypto)) return false;
    good.keep(key, ownCopy(bundle));
    return true;
  };
  return (payload) => {
    const bundles = decodeBundles(payload);
    if (bundles === null || bundles.length === 0) return false;
    return (bundles.length === 1 || payload.length <= maxBundlesBytes) && bundles.every(isGood);
  };
}

/** What a replica is told whose clients sign. */
export function signing(crypto: Crypto): Pick<ReplicaConfig, 'crypto' | 'isGenuine' | 'maxJoinedBytes'> {
  return { crypto, isGenuine: genuineness(crypto), maxJoinedBytes: maxBundlesBytes };
}

/** A bundle is a view into all that came with it, and that would stay in memory with it. */
function ownCopy({ client, commands }: Bundle): Asked {
  return { client, commands: new Uint8Array(commands) };
}

function isSigned({ client, signature, commands }: Bundle, crypto: Pick<Crypto, 'digest' | 'verify'>): boolean {
  if (!isWholeBatch(commands)) return false;
  return crypto.verify(signerName(client), bundleStatement(client, crypto.digest(commands)), signature);
}

/** Whether two bundles with one signature are the same. */
function isSame(one: Asked, other: Asked): boolean {
  return one.client === other.client && Buffer.compare(one.commands, other.commands) === 0;
}
