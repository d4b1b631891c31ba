/** For tests: the engine that they need, and what there is on it. */
import { beforeAll, describe } from 'vitest';
import { imageName, publicImages } from './compose-file.ts';
import { Engine } from './engine.ts';

export const engine = new Engine();

/** Why tests on docker cannot run here; null where they can. */
async function whyNot(): Promise<string | null> {
  try {
    await engine.require();
    for (const image of Object.values(publicImages).map(imageName)) {
      if ((await engine.image(image)) === null) return `${image} is not here`;
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

/** All that is on the engine but for images, whoever made it. */
export async function contents(): Promise<string[]> {
  const [containers, networks, { Volumes }] = await Promise.all([
    engine.docker.listContainers({ all: true }),
    engine.docker.listNetworks(),
    engine.docker.listVolumes(),
  ]);
  return [
    ...containers.map(({ Id, Names }) => `container ${Names[0] ?? Id}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...(Volumes ?? []).map(({ Name }) => `volume ${Name}`),
  ].sort();
}
