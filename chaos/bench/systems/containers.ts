/** Our replicas in containers: the lab of an experiment, every link through Toxiproxy, without the reports of its facts. */
import { packageVersion } from '../../../node/io/package-root.ts';
import { settingsSchema } from '../../experiment.ts';
import { bootLab } from '../../substrate/docker/index.ts';
import type { BenchSystem } from '../contracts.ts';
import { ownName } from '../own-systems.ts';
import { readReplicaCounters } from './replica-counters.ts';
import { type ReplicasOptions, timeouts } from './replicas.ts';

export async function startContainers(
  options: Pick<ReplicasOptions, 'protocol' | 'mode' | 'storage' | 'nodes' | 'signal'>,
): Promise<BenchSystem> {
  const { protocol, mode, storage, nodes, signal } = options;
  const cluster = await bootLab(
    {
      nodes: Array.from({ length: nodes }, (_, index) => `n${index + 1}`),
      protocol,
      ...(storage === undefined ? {} : { storage }),
      // Nothing is drawn: there are no strikes, and the generator has a seed of its own.
      seed: 0,
      settings: settingsSchema.parse({
        electionTimeout: timeouts.electionTimeoutMs.map((ms) => `${ms}ms`),
        heartbeatInterval: `${timeouts.heartbeatIntervalMs}ms`,
        ...(mode === undefined ? {} : { mode }),
      }),
      trace: false,
    },
    { observe: () => {}, keepUp: false, signal },
  );
  return {
    name: ownName(options),
    version: `${packageVersion()}, in containers`,
    endpoints: cluster.clientAddresses,
    clientKey: cluster.clientKey,
    counters: () =>
      Promise.all(
        Object.entries(cluster.metricsAddresses).map(([node, address]) => readReplicaCounters(node, address)),
      ),
    // `down` removes what could not be.
    close: () => cluster.close().catch(() => {}),
  };
}
