/** What one of our replicas counts, from its page for Prometheus. */
import type { ReplicaCounters } from '../contracts.ts';
import { readPrometheus, sumOf, toldSumOf } from './prometheus.ts';

const timeoutMs = 5000;

/** @param address - host:port of the replica's metrics server */
export async function readReplicaCounters(node: string, address: string): Promise<ReplicaCounters> {
  const page = await readPrometheus(`http://${address}/metrics`, timeoutMs);
  return {
    node,
    leads: sumOf(page, 'lab_server_is_leader') === 1,
    cpuSeconds: sumOf(page, 'process_cpu_seconds_total'),
    memoryBytes: sumOf(page, 'process_resident_memory_bytes'),
    syncs: sumOf(page, 'lab_disk_wal_fsync_duration_seconds_count'),
    sentMessages: sumOf(page, 'lab_network_peer_sent_messages_total'),
    sentBytes: sumOf(page, 'lab_network_peer_sent_bytes_total'),
    batches: sumOf(page, 'lab_server_proposals_applied_total'),
    signatures: toldSumOf(page, 'lab_crypto_signatures_total'),
    verifications: toldSumOf(page, 'lab_crypto_verifications_total'),
  };
}
