/**
 * Snapshots as fields; see `certificate-fields.ts`:
 *
 *     past       slot | history | total
 *     proven     past | pieces | signatures
 */
import { numberBytes, type Reader, type Writer } from '../shared/fields.ts';
import {
  digestBytes,
  readDigest,
  readSignatures,
  signaturesBytes,
  writeDigest,
  writeSignatures,
} from './certificate-fields.ts';
import type { Past } from './history.ts';
import { type ListFields, listBytes, readList, writeList } from './list-fields.ts';
import type { Digest, ProvenSnapshot } from './messages.ts';

/** The most pieces of a snapshot: 16 GiB in pieces of 256 KiB. */
export const maxPieces = 65_536;
/** What is said of the batches up to a slot. */
export const pastBytes = 2 * numberBytes + digestBytes;

const pieceList: ListFields<Digest> = {
  items: 'pieces of a snapshot',
  max: maxPieces,
  minBytes: digestBytes,
  bytesOf: () => digestBytes,
  write: writeDigest,
  read: readDigest,
};

/** @throws RangeError as `writeDigest` does */
export function writePast(writer: Writer, { slot, history, total }: Past): Writer {
  return writeDigest(writer.number(slot), history).number(total);
}

/** A snapshot of nothing is none. */
export function readPast(reader: Reader): Past {
  // An object literal evaluates its fields in the order in which they stand: the order of the bytes.
  return { slot: reader.number(1), history: readDigest(reader), total: reader.number() };
}

/** @throws RangeError where there are too many pieces or signatures */
export function provenBytes({ snapshot, signatures }: ProvenSnapshot): number {
  return pastBytes + listBytes(pieceList, snapshot.pieces) + signaturesBytes(signatures);
}

/** @throws RangeError as `writeDigest` and `writeSignature` do */
export function writeProven(writer: Writer, { snapshot, signatures }: ProvenSnapshot): Writer {
  return writeSignatures(writeList(writePast(writer, snapshot), pieceList, snapshot.pieces), signatures);
}

export function readProven(reader: Reader): ProvenSnapshot {
  const snapshot = { ...readPast(reader), pieces: readList(reader, pieceList) };
  return { snapshot, signatures: readSignatures(reader) };
}
