/** Compiles the package for tests; as a global set-up of theirs once, before the first of them runs the command. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../node/io/package-root.ts';

/** @throws Error with what the compiler says */
export function compilePackage(outDir = join(packageRoot, 'dist')): void {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  const args = [join(dirname(typescript), 'bin', 'tsc'), '-p', 'tsconfig.build.json', '--outDir', outDir];
  const options = { cwd: packageRoot, encoding: 'utf8', timeout: 120_000 } as const;
  const { status, stdout } = spawnSync(process.execPath, args, options);
  if (status !== 0) throw new Error(`the package does not compile:\n${stdout}`);
}

export default function setup(): void {
  compilePackage();
}
