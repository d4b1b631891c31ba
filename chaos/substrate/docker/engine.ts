/** The Docker engine: compose files through the CLI, single containers through the API, and a sentence for each failure. */
import Docker from 'dockerode';
import { $ } from 'zx';
import { EnvironmentError } from '../../errors.ts';
import { labLabel, nodeLabel } from './compose-file.ts';

/** Bringing a lab up, images and all, may take this long. */
const upLimit = '300s';

export interface LabContainer {
  readonly id: string;
  readonly name: string;
  /** The replica that it runs; undefined for Toxiproxy and the orchestrator. */
  readonly node: string | undefined;
  readonly service: string;
  readonly project: string;
  readonly state: string;
  /** Published ports: from the container's to the one on this machine. */
  readonly ports: ReadonlyMap<number, number>;
}

export class Engine {
  readonly docker = new Docker();

  /** Makes sure that the engine answers, before anything else is tried. */
  async require(): Promise<string> {
    try {
      const { Version } = await this.docker.version();
      return Version;
    } catch (error) {
      throw engineError(error);
    }
  }

  /** `docker compose up`: returns when every container is healthy. */
  async up(project: string, file: string, image: string): Promise<void> {
    const result = await $({
      nothrow: true,
      quiet: true,
      timeout: upLimit,
      env: { ...process.env, SPLITBRAIN_IMAGE: image },
    })`docker compose -p ${project} -f ${file} up -d --wait`;
    if (result.exitCode === 0) return;
    throw composeError(result.stderr || result.stdout);
  }

  /** The labels of an image; null where it is not here. */
  async imageLabels(image: string): Promise<Readonly<Record<string, string>> | null> {
    try {
      return (await this.docker.getImage(image).inspect()).Config.Labels ?? {};
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return null;
      throw error;
    }
  }

  /** The containers of a lab; of every lab where no project is named. */
  async containers(project?: string): Promise<LabContainer[]> {
    const label = project === undefined ? labLabel : `${labLabel}=${project}`;
    const found = await this.docker.listContainers({ all: true, filters: { label: [label] } });
    return found.map(({ Id, Names, Labels, State, Ports }) => ({
      id: Id,
      name: Names[0]?.replace(/^\//, '') ?? Id,
      node: Labels[nodeLabel],
      service: Labels['com.docker.compose.service'] ?? '',
      project: Labels[labLabel] ?? '',
      state: State,
      ports: new Map(
        Ports.filter(({ PublicPort }) => PublicPort !== undefined).map(({ PrivatePort, PublicPort }) => [
          PrivatePort,
          PublicPort,
        ]),
      ),
    }));
  }

  /** Removes containers, networks and volumes that labs left behind; returns the names of the labs. */
  async remove(project?: string): Promise<string[]> {
    const label = project === undefined ? labLabel : `${labLabel}=${project}`;
    const containers = await this.containers(project);
    await Promise.all(
      containers.map(({ id }) => ignoreMissing(this.docker.getContainer(id).remove({ force: true, v: true }))),
    );
    const networks = await this.docker.listNetworks({ filters: { label: [label] } });
    await Promise.all(networks.map(({ Id }) => ignoreMissing(this.docker.getNetwork(Id).remove())));
    const { Volumes } = await this.docker.listVolumes({ filters: { label: [label] } });
    await Promise.all((Volumes ?? []).map(({ Name }) => ignoreMissing(this.docker.getVolume(Name).remove())));
    const labs = [
      ...containers.map((container) => container.project),
      ...networks.map(({ Labels }) => Labels?.[labLabel] ?? ''),
    ];
    return [...new Set(labs)].filter((name) => name !== '').sort();
  }
}

/** What is gone already need not be removed. */
async function ignoreMissing(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    if (statusCode !== 404 && statusCode !== 409) throw error;
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

/** The last lines of what Compose said, and the mend for what is known to go wrong. */
function composeError(output: string): EnvironmentError {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const said = lines.slice(-3).join(' ').slice(-600);
  const advice =
    [
      {
        sign: /no such image|pull access denied|manifest unknown|failed to resolve/i,
        mend: 'Build or pull the image that is missing: npx splitbrain doctor',
      },
      { sign: /no space left/i, mend: 'Make room on the disk: docker system prune' },
      {
        sign: /port is already allocated|address already in use/i,
        mend: 'Another program has the port: npx splitbrain down, or end it.',
      },
      { sign: /permission denied.*docker\.sock/i, mend: 'Add the user to the group docker. Then log in anew.' },
      { sign: /is not a docker command|unknown shorthand flag/i, mend: 'Install Docker Compose v2.' },
    ].find(({ sign }) => sign.test(output))?.mend ?? 'See: npx splitbrain doctor';
  return new EnvironmentError(`docker compose up failed: ${said || 'it did not end in time'}`, advice);
}
