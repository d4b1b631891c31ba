/** For tests that run the command: compiles the package once, before the first of them. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../node/io/package-root.ts';

export default function setup(): void {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  const args = [join(dirname(typescript), 'bin', 'tsc'), '-p', 'tsconfig.build.json'];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: packageRoot, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the package does not compile:\n${stdout}`);
}
