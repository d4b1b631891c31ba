/** The Docker engine: single containers, images and networks through its API, and a sentence for each failure. */
import Docker from 'dockerode';
import { EnvironmentError } from '../../errors.ts';
import { labels } from './layout.ts';

export interface LabContainer {
  readonly id: string;
  readonly name: string;
  /** The replica that it runs; undefined for Toxiproxy. */
  readonly node: string | undefined;
  readonly service: string;
  readonly project: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Published ports: from the container's to the one on this machine. */
  readonly ports: ReadonlyMap<number, number>;
}

export interface Image {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

export class Engine {
  readonly docker = new Docker();

  /**
   * Makes sure that the engine answers, before anything else is tried.
   *
   * @returns its version
   * @throws EnvironmentError
   */
  async require(): Promise<string> {
    try {
      const { Version } = await this.docker.version();
      return Version;
    } catch (error) {
      throw engineError(error);
    }
  }

  /** An image that is on this engine; null where it is not. */
  async image(name: string): Promise<Image | null> {
    const found = await unlessMissing(this.docker.getImage(name).inspect());
    return found === null ? null : { id: found.Id, labels: found.Config.Labels ?? {} };
  }

  /** The containers of a lab; of every lab where no project is named. */
  containers(project?: string): Promise<LabContainer[]> {
    return this.#list({ label: [project === undefined ? labels.lab : `${labels.lab}=${project}`] });
  }

  /** One container as it is now: its published ports are new with each start. Undefined where it is gone. */
  async container(id: string): Promise<LabContainer | undefined> {
    return (await this.#list({ id: [id] }))[0];
  }

  /** The container that this process runs in, by the id that it has for its host name; null where there is none. */
  async ownContainer(name: string) {
    const found = await unlessMissing(this.docker.getContainer(name).inspect());
    if (found === null || !found.State.Running) return null;
    return { id: found.Id, image: found.Config.Image, labels: found.Config.Labels };
  }

  async connect(project: string, container: string): Promise<void> {
    for (const { Id } of await this.networks(project)) {
      await this.docker.getNetwork(Id).connect({ Container: container });
    }
  }

  async disconnect(project: string, container: string): Promise<void> {
    for (const { Id } of await this.networks(project)) {
      await unlessMissing(this.docker.getNetwork(Id).disconnect({ Container: container, Force: true }));
    }
  }

  networks(project: string) {
    return this.docker.listNetworks({ filters: { label: [`${labels.lab}=${project}`] } });
  }

  async #list(filters: Record<string, string[]>): Promise<LabContainer[]> {
    const found = await this.docker.listContainers({ all: true, filters });
    return found.map(({ Id, Names, Labels, State, Ports }) => ({
      id: Id,
      name: Names[0]?.replace(/^\//, '') ?? Id,
      node: Labels[labels.node],
      service: Labels['com.docker.compose.service'] ?? '',
      project: Labels[labels.lab] ?? '',
      state: State,
      labels: Labels,
      ports: new Map(
        Ports.filter(({ PublicPort }) => PublicPort !== undefined).map(({ PrivatePort, PublicPort }) => [
          PrivatePort,
          PublicPort,
        ]),
      ),
    }));
  }
}

/** What is gone is null; what is going already (the engine calls that a conflict) is as good as gone. */
export async function unlessMissing<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    if (statusCode === 404 || statusCode === 409) return null;
    throw error;
  }
}

/** Says why the engine does not answer, and what to do. */
export function engineError(error: unknown): EnvironmentError {
  const { code, message } = error as { code?: string; message?: string };
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new EnvironmentError('no Docker engine runs here', 'Start Docker, then see: npx splitbrain doctor');
    case 'EACCES':
      return new EnvironmentError(
        'the Docker engine runs, but this user may not use it',
        'Add the user to the group docker, or use a rootless engine. Then log in anew.',
      );
    default:
      return new EnvironmentError(
        `the Docker engine failed: ${message ?? String(error)}`,
        'See: npx splitbrain doctor',
      );
  }
}
