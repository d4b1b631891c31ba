import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Codec } from '../contract/codec.ts';
import type { Durable } from '../contract/durable.ts';
import { engineNames } from './engines.ts';
import { type Disk, openDisk } from './replica-disk.ts';
import { emptyWhereMarked, wipeMark } from './wipe-mark.ts';

const root = mkdtempSync(join(tmpdir(), 'splitbrain-disk-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Records are texts, and nothing is sent. */
const codec: Codec<unknown, unknown> = {
  encodeMessage: () => new Uint8Array(0),
  decodeMessage: () => null,
  encodeRecord: (record) => [Buffer.from(String(record))],
  decodeRecord: (bytes) => Buffer.from(bytes).toString(),
};

async function write({ storage }: Disk, record: string): Promise<void> {
  const durable = new Promise<void>((resolve) => {
    storage.onDurable = () => resolve();
  });
  storage.append(record);
  await durable;
}

/** One life: what it begins from, and what it writes. */
async function live(dataFolder: string, engine: string, ...records: string[]): Promise<Durable<unknown>> {
  const { disk, durable } = await openDisk({ dataFolder, engine }, codec);
  for (const record of records) await write(disk, record);
  await disk.close();
  return durable;
}

async function wipe(folder: string): Promise<void> {
  writeFileSync(join(folder, wipeMark), '');
  expect(await emptyWhereMarked(folder)).toBe(true);
}

test.each(engineNames())(
  'over %s: a disk that was wiped is lost until something is durable on it again',
  async (engine) => {
    const folder = join(root, engine);
    const nothing = { records: [], firstPosition: 1 };
    expect(await live(folder, engine)).toEqual(nothing);
    expect(await live(folder, engine, 'a vote')).toEqual(nothing);
    expect(await live(folder, engine)).toEqual({ ...nothing, records: ['a vote'] });
    await wipe(folder);
    expect(await live(folder, engine)).toEqual({ ...nothing, lost: expect.any(Number) });
    // A life that ends before it has written anything changes nothing.
    expect(await live(folder, engine, 'that it forgot')).toEqual({ ...nothing, lost: expect.any(Number) });
    expect(await live(folder, engine)).toEqual({ ...nothing, records: ['that it forgot'] });
    await wipe(folder);
    expect(await live(folder, engine)).toEqual({ ...nothing, lost: expect.any(Number) });
  },
);

test('a snapshot alone is something durable', async () => {
  const dataFolder = join(root, 'snapshot');
  await live(dataFolder, 'wal');
  await wipe(dataFolder);
  const { disk } = await openDisk({ dataFolder, engine: 'wal' }, codec);
  const bytes = await new Promise<number>((resolve) => {
    disk.snapshots.save(3, 'three', [Buffer.from('state')].values(), resolve);
  });
  await disk.close();
  expect(await live(dataFolder, 'wal')).toEqual({
    records: [],
    firstPosition: 1,
    snapshot: { index: 3, record: 'three', bytes },
  });
});
