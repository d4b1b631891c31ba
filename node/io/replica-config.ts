/** What a protocol is told, out of the settings of a replica. */
import type { ProtocolAbility, ReplicaConfig } from '../protocol.ts';
import { type NodeSettings, SettingsError } from './settings.ts';

/** The settings that not every protocol can do anything with, and what it takes. */
const askedBy: readonly (readonly ['leaseReads' | 'quorums', ProtocolAbility])[] = [
  ['leaseReads', 'lease-reads'],
  ['quorums', 'flexible-quorums'],
];

/**
 * @param abilities - of the protocol that the settings name
 * @throws SettingsError where they ask for what it cannot do: it would do as if they did not
 */
export function replicaConfigOf(settings: NodeSettings, abilities: ReadonlySet<ProtocolAbility>): ReplicaConfig {
  for (const [setting, ability] of askedBy) {
    if (settings[setting] === undefined || abilities.has(ability)) continue;
    throw new SettingsError(
      `The setting ${setting} asks for ${ability}, which the protocol "${settings.protocol}" lacks.`,
    );
  }
  const { id, group: members = settings.members, electionTimeoutMs, heartbeatIntervalMs, trace } = settings;
  const { maxEntriesPerMessage, logCacheBytes, maxUncommittedBytes, snapshotAfterBytes, snapshotChunkBytes } = settings;
  const limits = { maxEntriesPerMessage, logCacheBytes, maxUncommittedBytes, snapshotAfterBytes, snapshotChunkBytes };
  const { leaseReads, quorums } = settings;
  const asked = { ...(leaseReads && { leaseReads }), ...(quorums && { quorums }) };
  return { id, members, electionTimeoutMs, heartbeatIntervalMs, ...limits, ...asked, trace };
}
