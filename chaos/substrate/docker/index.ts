/** Real containers: a container per replica, every link through Toxiproxy, steered through the Docker engine. */
import type { Capability, Substrate } from '../../contracts.ts';
import { UsageError } from '../../errors.ts';
import { Engine } from './engine.ts';
import { Lab } from './lab.ts';
import { removeOrphans } from './labs.ts';
import { maxReplicas } from './layout.ts';
import { findVantage } from './vantage.ts';

const capabilities: readonly Capability[] = ['process.kill', 'process.pause', 'link.cut', 'link.latency'];

export const dockerSubstrate: Substrate = {
  name: 'docker',
  capabilities: new Set(capabilities),
  boot: async (plan, observe, { keepUp = false } = {}) => {
    if (plan.nodes.length > maxReplicas) {
      throw new UsageError(
        `${plan.nodes.length} replicas are too many`,
        `On docker there are ports for ${maxReplicas}.`,
      );
    }
    const engine = new Engine();
    const version = await engine.require();
    const say = (text: string) => process.stderr.write(`${text}\n`);
    const orphans = await removeOrphans(engine);
    if (orphans.length > 0) say(`removed ${orphans.join(', ')}, left behind by a run that was killed`);
    const lab = new Lab({ engine, vantage: await findVantage(engine), plan, observe, keepUp });
    try {
      return await lab.boot(version, say);
    } catch (error) {
      await lab.takeDown();
      throw error;
    }
  },
};
