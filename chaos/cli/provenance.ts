import { spawnSync } from 'node:child_process';
import { arch, platform } from 'node:os';
import { packageRoot, packageVersion } from '../../node/io/package-root.ts';
import type { Provenance } from '../contracts/report.ts';

/** Where a run came from. */
export function provenance(startedAt: Date, wallMs: number): Provenance {
  return {
    splitbrainVersion: packageVersion(),
    commit: commit(),
    nodeVersion: process.versions.node,
    platform: `${platform()} ${arch()}`,
    startedAt: startedAt.toISOString(),
    wallMs: Math.round(wallMs),
  };
}

/** The commit of the checkout, with a mark where files were changed; null outside of one. */
function commit(): string | null {
  const git = (...args: string[]) =>
    spawnSync('git', ['-C', packageRoot, ...args], { encoding: 'utf8', timeout: 5000 });
  const head = git('rev-parse', '--short=12', 'HEAD');
  if (head.status !== 0 || typeof head.stdout !== 'string') return null;
  const changed = git('status', '--porcelain', '--untracked-files=no').stdout !== '';
  return `${head.stdout.trim()}${changed ? '+changes' : ''}`;
}
