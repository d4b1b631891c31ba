/** What a protocol is told, out of the settings of a replica. */
import { signing } from '../bundle.ts';
import type { ReplicaConfig } from '../contract/config.ts';
import type { Crypto } from '../contract/crypto.ts';
import type { ProtocolAbility, ProtocolDefinition } from '../contract/definition.ts';
import { type CryptoCounts, counted } from '../crypto/counted.ts';
import { ed25519Crypto } from '../crypto/ed25519.ts';
import { remembering } from '../crypto/remembered.ts';
import { modeFlaw } from '../modes.ts';
import { type NodeSettings, SettingsError } from './settings.ts';

/** The settings that not every protocol can do anything with, and what it takes. */
const askedBy: readonly (readonly ['leaseReads' | 'quorumReads' | 'quorums', ProtocolAbility])[] = [
  ['leaseReads', 'lease-reads'],
  ['quorumReads', 'quorum-reads'],
  ['quorums', 'flexible-quorums'],
];

type Definition = Pick<ProtocolDefinition<unknown, unknown>, 'abilities' | 'signs' | 'sizeFlaw' | 'modes'>;

/**
 * @param definition - of the protocol that the settings name
 * @param counts - of what is signed and verified from now on; told only where the protocol signs
 * @throws SettingsError where they ask for what it cannot do, or for a mode that it has not: it would do as if they did not;
 *   where it cannot run in a group of so many; and where it signs, and they hold no keys
 */
export function replicaConfigOf(
  settings: NodeSettings,
  definition: Definition,
  counts: CryptoCounts = { signatures: 0, verifications: 0 },
): ReplicaConfig {
  const { abilities, signs, sizeFlaw } = definition;
  for (const [setting, ability] of askedBy) {
    if (!settings[setting] || abilities.has(ability)) continue;
    throw new SettingsError(
      `The setting ${setting} asks for ${ability}, which the protocol "${settings.protocol}" lacks.`,
    );
  }
  const { id, group: members = settings.members, electionTimeoutMs, heartbeatIntervalMs, trace } = settings;
  const flaw = sizeFlaw?.(members.length);
  if (flaw !== undefined) throw new SettingsError(flaw);
  const { maxEntriesPerMessage, logCacheBytes, maxUncommittedBytes, snapshotAfterBytes, snapshotChunkBytes } = settings;
  const limits = { maxEntriesPerMessage, logCacheBytes, maxUncommittedBytes, snapshotAfterBytes, snapshotChunkBytes };
  const { leaseReads, quorumReads, quorums, mode } = settings;
  refuseMode(settings, definition);
  const reads = { ...(leaseReads && { leaseReads }), ...(quorumReads && { quorumReads }) };
  const asked = { ...reads, ...(quorums && { quorums }), ...(mode && { mode }) };
  const signing = signs && signingOf(settings, counts);
  return { id, members, electionTimeoutMs, heartbeatIntervalMs, ...limits, ...asked, ...signing, trace };
}

function refuseMode({ protocol, mode }: NodeSettings, definition: Definition): void {
  const flaw = mode === undefined ? undefined : modeFlaw(mode, definition.modes);
  if (flaw !== undefined) throw new SettingsError(`The setting mode is wrong: the protocol "${protocol}" ${flaw}.`);
}

function signingOf(settings: NodeSettings, counts: CryptoCounts) {
  return signing(remembering(counted(cryptoOf(settings), counts)));
}

function cryptoOf({ id, protocol, keys }: NodeSettings): Crypto {
  if (keys !== undefined) return ed25519Crypto(keys);
  throw new SettingsError(
    `The protocol "${protocol}" signs what its replicas say, and ${id} has no keys for that: ` +
      'the setting keys must hold its privateKey and the publicKeys of all members.',
  );
}
