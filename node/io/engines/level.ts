/**
 * LevelDB: a log-structured merge tree. A commit appends to a log and syncs it; what has gathered there is later written
 * sorted into tables, which are merged in the background.
 *
 * The room of removed records is given back as tables are merged.
 */
import { join } from 'node:path';
import type { Engine } from './engine.ts';
import { keyOf, positionOf } from './store/entry.ts';
import { loadNative } from './store/native.ts';
import { openStoredLog } from './store/open.ts';
import type { OpenedStore, RecordStore } from './store/record-store.ts';

async function openStore(folder: string): Promise<OpenedStore> {
  const { ClassicLevel } = await loadNative('classic-level', () => import('classic-level'));
  const encodings = { keyEncoding: 'view', valueEncoding: 'view' } as const;
  const database = new ClassicLevel<Uint8Array, Uint8Array>(join(folder, 'level'), encodings);
  await database.open();
  const store: RecordStore = {
    commit: ({ entries, remove }) => {
      const batch = database.batch();
      for (const { position, value } of entries) batch.put(keyOf(position), value);
      for (let position = remove.from; position < remove.to; position += 1) batch.del(keyOf(position));
      return batch.write({ sync: true });
    },
    read: (position) => database.get(keyOf(position)),
    close: () => database.close(),
  };
  const found = await database.iterator().all();
  return { store, entries: found.map(([key, value]) => ({ position: positionOf(key), value })) };
}

const engine: Engine = {
  summary: 'LevelDB, a log-structured merge tree',
  open: (folder, options = {}) => openStoredLog('level', folder, options, openStore),
};

export default engine;
