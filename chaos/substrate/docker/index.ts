/** Real containers: a container per replica, every link through Toxiproxy, steered through the Docker engine. */
import type { Capability, Substrate } from '../../contracts/cluster.ts';
import { EnvironmentError, InterruptedError, UsageError } from '../../errors.ts';
import { plannedBehaviours } from '../../malice.ts';
import type { DockerCluster } from './cluster.ts';
import { Engine } from './engine.ts';
import { Lab, type LabContent, type LabOptions } from './lab.ts';
import { quietMs, removeOrphans } from './labs.ts';
import { maxReplicas } from './layout.ts';
import { findVantage } from './vantage.ts';

const capabilities: readonly Capability[] = [
  ...(['process.kill', 'process.pause', 'link.cut', 'link.latency'] as const),
  ...(['disk.slow', 'disk.wipe', 'group.order', 'replica.behave'] as const),
];

export const dockerSubstrate: Substrate = {
  name: 'docker',
  capabilities: new Set(capabilities),
  boot: (plan, observe, { keepUp = false, signal = new AbortController().signal } = {}) => {
    const { nodes, members, protocol, bug, storage, seed, experiment } = plan;
    // Where a strike is to turn a replica, all must be ready for it.
    const mayBeMalicious = plannedBehaviours(plan.malicious, plan.strikes).length > 0;
    const content = {
      ...{ nodes, protocol, seed, settings: experiment.settings },
      ...(members === undefined ? {} : { members }),
      ...(bug === undefined ? {} : { bug }),
      ...(storage === undefined ? {} : { storage }),
      ...(mayBeMalicious ? { malicious: plan.malicious ?? {} } : {}),
    };
    return bootLab(content, { observe, keepUp, signal });
  },
};

/**
 * Brings up a lab, after what killed runs left behind was removed.
 *
 * @throws UsageError where it would be too large, EnvironmentError where it does not come up, InterruptedError
 */
export async function bootLab(
  content: LabContent,
  options: Pick<LabOptions, 'observe' | 'keepUp' | 'signal'>,
): Promise<DockerCluster> {
  if (content.nodes.length > maxReplicas) {
    throw new UsageError(`${content.nodes.length} replicas are too many`, `On docker there can be ${maxReplicas}.`);
  }
  const engine = await Engine.open();
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const orphans = await removeOrphans(engine);
  if (orphans.length > 0) say(`removed ${orphans.join(', ')}, left behind by a run that was killed`);
  const lab = new Lab({ engine, vantage: await findVantage(engine), content, ...options });
  try {
    return await lab.boot(say);
  } catch (error) {
    await takeBack(lab, error);
    if (options.signal.aborted) throw new InterruptedError('the lab was still coming up; nothing is recorded');
    throw error;
  }
}

/** Why the boot failed is what matters; that it could not be taken back comes on top of it. */
async function takeBack(lab: Lab, why: unknown): Promise<void> {
  try {
    await lab.takeDown(quietMs);
  } catch (error) {
    const first = why instanceof Error ? why.message : String(why);
    throw new EnvironmentError(
      `${first}. And what came up could not be removed: ${(error as Error).message}`,
      'When the engine is well again: npx splitbrain down',
    );
  }
}
