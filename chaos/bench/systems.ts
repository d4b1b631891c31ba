/** Starts a system by its name: a peer, or the replicas of a protocol. */
import { join } from 'node:path';
import type { BenchPlan, BenchSystem } from './contracts.ts';
import { ownSystem } from './own-systems.ts';
import { startEtcd } from './systems/etcd.ts';
import { startReplicas } from './systems/replicas.ts';

/** @param folder - below which each system keeps its data; removed by whoever made it */
export async function startSystem(
  name: string,
  plan: BenchPlan,
  folder: string,
  signal: AbortSignal,
): Promise<BenchSystem> {
  const options = { nodes: plan.nodes, folder: join(folder, name), signal };
  if (name === 'etcd') return startEtcd(options);
  const own = ownSystem(plan, name);
  if (own === undefined) throw new Error(`${name} is no system of the plan`);
  const { name: _, ...chosen } = own;
  const ours = { ...options, ...chosen };
  if (plan.on === 'local') return startReplicas(ours);
  // Only who asks for containers needs what speaks to the engine.
  const { startContainers } = await import('./systems/containers.ts');
  return startContainers(ours);
}
