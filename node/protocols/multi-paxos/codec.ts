/**
 * Multi-Paxos' messages and records as bytes, for sockets and disks:
 *
 *     version u8 | type u8 | fields
 *
 * The fields are in the order in which `messages.ts` names them; see `shared/fields.ts` and `paxos/value-fields.ts`. What is
 * left over, out of range or not in its one spelling is no message. Nobody may write to the bytes afterwards, for payloads
 * are views into them.
 */
import type { Codec } from '../../contract/codec.ts';
import {
  encodeLearnerMessage,
  encodeLearnerRecord,
  learnerMessageTypes,
  learnerRecordKinds,
  ownPieceBytes,
  readLearnerMessage,
  readLearnerRecord,
} from '../paxos/learner-codec.ts';
import { ballotBytes, readBallot, readValues, valuesBytes, writeBallot, writeValues } from '../paxos/value-fields.ts';
import { decodeWith, numberBytes, type Reader, Writer } from '../shared/fields.ts';
import type { Accept, Accepted, MultiPaxosMessage, MultiPaxosRecord, Prepare, Promised, Run } from './messages.ts';

const version = 1;
const ownMessageTypes = ['prepare', 'promise', 'refuse', 'accept', 'accepted', 'hand-over'] as const;
const messageTypes = [...ownMessageTypes, ...learnerMessageTypes] as const;
const recordKinds = ['promise', 'accept', 'lost', ...learnerRecordKinds] as const;

const copyAll = Number.POSITIVE_INFINITY;
/** A ballot, a slot and the count of its values. */
const minRunBytes = numberBytes + 4 + numberBytes + 4;
const maxRuns = 65_536;

/** @throws RangeError where a number is no safe non-negative integer, or there are too many values */
function encodeMessage(msg: MultiPaxosMessage): Uint8Array {
  const type = messageTypes.indexOf(msg.type);
  switch (msg.type) {
    case 'prepare':
      return encodePrepare(type, msg);
    case 'promise':
      return encodePromise(type, msg);
    case 'refuse': {
      const writer = new Writer(version, type, ballotBytes(msg.ballot) + ballotBytes(msg.promised));
      return writeBallot(writeBallot(writer, msg.ballot), msg.promised).buffer;
    }
    case 'accept':
      return encodeAccept(type, msg);
    case 'accepted':
      return encodeAccepted(type, msg);
    case 'hand-over':
      return writeBallot(new Writer(version, type, ballotBytes(msg.ballot)), msg.ballot).buffer;
    default:
      return encodeLearnerMessage(version, type, msg);
  }
}

function encodePrepare(type: number, msg: Prepare): Uint8Array {
  const { ballot, from, handover } = msg;
  const bytes = ballotBytes(ballot) + numberBytes + 1 + (handover === undefined ? 0 : ballotBytes(handover));
  const writer = writeBallot(new Writer(version, type, bytes), ballot)
    .number(from)
    .flag(handover !== undefined);
  return handover === undefined ? writer.buffer : writeBallot(writer, handover).buffer;
}

function runBytes({ ballot, values }: Run): number {
  return ballotBytes(ballot) + numberBytes + valuesBytes(values, copyAll);
}

function encodePromise(type: number, msg: Promised): Uint8Array {
  const runs = msg.runs.reduce((bytes, run) => bytes + runBytes(run), 4);
  const writer = new Writer(version, type, ballotBytes(msg.ballot) + 2 * numberBytes + runs);
  writeBallot(writer, msg.ballot).number(msg.chosenTo).u32(msg.runs.length);
  for (const { ballot, from, values } of msg.runs) {
    writeValues(writeBallot(writer, ballot).number(from), values, copyAll);
  }
  return writer.number(msg.loss).buffer;
}

function encodeAccept(type: number, msg: Accept): Uint8Array {
  const bytes = ballotBytes(msg.ballot) + 4 * numberBytes + valuesBytes(msg.values, copyAll);
  const writer = writeBallot(new Writer(version, type, bytes), msg.ballot)
    .number(msg.base)
    .number(msg.from);
  return writeValues(writer, msg.values, copyAll).number(msg.chosenTo).number(msg.round).buffer;
}

