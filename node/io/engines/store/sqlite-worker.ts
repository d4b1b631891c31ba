/**
 * The thread of one SQLite database: its calls wait for the disk. The statements hold the database open until they are
 * collected, and so it is closed by the end of the thread.
 */
import { parentPort } from 'node:worker_threads';
import Sqlite from 'libsql';
import type { Entry } from './entry.ts';
import type { Batch } from './record-store.ts';
import type { SqliteAnswer, SqliteRequest } from './sqlite-messages.ts';

/**
 * FULL syncs the write-ahead log with each commit; NORMAL would do it only before a checkpoint. Nobody else has the database,
 * so no memory need be shared, and no lock taken for each commit. `fullfsync` makes macOS sync as Linux does.
 *
 * The checkpoint copies what the last life has left in the write-ahead log, and may have left in the page cache alone.
 */
const setup = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  PRAGMA wal_checkpoint(TRUNCATE);
  CREATE TABLE IF NOT EXISTS records (position INTEGER PRIMARY KEY, value BLOB NOT NULL);
`;

/** Damage can make a value of any type of it, and of text that is none the driver ends the process. */
const asBytes = 'CAST(value AS BLOB) AS value';

interface Row {
  readonly position: number;
  /** The driver gives the values of many rows as buffers without a view. */
  readonly value: ArrayBuffer | null;
}

class RecordDatabase {
  readonly #database: Sqlite.Database;
  readonly #put: Sqlite.Statement;
  readonly #remove: Sqlite.Statement;
  readonly #get: Sqlite.Statement;

  constructor(path: string) {
    this.#database = new Sqlite(path);
    this.#database.exec(setup);
    this.#put = this.#database.prepare('INSERT OR REPLACE INTO records (position, value) VALUES (?, ?)');
    this.#remove = this.#database.prepare('DELETE FROM records WHERE position >= ? AND position < ?');
    this.#get = this.#database.prepare(`SELECT ${asBytes} FROM records WHERE position = ?`);
  }

  entries(): Entry[] {
    const rows = this.#database.prepare(`SELECT position, ${asBytes} FROM records ORDER BY position`).all() as Row[];
    return rows.map(({ position, value }) => ({
      position,
      value: value === null ? new Uint8Array() : new Uint8Array(value),
    }));
  }

  commit({ entries, remove }: Batch): void {
    this.#database.exec('BEGIN');
    for (const { position, value } of entries) this.#put.run(position, value);
    if (remove.to > remove.from) this.#remove.run(remove.from, remove.to);
    this.#database.exec('COMMIT');
  }

  read(position: number): Uint8Array | undefined {
    return (this.#get.get(position) as { readonly value: Uint8Array | null } | undefined)?.value ?? undefined;
  }
}

let database: RecordDatabase | undefined;

function answer(request: SqliteRequest): SqliteAnswer {
  if (request.type === 'open') {
    database = new RecordDatabase(request.path);
    return { entries: database.entries() };
  }
  if (request.type === 'commit') database?.commit(request.batch);
  const value = request.type === 'read' ? database?.read(request.position) : undefined;
  return value === undefined ? {} : { value };
}

parentPort?.on('message', (request: SqliteRequest) => {
  let answered: SqliteAnswer;
  try {
    answered = answer(request);
  } catch (error) {
    const { message, code } = error as Error & { readonly code?: string };
    answered = { error: { message, ...(code === undefined ? {} : { code }) } };
  }
  parentPort?.postMessage(answered);
  if (request.type === 'close') parentPort?.close();
});
