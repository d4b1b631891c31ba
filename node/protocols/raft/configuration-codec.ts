/**
 * A configuration as bytes, the payload of a log entry:
 *
 *     version u8 | autoLeave u8 | voters | outgoing | learners | learnersNext
 *
 * A list is its count as u8, then for each replica the length of its name as u8, and the name in ASCII. As the lists of a
 * configuration are sorted, equal configurations are equal bytes, and no other bytes are taken.
 */
import type { NodeId } from '../../contract/ids.ts';
import { type Configuration, flawOf } from './configuration.ts';

const version = 1;
const headBytes = 2;

/** @throws RangeError where this is no configuration, or one without voters, which no log holds */
export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const flaw = flawOf(configuration) ?? (configuration.voters.length === 0 ? 'has no voter' : undefined);
  if (flaw !== undefined) throw new RangeError(`A configuration to be written ${flaw}.`);
  const { voters, outgoing, learners, learnersNext, autoLeave } = configuration;
  const parts = [Buffer.from([version, autoLeave ? 1 : 0])];
  for (const ids of [voters, outgoing, learners, learnersNext]) {
    parts.push(Buffer.from([ids.length]));
    for (const id of ids) parts.push(Buffer.from([id.length]), Buffer.from(id, 'latin1'));
  }
  return Buffer.concat(parts);
}

/** Null where the bytes are not exactly what `encodeConfiguration` makes of a configuration. */
export function decodeConfiguration(bytes: Uint8Array): Configuration | null {
  const [first, autoLeave] = bytes;
  if (first !== version || autoLeave === undefined || autoLeave > 1) return null;
  const reader = new ListReader(bytes);
  // An object literal evaluates its fields in the order in which they stand: the order of the bytes.
  const configuration: Configuration = {
    voters: reader.ids(),
    outgoing: reader.ids(),
    learners: reader.ids(),
    learnersNext: reader.ids(),
    autoLeave: autoLeave === 1,
  };
  if (!reader.whole || configuration.voters.length === 0) return null;
  return flawOf(configuration) === undefined ? configuration : null;
}

/** Reads one list after the other. What is not there reads as nothing and makes `whole` false. */
class ListReader {
  readonly #buffer: Buffer;
  #at = headBytes;
  #sound = true;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether every list was there, and nothing is left over. */
  get whole(): boolean {
    return this.#sound && this.#at === this.#buffer.length;
  }

  ids(): readonly NodeId[] {
    const ids: NodeId[] = [];
    // Nothing is made of the count beforehand: the first byte that is missing ends the loop.
    for (let left = this.#u8(); left > 0 && this.#sound; left -= 1) {
      const length = this.#u8();
      if (this.#has(length)) ids.push(this.#buffer.toString('latin1', this.#at, this.#at + length));
      this.#at += length;
    }
    return ids;
  }

  #u8(): number {
    if (!this.#has(1)) return 0;
    const value = this.#buffer[this.#at] as number;
    this.#at += 1;
    return value;
  }

  #has(bytes: number): boolean {
    if (this.#sound && bytes <= this.#buffer.length - this.#at) return true;
    this.#sound = false;
    return false;
  }
}