function encodeAccepted(type: number, msg: Accepted): Uint8Array {
  return writeBallot(new Writer(version, type, ballotBytes(msg.ballot) + 5 * numberBytes + 1), msg.ballot)
    .number(msg.base)
    .number(msg.to)
    .flag(msg.gap)
    .number(msg.chosenTo)
    .number(msg.round)
    .number(msg.loss).buffer;
}

function readRuns(reader: Reader): readonly Run[] {
  const runs: Run[] = [];
  for (let left = reader.count(maxRuns, minRunBytes); left > 0 && reader.sound; left -= 1) {
    runs.push({ ballot: readBallot(reader), from: reader.number(1), values: readValues(reader) });
  }
  return runs;
}

function readMessage(reader: Reader): MultiPaxosMessage | null {
  // An object literal evaluates its fields in the order in which they stand: the order of the bytes.
  const type = messageTypes[reader.type];
  switch (type) {
    case 'prepare': {
      const prepare = { type, ballot: readBallot(reader), from: reader.number(1) };
      return reader.flag() ? { ...prepare, handover: readBallot(reader) } : prepare;
    }
    case 'promise':
      return {
        type,
        ballot: readBallot(reader),
        chosenTo: reader.number(),
        runs: readRuns(reader),
        loss: reader.number(),
      };
    case 'refuse':
      return { type, ballot: readBallot(reader), promised: readBallot(reader) };
    case 'accept':
      return {
        type,
        ballot: readBallot(reader),
        base: reader.number(1),
        from: reader.number(1),
        values: readValues(reader),
        chosenTo: reader.number(),
        round: reader.number(),
      };
    case 'accepted':
      return {
        type,
        ballot: readBallot(reader),
        base: reader.number(1),
        to: reader.number(),
        gap: reader.flag(),
        chosenTo: reader.number(),
        round: reader.number(),
        loss: reader.number(),
      };
    case 'hand-over':
      return { type, ballot: readBallot(reader) };
    case undefined:
      return null;
    default:
      return readLearnerMessage(type, reader);
  }
}

/** @throws RangeError as `encodeMessage` does */
function encodeRecord(record: MultiPaxosRecord): readonly Uint8Array[] {
  const type = recordKinds.indexOf(record.kind);
  switch (record.kind) {
    case 'promise': {
      const writer = new Writer(version, type, ballotBytes(record.ballot) + numberBytes);
      return writeBallot(writer, record.ballot).number(record.chosenTo).pieces();
    }
    case 'accept': {
      const bytes = ballotBytes(record.ballot) + 2 * numberBytes + valuesBytes(record.values, ownPieceBytes);
      const writer = writeBallot(new Writer(version, type, bytes), record.ballot).number(record.from);
      return writeValues(writer.number(record.chosenTo), record.values, ownPieceBytes).pieces();
    }
    case 'lost':
      return new Writer(version, type, numberBytes).number(record.loss).pieces();
    default:
      return encodeLearnerRecord(version, type, record);
  }
}

function readRecord(reader: Reader): MultiPaxosRecord | null {
  const kind = recordKinds[reader.type];
  switch (kind) {
    case 'promise':
      return { kind, ballot: readBallot(reader), chosenTo: reader.number() };
    case 'accept': {
      const ballot = readBallot(reader);
      const from = reader.number(1);
      const chosenTo = reader.number();
      return { kind, ballot, from, values: readValues(reader), chosenTo };
    }
    case 'lost':
      return { kind, loss: reader.number(1) };
    case undefined:
      return null;
    default:
      return readLearnerRecord(kind, reader);
  }
}

export const multiPaxosCodec: Codec<MultiPaxosMessage, MultiPaxosRecord> = {
  encodeMessage,
  decodeMessage: (bytes) => decodeWith(readMessage, bytes, version),
  encodeRecord,
  decodeRecord: (bytes) => decodeWith(readRecord, bytes, version),
};
