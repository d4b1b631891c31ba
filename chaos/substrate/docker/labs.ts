/** The labs on an engine: who steers each, and how one is removed without a rest. */
import { setTimeout as delay } from 'node:timers/promises';
import { EnvironmentError } from '../../errors.ts';
import { type Engine, unlessMissing } from './engine.ts';
import { labels } from './layout.ts';
import { parseOwner, processLives } from './owner.ts';

/**
 * `running`: a live run steers it. `orphan`: the run that steered it is dead. `kept`: it is meant to stay, for people.
 * `elsewhere`: a process of another host steers it, and nobody here knows whether that lives.
 */
export type LabState = 'running' | 'orphan' | 'kept' | 'elsewhere';

/** What a state means, for people. */
export const labStateWords: Readonly<Record<LabState, string>> = {
  running: 'a live run steers it',
  orphan: 'left behind by a run that was killed',
  kept: 'kept up',
  elsewhere: 'a run on another host steers it',
};

export interface Lab {
  readonly project: string;
  readonly state: LabState;
}

type Labels = Readonly<Record<string, string>>;

/** Every lab of which there is a container, a network or a volume. */
export async function findLabs(engine: Engine): Promise<Lab[]> {
  const filters = { label: [labels.lab] };
  const [containers, networks, { Volumes }] = await Promise.all([
    engine.containers(),
    engine.docker.listNetworks({ filters }),
    engine.docker.listVolumes({ filters }),
  ]);
  const all: Labels[] = [...containers, ...networks.map(named), ...(Volumes ?? []).map(named)].map(
    (each) => each.labels,
  );
  const byProject = new Map(all.map((each) => [each[labels.lab] ?? '', each]));
  const labs = [...byProject].map(async ([project, each]) => ({ project, state: await stateOf(engine, each) }));
  return (await Promise.all(labs)).sort((a, b) => (a.project < b.project ? -1 : 1));
}

function named({ Labels }: { readonly Labels?: Labels | null | undefined }): { labels: Labels } {
  return { labels: Labels ?? {} };
}

async function stateOf(engine: Engine, own: Labels): Promise<LabState> {
  const owner = parseOwner(own[labels.owner] ?? '');
  if (owner === null) return 'kept';
  const lives = owner.kind === 'process' ? processLives(owner) : (await engine.ownContainer(owner.id)) !== null;
  if (lives === null) return 'elsewhere';
  if (lives) return 'running';
  return own[labels.kept] === 'true' ? 'kept' : 'orphan';
}

/** A Compose whose caller was killed may still be making containers: nothing may come for this long, in milliseconds. */
const quietMs = 1500;
const removeLimitMs = 60_000;
const lookAgainMs = 100;

/**
 * Removes the containers, networks and volumes of a lab, whatever is left of it, until a look finds none.
 *
 * @param options - `quietly` looks again for a while, for a lab that may still be coming up
 * @throws EnvironmentError where something cannot be removed
 */
export async function removeLab(
  engine: Engine,
  project: string,
  options: { readonly quietly: boolean },
): Promise<void> {
  const untilMs = performance.now() + removeLimitMs;
  let emptySinceMs: number | undefined;
  for (;;) {
    const left = await removeOnce(engine, project);
    const nowMs = performance.now();
    if (left.length > 0) emptySinceMs = undefined;
    else emptySinceMs ??= nowMs;
    if (emptySinceMs !== undefined && nowMs - emptySinceMs >= (options.quietly ? quietMs : 0)) return;
    if (nowMs > untilMs) {
      throw new EnvironmentError(
        `${left.join(', ')} of the lab ${project} could not be removed in ${removeLimitMs / 1000} s`,
        'See: docker ps -a; docker network inspect; then again: npx splitbrain down',
      );
    }
    await delay(lookAgainMs);
  }
}

/** Removes what there is just now, in the order in which it depends on each other; returns what it was, in words. */
async function removeOnce(engine: Engine, project: string): Promise<string[]> {
  const { docker } = engine;
  const containers = await engine.containers(project);
  await Promise.all(
    containers.map(({ id }) => unlessMissing(docker.getContainer(id).remove({ force: true, v: true }))),
  );
  const networks = await engine.networks(project);
  for (const { Id } of networks) await removeNetwork(engine, Id);
  const { Volumes } = await docker.listVolumes({ filters: { label: [`${labels.lab}=${project}`] } });
  const volumes = Volumes ?? [];
  await Promise.all(volumes.map(({ Name }) => unlessMissing(docker.getVolume(Name).remove())));
  return [
    ...containers.map(({ name }) => `container ${name}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...volumes.map(({ Name }) => `volume ${Name}`),
  ];
}

/** The engine refuses with 403 while a container is still on the network: the next look tries again. */
async function removeNetwork({ docker }: Engine, id: string): Promise<void> {
  try {
    await unlessMissing(docker.getNetwork(id).remove());
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 403) throw error;
  }
}

/** Removes every lab whose run is dead; returns their names. */
export async function removeOrphans(engine: Engine): Promise<string[]> {
  const orphans = (await findLabs(engine)).filter(({ state }) => state === 'orphan');
  await Promise.all(orphans.map(({ project }) => removeLab(engine, project, { quietly: true })));
  return orphans.map(({ project }) => project);
}
