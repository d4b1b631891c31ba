/** Which program is started as etcd. */
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { EnvironmentError } from '../../errors.ts';

const advice =
  'Install etcd 3.4 or newer (on Debian: apt-get install etcd-server), or name its binary in SPLITBRAIN_ETCD.';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The binary that SPLITBRAIN_ETCD names, or else the first `etcd` on the PATH.
 *
 * @throws EnvironmentError where there is none
 */
export function findEtcd(environment: Environment = process.env): string {
  const named = environment['SPLITBRAIN_ETCD'];
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return named;
    throw new EnvironmentError(`SPLITBRAIN_ETCD is ${named}, which is no program`, advice);
  }
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = folders.map((folder) => join(folder, 'etcd')).find(isProgram);
  if (found === undefined) throw new EnvironmentError('there is no etcd on this machine', advice);
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The command line that starts `program` so that it is killed when this process ends, however it ends. It takes
 * prctl(PR_SET_PDEATHSIG), which Node does not offer: util-linux's setpriv does it and then becomes the program, so that the
 * process id is the program's. Where there is no such setpriv (it is Linux' own), `program` itself.
 */
export async function endingWithParent(program: string): Promise<readonly [string, ...string[]]> {
  const setpriv = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
  try {
    const [command, ...args] = setpriv;
    await promisify(execFile)(command, [...args, 'true'], { timeout: 5000, killSignal: 'SIGKILL' });
    return [...setpriv, program];
  } catch {
    return [program];
  }
}
