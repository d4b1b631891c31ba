/** The image of the replicas: built from this checkout when it is needed, and named after its content. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { $ } from 'zx';
import { packageRoot } from '../../../node/io/package-root.ts';
import { EnvironmentError } from '../../errors.ts';
import { makeRoom, within } from './compose.ts';
import { imageName, publicImages } from './compose-file.ts';
import type { Engine } from './engine.ts';
import { imageLabel } from './layout.ts';

const buildLimitMs = 600_000;
const sources = [
  'Dockerfile',
  'package.json',
  'package-lock.json',
  '.npmrc',
  'tsconfig.json',
  'tsconfig.build.json',
  'node',
  'chaos',
  'experiments',
];

/** An image that is on the engine: what Compose calls it, and its identity. */
export interface ReadyImage {
  readonly name: string;
  readonly id: string;
}

/** Told before something takes long. */
export type Say = (text: string) => void;

/**
 * The image of the replicas: the one that SPLITBRAIN_IMAGE names, the one that the orchestrator itself runs from, or one
 * of this checkout's very content.
 *
 * @param own - the image that the orchestrator runs from, in a container
 * @throws EnvironmentError where it is missing and cannot be built
 */
export async function replicaImage(
  engine: Engine,
  own: string | undefined,
  say: Say,
  signal: AbortSignal,
): Promise<ReadyImage> {
  const named = process.env['SPLITBRAIN_IMAGE'] || own;
  if (named !== undefined) {
    const found = await engine.image(named);
    if (found !== null) return { name: named, id: found.id };
    throw new EnvironmentError(`there is no image ${named}`, 'Pull or build it, or unset SPLITBRAIN_IMAGE.');
  }
  if (!existsSync(join(packageRoot, 'Dockerfile'))) {
    throw new EnvironmentError('there are no sources here to build the image from', 'Name one in SPLITBRAIN_IMAGE.');
  }
  const args = [publicImages.base, publicImages.compose].map(imageName);
  const name = `splitbrain:${contentHash(args)}`;
  return ready(engine, name, async () => {
    await build(name, args, say, signal);
    // What it leaves behind is no reason not to run.
    await removeOldImages(engine, name).catch(() => {});
  });
}

/** The image of a name, made first where it is not here. */
async function ready(engine: Engine, name: string, make: () => Promise<void>): Promise<ReadyImage> {
  let found = await engine.image(name);
  if (found === null) {
    await make();
    found = await engine.image(name);
  }
  if (found !== null) return { name, id: found.id };
  throw new EnvironmentError(`the image ${name} is gone again`, 'Run it once more.');
}

/** Toxiproxy's image, pulled where it is not here. */
export async function toxiproxyImage(engine: Engine, say: Say, signal: AbortSignal): Promise<ReadyImage> {
  const name = imageName(publicImages.toxiproxy);
  return ready(engine, name, () => pull(engine, name, say, signal));
}

async function pull(engine: Engine, name: string, say: Say, signal: AbortSignal): Promise<void> {
  say(`pulling ${name} ...`);
  try {
    await engine.pull(name, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new EnvironmentError(
      `the image ${name} is not here and could not be pulled: ${(error as Error).message}`,
      `Pull it by hand: docker pull ${name}, or name another in ${publicImages.toxiproxy.variable}.`,
    );
  }
}

async function build(
  name: string,
  [base = '', compose = '']: readonly string[],
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  say(`building ${name} from ${base}, once for this content ...`);
  const args = ['--build-arg', `BASE_IMAGE=${base}`, '--build-arg', `COMPOSE_IMAGE=${compose}`];
  const limits = { limitMs: buildLimitMs, signal };
  const settings = { nothrow: true, quiet: true, cwd: packageRoot } as const;
  const result = await within(limits, $(settings)`docker build --force-rm --network host ${args} -t ${name} .`);
  signal.throwIfAborted();
  if (result === null) throw buildError(`it did not end in ${buildLimitMs / 1000} s`, args);
  if (result.exitCode === 0) return;
  throw buildError(`${result.stdout}\n${result.stderr}`, args);
}

/** So many images of earlier content are kept, for whoever goes back and forth between them. */
const keptImages = 3;
/** Another checkout may be about to use what is younger than this, in seconds. */
const youngS = 3600;
const ownTag = /^splitbrain:[0-9a-f]{12}$/;

/**
 * Each change of the sources is an image, and some 100 MB: all but the newest go, with the stages of their builds that
 * nothing names any more. What a container uses stays.
 */
async function removeOldImages(engine: Engine, current: string): Promise<void> {
  const untilS = Date.now() / 1000 - youngS;
  const newestFirst = (await engine.listImages(`${imageLabel}=true`)).sort((a, b) => b.Created - a.Created);
  const named = newestFirst.filter(({ RepoTags }) => (RepoTags ?? []).some((tag) => ownTag.test(tag)));
  const unnamed = newestFirst.filter(({ RepoTags }) => (RepoTags ?? []).every((tag) => tag === '<none>:<none>'));
  for (const { Id, RepoTags = [], Created } of [...named.slice(keptImages), ...unnamed.slice(keptImages)]) {
    if (Created > untilS || RepoTags?.includes(current)) continue;
    // One that is in use stays.
    await engine.removeImage(RepoTags?.find((tag) => ownTag.test(tag)) ?? Id).catch(() => {});
  }
}

/** The last lines of what the build said. */
function buildError(output: string, args: readonly string[]): EnvironmentError {
  const said = output.trim().split('\n').slice(-8).join(' ').slice(-900);
  const mend = /no space left/i.test(output)
    ? makeRoom
    : `Try it by hand: docker build --network host ${args.join(' ')} .`;
  return new EnvironmentError(`the image could not be built: ${said}`, mend);
}

/** A hash of all that goes into the image: another content is another image, and the same is never built twice. */
function contentHash(args: readonly string[]): string {
  const hash = createHash('sha256').update(args.join('\n'));
  for (const source of sources) {
    for (const file of filesOf(join(packageRoot, source))) {
      hash.update(relative(packageRoot, file)).update('\0').update(readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex').slice(0, 12);
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  try {
    return readdirSync(path, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [path];
    throw error;
  }
}
