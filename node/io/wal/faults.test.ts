import { describe, expect, test } from 'vitest';
import { appendAll, MemoryDisk, type Operation, textsOf } from './fixture.ts';
import { headerBytes } from './format.ts';
import { segmentName } from './segment.ts';
import { openWal, type Wal } from './wal.ts';

const segmentBytes = 2 * headerBytes;
const record = Buffer.alloc(700, 'x');

function errorOf(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

interface Told {
  durable: number;
  readonly failures: Error[];
}

function listen(wal: Wal): Told {
  const told: Told = { durable: 0, failures: [] };
  wal.onDurable = (position) => {
    told.durable = position;
  };
  wal.onFailure = (error) => told.failures.push(error);
  return told;
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

/** Fails the operation with this index, and each later one for which `lasting` holds. */
function failFrom(disk: MemoryDisk, index: number, code: string, lasting: (operation: Operation) => boolean): void {
  disk.before = (operation) => {
    if (operation.index === index || (operation.index > index && lasting(operation))) throw errorOf(code);
  };
}

describe('an error of the disk', () => {
  test.each(['EIO', 'ENOSPC'])('%s at any step is told once, and nothing is done or told after it', async (code) => {
    for (let failing = 0; ; failing += 1) {
      const disk = new MemoryDisk();
      const { wal } = await openWal('/log', { files: disk, segmentBytes });
      const told = listen(wal);
      const index = disk.operations.length + failing;
      failFrom(disk, index, code, () => false);
      let appended = 0;
      for (let batch = 0; batch < 20 && told.failures.length === 0; batch += 1) {
        appended = wal.append(record);
        await turns(6);
      }
      if (disk.operations.length <= index) break;
      expect(told.failures.map((error) => (error as NodeJS.ErrnoException).code)).toEqual([code]);
      await turns(20);
      const { durable } = told;
      const operations = disk.operations.length;
      expect(wal.append(record)).toBe(appended + 1);
      await turns(20);
      await wal.close();
      expect(disk.operations).toHaveLength(operations);
      expect(told).toMatchObject({ durable, failures: [expect.anything()] });
      const again = await openWal('/log', { files: disk.crash(), segmentBytes });
      expect(again.recovered.length).toBeGreaterThanOrEqual(durable);
    }
  });

  test('a failing sync acknowledges nothing of its batch, nor what came meanwhile', async () => {
    const disk = new MemoryDisk();
    const { wal } = await openWal('/log', { files: disk, segmentBytes });
    await appendAll(wal, ['kept']);
    const told = listen(wal);
    disk.before = async ({ kind }) => {
      if (kind !== 'sync') return;
      wal.append(Buffer.from('meanwhile'));
      throw errorOf('EIO');
    };
    wal.append(Buffer.from('lost'));
    await turns(10);
    expect(told).toEqual({ durable: 0, failures: [errorOf('EIO')] });
    expect(disk.operations.at(-1)?.kind).toBe('sync');
    await wal.close();
  });

  test('one while the next segment is made ahead of need stops the log too', async () => {
    const disk = new MemoryDisk();
    const { wal } = await openWal('/log', { files: disk, segmentBytes });
    const told = listen(wal);
    disk.before = ({ name }) => {
      if (name.endsWith('.tmp')) throw errorOf('ENOSPC');
    };
    wal.append(record);
    await turns(10);
    expect(told.failures).toEqual([errorOf('ENOSPC')]);
    wal.append(record);
    await turns(10);
    expect(told).toMatchObject({ durable: 1, failures: [errorOf('ENOSPC')] });
    await wal.close();
  });

  test('one while the next segment is made lets a batch in flight end unheard, whether that succeeds or fails', async () => {
    for (const ending of ['succeeds', 'fails']) {
      const disk = new MemoryDisk();
      const { wal } = await openWal('/log', { files: disk, segmentBytes });
      const told = listen(wal);
      disk.before = async ({ name, kind }) => {
        if (kind !== 'create' && name.endsWith('.wal') && told.durable === 1) {
          await turns(10);
          if (ending === 'fails') throw errorOf('EIO');
        }
        if (kind === 'create') {
          await turns(6);
          throw errorOf('ENOSPC');
        }
      };
      wal.append(record);
      await turns(3);
      wal.append(record);
      await wal.close();
      expect(told).toEqual({ durable: 1, failures: [errorOf('ENOSPC')] });
      expect(disk.count('write', segmentName(1))).toBe(2);
    }
  });

  test('one while the log is opened is the error of opening it', async () => {
    for (let index = 0; ; index += 1) {
      const disk = new MemoryDisk();
      failFrom(disk, index, 'EIO', () => false);
      const opened = await openWal('/log', { files: disk, segmentBytes }).then(
        () => 'opened',
        (error: NodeJS.ErrnoException) => error.code,
      );
      if (disk.operations.length <= index) break;
      expect(opened).toBe('EIO');
      disk.before = () => {};
      const { wal, recovered } = await openWal('/log', { files: disk, segmentBytes });
      expect(recovered).toEqual([]);
      await wal.close();
    }
  });
});

describe('a disk that writes less than it was given', () => {
  test.each([1, 7, 500])('%d bytes at a time, loses nothing', async (maxWriteBytes) => {
    const disk = new MemoryDisk();
    const { wal } = await openWal('/log', { files: disk, segmentBytes });
    disk.maxWriteBytes = maxWriteBytes;
    const told = listen(wal);
    const texts = ['a', '', 'bcd'.repeat(200), 'e'];
    for (const text of texts) wal.append(Buffer.from(text));
    await wal.close();
    expect(told).toEqual({ durable: 4, failures: [] });
    disk.maxWriteBytes = Number.POSITIVE_INFINITY;
    const again = await openWal('/log', { files: disk.crash(), segmentBytes });
    expect(textsOf(again.recovered)).toEqual(texts);
  });

  test('and takes nothing at all, has failed', async () => {
    const disk = new MemoryDisk();
    const { wal } = await openWal('/log', { files: disk, segmentBytes });
    disk.maxWriteBytes = 0;
    const told = listen(wal);
    wal.append(record);
    await wal.close();
    expect(told).toMatchObject({
      durable: 0,
      failures: [{ message: expect.stringMatching(/^the disk took none of \d+ bytes at offset 4096$/) }],
    });
  });
});
