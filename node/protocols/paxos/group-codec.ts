/**
 * A group as bytes, the payload of a value:
 *
 *     version u8 | voters | learners | admitted
 *
 * A list is its count as u8, then for each replica the length of its name as u8, and the name in ASCII; of those who are
 * admitted the loss follows, as u64. Names are sorted and nobody is named twice, so that equal groups are equal bytes, and no
 * other bytes are taken.
 */

import type { NodeId } from '../../contract/ids.ts';
import type { Group } from '../../contract/view.ts';
import type { Admission, ChosenGroup } from './groups.ts';

const version = 1;
const lossBytes = 8;
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
export function encodeGroup(group: ChosenGroup): Uint8Array {
  const flaw = flawOf(group) ?? flawOfAdmitted(group);
  if (flaw !== undefined) throw new RangeError(`A group cannot be written: ${flaw}.`);
  const { voters, learners } = normalGroup(group);
  const admitted = (group.admitted ?? []).toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const parts = [Buffer.from([version])];
  for (const ids of [voters, learners]) {
    parts.push(Buffer.from([ids.length]));
    for (const id of ids) parts.push(...nameBytes(id));
  }
  parts.push(Buffer.from([admitted.length]));
  for (const { id, loss } of admitted) {
    const number = Buffer.alloc(lossBytes);
    number.writeBigUInt64BE(BigInt(loss));
    parts.push(...nameBytes(id), number);
  }
  return Buffer.concat(parts);
}

function nameBytes(id: NodeId) {
  return [Buffer.from([id.length]), Buffer.from(id, 'latin1')];
}

function flawOfAdmitted({ voters, admitted = [] }: ChosenGroup): string | undefined {
  const wrong = admitted.find(({ id, loss }) => !voters.includes(id) || !Number.isSafeInteger(loss) || loss < 1);
  return wrong && `${wrong.id} is to be admitted, and does not vote or has lost nothing`;
}

/** Null where the bytes are not exactly what `encodeGroup` makes of a group. */
export function decodeGroup(bytes: Uint8Array): ChosenGroup | null {
  if (bytes[0] !== version) return null;
  const reader = new ListReader(bytes);
  const voters = reader.list(0);
  const learners = reader.list(0);
  const admitted = reader.list(lossBytes);
  if (!reader.whole) return null;
  const members = { voters: voters.map(idOf), learners: learners.map(idOf) };
  const group: ChosenGroup = admitted.length === 0 ? members : { ...members, admitted };
  return (flawOf(group) ?? flawOfAdmitted(group)) === undefined ? group : null;
}

const idOf = ({ id }: Admission): NodeId => id;

/** Reads one list after the other. What is not there, or out of order, reads as nothing and makes `whole` false. */
class ListReader {
  readonly #buffer: Buffer;
  #at = 1;
  #sound = true;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether every list was there, and nothing is left over. */
  get whole(): boolean {
    return this.#sound && this.#at === this.#buffer.length;
  }

  /** @param numberBytes - what follows each name, in bytes: a loss, or nothing */
  list(numberBytes: number): readonly Admission[] {
    const items: Admission[] = [];
    // Nothing is made of the count beforehand: the first byte that is missing ends the loop.
    for (let left = this.#u8(); left > 0 && this.#sound; left -= 1) {
      const length = this.#u8();
      const end = this.#at + length + numberBytes;
      const before = items.at(-1)?.id ?? '';
      if (end > this.#buffer.length) {
        this.#sound = false;
        break;
      }
      const id = this.#buffer.toString('latin1', this.#at, this.#at + length);
      const loss = numberBytes === 0 ? 0 : Number(this.#buffer.readBigUInt64BE(this.#at + length));
      if (id <= before) this.#sound = false;
      items.push({ id, loss });
      this.#at = end;
    }
    return items;
  }

  #u8(): number {
    const value = this.#buffer[this.#at];
    this.#at += 1;
    if (value !== undefined) return value;
    this.#sound = false;
    return 0;
  }
}
