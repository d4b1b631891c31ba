/**
 * The keys of one run, for a protocol that signs: drawn by whoever starts the replicas, and told to each in its settings, as
 * the token of the run is.
 */
import { randomBytes } from 'node:crypto';
import { BundleClient, type BundleClientOptions, bundleQuorums } from '../bundle-client.ts';
import type { ClientPolicy, ProtocolDefinition } from '../contract/definition.ts';
import type { NodeId } from '../contract/ids.ts';
import { ed25519Signer } from '../crypto/ed25519.ts';
import { type KeyPair, keyPairOf } from '../crypto/key-text.ts';
import { sha256 } from '../crypto/sha256.ts';
import type { NodeSettingsInput } from './settings.ts';

/** Holds secrets. */
export interface RunKeys {
  /** One pair for each replica. */
  readonly replicas: ReadonlyMap<NodeId, KeyPair>;
  /** Of the process whose clients ask the replicas: the lab, or the load generator of a benchmark. */
  readonly client: KeyPair;
}

/** What that process is called. */
const clientName = 'lab';

/** How long a private key is (RFC 8032, section 5.1.5). */
const secretBytes = 32;

const drawPair = (): KeyPair => keyPairOf(randomBytes(secretBytes));

/** Undefined where the protocol does not sign. */
export function drawKeys(
  nodes: readonly NodeId[],
  { signs }: Pick<ProtocolDefinition<unknown, unknown>, 'signs'>,
): RunKeys | undefined {
  return signs ? { replicas: new Map(nodes.map((node) => [node, drawPair()])), client: drawPair() } : undefined;
}

/** The part of the settings of one replica that holds its keys; empty where there are none. */
export function keySettings(keys: RunKeys | undefined, id: NodeId): Pick<NodeSettingsInput, 'keys'> {
  const own = keys?.replicas.get(id);
  if (keys === undefined || own === undefined) return {};
  const clientKeys = { [clientName]: keys.client.publicKey };
  return { keys: { privateKey: own.privateKey, publicKeys: publicKeysOf(keys), clientKeys } };
}

/** What anybody may know of them: by these what a replica has signed is verified. */
export function publicKeysOf({ replicas }: RunKeys): Record<NodeId, string> {
  return Object.fromEntries([...replicas].map(([node, { publicKey }]) => [node, publicKey]));
}

/**
 * The clients of this process, which sign what they ask for with the run's key for that.
 *
 * @param quorumReads - as the replicas are told
 */
export function signingClients(
  privateKey: string,
  policy: ClientPolicy,
  options: Pick<BundleClientOptions, 'members' | 'clock' | 'send'>,
  quorumReads = false,
): BundleClient {
  const quorums = bundleQuorums(policy, options.members.length, quorumReads);
  const crypto = { sign: ed25519Signer(privateKey), digest: sha256 };
  return new BundleClient({ name: clientName, ...quorums, crypto, ...options });
}
