import type { Command } from 'commander';
import { unknownName } from '../../catalog.ts';
import { EnvironmentError, type SplitbrainError } from '../../errors.ts';
import type { FoundLab } from '../../substrate/docker/labs.ts';
import { print } from '../terminal.ts';

interface DownFlags {
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

export default function register(program: Command): void {
  program
    .command('down')
    .summary('remove what killed runs left running, and labs that were kept up')
    .description(
      'Removes the containers, networks and volumes of every lab of ours whose run is dead, and of those that were\n' +
        'kept up (--keep-up, docker compose up). Leaves alone what a live run steers.\n' +
        'Where the host does not tell when a process began (macOS), one that got the number of a dead run keeps its lab;\n' +
        'then name the lab, and say --all.',
    )
    .argument('[lab...]', 'only these, as status and doctor name them')
    .option('--all', 'also those that a live run, or a run on another host, steers')
    .option('--dry-run', 'only say what would be removed')
    .action(down);
}

async function down(names: string[], { all = false, dryRun = false }: DownFlags): Promise<void> {
  const { Engine } = await import('../../substrate/docker/engine.ts');
  const { findLabs, labStateWords, quietMs, removeLab } = await import('../../substrate/docker/labs.ts');
  const engine = await Engine.open();
  const found = await findLabs(engine);
  const labs = names.length === 0 ? found : found.filter(({ project }) => names.includes(project));
  const missing = names.filter((name) => labs.every(({ project }) => project !== name));
  if (missing.length > 0)
    throw unknownName(
      'lab',
      missing[0] ?? '',
      found.map(({ project }) => project),
      'npx splitbrain status',
    );
  const isSteered = ({ state }: FoundLab) => state === 'running' || state === 'elsewhere';
  const removed = labs.filter((lab) => all || !isSteered(lab));
  const done = await Promise.allSettled(
    dryRun ? [] : removed.map(({ project }) => removeLab(engine, project, quietMs)),
  );
  const failures = done.flatMap((each) => (each.status === 'rejected' ? [each.reason as SplitbrainError] : []));
  const removedNames = removed
    .filter((_, at) => done[at]?.status !== 'rejected')
    .map(({ project }) => project)
    .join(', ');
  if (failures[0] !== undefined) {
    if (removedNames !== '') print(`Removed ${removedNames}.`);
    throw new EnvironmentError(failures.map(({ message }) => message).join('; '), failures[0].advice);
  }
  if (removed.length === 0) print('There is nothing to remove.');
  else print(dryRun ? `Would remove ${removedNames}.` : `Removed ${removedNames}.`);
  for (const { project, state } of labs.filter((lab) => !removed.includes(lab))) {
    print(`Left ${project}: ${labStateWords[state]} (--all removes it, too).`);
  }
}
