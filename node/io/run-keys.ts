/**
 * The keys of one run, for a protocol that signs: drawn by whoever starts the replicas, and told to each in its settings, as
 * the token of the run is.
 */
import { randomBytes } from 'node:crypto';
import { type KeyPair, keyPairOf } from '../crypto/key-text.ts';
import type { NodeId, ProtocolDefinition } from '../protocol.ts';
import type { NodeSettingsInput } from './settings.ts';

/** One pair for each replica. Holds secrets. */
export type RunKeys = ReadonlyMap<NodeId, KeyPair>;

/** How long a private key is (RFC 8032, section 5.1.5). */
const secretBytes = 32;

/** Undefined where the protocol does not sign. */
export function drawKeys(
  nodes: readonly NodeId[],
  { signs }: Pick<ProtocolDefinition<unknown, unknown>, 'signs'>,
): RunKeys | undefined {
  return signs ? new Map(nodes.map((node) => [node, keyPairOf(randomBytes(secretBytes))])) : undefined;
}

/** The part of the settings of one replica that holds its keys; empty where there are none. */
export function keySettings(keys: RunKeys | undefined, id: NodeId): Pick<NodeSettingsInput, 'keys'> {
  const own = keys?.get(id);
  if (keys === undefined || own === undefined) return {};
  const publicKeys = Object.fromEntries([...keys].map(([node, { publicKey }]) => [node, publicKey]));
  return { keys: { privateKey: own.privateKey, publicKeys } };
}
