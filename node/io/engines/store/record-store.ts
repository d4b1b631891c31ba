/** What an engine needs of a store of values by position. */
import type { Entry } from './entry.ts';

/** What one transaction changes. */
export interface Batch {
  /** Each takes the place of what stands under its position. */
  readonly entries: readonly Entry[];
  /** What stands under these positions is removed, `to` not included. */
  readonly remove: { readonly from: number; readonly to: number };
}

export interface RecordStore {
  /**
   * All of the batch or nothing of it; resolves once it is synced. One is under way at a time. No sync happens on the thread
   * of the event loop.
   */
  commit(batch: Batch): Promise<void>;
  /** The value as it stands there, in memory of its own; undefined where none does. */
  read(position: number): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

export interface OpenedStore {
  readonly store: RecordStore;
  /** All that it holds, by position. */
  readonly entries: readonly Entry[];
}
