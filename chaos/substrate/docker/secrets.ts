/** What only a lab and its replicas know. It is made for one lab, and kept nowhere. */
import { randomBytes } from 'node:crypto';
import type { ProtocolDefinition } from '../../../node/contract/definition.ts';
import type { NodeId } from '../../../node/contract/ids.ts';
import { drawKeys, type RunKeys } from '../../../node/io/run-keys.ts';

export interface LabSecrets {
  /** What control calls must show. */
  readonly token: string;
  /** Of the replicas of a protocol that signs, and of their clients, which are in the lab's own process. */
  readonly keys?: RunKeys;
}

export function drawSecrets(
  nodes: readonly NodeId[],
  definition: Pick<ProtocolDefinition<unknown, unknown>, 'signs'>,
): LabSecrets {
  const keys = drawKeys(nodes, definition);
  return { token: randomBytes(24).toString('base64url'), ...(keys && { keys }) };
}

/**
 * The text of a compose file as it may be kept: what stands in place of a secret is none. Public keys stay. Replicas that sign
 * do not start from it as it is: they want private keys.
 */
export function withoutSecrets(text: string, { token, keys }: LabSecrets): string {
  const privateKeys = [...(keys?.replicas.values() ?? [])].map(({ privateKey }) => privateKey);
  return privateKeys.reduce(
    (rest, key) => rest.replaceAll(key, 'private-key-of-another-run'),
    text.replaceAll(token, 'token-of-another-run'),
  );
}
