/**
 * PBFT's messages and records as bytes, for sockets and disks:
 *
 *     version u8 | type u8 | fields
 *
 * The fields are in the order in which `messages.ts` names them, an absent one as a flag and nothing; see `shared/fields.ts`,
 * `list-fields.ts`, `certificate-fields.ts` and `view-change-fields.ts`. What is left over, out of range or not in its one
 * spelling is no message. Nobody may write to the bytes afterwards, for payloads are views into them.
 */
import type { Codec } from '../../contract/codec.ts';
import { decodeWith, numberBytes, type Reader, Writer } from '../shared/fields.ts';
import {
  certificateBytes,
  choiceBytes,
  digestBytes,
  minCertificateBytes,
  readCertificate,
  readChoice,
  readDigest,
  readSignature,
  readStable,
  signatureFieldBytes,
  stableBytes,
  writeCertificate,
  writeChoice,
  writeDigest,
  writeSignature,
  writeStable,
} from './certificate-fields.ts';
import { type ListFields, listBytes, readList, writeList } from './list-fields.ts';
import type { Decision, Digest, PbftMessage, PbftRecord, Phase } from './messages.ts';
import { pastBytes, provenBytes, readPast, readProven, writePast, writeProven } from './snapshot-fields.ts';
import { changeBytes, newViewBytes, readChange, readNewView, writeChange, writeNewView } from './view-change-fields.ts';

const version = 1;
const messageTypes = [
  ...(['propose', 'vote', 'checkpoint', 'view-change', 'new-view', 'status'] as const),
  ...(['fetch', 'decided', 'ask-bodies', 'bodies', 'forward', 'stable', 'saved'] as const),
  ...(['manifest', 'fetch-piece', 'piece', 'certified'] as const),
] as const;
const recordKinds = ['share', 'prepared', 'decided', 'leave', 'enter', 'stable', 'snapshot', 'proven'] as const;
const phases = ['share', 'commit'] as const;

/** The most decisions, batches or digests that one message or record may carry. */
export const maxItems = 1024;
/** Payloads of a record that have so many bytes or more are pieces of their own. */
const ownPieceBytes = 4096;

const sizedBytes = (payload: Uint8Array): number => 4 + payload.length;

const decisionList: ListFields<Decision> = {
  items: 'decisions',
  max: maxItems,
  minBytes: 4 + minCertificateBytes,
  bytesOf: ({ payload, certificate }) => sizedBytes(payload) + certificateBytes(certificate),
  write: (writer, { payload, certificate }) => writeCertificate(writer.sized(payload), certificate),
  read: (reader) => ({ payload: reader.sized(), certificate: readCertificate(reader) }),
};

const digestList: ListFields<Digest> = {
  items: 'digests',
  max: maxItems,
  minBytes: digestBytes,
  bytesOf: () => digestBytes,
  write: writeDigest,
  read: readDigest,
};

const payloadList: ListFields<Uint8Array> = {
  items: 'batches',
  max: maxItems,
  minBytes: 4,
  bytesOf: sizedBytes,
  write: (writer, payload) => writer.sized(payload),
  read: (reader) => reader.sized(),
};

/**
 * @throws RangeError where a number is no safe non-negative integer, a digest or a signature has not the form of one, a name
 * is too long, or a list is
 */
function encodeMessage(msg: PbftMessage): Uint8Array {
  const type = messageTypes.indexOf(msg.type);
  const begin = (fieldBytes: number): Writer => new Writer(version, type, fieldBytes);
  switch (msg.type) {
    case 'propose': {
      const bytes = choiceBytes + sizedBytes(msg.payload) + signatureFieldBytes(msg.signature);
      return writeSignature(writeChoice(begin(bytes), msg).sized(msg.payload), msg.signature).buffer;
    }
    case 'vote': {
      const writer = writeChoice(begin(choiceBytes + 1 + signatureFieldBytes(msg.signature)), msg);
      return writeSignature(writer.byte(phases.indexOf(msg.phase)), msg.signature).buffer;
    }
    case 'checkpoint':
    case 'saved': {
      const writer = begin(numberBytes + digestBytes + signatureFieldBytes(msg.signature)).number(msg.slot);
      return writeSignature(writeDigest(writer, msg.digest), msg.signature).buffer;
    }
    case 'view-change':
      return writeChange(begin(changeBytes(msg)), msg).buffer;
    case 'new-view':
      return writeNewView(begin(newViewBytes(msg)), msg).buffer;
    case 'stable':
      return writeStable(begin(stableBytes(msg.checkpoint)), msg.checkpoint).buffer;
    case 'status':
      return begin(3 * numberBytes + 1)
        .number(msg.view)
        .flag(msg.changing)
        .number(msg.applied)
        .number(msg.stable).buffer;
    case 'fetch':
      return begin(numberBytes).number(msg.from).buffer;
    case 'decided':
      return writeList(begin(listBytes(decisionList, msg.decisions)), decisionList, msg.decisions).buffer;
    case 'ask-bodies':
      return writeList(begin(listBytes(digestList, msg.digests)), digestList, msg.digests).buffer;
    case 'bodies':
      return writeList(begin(listBytes(payloadList, msg.payloads)), payloadList, msg.payloads).buffer;
    case 'forward':
      return begin(sizedBytes(msg.payload)).sized(msg.payload).buffer;
    case 'certified':
      return writeCertificate(begin(certificateBytes(msg.certificate)), msg.certificate).buffer;
    case 'manifest':
      return writeProven(begin(provenBytes(msg.proven)), msg.proven).buffer;
    case 'fetch-piece':
      return begin(2 * numberBytes)
        .number(msg.slot)
        .number(msg.piece).buffer;
    case 'piece':
      return begin(2 * numberBytes + sizedBytes(msg.bytes))
        .number(msg.slot)
        .number(msg.piece)
        .sized(msg.bytes).buffer;
  }
}

