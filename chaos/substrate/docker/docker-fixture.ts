/** For tests: the engine that they need, and what there is on it. */
import Docker from 'dockerode';
import { beforeAll, describe } from 'vitest';
import { imageName, publicImages } from './compose-file.ts';
import { Engine } from './engine.ts';
import { findLabs } from './labs.ts';
import { labels } from './layout.ts';

let opened: Engine | undefined;

/** The engine, inside of tests that are not skipped. */
export function engine(): Engine {
  if (opened === undefined) throw new Error('there is no engine');
  return opened;
}

/** Why tests on docker cannot run here; null where they can. */
async function whyNot(): Promise<string | null> {
  try {
    opened = await Engine.open();
    for (const image of Object.values(publicImages).map(imageName)) {
      if ((await opened.image(image)) === null) return `${image} is not here`;
    }
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const reason = await whyNot();
const required = process.env['SPLITBRAIN_REQUIRE_DOCKER'] === '1';

/** Tests that need a real engine with real Toxiproxy: skipped, with the reason, or failed where they are required. */
export function describeOnDocker(name: string, tests: () => void): void {
  const title = reason === null ? name : `${name}: not here, ${reason}`;
  describe.skipIf(reason !== null && !required)(title, () => {
    beforeAll(() => {
      if (reason !== null) throw new Error(reason);
    });
    tests();
  });
}

/** Which images to use: a command that a test starts has a clean environment otherwise. */
export const imageVariables: Readonly<Record<string, string>> = Object.fromEntries(
  ['SPLITBRAIN_IMAGE', ...Object.values(publicImages).map(({ variable }) => variable)].flatMap((name) => {
    const value = process.env[name];
    return value === undefined || value === '' ? [] : [[name, value]];
  }),
);

/**
 * What is on the engine but for images: what belongs to labs; where these tests are required, the engine is theirs alone,
 * and it is all that there is.
 */
export async function contents(): Promise<string[]> {
  const docker = new Docker();
  const filters = required ? {} : { filters: { label: [labels.lab] } };
  const [containers, networks, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true, ...filters }),
    docker.listNetworks(filters),
    docker.listVolumes(filters),
  ]);
  return [
    ...containers.map(({ Id, Names }) => `container ${Names[0] ?? Id}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...(Volumes ?? []).map(({ Name }) => `volume ${Name}`),
  ].sort();
}

/** Tells the labs that come up from now on from those that were there before. */
export async function newLabs(): Promise<() => Promise<string[]>> {
  const projects = async () => (await findLabs(engine())).map(({ project }) => project);
  const before = new Set(await projects());
  return async () => (await projects()).filter((project) => !before.has(project));
}
