/** What the event loop and the thread of a SQLite database say to each other. */
import type { Entry } from './entry.ts';
import type { Batch } from './record-store.ts';

/** Each is answered once, in the order in which they were asked. */
export type SqliteRequest =
  /** The first one; its answer holds all entries, by position. */
  | { readonly type: 'open'; readonly path: string }
  | { readonly type: 'commit'; readonly batch: Batch }
  | { readonly type: 'read'; readonly position: number }
  /** The last one: the thread ends, and with it the database is closed. */
  | { readonly type: 'close' };

export interface SqliteAnswer {
  readonly entries?: readonly Entry[];
  readonly value?: Uint8Array;
  readonly error?: { readonly message: string; readonly code?: string };
}
