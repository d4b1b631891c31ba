/**
 * Paxos' messages and records as bytes, for sockets and disks:
 *
 *     version u8 | type u8 | fields
 *
 * The fields are in the order in which `messages.ts` names them, an absent one as a flag and nothing, a value as a list of one;
 * see `shared/fields.ts` and `value-fields.ts`. What is left over, out of range or not in its one spelling is no message.
 * Nobody may write to the bytes afterwards, for payloads are views into them.
 */
import type { Codec } from '../../contract/codec.ts';
import { decodeWith, numberBytes, type Reader, Writer } from '../shared/fields.ts';
import type { Ballot } from './ballot.ts';
import {
  encodeLearnerMessage,
  encodeLearnerRecord,
  learnerMessageTypes,
  learnerRecordKinds,
  ownPieceBytes,
  readLearnerMessage,
  readLearnerRecord,
} from './learner-codec.ts';
import type { PaxosMessage, PaxosRecord, Promised } from './messages.ts';
import { noOp, type Value } from './value.ts';
import { ballotBytes, readBallot, readValues, valuesBytes, writeBallot, writeValues } from './value-fields.ts';

const version = 1;
const ownMessageTypes = [
  ...(['prepare', 'promise', 'refuse', 'accept', 'accepted', 'chosen'] as const),
  ...(['known', 'heartbeat', 'probe', 'probed'] as const),
];
const messageTypes = [...ownMessageTypes, ...learnerMessageTypes] as const;
const recordKinds = ['promise', 'accept', ...learnerRecordKinds] as const;

const copyAll = Number.POSITIVE_INFINITY;

/** A message that begins with a slot and a ballot. */
function slotWriter(type: number, { slot, ballot }: { slot: number; ballot: Ballot }, moreBytes = 0): Writer {
  return writeBallot(new Writer(version, type, numberBytes + ballotBytes(ballot) + moreBytes).number(slot), ballot);
}

/** @throws RangeError where a number is no safe non-negative integer */
function encodeMessage(msg: PaxosMessage): Uint8Array {
  const type = messageTypes.indexOf(msg.type);
  switch (msg.type) {
    case 'prepare':
    case 'accepted':
    case 'chosen':
      return slotWriter(type, msg).buffer;
    case 'promise':
      return encodePromise(type, msg);
    case 'refuse':
      return writeBallot(slotWriter(type, msg, ballotBytes(msg.promised)), msg.promised).buffer;
    case 'accept':
      return writeValues(slotWriter(type, msg, valuesBytes([msg.value], copyAll)), [msg.value], copyAll).buffer;
    case 'known':
      return new Writer(version, type, numberBytes).number(msg.chosenTo).buffer;
    case 'heartbeat': {
      const writer = new Writer(version, type, 2 * numberBytes + ballotBytes(msg.last.ballot)).number(msg.chosenTo);
      return writeBallot(writer.number(msg.last.slot), msg.last.ballot).buffer;
    }
    case 'probe':
      return new Writer(version, type, 2 * numberBytes).number(msg.life).number(msg.round).buffer;
    case 'probed':
      return new Writer(version, type, 4 * numberBytes)
        .number(msg.life)
        .number(msg.round)
        .number(msg.acceptedTo)
        .number(msg.lastChosen).buffer;
    default:
      return encodeLearnerMessage(version, type, msg);
  }
}

function encodePromise(type: number, msg: Promised): Uint8Array {
  const { accepted } = msg;
  if (accepted === undefined) return slotWriter(type, msg, 1).flag(false).buffer;
  const moreBytes = 1 + ballotBytes(accepted.ballot) + valuesBytes([accepted.value], copyAll);
  const writer = writeBallot(slotWriter(type, msg, moreBytes).flag(true), accepted.ballot);
  return writeValues(writer, [accepted.value], copyAll).buffer;
}

function readValue(reader: Reader): Value {
  const [value, ...more] = readValues(reader);
  if (value === undefined || more.length > 0) reader.fail();
  return value ?? noOp;
}

function readMessage(reader: Reader): PaxosMessage | null {
  // An object literal evaluates its fields in the order in which they stand: the order of the bytes.
  const type = messageTypes[reader.type];
  switch (type) {
    case 'prepare':
    case 'accepted':
    case 'chosen':
      return { type, slot: reader.number(1), ballot: readBallot(reader) };
    case 'promise': {
      const promise = { type, slot: reader.number(1), ballot: readBallot(reader) };
      if (!reader.flag()) return promise;
      return { ...promise, accepted: { ballot: readBallot(reader), value: readValue(reader) } };
    }
    case 'refuse':
      return { type, slot: reader.number(1), ballot: readBallot(reader), promised: readBallot(reader) };
    case 'accept':
      return { type, slot: reader.number(1), ballot: readBallot(reader), value: readValue(reader) };
    case 'known':
      return { type, chosenTo: reader.number() };
    case 'heartbeat':
      return { type, chosenTo: reader.number(), last: { slot: reader.number(), ballot: readBallot(reader) } };
    case 'probe':
      return { type, life: reader.number(), round: reader.number() };
    case 'probed':
      return {
        type,
        life: reader.number(),
        round: reader.number(),
        acceptedTo: reader.number(),
        lastChosen: reader.number(),
      };
    case undefined:
      return null;
    default:
      return readLearnerMessage(type, reader);
  }
}

/** @throws RangeError as `encodeMessage` does */
function encodeRecord(record: PaxosRecord): readonly Uint8Array[] {
  const type = recordKinds.indexOf(record.kind);
  switch (record.kind) {
    case 'promise':
      return slotWriter(type, record, numberBytes).number(record.chosenTo).pieces();
    case 'accept': {
      const writer = slotWriter(type, record, numberBytes + valuesBytes([record.value], ownPieceBytes));
      return writeValues(writer.number(record.chosenTo), [record.value], ownPieceBytes).pieces();
    }
    default:
      return encodeLearnerRecord(version, type, record);
  }
}

function readRecord(reader: Reader): PaxosRecord | null {
  const kind = recordKinds[reader.type];
  switch (kind) {
    case 'promise':
      return { kind, slot: reader.number(1), ballot: readBallot(reader), chosenTo: reader.number() };
    case 'accept': {
      const slot = reader.number(1);
      const ballot = readBallot(reader);
      // What was known to be chosen stands before the value, which may be a piece of its own.
      const chosenTo = reader.number();
      return { kind, slot, ballot, value: readValue(reader), chosenTo };
    }
    case undefined:
      return null;
    default:
      return readLearnerRecord(kind, reader);
  }
}

export const paxosCodec: Codec<PaxosMessage, PaxosRecord> = {
  encodeMessage,
  decodeMessage: (bytes) => decodeWith(readMessage, bytes, version),
  encodeRecord,
  decodeRecord: (bytes) => decodeWith(readRecord, bytes, version),
};
