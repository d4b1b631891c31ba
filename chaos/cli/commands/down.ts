import type { Command } from 'commander';
import type { Lab } from '../../substrate/docker/labs.ts';
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
        'kept up (--keep-up, docker compose up). Leaves alone what a live run steers.',
    )
    .option('--all', 'also those that a live run, or a run on another host, steers')
    .option('--dry-run', 'only say what would be removed')
    .action(down);
}

async function down({ all = false, dryRun = false }: DownFlags): Promise<void> {
  const { Engine } = await import('../../substrate/docker/engine.ts');
  const { findLabs, labStateWords, removeLab } = await import('../../substrate/docker/labs.ts');
  const engine = new Engine();
  await engine.require();
  const labs = await findLabs(engine);
  const isSteered = ({ state }: Lab) => state === 'running' || state === 'elsewhere';
  const removed = labs.filter((lab) => all || !isSteered(lab));
  if (!dryRun) {
    // Of those that people brought up, nothing can still be coming.
    await Promise.all(removed.map(({ project, state }) => removeLab(engine, project, { quietly: state !== 'kept' })));
  }
  const names = removed.map(({ project }) => project).join(', ');
  if (removed.length === 0) print('There is nothing to remove.');
  else print(dryRun ? `Would remove ${names}.` : `Removed ${names}.`);
  for (const { project, state } of labs.filter((lab) => !removed.includes(lab))) {
    print(`Left ${project}: ${labStateWords[state]} (--all removes it, too).`);
  }
}
