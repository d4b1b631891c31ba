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
import type { OpenedStore } from './store/record-store.ts';
import { SqliteThread } from './store/sqlite-thread.ts';

async function openStore(folder: string): Promise<OpenedStore> {
  await loadNative('libsql', () => import('libsql'));
  const thread = new SqliteThread();
  try {
    const { entries = [] } = await thread.ask({ type: 'open', path: join(folder, 'records.sqlite') });
    return {
      store: {
        commit: async (batch) => {
          await thread.ask({ type: 'commit', batch });
        },
        read: async (position) => (await thread.ask({ type: 'read', position })).value,
        close: () => thread.close(),
      },
      entries,
    };
  } catch (error) {
    await thread.close();
    throw error;
  }
}

const engine: Engine = {
  summary: 'SQLite, a B+tree with a write-ahead log of its pages',
  open: (folder, options = {}) => openStoredLog('sqlite', folder, options, openStore),
};

export default engine;
