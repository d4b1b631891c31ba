import { statfsSync } from 'node:fs';
import type { Command } from 'commander';
import { packageRoot } from '../../../node/io/package-root.ts';
import { exitCode, SplitbrainError } from '../../errors.ts';
import { columns, print } from '../terminal.ts';

interface Finding {
  readonly what: string;
  /** `absent`: not here, and fetched or made by the first run. */
  readonly state: 'ok' | 'absent' | 'missing';
  readonly detail: string;
  /** What mends it, where it is missing. */
  readonly mend?: string;
}

const marks = { ok: '✔', absent: '–', missing: '✖' } as const;

const wantedDiskBytes = 2 * 1024 ** 3;

export default function register(program: Command): void {
  program
    .command('doctor')
    .summary('what the lab needs, and the command that mends what is missing')
    .description('Looks at Node, Docker, Compose, the images, the disk, and what earlier runs left behind.')
    .action(doctor);
}

async function doctor(): Promise<void> {
  const findings = [node(), disk(), ...(await engineFindings())];
  print(
    columns(
      findings.map(({ what, state, detail, mend }) => [
        marks[state],
        what,
        mend === undefined ? detail : `${detail}. ${state === 'absent' ? 'By hand' : 'Mend'}: ${mend}`,
      ]),
    ),
  );
  if (findings.some(({ state }) => state === 'missing')) {
    if (findings.every(({ what, state }) => what !== 'labs' || state === 'ok'))
      print('The simulator needs only Node; the rest is for --on docker.');
    process.exitCode = exitCode.environment;
  }
}

function node(): Finding {
  return { what: 'Node', state: 'ok', detail: process.versions.node };
}

function disk(): Finding {
  const { bavail, bsize } = statfsSync(packageRoot);
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  if (free >= wantedDiskBytes) return { what: 'disk', state: 'ok', detail };
  return { what: 'disk', state: 'missing', detail, mend: 'docker image prune; docker builder prune' };
}

async function engineFindings(): Promise<Finding[]> {
  const { Engine } = await import('../../substrate/docker/engine.ts');
  const { imageName, publicImages } = await import('../../substrate/docker/compose-file.ts');
  try {
    const engine = await Engine.open();
    const wanted = [
      ['base image', publicImages.base],
      ['Compose image', publicImages.compose],
      ['Toxiproxy image', publicImages.toxiproxy],
    ] as const;
    return [
      { what: 'Docker engine', state: 'ok', detail: engine.version },
      await compose(),
      ...(await Promise.all(wanted.map(([what, image]) => imageFinding(engine, what, imageName(image))))),
      await labs(engine),
    ];
  } catch (error) {
    if (!(error instanceof SplitbrainError)) throw error;
    return [{ what: 'Docker engine', state: 'missing', detail: error.message, mend: error.advice }, await compose()];
  }
}

type EngineOf = import('../../substrate/docker/engine.ts').Engine;

async function compose(): Promise<Finding> {
  const { findCompose, isTooOld, oldestCompose } = await import('../../substrate/docker/compose.ts');
  const { command, version } = await findCompose();
  const what = 'Docker Compose';
  const mend = `install the Compose plugin of your Docker, ${oldestCompose} or newer`;
  if (version === null) return { what, state: 'missing', detail: 'version 2 is not installed', mend };
  const detail = `${version} (${command.join(' ')})`;
  return isTooOld(version) ? { what, state: 'missing', detail, mend } : { what, state: 'ok', detail };
}

async function imageFinding(engine: EngineOf, what: string, image: string): Promise<Finding> {
  const found = await engine.image(image);
  if (found === null) {
    return {
      what,
      state: 'absent',
      detail: `${image} is not here; the first run gets it`,
      mend: `docker pull ${image}`,
    };
  }
  const standIn =
    found.labels['org.splitbrain.standin'] === 'true' ? ' (a stand-in that was built on this machine)' : '';
  return { what, state: 'ok', detail: `${image}${standIn}` };
}

async function labs(engine: EngineOf): Promise<Finding> {
  const { findLabs, labStateWords } = await import('../../substrate/docker/labs.ts');
  const found = await findLabs(engine);
  const orphans = found.filter(({ state }) => state === 'orphan');
  const what = 'labs';
  const detail = found.map(({ project, state }) => `${project} (${labStateWords[state]})`).join(', ') || 'none';
  if (orphans.length === 0) return { what, state: 'ok', detail };
  return { what, state: 'missing', detail, mend: 'npx splitbrain down' };
}
