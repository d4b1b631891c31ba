/**
 * Lists as fields, see `shared/fields.ts`: the count as u32, and the items one after the other. No list is longer than its
 * kind allows, in either direction.
 */
import type { Reader, Writer } from '../shared/fields.ts';

/** One kind of list, and how each of its items stands in the bytes. */
export interface ListFields<T> {
  /** In words, for errors. */
  readonly items: string;
  /** The most items that one list may have. */
  readonly max: number;
  /** What the smallest item takes. */
  readonly minBytes: number;
  readonly bytesOf: (item: T) => number;
  readonly write: (writer: Writer, item: T) => Writer;
  /** Where the item is not sound, the reader is not either, and what is returned means nothing. */
  readonly read: (reader: Reader) => T;
}

/** @throws RangeError where there are too many items */
export function listBytes<T>({ items, max, bytesOf }: ListFields<T>, list: readonly T[]): number {
  if (list.length > max) throw new RangeError(`${list.length} ${items}, and at most ${max} fit`);
  return list.reduce((bytes, item) => bytes + bytesOf(item), 4);
}

export function writeList<T>(writer: Writer, { write }: ListFields<T>, list: readonly T[]): Writer {
  writer.u32(list.length);
  for (const item of list) write(writer, item);
  return writer;
}

export function readList<T>(reader: Reader, { max, minBytes, read }: ListFields<T>): readonly T[] {
  const list: T[] = [];
  for (let left = reader.count(max, minBytes); left > 0 && reader.sound; left -= 1) list.push(read(reader));
  return list;
}
