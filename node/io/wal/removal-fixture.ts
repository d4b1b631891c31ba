/** For tests of removals: a log that grows record by record, and what it should hold once it is opened again. */
import { expect } from 'vitest';
import type { WalFiles } from './files.ts';
import { appendBatch, recordOf, segmentBytes } from './read-fixture.ts';
import { openWal, type Wal } from './wal.ts';

/** Two fit in a segment: those begin at 1, 3, 5 and so on. */
export const half = 1900;

/** Appends records up to this position, each as a batch of its own. */
export async function growTo(wal: Wal, records: Buffer[], position: number, bytes = half): Promise<void> {
  while (records.length < position) {
    const record = recordOf(records.length + 1, bytes);
    records.push(record);
    await appendBatch(wal, [record]);
  }
}

/** Opens the log again: it holds the records from this one on, and can be gone on with. */
export async function expectFrom(folder: string, files: WalFiles, records: Buffer[], first: number): Promise<void> {
  const { wal, recovered, firstPosition } = await openWal(folder, { files, segmentBytes });
  expect(firstPosition).toBe(first);
  expect(recovered.length).toBe(records.length - first + 1);
  expect(recovered.every((bytes, index) => records[first - 1 + index]?.equals(bytes))).toBe(true);
  expect(wal.append(Buffer.from('next'))).toBe(records.length + 1);
  records.push(Buffer.from('next'));
  await wal.close();
}
