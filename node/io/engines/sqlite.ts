/**
 * SQLite: a B+tree in one file, and a write-ahead log of changed pages beside it. A commit appends the changed pages to that log and
 * syncs it; a checkpoint, now and then, copies them to their places in the file. All of it happens on a thread of its own.
 *
 * The file does not shrink: pages of removed records are used again.
 */
import { join } from 'node:path';
import type { Engine } from './engine.ts';
import { loadNative } from './store/native.ts';
import { openStoredLog } from './store/open.ts';
import type { OpenedStore, RecordStore, StoreKind } from './store/record-store.ts';
import { SqliteThread } from './store/sqlite-thread.ts';

const file = 'records.sqlite';

type Thread = Pick<SqliteThread, 'ask' | 'close'>;

async function openStore(folder: string, thread: () => Thread): Promise<OpenedStore> {
  await loadNative('libsql', () => import('libsql'));
  const sqlite = thread();
  const store: RecordStore = {
    commit: async (batch) => {
      await sqlite.ask({ type: 'commit', batch });
    },
    read: async (position) => (await sqlite.ask({ type: 'read', position })).value,
    close: () => sqlite.close(),
  };
  try {
    const { entries = [] } = await sqlite.ask({ type: 'open', path: join(folder, file) });
    return { store, entries };
  } catch (error) {
    await sqlite.close();
    throw error;
  }
}

/** @param thread - starts a thread; tests have many databases, one after the other, on the same one */
export function sqliteStore(thread: () => Thread = () => new SqliteThread()): StoreKind {
  return {
    name: 'sqlite',
    files: [file, `${file}-wal`, `${file}-journal`, `${file}-shm`],
    damageCodes: ['SQLITE_CORRUPT', 'SQLITE_NOTADB'],
    open: (folder) => openStore(folder, thread),
  };
}

const engine: Engine = {
  summary: 'SQLite, a B+tree with a write-ahead log of its pages',
  open: (folder, options = {}) => openStoredLog(sqliteStore(), folder, options),
};

export default engine;
