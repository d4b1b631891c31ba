/** The folder that was opened: saves, receives, reads and removes. See `snapshots.ts` for what it promises. */
import { invariant } from '../../contract/invariant.ts';
import { atEndOfTurn } from '../turn.ts';
import type { WalFiles } from '../wal/files.ts';
import { Draft } from './draft.ts';
import { Queue } from './queue.ts';
import { SnapshotReader } from './reader.ts';
import type { StoredSnapshots } from './snapshots.ts';

/** What files are called until they are snapshots; one is saved while another is received. */
const savedName = 'saved.tmp';
const receivedName = 'received.tmp';
export const temporaryNames = [savedName, receivedName];

/** Where the snapshots are kept. */
interface Place {
  readonly files: WalFiles;
  readonly folder: string;
  readonly unlock: () => Promise<void>;
}

/** A snapshot that is received, and not sealed yet. */
interface Transfer {
  readonly index: number;
  readonly draft: Draft;
  /** How much of it has come. */
  bytes: number;
  givenUp: boolean;
}

type RecordPieces = readonly Uint8Array[];

export class SnapshotFolder implements StoredSnapshots {
  onFailure: (error: Error) => void = () => {};

  readonly #place: Place;
  readonly #reader: SnapshotReader;
  readonly #saves = new Queue();
  readonly #receives = new Queue();
  /** All that the reader is asked for. The other two wait for it, it never waits for them. */
  readonly #reads = new Queue();

  #saving = false;
  #transfer: Transfer | undefined;
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;

  /** @param indexes - of the snapshots that are durable */
  constructor(place: Place, indexes: readonly number[]) {
    this.#place = place;
    this.#reader = new SnapshotReader(place.files, place.folder, indexes);
  }

  save(index: number, record: RecordPieces, pieces: Iterator<Uint8Array>, done: (bytes: number) => void): void {
    if (this.#ended) {
      pieces.return?.();
      return;
    }
    invariant(!this.#saving, `snapshot ${index} is to be saved while another one is`);
    this.#saving = true;
    const saved = (bytes: number) => {
      this.#saving = false;
      done(bytes);
    };
    this.#carryOut(this.#saves, () => this.#save(index, record, pieces), saved);
  }

  receive(index: number, offset: number, bytes: Uint8Array): void {
    if (this.#ended) return;
    if (offset === 0) this.#beginTransfer(index);
    const transfer = this.#transferOf(index);
    invariant(
      transfer.bytes === offset,
      `of snapshot ${index}, ${transfer.bytes} bytes were received, and a piece at offset ${offset} follows`,
    );
    transfer.bytes += bytes.length;
    this.#carryOut(this.#receives, async () => {
      if (!transfer.givenUp && this.#failure === undefined) await transfer.draft.add(bytes);
    });
  }

  seal(index: number, record: RecordPieces, done: (bytes: number) => void): void {
    if (this.#ended) return;
    const { draft } = this.#transferOf(index);
    this.#transfer = undefined;
    this.#carryOut(this.#receives, () => this.#seal(draft, index, record), done);
  }

  read(index: number, offset: number, maxBytes: number, take: (bytes: Uint8Array, last: boolean) => void): void {
    if (this.#ended) return;
    invariant(offset >= 0 && maxBytes > 0, `${maxBytes} bytes of snapshot ${index} were to be read from ${offset} on`);
    this.#carryOut(
      this.#reads,
      () => this.#reader.read(index, offset, maxBytes),
      ({ bytes, last }) => take(bytes, last),
    );
  }

  removeBefore(index: number): void {
    if (this.#ended) return;
    this.#carryOut(this.#reads, async () => {
      if (this.#failure === undefined) await this.#reader.removeBefore(index);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Whether nothing new is begun any more. */
  get #ended(): boolean {
    return this.#failure !== undefined || this.#closing !== undefined;
  }

  /**
   * Adds work to a queue. Its result is told in a later turn, unless it is undefined or something has failed by then; what
   * `tell` throws is no failure of the disk, and not caught.
   */
  #carryOut<T>(queue: Queue, work: () => Promise<T | undefined>, tell: (result: T) => void = () => {}): void {
    queue.add(async () => {
      try {
        const result = await work();
        if (result === undefined) return;
        await inLaterTurn(() => {
          if (this.#failure === undefined) tell(result);
        });
      } catch (error) {
        await this.#fail(error);
      }
    });
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#failure !== undefined) return;
    const failure = error instanceof Error ? error : new Error(String(error));
    this.#failure = failure;
    await inLaterTurn(() => this.onFailure(failure));
  }

  /** Undefined where it is given up. */
  async #save(index: number, record: RecordPieces, pieces: Iterator<Uint8Array>): Promise<number | undefined> {
    const draft = this.#draft(savedName);
    try {
      // However this loop is left before the end, it calls the iterator's `return`.
      for (const piece of { [Symbol.iterator]: () => pieces }) {
        if (this.#ended) return undefined;
        await draft.add(piece);
      }
      return await this.#publish(draft, index, record);
    } finally {
      await discardQuietly(draft);
    }
  }

  async #seal(draft: Draft, index: number, record: RecordPieces): Promise<number | undefined> {
    try {
      return await this.#publish(draft, index, record);
    } finally {
      await discardQuietly(draft);
    }
  }

  /** Undefined where something else has failed. */
  async #publish(draft: Draft, index: number, record: RecordPieces): Promise<number | undefined> {
    if (this.#failure !== undefined) return undefined;
    const bytes = await draft.publish(index, record);
    await this.#reads.add(() => this.#reader.add(index));
    return bytes;
  }

  #draft(temporaryName: string): Draft {
    return new Draft(this.#place.files, this.#place.folder, temporaryName);
  }

  #beginTransfer(index: number): void {
    const former = this.#giveUpTransfer();
    if (former !== undefined) this.#carryOut(this.#receives, () => former.draft.discard());
    this.#transfer = { index, draft: this.#draft(receivedName), bytes: 0, givenUp: false };
  }

  #giveUpTransfer(): Transfer | undefined {
    const transfer = this.#transfer;
    if (transfer !== undefined) transfer.givenUp = true;
    this.#transfer = undefined;
    return transfer;
  }

  #transferOf(index: number): Transfer {
    const transfer = this.#transfer;
    invariant(transfer !== undefined, `nothing of snapshot ${index} was received`);
    invariant(
      transfer.index === index,
      `snapshot ${transfer.index} is received, and ${index} follows in the middle of it`,
    );
    return transfer;
  }

  async #close(): Promise<void> {
    const transfer = this.#giveUpTransfer();
    if (transfer !== undefined) this.#receives.add(() => discardQuietly(transfer.draft));
    await Promise.all([this.#saves.over(), this.#receives.over()]);
    await this.#reads.over();
    await this.#reader.close();
    await this.#place.unlock();
  }
}

function inLaterTurn(fn: () => void): Promise<void> {
  return new Promise((resolve) => {
    atEndOfTurn(() => {
      resolve();
      fn();
    });
  });
}

/** Nothing of it counts: an error says nothing new, and the next one to open the folder clears up. */
async function discardQuietly(draft: Draft): Promise<void> {
  await draft.discard().catch(() => {});
}