function readPhase(reader: Reader): Phase {
  const phase = phases[reader.byte()];
  if (phase === undefined) reader.fail();
  return phase ?? 'share';
}

function readMessage(reader: Reader): PbftMessage | null {
  // An object literal evaluates its fields in the order in which they stand: the order of the bytes.
  const type = messageTypes[reader.type];
  switch (type) {
    case 'propose':
      return { type, ...readChoice(reader), payload: reader.sized(), signature: readSignature(reader) };
    case 'vote':
      return { type, ...readChoice(reader), phase: readPhase(reader), signature: readSignature(reader) };
    case 'checkpoint':
    case 'saved':
      return { type, slot: reader.number(1), digest: readDigest(reader), signature: readSignature(reader) };
    case 'view-change':
      return readChange(reader);
    case 'new-view':
      return readNewView(reader);
    case 'stable':
      return { type, checkpoint: readStable(reader) };
    case 'status':
      return {
        type,
        view: reader.number(),
        changing: reader.flag(),
        applied: reader.number(),
        stable: reader.number(),
      };
    case 'fetch':
      return { type, from: reader.number(1) };
    case 'decided':
      return { type, decisions: readList(reader, decisionList) };
    case 'ask-bodies':
      return { type, digests: readList(reader, digestList) };
    case 'bodies':
      return { type, payloads: readList(reader, payloadList) };
    case 'forward':
      return { type, payload: reader.sized() };
    case 'certified':
      return { type, certificate: readCertificate(reader) };
    case 'manifest':
      return { type, proven: readProven(reader) };
    case 'fetch-piece':
      return { type, slot: reader.number(1), piece: reader.number() };
    case 'piece':
      return { type, slot: reader.number(1), piece: reader.number(), bytes: reader.sized() };
    default:
      return null;
  }
}

/** What a payload that may be absent takes in a record, without the payload that is not copied. */
function optionalBytes(payload: Uint8Array | undefined): number {
  if (payload === undefined) return 1;
  return 1 + 4 + (payload.length < ownPieceBytes ? payload.length : 0);
}

function writeOptional(writer: Writer, payload: Uint8Array | undefined): Writer {
  writer.flag(payload !== undefined);
  if (payload === undefined) return writer;
  writer.u32(payload.length);
  return payload.length < ownPieceBytes ? writer.bytes(payload) : writer.piece(payload);
}

function readOptional(reader: Reader): { readonly payload?: Uint8Array } {
  return reader.flag() ? { payload: reader.sized() } : {};
}

/** @throws RangeError as `encodeMessage` does */
function encodeRecord(record: PbftRecord): readonly Uint8Array[] {
  const type = recordKinds.indexOf(record.kind);
  const begin = (fieldBytes: number): Writer => new Writer(version, type, fieldBytes);
  switch (record.kind) {
    case 'share': {
      const writer = writeChoice(begin(choiceBytes + optionalBytes(record.payload)), record);
      return writeOptional(writer, record.payload).pieces();
    }
    case 'prepared':
      return writeCertificate(begin(certificateBytes(record.certificate)), record.certificate).pieces();
    case 'decided': {
      const writer = begin(certificateBytes(record.certificate) + optionalBytes(record.payload));
      return writeOptional(writeCertificate(writer, record.certificate), record.payload).pieces();
    }
    case 'leave':
      return begin(numberBytes).number(record.view).pieces();
    case 'enter':
      return writeNewView(begin(newViewBytes(record.newView)), record.newView).pieces();
    case 'stable':
      return writeStable(begin(stableBytes(record.checkpoint)), record.checkpoint).pieces();
    case 'snapshot':
      return writePast(begin(pastBytes), record).pieces();
    case 'proven':
      return writeProven(begin(provenBytes(record.proven)), record.proven).pieces();
  }
}

function readRecord(reader: Reader): PbftRecord | null {
  const kind = recordKinds[reader.type];
  switch (kind) {
    case 'share':
      return { kind, ...readChoice(reader), ...readOptional(reader) };
    case 'prepared':
      return { kind, certificate: readCertificate(reader) };
    case 'decided':
      return { kind, certificate: readCertificate(reader), ...readOptional(reader) };
    case 'leave':
      return { kind, view: reader.number() };
    case 'enter':
      return { kind, newView: readNewView(reader) };
    case 'stable':
      return { kind, checkpoint: readStable(reader) };
    case 'snapshot':
      return { kind, ...readPast(reader) };
    case 'proven':
      return { kind, proven: readProven(reader) };
    default:
      return null;
  }
}

export const pbftCodec: Codec<PbftMessage, PbftRecord> = {
  encodeMessage,
  decodeMessage: (bytes) => decodeWith(readMessage, bytes, version),
  encodeRecord,
  decodeRecord: (bytes) => decodeWith(readRecord, bytes, version),
};
