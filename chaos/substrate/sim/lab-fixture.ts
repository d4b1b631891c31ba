/** A simulated cluster for tests of faults: it has a leader, and everything that is observed of it is kept. */

import type { NodeId } from '../../../node/contract/ids.ts';
import { loadFault } from '../../catalog.ts';
import type { Cluster } from '../../contracts/cluster.ts';
import type { LabEvent, LabFact } from '../../contracts/events.ts';
import type { Fault } from '../../contracts/faults.ts';
import { leaderOf } from '../../group.ts';
import { samplePlan } from '../../sample-plan.ts';
import { simSubstrate } from './index.ts';

export interface Lab {
  readonly cluster: Cluster;
  readonly leader: NodeId;
  /** Those who do not lead, in order. */
  readonly followers: readonly NodeId[];
  readonly seen: LabEvent[];
}

export interface LabOptions {
  /** Raft where absent. */
  readonly protocol?: string;
  readonly nodeCount?: number;
  /** So little that logs are cut soon, in bytes; drawn where absent. */
  readonly snapshotAfterBytes?: number;
  readonly quorumReads?: boolean;
  /** How replicas behave that are malicious from the beginning on. */
  readonly malicious?: Readonly<Record<NodeId, string>>;
}

export async function bootLab(options: LabOptions = {}): Promise<Lab> {
  const { protocol = 'raft', nodeCount = 3, snapshotAfterBytes, quorumReads, malicious } = options;
  const seen: LabEvent[] = [];
  const settings = { ...(snapshotAfterBytes && { snapshotAfterBytes }), ...(quorumReads && { quorumReads }) };
  const nodes = Array.from({ length: nodeCount }, (_, index) => `n${index + 1}`);
  const plan = samplePlan(
    { network: { unruly: false }, settings },
    { protocol, nodes, ...(malicious && { malicious }) },
  );
  const cluster = await simSubstrate.boot(plan, (atMs: number, fact: LabFact) => seen.push({ atMs, ...fact }));
  await cluster.clock.sleep(3000);
  const leader = leaderOf(cluster);
  if (leader === undefined) throw new Error('nobody leads after three seconds');
  return { cluster, leader, followers: nodes.filter((node) => node !== leader), seen };
}

export const statusesOf = (cluster: Cluster) => cluster.nodes.map((node) => cluster.status(node));

/** Whether a client gets an answer to a write soon. */
export async function answers({ cluster }: Pick<Lab, 'cluster'>, client: string): Promise<boolean> {
  let type = '';
  cluster.client(client).submit({ f: 'write', key: 'k', value: 1 }, 4000, (completion) => {
    type = completion.type;
  });
  await cluster.clock.sleep(5000);
  return type === 'ok';
}

/** So many writes, one after the other. */
export async function write({ cluster }: Lab, client: string, count: number): Promise<void> {
  const { clock } = cluster;
  const session = cluster.client(client);
  for (let value = 1; value <= count; value += 1) {
    let type = '';
    session.submit({ f: 'write', key: `k${value % 5}`, value }, 4000, (completion) => {
      type = completion.type;
    });
    while (type === '') await clock.sleep(1);
    if (type !== 'ok') throw new Error(`write ${value} of ${client} ended as ${type}`);
  }
}

/** Strong enough to be seen within half a second. */
const strongParams: Readonly<Record<string, object>> = { loss: { probability: 0.9 }, latency: { delayMs: 20 } };
export const testParams = (name: string, fault: Fault<unknown>) => fault.parse(strongParams[name] ?? {});

export async function strikeOn({ cluster }: Lab, name: string, nodes: readonly NodeId[], strike = 's1.1') {
  const fault = await loadFault(name);
  const params = testParams(name, fault);
  const links = fault.links(nodes, cluster.nodes, params);
  const heal = await fault.strike({ cluster, strike, nodes, links }, params);
  return { fault, links, heal };
}
