import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from './fixture.ts';
import { freeAddresses } from './free-addresses.ts';
import { packageRoot } from './package-root.ts';
import type { NodeSettingsInput } from './settings.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
}

/** A replica on its own, whose standard input is a pipe that this process holds. */
async function start(change: Partial<NodeSettingsInput>): Promise<Started> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'splitbrain-stdin-'));
  closers.push(() => rmSync(dataFolder, { recursive: true, force: true }));
  const [peer = '', client = '', control = '', metrics = ''] = await freeAddresses(4);
  const settings: NodeSettingsInput = {
    ...{ runId: 'run-1', id: 'n1', members: ['n1'], protocol: 'raft', dataFolder, peers: {} },
    ...{ listen: { peer, client, control, metrics }, token: 'the token of this very run' },
    ...change,
  };
  const child = spawn(process.execPath, ['--import', 'tsx', join('node', 'main.ts')], {
    cwd: packageRoot,
    env: { PATH: process.env['PATH'] ?? '', SPLITBRAIN_NODE: JSON.stringify(settings) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  closers.push(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return { child, output: () => output };
}

const runs = ({ output }: Started) => eventually(() => output().includes('n1 runs raft'), 'it runs');
const hasEnded = ({ child }: Started) => child.exitCode !== null || child.signalCode !== null;

describe('a replica whose standard input ends', () => {
  it('stops where it was told to end with it', async () => {
    const replica = await start({ endsWithStdin: true });
    await runs(replica);
    expect(hasEnded(replica)).toBe(false);
    replica.child.stdin?.end();
    await eventually(() => hasEnded(replica), 'it ends');
    expect(replica.child.exitCode).toBe(0);
    expect(replica.output()).toContain('stopping on the end of its standard input');
  });

  it('stops even before it runs', async () => {
    const replica = await start({ endsWithStdin: true });
    replica.child.stdin?.end();
    await eventually(() => hasEnded(replica), 'it ends');
    expect(replica.child.exitCode).toBe(0);
  });

  it('goes on where it was not', async () => {
    const replica = await start({});
    replica.child.stdin?.end();
    await runs(replica);
    replica.child.kill('SIGTERM');
    await eventually(() => hasEnded(replica), 'it ends');
    expect(replica.child.exitCode).toBe(0);
    expect(replica.output()).not.toContain('standard input');
    expect(replica.output()).toContain('stopping on SIGTERM');
  });
});
