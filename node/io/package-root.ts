/** The folder with this project's package.json: one level above `node`, or two where the code was compiled to `dist`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function isPackageRoot(folder: string): boolean {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return false;
  const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
  return name === 'splitbrain';
}

function findPackageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isPackageRoot(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json of splitbrain above ${import.meta.url}`);
    folder = parent;
  }
  return folder;
}

export const packageRoot = findPackageRoot();

/** Where the .proto files are; they are read as they are, compiled or not. */
export const protoFolder = join(packageRoot, 'node', 'proto');

/** Our own version, as package.json has it. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}
