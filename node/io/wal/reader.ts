/**
 * Reads durable records back, one after the other: the threads that the event loop has for files are few, and must stay
 * free for appends.
 *
 * The segment that is written to is read through a handle of its own, as all are: the writer closes its handle at a
 * roll-over, and the kernel gives the number to another file while a read may still be under way.
 */
import { join } from 'node:path';
import { damage } from './damage.ts';
import type { WalFiles, WalReadFile } from './files.ts';
import { frameAt } from './format.ts';
import type { FramePlace } from './positions.ts';
import { segmentName } from './segment.ts';

/** How many segments are kept open: two readers that are far apart do not close each other's file each time. */
const maxHandles = 2;

interface Handle {
  readonly segmentFirst: number;
  readonly file: WalReadFile;
}

export class RecordReader {
  readonly #files: WalFiles;
  readonly #folder: string;
  /** The one that was used last comes last. */
  #handles: Handle[] = [];
  /** Settles, and never rejects, when all reads are over that were asked for. */
  #over: Promise<void> = Promise.resolve();

  constructor(files: WalFiles, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /**
   * The payload of a durable record, in memory of its own. Reads end in the order in which they were asked for.
   *
   * @throws WalDamaged where it is not there as it was written; the errors of the file system as they are
   */
  read(position: number, place: FramePlace): Promise<Uint8Array> {
    const payload = this.#over.then(() => this.#read(position, place));
    const done = () => {};
    this.#over = payload.then(done, done);
    return payload;
  }

  /**
   * Closes the files of the segments before this one, once the reads are over that were asked for. None of those segments
   * may be read from after it. Never rejects.
   */
  letGoBefore(segmentFirst: number): Promise<void> {
    this.#over = this.#over.then(() => this.#closeWhere((handle) => handle.segmentFirst < segmentFirst));
    return this.#over;
  }

  /** Waits for the reads that were asked for. None may be asked for after it. */
  async close(): Promise<void> {
    await this.#over;
    await this.#closeWhere(() => true);
  }

  /** Nothing was written through these files: an error of closing one says nothing. */
  async #closeWhere(unneeded: (handle: Handle) => boolean): Promise<void> {
    const closed = this.#handles.filter(unneeded);
    this.#handles = this.#handles.filter((handle) => !unneeded(handle));
    await Promise.allSettled(closed.map(({ file }) => file.close()));
  }

  async #read(position: number, { segmentFirst, tag, at, bytes }: FramePlace): Promise<Uint8Array> {
    const damaged = (what: string) => damage(this.#folder, segmentName(segmentFirst), at, what);
    const file = await this.#open(segmentFirst);
    const buffer = Buffer.allocUnsafeSlow(bytes);
    const read = await file.read(buffer, at);
    if (read !== bytes) throw damaged(`only ${read} of the ${bytes} bytes of record ${position} can be read`);
    const frame = frameAt(buffer, 0, tag);
    if (frame !== null && frame.position !== position) {
      throw damaged(`record ${frame.position} stands in the place of record ${position}`);
    }
    if (frame?.end !== bytes) throw damaged(`record ${position} is damaged, and it was durable`);
    return frame.payload;
  }

  async #open(segmentFirst: number): Promise<WalReadFile> {
    const index = this.#handles.findIndex((handle) => handle.segmentFirst === segmentFirst);
    const [known] = index === -1 ? [] : this.#handles.splice(index, 1);
    const path = join(this.#folder, segmentName(segmentFirst));
    const handle = known ?? { segmentFirst, file: await this.#files.openToRead(path) };
    this.#handles.push(handle);
    const [eldest] = this.#handles;
    if (this.#handles.length > maxHandles) await this.#closeWhere((other) => other === eldest);
    return handle.file;
  }
}
