// Installs the dependencies of a fresh checkout, once, so that `npm start` and `npm test` are the only commands a
// newcomer needs. Does nothing where they are there already. Imports nothing that would have to be installed first.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Whether the checkout at `root` has an install that is at least as new as its lock file. */
function isInstalled() {
  const mark = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (!existsSync(mark)) return false;
  return !existsSync(lock) || statSync(mark).mtimeMs >= statSync(lock).mtimeMs || sameVersions(mark, lock);
}

function sameVersions(mark, lock) {
  const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const [have, want] = [read(mark), read(lock)];
  return Object.entries(want).every(
    ([name, entry]) => name === '' || entry.optional || have[name]?.version === entry.version,
  );
}

export function ensureInstalled() {
  if (isInstalled()) return;
  process.stderr.write('splitbrain: installing dependencies (npm ci), once ...\n');
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    process.stderr.write(
      'splitbrain: the dependencies could not be installed (npm ci failed, see above). ' +
        'Check that npm reaches its registry, then run: npm ci\n',
    );
    process.exit(5);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureInstalled();
