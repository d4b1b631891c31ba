/**
 * A group as bytes, the payload of a value:
 *
 *     version u8 | voters | learners
 *
 * A list is its count as u8, then for each replica the length of its name as u8, and the name in ASCII. Names are sorted and
 * nobody is named twice, so that equal groups are equal bytes, and no other bytes are taken.
 */
import type { Group, NodeId } from '../../protocol.ts';

const version = 1;
/** The most replicas that one group may name. */
export const maxMembers = 100;
/** As in the settings of a replica: from 1 to 64 letters, digits and ._/- */
const nodeId = /^[A-Za-z0-9][\w./-]{0,63}$/;

/** Why this is no group; undefined where it is one. */
export function flawOf({ voters, learners }: Group): string | undefined {
  const wrong = [...voters, ...learners].find((id) => !nodeId.test(id));
  if (wrong !== undefined) return `${JSON.stringify(wrong)} is not the name of a replica`;
  if (voters.length === 0) return 'nobody would be left to vote';
  const both = learners.find((id) => voters.includes(id));
  if (both !== undefined) return `${both} cannot be both a voter and a learner`;
  const count = voters.length + learners.length;
  return count > maxMembers ? `it names ${count} replicas, and at most ${maxMembers} fit` : undefined;
}

/** One spelling of a group: sorted, nobody named twice. */
export function normalGroup({ voters, learners }: Group): Group {
  return { voters: [...new Set(voters)].sort(), learners: [...new Set(learners)].sort() };
}

/** @throws RangeError where this is no group */
export function encodeGroup(group: Group): Uint8Array {
  const flaw = flawOf(group);
  if (flaw !== undefined) throw new RangeError(`A group cannot be written: ${flaw}.`);
  const { voters, learners } = normalGroup(group);
  const parts = [Buffer.from([version])];
  for (const ids of [voters, learners]) {
    parts.push(Buffer.from([ids.length]));
    for (const id of ids) parts.push(Buffer.from([id.length]), Buffer.from(id, 'latin1'));
  }
  return Buffer.concat(parts);
}

/** Null where the bytes are not exactly what `encodeGroup` makes of a group. */
export function decodeGroup(bytes: Uint8Array): Group | null {
  if (bytes[0] !== version) return null;
  const voters = readList(bytes, 1);
  const learners = voters && readList(bytes, voters.end);
  if (!voters || !learners || learners.end !== bytes.length) return null;
  const group: Group = { voters: voters.ids, learners: learners.ids };
  return flawOf(group) === undefined ? group : null;
}

interface List {
  readonly ids: readonly NodeId[];
  /** Where the bytes go on. */
  readonly end: number;
}

function readList(bytes: Uint8Array, start: number): List | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = buffer[start];
  if (count === undefined) return null;
  const ids: NodeId[] = [];
  let at = start + 1;
  for (let left = count; left > 0; left -= 1) {
    const end = at + 1 + (buffer[at] ?? bytes.length);
    if (end > bytes.length) return null;
    ids.push(buffer.toString('latin1', at + 1, end));
    at = end;
  }
  const ascending = ids.every((id, index) => index === 0 || (ids[index - 1] as NodeId) < id);
  return ascending ? { ids, end: at } : null;
}
