import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeFiles } from './wal/files.ts';
import { openWal } from './wal/wal.ts';
import { emptyWhereMarked, lostMark, wasEmptied, wipeMark } from './wipe-mark.ts';

let parent = '';
let folder = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'splitbrain-wipe-'));
  folder = join(parent, 'data');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** A folder with a log of one record, a folder with a file, and whatever hidden files there may be. */
async function fill(): Promise<void> {
  const { wal } = await openWal(folder);
  const durable = new Promise<void>((resolve) => {
    wal.onDurable = () => resolve();
  });
  wal.append(Buffer.from('a vote'));
  await durable;
  await wal.close();
  mkdirSync(join(folder, 'snapshots', 'deep'), { recursive: true });
  writeFileSync(join(folder, 'snapshots', 'deep', '7'), 'state');
  writeFileSync(join(folder, '.hidden'), '');
}

const mark = () => writeFileSync(join(folder, wipeMark), '');
const recordsIn = async () => {
  const { wal, recovered } = await openWal(folder);
  await wal.close();
  return recovered.length;
};

test('a folder that is not marked stays as it is, and one that is not there is not made', async () => {
  expect(await emptyWhereMarked(folder)).toBe(false);
  expect(readdirSync(parent)).toEqual([]);
  await fill();
  const before = readdirSync(folder);
  expect(await emptyWhereMarked(folder)).toBe(false);
  expect(readdirSync(folder)).toEqual(before);
  expect(await recordsIn()).toBe(1);
});

test('a folder that is marked is emptied once, and a log begins anew in it', async () => {
  await fill();
  mark();
  // Left by a process that was killed.
  writeFileSync(join(folder, 'lock-1-0a1b2c3d.1'), '');
  expect(await emptyWhereMarked(folder)).toBe(true);
  expect(readdirSync(folder)).toEqual([lostMark]);
  expect(await recordsIn()).toBe(0);
  expect(await emptyWhereMarked(folder)).toBe(false);
});

test('that it was emptied once is known ever after, and never of a folder that was not', async () => {
  expect(await wasEmptied(folder)).toBe(false);
  await fill();
  mark();
  expect(await wasEmptied(folder)).toBe(false);
  for (let times = 0; times < 2; times += 1) {
    mark();
    expect(await emptyWhereMarked(folder)).toBe(true);
    expect(await wasEmptied(folder)).toBe(true);
    await fill();
    expect(await emptyWhereMarked(folder)).toBe(false);
    expect(await wasEmptied(folder)).toBe(true);
    rmSync(folder, { recursive: true });
    expect(await wasEmptied(folder)).toBe(false);
    await fill();
  }
});

test('links are removed and not followed', async () => {
  const outside = join(parent, 'outside');
  mkdirSync(join(outside, 'inner'), { recursive: true });
  writeFileSync(join(outside, 'inner', 'kept'), 'of somebody else');
  mkdirSync(join(folder, 'inner'), { recursive: true });
  symlinkSync(outside, join(folder, 'to-a-folder'));
  symlinkSync(join(outside, 'inner'), join(folder, 'inner', 'deeper'));
  symlinkSync(join(outside, 'inner', 'kept'), join(folder, 'to-a-file'));
  symlinkSync(join(parent, 'nowhere'), join(folder, 'broken'));
  mark();
  expect(await emptyWhereMarked(folder)).toBe(true);
  expect(readdirSync(folder)).toEqual([lostMark]);
  expect(readFileSync(join(outside, 'inner', 'kept'), 'utf8')).toBe('of somebody else');
});

test('the mark outlives a wipe that is broken off, and the next start does it all', async () => {
  await fill();
  mark();
  writeFileSync(join(folder, 'snapshots', 'more'), '');
  const left: string[][] = [];
  const powerGoes = async () => {
    left.push(readdirSync(folder).filter((name) => !name.startsWith('lock-')));
    throw new Error('the power went');
  };
  await expect(emptyWhereMarked(folder, { ...nodeFiles, syncFolder: powerGoes })).rejects.toThrow('the power went');
  // Nothing but the mark was left when the rest was to be made durable; and then all came back, as it may.
  expect(left).toEqual([[wipeMark]]);
  await fill();
  expect(await emptyWhereMarked(folder)).toBe(true);
  expect(readdirSync(folder)).toEqual([lostMark]);
});

test('what another process has is left alone', async () => {
  await fill();
  mark();
  writeFileSync(join(folder, `lock-${process.ppid}-unknown`), '');
  const before = readdirSync(folder);
  await expect(emptyWhereMarked(folder)).rejects.toThrow(`is in use by process ${process.ppid}`);
  expect(readdirSync(folder)).toEqual(before);
});
