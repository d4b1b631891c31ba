#!/usr/bin/env node
// The `splitbrain` command. In a checkout it runs the TypeScript sources through tsx; in an installed package, where
// there are no sources, it runs the compiled ones. SPLITBRAIN_COMPILED=1 asks for the compiled ones in a checkout too.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `splitbrain: needs Node 20.19 or newer, and this is ${process.versions.node}. Install a newer Node.\n`,
  );
  process.exit(5);
}

const source = join(here, 'main.ts');
const compiled = join(here, '..', '..', 'dist', 'chaos', 'cli', 'main.js');
if (existsSync(source) && process.env.SPLITBRAIN_COMPILED !== '1') {
  const { ensureInstalled } = await import('./install.mjs');
  ensureInstalled();
  const { register } = await import('tsx/esm/api');
  register();
  await import(pathToFileURL(source).href);
} else if (existsSync(compiled)) {
  await import(pathToFileURL(compiled).href);
} else {
  process.stderr.write(`splitbrain: ${compiled} is missing. Build it with: npm run build\n`);
  process.exit(5);
}
