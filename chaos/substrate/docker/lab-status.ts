/** What the replicas of a lab say of themselves, whoever brought the lab up. */

import type { NodeId } from '../../../node/contract/ids.ts';
import { readStatus, type StatusPage } from '../../../node/io/status-page.ts';
import type { Engine, LabContainer } from './engine.ts';
import { findLabs, type LabState } from './labs.ts';
import { replicaPorts } from './layout.ts';
import { findVantage, type Vantage } from './vantage.ts';

const answerLimitMs = 2000;

export interface ReplicaStatusLine {
  readonly node: NodeId;
  /** As the engine calls the state of its container: `running`, `paused`, `exited`, ... */
  readonly state: string;
  /** Null where it does not answer. */
  readonly page: StatusPage | null;
  /** Why it does not. */
  readonly error?: string;
}

export interface LabStatus {
  readonly project: string;
  readonly state: LabState;
  readonly replicas: readonly ReplicaStatusLine[];
  /** Whom a majority of those who vote, each by its own knowledge, follows in the same epoch; null where there is nobody. */
  readonly leader: NodeId | null;
}

/** Asks every replica of every lab of which there are containers. */
export async function labStatuses(engine: Engine): Promise<LabStatus[]> {
  const vantage = await findVantage(engine);
  const [labs, containers] = await Promise.all([findLabs(engine), engine.containers()]);
  const asked = labs.map(async ({ project, state }) => {
    const own = containers.filter((each) => each.project === project && each.node !== undefined);
    const replicas = await askAll(engine, vantage, project, own);
    return { project, state, replicas, leader: leaderOf(replicas) };
  });
  return (await Promise.all(asked)).filter(({ replicas }) => replicas.length > 0);
}

async function askAll(engine: Engine, vantage: Vantage, project: string, containers: readonly LabContainer[]) {
  try {
    await vantage.join(project);
  } catch (error) {
    // It went away while it was asked, or it cannot be reached.
    if ((await engine.containers(project)).length === 0) return [];
    throw error;
  }
  try {
    const lines = await Promise.all(containers.map((container) => ask(vantage, container)));
    return lines.sort((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));
  } finally {
    // It may be gone by now, and its network with it.
    await vantage.leave(project).catch(() => {});
  }
}

async function ask(vantage: Vantage, container: LabContainer): Promise<ReplicaStatusLine> {
  const line = { node: container.node ?? '', state: container.state };
  if (container.state !== 'running') return { ...line, page: null };
  try {
    return { ...line, page: await readStatus(vantage.address(container, replicaPorts.metrics), answerLimitMs) };
  } catch (error) {
    return { ...line, page: null, error: (error as Error).message };
  }
}

function leaderOf(replicas: readonly ReplicaStatusLine[]): NodeId | null {
  const followers = new Map<string, number>();
  for (const { page } of replicas) {
    if (page === null || page.leader === null) continue;
    const voters = page.group?.voters ?? page.members;
    if (!voters.includes(page.id)) continue;
    const key = JSON.stringify([page.epoch, page.leader]);
    followers.set(key, (followers.get(key) ?? 0) + 1);
    if ((followers.get(key) ?? 0) > voters.length / 2) return page.leader;
  }
  return null;
}
