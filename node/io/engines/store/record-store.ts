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

/** What an engine over a store of values says of itself. */
export interface StoreKind {
  /** The engine's name. */
  readonly name: string;
  /** All that it may make in the folder, by name. The first of them holds the records, or the way to them. */
  readonly files: readonly [string, ...string[]];
  /** The codes of its errors that tell of damage, and not of a disk that cannot be asked. */
  readonly damageCodes: readonly (string | number)[];
  /** Opens its files in a folder that exists and is locked. */
  open(folder: string): Promise<OpenedStore>;
}
