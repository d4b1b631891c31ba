/**
 * From where the orchestrator sees a lab: from the host, through ports published on 127.0.0.1, or from a container of its
 * own, through the lab's network. All else is the same.
 */
import { hostname } from 'node:os';
import { EnvironmentError } from '../../errors.ts';
import type { Engine, LabContainer } from './engine.ts';
import { imageLabel } from './layout.ts';
import { type Owner, thisProcess } from './owner.ts';

export interface Vantage {
  /** Who steers the labs that are brought up from here. */
  readonly owner: Owner;
  /** The image to run replicas from; undefined where one is to be built. */
  readonly image: string | undefined;
  /** Where a port of a container is reached, `host:port`. */
  readonly address: (container: LabContainer, port: number) => string;
  /** Makes the lab's containers reachable. */
  readonly join: (project: string) => Promise<void>;
  /** Undoes that; without it the lab's network could not be removed. Safe where it was never joined. */
  readonly leave: (project: string) => Promise<void>;
}

/** Finds out where this process runs. Inside of a container its host name is the container's id, unless somebody chose it. */
export async function findVantage(engine: Engine): Promise<Vantage> {
  const name = hostname();
  const own = /^[0-9a-f]{12}$/.test(name) ? await engine.inspect(name) : null;
  if (own === null) return fromHost;
  const { Image: image, Labels: marks } = own.Config;
  return {
    owner: thisProcess(own.Id),
    // An orchestrator that runs from the project's image runs its replicas from it, too.
    image: marks?.[imageLabel] === 'true' ? image : undefined,
    address: (container, port) => `${container.name}:${port}`,
    join: async (project) => {
      for (const { id } of await engine.networks(project)) await engine.connect(id, own.Id);
    },
    leave: async (project) => {
      for (const { id } of await engine.networks(project)) await engine.disconnect(id, own.Id);
    },
  };
}

const fromHost: Vantage = {
  owner: thisProcess(),
  image: undefined,
  address: ({ name, ports }, port) => {
    const published = ports.get(port);
    if (published !== undefined) return `127.0.0.1:${published}`;
    throw new EnvironmentError(`port ${port} of ${name} is not published`, `See: docker logs ${name}`);
  },
  join: async () => {},
  leave: async () => {},
};
