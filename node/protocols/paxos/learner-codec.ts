/** The messages and records of learners as bytes; a protocol adds its own kinds before theirs. */
import { numberBytes, type Reader, Writer } from '../shared/fields.ts';
import type { LearnerMessage, LearnerRecord } from './learner-messages.ts';
import { groupsBytes, readGroups, readValues, valuesBytes, writeGroups, writeValues } from './value-fields.ts';

export const learnerMessageTypes = ['learn', 'learned', 'fetch', 'piece'] as const;
export const learnerRecordKinds = ['chosen', 'snapshot'] as const;

const copyAll = Number.POSITIVE_INFINITY;

/** Payloads of a record that have so many bytes or more are pieces of their own. */
export const ownPieceBytes = 4096;

/** @throws RangeError where a number is no safe non-negative integer, or there are too many values */
export function encodeLearnerMessage(version: number, type: number, msg: LearnerMessage): Uint8Array {
  switch (msg.type) {
    case 'learn':
      return new Writer(version, type, numberBytes).number(msg.from).buffer;
    case 'learned': {
      const writer = new Writer(version, type, 2 * numberBytes + valuesBytes(msg.values, copyAll));
      return writeValues(writer.number(msg.from), msg.values, copyAll).number(msg.chosenTo).buffer;
    }
    case 'fetch':
      return new Writer(version, type, 2 * numberBytes).number(msg.index).number(msg.offset).buffer;
    case 'piece': {
      const bytes = 2 * numberBytes + groupsBytes(msg.groups) + 4 + msg.bytes.length + 1;
      const writer = writeGroups(new Writer(version, type, bytes).number(msg.index), msg.groups);
      return writer.number(msg.offset).sized(msg.bytes).flag(msg.last).buffer;
    }
  }
}

export function readLearnerMessage(type: LearnerMessage['type'], reader: Reader): LearnerMessage {
  // An object literal evaluates its fields in the order in which they stand: the order of the bytes.
  switch (type) {
    case 'learn':
      return { type, from: reader.number(1) };
    case 'learned':
      return { type, from: reader.number(1), values: readValues(reader), chosenTo: reader.number() };
    case 'fetch':
      return { type, index: reader.number(1), offset: reader.number() };
    case 'piece':
      return {
        type,
        // A snapshot of nothing is none.
        index: reader.number(1),
        groups: readGroups(reader),
        offset: reader.number(),
        bytes: reader.sized(),
        last: reader.flag(),
      };
  }
}

/** @throws RangeError as `encodeLearnerMessage` does */
export function encodeLearnerRecord(version: number, type: number, record: LearnerRecord): readonly Uint8Array[] {
  if (record.kind === 'chosen') {
    const writer = new Writer(version, type, numberBytes + valuesBytes(record.values, ownPieceBytes));
    return writeValues(writer.number(record.from), record.values, ownPieceBytes).pieces();
  }
  const writer = new Writer(version, type, 2 * numberBytes + groupsBytes(record.groups));
  return writeGroups(writer.number(record.index), record.groups)
    .number(record.loss ?? 0)
    .pieces();
}

export function readLearnerRecord(kind: LearnerRecord['kind'], reader: Reader): LearnerRecord {
  if (kind === 'chosen') return { kind, from: reader.number(1), values: readValues(reader) };
  const record = { kind, index: reader.number(1), groups: readGroups(reader) };
  const loss = reader.number();
  return loss === 0 ? record : { ...record, loss };
}
