/**
 * LevelDB: a log-structured merge tree. A commit appends to a log and syncs it; what has gathered there is later written
 * sorted into tables, which are merged in the background.
 *
 * The room of removed records is given back as tables are merged.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFiles } from '../wal/files.ts';
import type { Engine } from './engine.ts';
import { keyOf, positionOf } from './store/entry.ts';
import { loadNative } from './store/native.ts';
import { openStoredLog } from './store/open.ts';
import type { OpenedStore, RecordStore, StoreKind } from './store/record-store.ts';

const subfolder = 'level';

/**
 * The names in the folder of LevelDB, which itself syncs them only before it lets `CURRENT` name another manifest: neither
 * that renaming nor the name of a new log would outlive a power cut for sure, and the records in that log are acknowledged.
 */
class LevelNames {
  readonly #folder: string;
  /** None in a new life: the first commit syncs what it has made to open. */
  #synced = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A sync of the folder costs as much as one of the log: only where there is a new one. */
  async syncNewLogs(): Promise<void> {
    const logs = (await readdir(this.#folder)).filter((name) => name.endsWith('.log'));
    if (logs.every((name) => this.#synced.has(name))) return;
    await nodeFiles.syncFolder(this.#folder);
    this.#synced = new Set(logs);
  }
}

async function openStore(folder: string): Promise<OpenedStore> {
  const { ClassicLevel } = await loadNative('classic-level', () => import('classic-level'));
  const encodings = { keyEncoding: 'view', valueEncoding: 'view' } as const;
  const path = join(folder, subfolder);
  const database = new ClassicLevel<Uint8Array, Uint8Array>(path, encodings);
  await database.open();
  const names = new LevelNames(path);
  const store: RecordStore = {
    commit: async ({ entries, remove }) => {
      const batch = database.batch();
      for (const { position, value } of entries) batch.put(keyOf(position), value);
      for (let position = remove.from; position < remove.to; position += 1) batch.del(keyOf(position));
      await batch.write({ sync: true });
      await names.syncNewLogs();
    },
    read: (position) => database.get(keyOf(position)),
    close: () => database.close(),
  };
  const found = await database.iterator().all();
  return { store, entries: found.map(([key, value]) => ({ position: positionOf(key), value })) };
}

const kind: StoreKind = {
  name: 'level',
  files: [subfolder],
  damageCodes: ['LEVEL_CORRUPTION'],
  open: openStore,
};

const engine: Engine = {
  summary: 'LevelDB, a log-structured merge tree',
  open: (folder, options = {}) => openStoredLog(kind, folder, options),
};

export default engine;
