import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../node/io/fixture.ts';
import { EnvironmentError } from '../../errors.ts';
import type { BenchSystem } from '../contracts.ts';
import { type ReplicasOptions, startReplicas } from './replicas.ts';

const systems: BenchSystem[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'splitbrain-replicas-'));
  folders.push(folder);
  return folder;
}

async function start(folder: string, change: Partial<ReplicasOptions> = {}): Promise<BenchSystem> {
  const options = { protocol: 'raft', nodes: 3, folder, signal: new AbortController().signal, ...change };
  const system = await startReplicas(options);
  systems.push(system);
  return system;
}

/** What the processes were, by their own word; one that was ended before it could say so is missing. */
function processesIn(folder: string): number[] {
  return ['n1', 'n2', 'n3'].flatMap((id) => {
    const pid = /"type":"started","pid":(\d+)/.exec(readFileSync(join(folder, `${id}.log`), 'utf8'))?.[1];
    return pid === undefined ? [] : [Number(pid)];
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function failureOf(promise: Promise<unknown>): Promise<EnvironmentError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof EnvironmentError) return error;
  throw new Error(`this is no EnvironmentError: ${String(error)}`);
}

describe('replicas as processes', () => {
  it('come up with one leader, count, tell who is gone, and go away', async () => {
    const folder = freshFolder();
    const system = await start(folder);
    expect(system.name).toBe('raft');
    expect(Object.keys(system.endpoints)).toEqual(['n1', 'n2', 'n3']);
    const counters = await system.counters();
    expect(counters.map(({ node }) => node)).toEqual(['n1', 'n2', 'n3']);
    expect(counters.filter(({ leads }) => leads)).toHaveLength(1);
    for (const { cpuSeconds, memoryBytes, syncs, sentMessages, sentBytes } of counters) {
      for (const figure of [cpuSeconds, memoryBytes, syncs, sentMessages, sentBytes]) expect(figure).toBeGreaterThan(0);
    }
    const pids = processesIn(folder);
    expect(pids.filter(isAlive)).toHaveLength(3);
    const [, second = 0] = pids;
    process.kill(second, 'SIGKILL');
    await eventually(() => !isAlive(second), 'it is gone');
    const error = await failureOf(system.counters());
    expect(error.message).toMatch(/^n2 does not tell its counters: /);
    expect(error.advice).toBe(`Its log is ${join(folder, 'n2.log')}.`);
    await system.close();
    expect(pids.filter(isAlive)).toEqual([]);
    await system.close();
  });

  it('keep their logs in the storage that was asked for', async () => {
    const folder = freshFolder();
    const system = await start(folder, { nodes: 1, storage: 'lmdb' });
    expect(system.name).toBe('raft-lmdb');
    await eventually(() => readFileSync(join(folder, 'n1.log'), 'utf8').includes('its log in lmdb'), 'it says so');
    expect((await system.counters())[0]?.syncs).toBeGreaterThan(0);
    await system.close();
  });

  it('that do not come up say why, and none is left', async () => {
    const folder = freshFolder();
    const error = await failureOf(start(folder, { storage: 'floppy' }));
    expect(error.message).toMatch(/^the replicas did not come up: n\d ended\. .*floppy/);
    const log = /^The whole log is (.*)\.$/.exec(error.advice)?.[1] ?? 'not told';
    expect(readFileSync(log, 'utf8')).toContain('floppy');
    expect(processesIn(folder).filter(isAlive)).toEqual([]);
  });

  it('of a protocol that nobody knows are not started', async () => {
    const folder = freshFolder();
    await expect(start(folder, { protocol: 'rafft' })).rejects.toThrow(
      'there is no protocol "rafft". Did you mean "raft"?',
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that are no longer wanted while they start are ended', async () => {
    const folder = freshFolder();
    const controller = new AbortController();
    const started = start(folder, { signal: controller.signal });
    await eventually(() => existsSync(join(folder, 'n3.log')) && processesIn(folder).length > 0, 'one is there');
    controller.abort();
    await expect(started).rejects.toThrow(/abort/);
    expect(processesIn(folder).filter(isAlive)).toEqual([]);
  });
});
