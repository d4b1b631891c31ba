/** Replicas over each storage engine, as processes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { engineNames } from '../engines.ts';
import { eventually } from '../fixture.ts';
import { freeAddresses } from '../free-addresses.ts';
import { Spawned, testToken } from '../process-fixture.ts';
import type { NodeSettingsInput } from '../settings.ts';

const root = mkdtempSync(join(tmpdir(), 'splitbrain-engines-'));
const replicas: Spawned[] = [];
afterAll(async () => {
  for (const replica of replicas) replica.signal('SIGKILL');
  await Promise.all(replicas.map(({ exited }) => exited));
  rmSync(root, { recursive: true, force: true });
});

/** The only member of its group: it elects itself, and keeps its vote. */
async function start(engine: string): Promise<Spawned> {
  const [peer = '', client = '', control = '', metrics = ''] = await freeAddresses(4);
  const settings: NodeSettingsInput = {
    ...{ runId: 'run-1', id: 'n1', members: ['n1'], protocol: 'raft', dataFolder: join(root, engine), peers: {} },
    ...{ listen: { peer, client, control, metrics }, token: testToken, engine },
  };
  const replica = new Spawned({ SPLITBRAIN_NODE: JSON.stringify(settings) });
  replicas.push(replica);
  return replica;
}

/** The terms that it has led. */
const termsOf = (replica: Spawned) =>
  replica.facts('role').flatMap((fact) => (fact['role'] === 'leader' ? [fact['epoch'] as number] : []));

test.each(engineNames())('a replica over %s remembers its term', async (engine) => {
  const terms: number[] = [];
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const replica = await start(engine);
    await eventually(() => termsOf(replica).length > 0, 'it leads', 30_000);
    terms.push(...termsOf(replica));
    replica.signal(signal);
    expect(await replica.exited).toMatchObject(signal === 'SIGTERM' ? { code: 0 } : { signal });
  }
  expect(terms).toEqual([1, 2]);
});

test('a replica over an engine that does not exist does not start, and says which do', async () => {
  const replica = await start('bolt');
  expect(await replica.exited).toEqual({ code: 4, signal: null });
  expect(replica.lines.map(({ msg }) => msg)).toEqual([
    'There is no storage engine "bolt". There are: level, lmdb, sqlite, wal.',
  ]);
});
