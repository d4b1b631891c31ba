/** Where a replica keeps its durable records: one contract, and several storage engines that keep it. */

/** A log of opaque records. */
export interface RecordLog {
  /**
   * Takes a record, in pieces that follow one another, and returns its position, one more than the last. Never waits. The
   * pieces must not be changed until it is durable. After a failure or a `close` it goes nowhere, and is never said to be durable.
   *
   * All records of one turn of the event loop, and all that come while a commit is in flight, share one commit.
   *
   * @throws RangeError where the record is longer than the engine takes, which is at least 512 MiB
   */
  append(...pieces: readonly Uint8Array[]): number;
  /**
   * The payload of a durable record, in memory of its own. Holds up no append. Reads end in the order in which they were
   * asked for; those that were before a `close`, a failure or a `removeBefore` still do.
   *
   * Rejects with a RangeError where no record with this position is durable, or it was removed; with WalDamaged where it is
   * not there as it was written; with the errors of the engine as they are; with an Error after a failure or a `close`.
   */
  read(position: number): Promise<Uint8Array>;
  /**
   * The records before this durable position are needed no more, and are not read again; what is being read when it is given
   * up is read to its end. Some or all of them are removed at a later time, in the background; the next life may still find
   * them.
   */
  removeBefore(position: number): void;
  /** Called with the position up to which all is durable. */
  onDurable: (position: number) => void;
  /** Called once, with the first error of the disk. Nothing is written, retried or acknowledged after it. */
  onFailure: (error: Error) => void;
  /**
   * Makes durable what was appended (unless the disk has failed), waits for reads, and lets go of the folder. May be
   * called again.
   */
  close(): Promise<void>;
}

export interface OpenedLog {
  readonly log: RecordLog;
  /** The position of the first record that was recovered, or would have been: 1 unless some were removed. */
  readonly firstPosition: number;
  /** The payloads that survived, in order. All are durable. The log keeps none of them. */
  readonly recovered: readonly Uint8Array[];
}

export interface EngineOptions {
  /** Told how long each sync took, in seconds. */
  readonly onSync?: (seconds: number) => void;
}

/** The default export of a file of this folder, which is named after the engine. */
export interface Engine {
  /** What it is, in a line. */
  readonly summary: string;
  /**
   * Opens the log in a folder, which is made where it is absent. Two logs in one folder are refused, and so is a folder
   * that another engine has written.
   *
   * One damage `wal` cannot tell: a last batch that decays after it was synced looks like one that the power cut short, and is
   * cut from its first bad record on (see `recovery.ts`). The others tell it by their mark, which a power cut may leave some
   * seconds old (see `durable-mark.ts`).
   *
   * @throws WalDamaged where what was durable cannot be read back; SettingsError where the engine cannot be used here, or
   * not in this folder; the errors of the file system as they are
   */
  open(folder: string, options?: EngineOptions): Promise<OpenedLog>;
}
