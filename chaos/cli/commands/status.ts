import type { Command } from 'commander';
import { EnvironmentError, exitCode } from '../../errors.ts';
import type { LabStatus, ReplicaStatusLine } from '../../substrate/docker/lab-status.ts';
import { columns, print } from '../terminal.ts';

export default function register(program: Command): void {
  program
    .command('status')
    .summary('what the replicas on this engine say of themselves')
    .description(
      'Asks the replicas of every lab on this Docker engine for role, epoch and applied index: of runs that are going on,\n' +
        'and of what docker compose up or --keep-up left up. Ends with 3 where a lab has no leader.',
    )
    .option('--json', 'as JSON')
    .action(status);
}

async function status({ json = false }: { readonly json?: boolean }): Promise<void> {
  const { Engine } = await import('../../substrate/docker/engine.ts');
  const { labStateWords } = await import('../../substrate/docker/labs.ts');
  const { labStatuses } = await import('../../substrate/docker/lab-status.ts');
  const labs = await labStatuses(await Engine.open());
  if (json) print(JSON.stringify(labs, null, 2));
  else for (const lab of labs) print(`${lab.project} (${labStateWords[lab.state]}): ${labText(lab)}`);
  if (labs.length === 0) {
    throw new EnvironmentError('there is no lab on this engine', 'Bring one up with: docker compose up -d --wait');
  }
  if (labs.some(({ leader }) => leader === null)) process.exitCode = exitCode.liveness;
}

function labText({ replicas, leader }: LabStatus): string {
  const protocol = replicas.find(({ page }) => page !== null)?.page?.protocol ?? 'of an unknown protocol';
  const lead = leader === null ? 'nobody leads' : `${leader} leads`;
  return `${replicas.length} replicas, ${protocol}; ${lead}\n${columns(replicas.map(row))}`;
}

function row({ node, state, page, error }: ReplicaStatusLine): string[] {
  if (page === null) return [`  ${node}`, state, error ?? ''];
  const { role, epoch, leader, appliedIndex, lastIndex, uptimeMs } = page;
  return [
    `  ${node}`,
    role,
    `epoch ${epoch}`,
    `follows ${leader ?? 'nobody'}`,
    `applied ${appliedIndex} of ${lastIndex}`,
    `up ${Math.round(uptimeMs / 1000)} s`,
  ];
}
