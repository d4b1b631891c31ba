/** Ballots, values and groups as fields; see `shared/fields.ts`. */
import type { Reader, Writer } from '../shared/fields.ts';
import { numberBytes } from '../shared/fields.ts';
import type { Ballot } from './ballot.ts';
import { decodeGroup, encodeGroup } from './group-codec.ts';
import type { GroupFrom } from './groups.ts';
import type { Value } from './value.ts';

/** The most values that one message or record may carry. */
export const maxValues = 65_536;
/** The most groups that are in force or on their way. */
const maxGroups = 1000;
const valueHeadBytes = 1 + 4;
/** The kinds of values. */
const commands = 0;
const group = 1;

/** What a ballot takes. */
export function ballotBytes({ node }: Ballot): number {
  return numberBytes + 4 + Buffer.byteLength(node);
}

export function writeBallot(writer: Writer, { round, node }: Ballot): Writer {
  return writer.number(round).sized(Buffer.from(node));
}

export function readBallot(reader: Reader): Ballot {
  return { round: reader.number(), node: reader.sizedText() };
}

/** The bytes of values without the payloads that are not copied. */
export function valuesBytes(values: readonly Value[], copiedBytes: number): number {
  if (values.length > maxValues) throw new RangeError(`${values.length} values, and at most ${maxValues} fit`);
  let bytes = 4;
  for (const { payload } of values) bytes += valueHeadBytes + (payload.length < copiedBytes ? payload.length : 0);
  return bytes;
}

/** @param copiedBytes - payloads with fewer bytes are copied; larger ones become pieces */
export function writeValues(writer: Writer, values: readonly Value[], copiedBytes: number): Writer {
  writer.u32(values.length);
  for (const { payload, kind } of values) {
    writer.byte(kind === undefined ? commands : group).u32(payload.length);
    if (payload.length < copiedBytes) writer.bytes(payload);
    else writer.piece(payload);
  }
  return writer;
}

export function readValues(reader: Reader): readonly Value[] {
  const values: Value[] = [];
  for (let left = reader.count(maxValues, valueHeadBytes); left > 0 && reader.sound; left -= 1) {
    const kind = reader.byte();
    const payload = reader.sized();
    if (kind === commands) values.push({ payload });
    else if (kind === group) values.push({ payload, kind: 'group' });
    else reader.fail();
  }
  return values;
}

export function groupsBytes(groups: readonly GroupFrom[]): number {
  return groups.reduce((bytes, { group: each }) => bytes + numberBytes + 4 + encodeGroup(each).length, 4);
}

export function writeGroups(writer: Writer, groups: readonly GroupFrom[]): Writer {
  writer.u32(groups.length);
  for (const { from, group: each } of groups) writer.number(from).sized(encodeGroup(each));
  return writer;
}

export function readGroups(reader: Reader): readonly GroupFrom[] {
  const groups: GroupFrom[] = [];
  for (let left = reader.count(maxGroups, numberBytes + 4); left > 0 && reader.sound; left -= 1) {
    const from = reader.number(1);
    const decoded = decodeGroup(reader.sized());
    if (decoded === null || from <= (groups.at(-1)?.from ?? 0)) reader.fail();
    else groups.push({ from, group: decoded });
  }
  // Somebody decides the next slot, always.
  if (groups.length === 0) reader.fail();
  return groups;
}
