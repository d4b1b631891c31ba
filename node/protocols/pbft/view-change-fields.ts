/**
 * View changes as fields, see `certificate-fields.ts`:
 *
 *     view change  view | stable checkpoint | reports | signature
 *     report       slot | flag, certificate (decided) | flag, certificate (prepared) | flag, view, digest (share)
 *
 * What stands behind a flag is there where the flag says so. The slots of reports ascend, and all are above the stable slot.
 */
import { numberBytes, type Reader, type Writer } from '../shared/fields.ts';
import {
  certificateBytes,
  digestBytes,
  minSignatureBytes,
  minStableBytes,
  readCertificate,
  readDigest,
  readSignature,
  readStable,
  signatureFieldBytes,
  stableBytes,
  writeCertificate,
  writeDigest,
  writeSignature,
  writeStable,
} from './certificate-fields.ts';
import { type ListFields, listBytes, readList, writeList } from './list-fields.ts';
import type { Certificate, NewView, SlotReport, ViewChange } from './messages.ts';

/** The most slots that one view change may report of. */
export const maxReports = 1024;
/** The most view changes that one NEW-VIEW may carry. */
export const maxChanges = 100;

function optionalBytes(certificate: Certificate | undefined): number {
  return 1 + (certificate === undefined ? 0 : certificateBytes(certificate));
}

function writeOptional(writer: Writer, certificate: Certificate | undefined): Writer {
  writer.flag(certificate !== undefined);
  return certificate === undefined ? writer : writeCertificate(writer, certificate);
}

function reportBytes({ decided, prepared, share }: SlotReport): number {
  const shareBytes = 1 + (share === undefined ? 0 : numberBytes + digestBytes);
  return numberBytes + optionalBytes(decided) + optionalBytes(prepared) + shareBytes;
}

function writeReport(writer: Writer, { slot, decided, prepared, share }: SlotReport): Writer {
  writeOptional(writeOptional(writer.number(slot), decided), prepared).flag(share !== undefined);
  return share === undefined ? writer : writeDigest(writer.number(share.view), share.digest);
}

function readReport(reader: Reader): SlotReport {
  // An object literal evaluates its fields in the order in which they stand: the order of the bytes.
  return {
    slot: reader.number(1),
    ...(reader.flag() ? { decided: readCertificate(reader) } : {}),
    ...(reader.flag() ? { prepared: readCertificate(reader) } : {}),
    ...(reader.flag() ? { share: { view: reader.number(), digest: readDigest(reader) } } : {}),
  };
}

const reportList: ListFields<SlotReport> = {
  items: 'slots in a view change',
  max: maxReports,
  minBytes: numberBytes + 3,
  bytesOf: reportBytes,
  write: writeReport,
  read: readReport,
};

/** @throws RangeError where there are too many reports, or too many signatures */
export function changeBytes({ stable, slots, signature }: ViewChange): number {
  return numberBytes + stableBytes(stable) + listBytes(reportList, slots) + signatureFieldBytes(signature);
}

/** @throws RangeError as `writeDigest` and `writeSignature` do */
export function writeChange(writer: Writer, { view, stable, slots, signature }: ViewChange): Writer {
  return writeSignature(writeList(writeStable(writer.number(view), stable), reportList, slots), signature);
}

export function readChange(reader: Reader): ViewChange {
  const view = reader.number();
  const stable = readStable(reader);
  const slots = readList(reader, reportList);
  if (!slots.every(({ slot }, at) => slot > (slots[at - 1] ?? stable).slot)) reader.fail();
  return { type: 'view-change', view, stable, slots, signature: readSignature(reader) };
}

const changeList: ListFields<ViewChange> = {
  items: 'view changes',
  max: maxChanges,
  minBytes: numberBytes + minStableBytes + 4 + minSignatureBytes,
  bytesOf: changeBytes,
  write: writeChange,
  read: readChange,
};

export function newViewBytes({ changes, signature }: NewView): number {
  return numberBytes + listBytes(changeList, changes) + signatureFieldBytes(signature);
}

/** @throws RangeError as `writeChange` does, and where there are too many view changes */
export function writeNewView(writer: Writer, { view, changes, signature }: NewView): Writer {
  return writeSignature(writeList(writer.number(view), changeList, changes), signature);
}

export function readNewView(reader: Reader): NewView {
  const view = reader.number();
  return { type: 'new-view', view, changes: readList(reader, changeList), signature: readSignature(reader) };
}
