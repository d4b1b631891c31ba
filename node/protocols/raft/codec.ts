/**
 * Raft's messages and records as bytes, for sockets and disks:
 *
 *     version u8 | type u8 | fields
 *
 * The fields are in the order in which `messages.ts` names them; see `shared/fields.ts` and `entry-fields.ts`. What is left
 * over, out of range or not in its one spelling is no message. Nobody may write to the bytes afterwards, for payloads are
 * views into them.
 */
import type { Codec } from '../../contract/codec.ts';
import { decodeWith, numberBytes, type Reader, Writer } from '../shared/fields.ts';
import { encodeConfiguration } from './configuration-codec.ts';
import { entriesBytes, readConfiguration, readEntries, writeEntries } from './entry-fields.ts';
import type { Append, AppendReply, Install, RaftMessage, RaftRecord } from './messages.ts';

const version = 2;
const messageTypes = [
  ...(['pre-vote', 'pre-vote-reply', 'vote', 'vote-reply', 'append', 'append-reply'] as const),
  ...(['install', 'install-reply', 'timeout-now'] as const),
] as const;
const recordKinds = ['vote', 'entries', 'snapshot'] as const;

/** Payloads of a record that have so many bytes or more are pieces of their own. */
const ownPieceBytes = 4096;

/** @throws RangeError where a number is no safe non-negative integer, or there are more than `maxEntries` entries */
function encodeMessage(msg: RaftMessage): Uint8Array {
  const type = messageTypes.indexOf(msg.type);
  switch (msg.type) {
    case 'pre-vote':
      return new Writer(version, type, 3 * numberBytes).number(msg.term).number(msg.lastIndex).number(msg.lastTerm)
        .buffer;
    case 'vote':
      return new Writer(version, type, 3 * numberBytes + 1)
        .number(msg.term)
        .number(msg.lastIndex)
        .number(msg.lastTerm)
        .flag(msg.transfer === true).buffer;
    case 'timeout-now':
      return new Writer(version, type, numberBytes).number(msg.term).buffer;
    case 'pre-vote-reply':
    case 'vote-reply':
      return new Writer(version, type, numberBytes + 1).number(msg.term).flag(msg.granted).buffer;
    case 'append':
      return encodeAppend(type, msg);
    case 'append-reply':
      return encodeAppendReply(type, msg);
    case 'install':
      return encodeInstall(type, msg);
    case 'install-reply':
      return new Writer(version, type, 3 * numberBytes).number(msg.term).number(msg.index).number(msg.offset).buffer;
  }
}

function encodeInstall(type: number, msg: Install): Uint8Array {
  const members = encodeConfiguration(msg.configuration);
  return new Writer(version, type, 4 * numberBytes + 4 + msg.bytes.length + 1 + 4 + members.length)
    .number(msg.term)
    .number(msg.index)
    .number(msg.lastTerm)
    .number(msg.offset)
    .sized(msg.bytes)
    .flag(msg.last)
    .sized(members).buffer;
}

function encodeAppend(type: number, msg: Append): Uint8Array {
  const all = Number.POSITIVE_INFINITY;
  const writer = new Writer(version, type, 5 * numberBytes + entriesBytes(msg.entries, all))
    .number(msg.term)
    .number(msg.prevIndex)
    .number(msg.prevTerm);
  return writeEntries(writer, msg.entries, all).number(msg.commitIndex).number(msg.round).buffer;
}

function encodeAppendReply(type: number, msg: AppendReply): Uint8Array {
  return new Writer(version, type, 5 * numberBytes + 1)
    .number(msg.term)
    .flag(msg.success)
    .number(msg.prevIndex)
    .number(msg.matchIndex)
    .number(msg.hintIndex)
    .number(msg.round).buffer;
}

function readMessage(reader: Reader): RaftMessage | null {
  // An object literal evaluates its fields in the order in which they stand: the order of the bytes.
  const type = messageTypes[reader.type];
  switch (type) {
    case 'pre-vote':
      return { type, term: reader.number(), lastIndex: reader.number(), lastTerm: reader.number() };
    case 'vote': {
      const vote = { type, term: reader.number(), lastIndex: reader.number(), lastTerm: reader.number() };
      return reader.flag() ? { ...vote, transfer: true } : vote;
    }
    case 'timeout-now':
      return { type, term: reader.number() };
    case 'pre-vote-reply':
    case 'vote-reply':
      return { type, term: reader.number(), granted: reader.flag() };
    case 'append':
      return {
        type,
        term: reader.number(),
        prevIndex: reader.number(),
        prevTerm: reader.number(),
        entries: readEntries(reader),
        commitIndex: reader.number(),
        round: reader.number(),
      };
    case 'append-reply':
      return {
        type,
        term: reader.number(),
        success: reader.flag(),
        prevIndex: reader.number(),
        matchIndex: reader.number(),
        hintIndex: reader.number(),
        round: reader.number(),
      };
    case 'install':
      return {
        type,
        term: reader.number(),
        // A snapshot of nothing is none.
        index: reader.number(1),
        lastTerm: reader.number(),
        offset: reader.number(),
        bytes: reader.sized(),
        last: reader.flag(),
        configuration: readConfiguration(reader),
      };
    case 'install-reply':
      return { type, term: reader.number(), index: reader.number(1), offset: reader.number() };
    default:
      return null;
  }
}

/** @throws RangeError as `encodeMessage` does */
function encodeRecord(record: RaftRecord): readonly Uint8Array[] {
  const type = recordKinds.indexOf(record.kind);
  if (record.kind === 'entries') {
    const writer = new Writer(version, type, numberBytes + entriesBytes(record.entries, ownPieceBytes));
    return writeEntries(writer.number(record.from), record.entries, ownPieceBytes).pieces();
  }
  if (record.kind === 'snapshot') {
    const members = encodeConfiguration(record.configuration);
    return new Writer(version, type, 2 * numberBytes + 4 + members.length)
      .number(record.index)
      .number(record.term)
      .sized(members)
      .pieces();
  }
  const name = record.votedFor === null ? null : Buffer.from(record.votedFor);
  const writer = new Writer(version, type, numberBytes + 1 + (name?.length ?? 0))
    .number(record.term)
    .flag(name !== null);
  return (name === null ? writer : writer.bytes(name)).pieces();
}

function readRecord(reader: Reader): RaftRecord | null {
  const kind = recordKinds[reader.type];
  switch (kind) {
    case 'vote':
      return { kind, term: reader.number(), votedFor: reader.flag() ? reader.text() : null };
    case 'entries':
      // Index 0 stands before the first entry; nothing can be written there.
      return { kind, from: reader.number(1), entries: readEntries(reader) };
    case 'snapshot':
      return { kind, index: reader.number(1), term: reader.number(), configuration: readConfiguration(reader) };
    default:
      return null;
  }
}

export const raftCodec: Codec<RaftMessage, RaftRecord> = {
  encodeMessage,
  decodeMessage: (bytes) => decodeWith(readMessage, bytes, version),
  encodeRecord,
  decodeRecord: (bytes) => decodeWith(readRecord, bytes, version),
};
