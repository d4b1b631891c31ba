/** The labs on an engine: who steers each, and how one is removed without a rest. */
import { setTimeout as delay } from 'node:timers/promises';
import { EnvironmentError } from '../../errors.ts';
import type { Engine, Labelled, Labels } from './engine.ts';
import { labels } from './layout.ts';
import { type Owner, parseOwner, processLives } from './owner.ts';

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

export interface FoundLab {
  readonly project: string;
  readonly state: LabState;
}

/** Every lab of which there is a container, a network or a volume. */
export async function findLabs(engine: Engine): Promise<FoundLab[]> {
  const found = await Promise.all([engine.containers(), engine.networks(), engine.volumes()]);
  const byProject = new Map(found.flat().map(({ labels: own }) => [own[labels.lab] ?? '', own]));
  const labs = [...byProject].map(async ([project, own]) => ({ project, state: await stateOf(engine, own) }));
  return (await Promise.all(labs)).sort((a, b) => (a.project < b.project ? -1 : 1));
}

async function stateOf(engine: Engine, own: Labels): Promise<LabState> {
  const owner = parseOwner(own[labels.owner] ?? '');
  if (owner === null) return 'kept';
  const lives = processLives(owner) ?? (await containerLives(engine, owner));
  if (lives === true) return 'running';
  if (own[labels.kept] === 'true') return 'kept';
  return lives === null ? 'elsewhere' : 'orphan';
}

/** Whether the container of an owner that cannot be seen from here runs; null where it is in none. */
async function containerLives(engine: Engine, { container }: Owner): Promise<boolean | null> {
  if (container === null) return null;
  return (await engine.inspect(container))?.State.Running ?? false;
}

/** A Compose whose caller was killed may still be making something: nothing may come for this long, in milliseconds. */
export const quietMs = 3000;
/** For so long, in milliseconds, something may fail to go with every look: an engine that restarts is waited for. */
const removeLimitMs = 20_000;
/** However well it goes, there is an end to it. */
const mostRemoveMs = 300_000;
const lookAgainMs = 100;

/**
 * Removes the containers, networks and volumes of a lab, whatever is left of it, until a look finds none.
 *
 * @param forMs - how long nothing may be found; 0 where nothing can be coming any more
 * @throws EnvironmentError where something cannot be removed
 */
export async function removeLab(engine: Engine, project: string, forMs: number): Promise<void> {
  const untilMs = performance.now() + mostRemoveMs;
  let emptySinceMs: number | undefined;
  let stuckSinceMs: number | undefined;
  for (;;) {
    const { found, failure } = await removeOnce(engine, project);
    const nowMs = performance.now();
    if (found.length > 0) emptySinceMs = undefined;
    else emptySinceMs ??= nowMs;
    if (emptySinceMs !== undefined && nowMs - emptySinceMs >= forMs) return;
    if (failure === null) stuckSinceMs = undefined;
    else stuckSinceMs ??= nowMs;
    const isStuck = stuckSinceMs !== undefined && nowMs - stuckSinceMs > removeLimitMs;
    if (isStuck || nowMs > untilMs) {
      const why = failure ?? 'something goes on making more of it';
      throw new EnvironmentError(
        `the lab ${project} (${found.join(', ')}) could not be removed: ${why}`,
        'Mend what the engine says, then again: npx splitbrain down',
      );
    }
    await delay(lookAgainMs);
  }
}

/**
 * Removes what there is just now, in the order in which it depends on each other. What fails is tried again with the next
 * look: the engine refuses to remove what is still in use.
 *
 * @returns what there was, in words, and why not all of it could be removed; null where it could
 */
async function removeOnce(engine: Engine, project: string): Promise<{ found: string[]; failure: string | null }> {
  const found: string[] = [];
  let failure: string | null = null;
  const removeAll = async (
    what: string,
    all: readonly Pick<Labelled, 'id' | 'name'>[],
    remove: typeof engine.removeVolume,
  ) => {
    found.push(...all.map(({ name }) => `${what} ${name}`));
    const done = await Promise.allSettled(all.map(({ id }) => remove.call(engine, id)));
    for (const each of done) if (each.status === 'rejected') failure = (each.reason as Error).message;
  };
  try {
    await removeAll('container', await engine.containers(project), engine.removeContainer);
    await removeAll('network', await engine.networks(project), engine.removeNetwork);
    await removeAll('volume', await engine.volumes(project), engine.removeVolume);
  } catch (error) {
    if (found.length === 0) found.push('whatever there is of it');
    failure = (error as Error).message;
  }
  return { found, failure };
}

/** Removes every lab whose run is dead; returns their names. */
export async function removeOrphans(engine: Engine): Promise<string[]> {
  const orphans = (await findLabs(engine)).filter(({ state }) => state === 'orphan');
  await Promise.all(orphans.map(({ project }) => removeLab(engine, project, quietMs)));
  return orphans.map(({ project }) => project);
}
