import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../node/io/fixture.ts';
import { EnvironmentError } from '../../errors.ts';
import type { BenchSystem } from '../contracts.ts';
import { startEtcd } from './etcd.ts';
import { endingWithParent, findEtcd } from './etcd-binary.ts';
import { describeWithEtcd } from './etcd-fixture.ts';

const folders: string[] = [];
const systems: BenchSystem[] = [];
const canEndWithParent = (await endingWithParent('true')).length > 1;
const binaryBefore = process.env['SPLITBRAIN_ETCD'];

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'splitbrain-etcd-'));
  folders.push(folder);
  return join(folder, 'etcd');
}

/** A program that stands where etcd should. */
function script(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'splitbrain-etcd-'));
  folders.push(folder);
  const file = join(folder, 'program');
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

afterEach(async () => {
  for (const system of systems.splice(0)) await system.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  if (binaryBefore === undefined) delete process.env['SPLITBRAIN_ETCD'];
  else process.env['SPLITBRAIN_ETCD'] = binaryBefore;
});

describeWithEtcd('a cluster of etcd', () => {
  it('comes up with one leader, counts, and goes away', async () => {
    // It would refuse to start if it saw this.
    process.env['ETCD_NAME'] = 'another';
    const folder = freshFolder();
    const system = await startEtcd({ nodes: 3, folder }).finally(() => delete process.env['ETCD_NAME']);
    systems.push(system);
    expect(system.name).toBe('etcd');
    expect(system.version).toMatch(/^3\.\d+\.\d+/);
    const counters = await system.counters();
    expect(counters.map(({ node }) => node)).toEqual(Object.keys(system.endpoints));
    expect(counters.filter(({ leads }) => leads)).toHaveLength(1);
    for (const { memoryBytes, syncs, sentMessages, sentBytes } of counters) {
      expect(memoryBytes).toBeGreaterThan(1 << 20);
      expect(syncs).toBeGreaterThan(0);
      expect(sentMessages).toBeNull();
      expect(sentBytes).toBeGreaterThan(0);
    }
    expect(readdirSync(folder).sort()).toEqual(['etcd1', 'etcd1.log', 'etcd2', 'etcd2.log', 'etcd3', 'etcd3.log']);
    await system.close();
    await system.close();
    for (const address of Object.values(system.endpoints)) expect(await answers(address)).toBe(false);
    await expect(system.counters()).rejects.toThrow(EnvironmentError);
    await expect(startEtcd({ nodes: 3, folder })).rejects.toThrow(/there is something at .*etcd1 already/);
  });

  it.skipIf(!canEndWithParent)('does not outlive a parent that is killed', async () => {
    const file = fileURLToPath(new URL('./parent-fixture.ts', import.meta.url));
    const parent = spawn(process.execPath, ['--import', 'tsx', file, freshFolder()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => parent.once('close', resolve));
    try {
      let said = '';
      parent.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      await eventually(() => said.endsWith('\n'), 'etcd is up', 40_000);
      expect(await answers(said.trim())).toBe(true);
      parent.kill('SIGKILL');
      await eventually(async () => !(await answers(said.trim())), 'etcd is gone');
    } finally {
      parent.kill('SIGKILL');
      await ended;
    }
  });
});

describe('without a good etcd', () => {
  it('says that there is none, and what to do', async () => {
    const where = { PATH: '/nonexistent:/dev' };
    expect(() => findEtcd(where)).toThrow(EnvironmentError);
    expect(() => findEtcd(where)).toThrow('there is no etcd on this machine');
    expect(() => findEtcd({ ...where, SPLITBRAIN_ETCD: '/dev/null' })).toThrow(/\/dev\/null, which is no program/);
    expect(findEtcd({ ...where, SPLITBRAIN_ETCD: '/bin/sh' })).toBe('/bin/sh');
  });

  it('tells the end of its log when it ends at once', async () => {
    process.env['SPLITBRAIN_ETCD'] = script('echo \'{"msg":"no more","error":"the disk is full"}\' >&2; exit 1');
    const problem = await startEtcd({ nodes: 1, folder: freshFolder() }).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(EnvironmentError);
    expect(problem).toMatchObject({
      message: 'etcd did not come up: etcd1 ended. no more: the disk is full',
      advice: expect.stringContaining('etcd1.log'),
    });
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const program = script('echo $$ >>"$(dirname "$0")/pids"; exec sleep 60');
    process.env['SPLITBRAIN_ETCD'] = program;
    const pids = () => linesOf(join(program, '..', 'pids')).map(Number);
    const interrupt = new AbortController();
    const starting = startEtcd({ nodes: 3, folder: freshFolder(), signal: interrupt.signal });
    const refused = expect(starting).rejects.toThrow('enough');
    await eventually(() => pids().length === 3, 'the members have begun');
    interrupt.abort(new Error('enough'));
    await refused;
    for (const pid of pids()) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('tries other ports where one was taken', async () => {
    const text = 'echo "$@" >>"$(dirname "$0")/starts"; echo "bind: address already in use" >&2; exit 1';
    const program = script(text);
    process.env['SPLITBRAIN_ETCD'] = program;
    await expect(startEtcd({ nodes: 1, folder: freshFolder() })).rejects.toThrow(/address already in use/);
    const starts = readFileSync(join(program, '..', 'starts'), 'utf8')
      .trim()
      .split('\n');
    expect(starts).toHaveLength(3);
    expect(new Set(starts).size).toBe(3);
  });
});
