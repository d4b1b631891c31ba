/**
 * LMDB: a B+tree in one file, whose pages are never written over while anyone may need them. A commit writes the changed
 * pages aside, syncs them, and then switches to the new root with one synced write of a few bytes.
 *
 * `overlappingSync`, which is on by default, would resolve a commit before it is synced; without it LMDB is as it was built,
 * and all of a commit happens on a thread of its own. The file does not shrink: pages of removed records are used again.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { damageIn } from '../wal/damage.ts';
import type { Engine } from './engine.ts';
import { type Entry, keyOf, positionOf } from './store/entry.ts';
import { findBadPage } from './store/lmdb-pages.ts';
import { loadNative } from './store/native.ts';
import { openStoredLog } from './store/open.ts';
import type { OpenedStore, RecordStore, StoreKind } from './store/record-store.ts';

const file = 'records.mdb';

async function openStore(folder: string): Promise<OpenedStore> {
  const { open } = await loadNative('lmdb', () => import('lmdb'));
  const path = join(folder, file);
  const bad = existsSync(path) ? findBadPage(path) : undefined;
  if (bad !== undefined) throw damageIn(folder, `${path} is not as it was written: ${bad}`);
  const database = open<Uint8Array, Buffer>({
    path,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
  });
  const store: RecordStore = {
    commit: async ({ entries, remove }) => {
      const committed = database.batch(() => {
        for (const { position, value } of entries) database.put(keyOf(position), value);
        for (let position = remove.from; position < remove.to; position += 1) database.remove(keyOf(position));
      });
      await committed.catch(causeOf);
    },
    read: async (position) => {
      const key = keyOf(position);
      // Brings its pages into memory on another thread: what follows then waits for no disk.
      await database.prefetch([key]);
      return database.getBinary(key);
    },
    close: () => database.close(),
  };
  const entries: Entry[] = [];
  for (const { key, value } of database.getRange()) entries.push({ position: positionOf(key), value });
  return { store, entries };
}

/** A commit that failed says why in a promise of its own. */
async function causeOf(error: Error & { readonly commitError?: Promise<never> }): Promise<never> {
  await error.commitError;
  throw error;
}

const kind: StoreKind = {
  name: 'lmdb',
  files: [file, `${file}-lock`],
  // Not found, corrupted, of another version, no file of LMDB: see its lmdb.h.
  damageCodes: [-30797, -30796, -30794, -30793],
  open: openStore,
};

const engine: Engine = {
  summary: 'LMDB, a B+tree',
  open: (folder, options = {}) => openStoredLog(kind, folder, options),
};

export default engine;
