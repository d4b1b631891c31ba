import type { Command } from 'commander';
import { print } from '../terminal.ts';

export default function register(program: Command): void {
  program
    .command('down')
    .summary('remove what a killed run left running')
    .description('Removes the containers, networks and volumes of every lab of ours on this engine.')
    .action(down);
}

async function down(): Promise<void> {
  const { Engine } = await import('../../substrate/docker/engine.ts');
  const engine = new Engine();
  await engine.require();
  const removed = await engine.remove();
  print(removed.length === 0 ? 'Nothing was left running.' : `Removed ${removed.join(', ')}.`);
}
