/** Starts a system by its name: a peer, or the replicas of a protocol. */
import { join } from 'node:path';
import type { BenchPlan, BenchSystem } from './contracts.ts';
import { startContainers } from './systems/containers.ts';
import { startEtcd } from './systems/etcd.ts';
import { startReplicas } from './systems/replicas.ts';

/** @param folder - below which each system keeps its data; removed by whoever made it */
export function startSystem(name: string, plan: BenchPlan, folder: string, signal: AbortSignal): Promise<BenchSystem> {
  const options = { nodes: plan.nodes, folder: join(folder, name), signal };
  if (name === 'etcd') return startEtcd(options);
  if (plan.on === 'docker') return startContainers({ ...options, protocol: plan.protocol });
  return startReplicas({ ...options, protocol: plan.protocol });
}
