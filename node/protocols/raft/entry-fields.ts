/**
 * Entries and configurations as fields, see `shared/fields.ts`. A list of entries is its count as u32, then for each entry
 * its kind as one byte, its term as 7, and its payload as sized bytes. A configuration is sized bytes, see
 * `configuration-codec.ts`.
 */
import { numberBytes, type Reader, type Writer } from '../shared/fields.ts';
import { type Configuration, emptyConfiguration } from './configuration.ts';
import { decodeConfiguration } from './configuration-codec.ts';
import type { Entry } from './messages.ts';

/** The most entries that one message or record may carry. */
export const maxEntries = 65_536;

const entryHeadBytes = numberBytes + 4;
/** The kinds of entries. */
const commands = 0;
const configuration = 1;

/** The bytes of entries without the payloads that are not copied. */
export function entriesBytes(entries: readonly Entry[], copiedBytes: number): number {
  if (entries.length > maxEntries) throw new RangeError(`${entries.length} entries, and at most ${maxEntries} fit`);
  let bytes = 4;
  for (const { payload } of entries) bytes += entryHeadBytes + (payload.length < copiedBytes ? payload.length : 0);
  return bytes;
}

/** @param copiedBytes - payloads with fewer bytes are copied; larger ones become pieces */
export function writeEntries(writer: Writer, entries: readonly Entry[], copiedBytes: number): Writer {
  writer.u32(entries.length);
  for (const { term, payload, kind } of entries) {
    writer.tagged(kind === undefined ? commands : configuration, term).u32(payload.length);
    if (payload.length < copiedBytes) writer.bytes(payload);
    else writer.piece(payload);
  }
  return writer;
}

/** Payloads are views. Where an entry is not sound, the reader is not either, and what is returned means nothing. */
export function readEntries(reader: Reader): readonly Entry[] {
  const entries: Entry[] = [];
  for (let left = reader.count(maxEntries, entryHeadBytes); left > 0; left -= 1) {
    const term = reader.tagged();
    const payload = reader.sized();
    if (reader.tag === commands) entries.push({ term, payload });
    else if (reader.tag === configuration) entries.push({ term, payload, kind: 'configuration' });
    else {
      reader.fail();
      break;
    }
  }
  return entries;
}

export function readConfiguration(reader: Reader): Configuration {
  const decoded = decodeConfiguration(reader.sized());
  if (decoded === null) reader.fail();
  return decoded ?? emptyConfiguration;
}
