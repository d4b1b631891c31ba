/** The image of the replicas: built from this checkout when it is needed, and named after its content. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { $ } from 'zx';
import { packageRoot } from '../../../node/io/package-root.ts';
import { EnvironmentError } from '../../errors.ts';
import { publicImages } from './compose-file.ts';
import type { Engine } from './engine.ts';

const buildLimit = '600s';
const sources = [
  'Dockerfile',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'node',
  'chaos',
  'experiments',
];

/**
 * The image to run: the one that SPLITBRAIN_IMAGE names, else one of this checkout's very content.
 *
 * @param say - told before something takes long
 * @throws EnvironmentError where it is missing and cannot be built
 */
export async function labImage(engine: Engine, say: (text: string) => void): Promise<string> {
  const named = process.env['SPLITBRAIN_IMAGE'];
  if (named !== undefined && named !== '') {
    if ((await engine.imageLabels(named)) !== null) return named;
    throw new EnvironmentError(`there is no image ${named}`, `Pull or build it, or unset SPLITBRAIN_IMAGE.`);
  }
  if (!existsSync(join(packageRoot, 'Dockerfile'))) {
    throw new EnvironmentError('there are no sources here to build the image from', 'Name one in SPLITBRAIN_IMAGE.');
  }
  const base = process.env['SPLITBRAIN_BASE_IMAGE'] || publicImages.base;
  const image = `splitbrain:${contentHash(base)}`;
  if ((await engine.imageLabels(image)) !== null) return image;
  say(`building ${image} from ${base} ...`);
  const result = await $({
    nothrow: true,
    quiet: true,
    timeout: buildLimit,
    cwd: packageRoot,
  })`docker build --network host --build-arg BASE_IMAGE=${base} -t ${image} .`;
  if (result.exitCode === 0) return image;
  const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-6).join(' ').slice(-800);
  throw new EnvironmentError(
    `the image could not be built: ${said}`,
    `Try it by hand: docker build --build-arg BASE_IMAGE=${base} .`,
  );
}

/** A hash of all that goes into the image: another content is another image, and the same is never built twice. */
function contentHash(base: string): string {
  const hash = createHash('sha256').update(base);
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
