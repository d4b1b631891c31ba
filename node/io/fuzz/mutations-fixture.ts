/** What a faulty network or a malicious sender makes of messages: each mutation gives the bytes of one message. */
import type { Corpus, MessageType } from './corpus-fixture.ts';
import type { Draws } from './draws-fixture.ts';
import type { Letter } from './group-fixture.ts';

/** Lengths and counts that a message may lie about. */
const lies = [0, 1, 0x7f, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff] as const;
/** Drawn as often as the other kinds together. */
const frequent: readonly MessageType[] = ['propose', 'vote', 'vote', 'checkpoint', 'saved'];
const damages = ['flipped', 'flipped', 'truncated', 'extended', 'spliced', 'spliced', 'lying', 'noise'] as const;

/** The bytes of a message, and of which they were made. */
export interface Mutated {
  readonly letter: Letter;
  readonly bytes: Uint8Array;
}

export class Mutations {
  readonly #corpus: Corpus;
  readonly #types: readonly MessageType[];
  readonly #draws: Draws;
  readonly #mayRepeat: (letter: Letter) => boolean;

  /** @param mayRepeat - whether a message may be given as it was; any, where absent */
  constructor(corpus: Corpus, draws: Draws, mayRepeat: (letter: Letter) => boolean = () => true) {
    this.#corpus = corpus;
    this.#types = [...corpus.keys()];
    this.#draws = draws;
    this.#mayRepeat = mayRepeat;
  }

  /** At most one in four is as it was, the others are damaged in one way or another. */
  next(): Mutated {
    const letter = this.#genuine();
    const repeats = this.#draws.chance(0.25) && this.#mayRepeat(letter);
    return { letter, bytes: repeats ? letter.bytes : this.#damaged(letter) };
  }

  #genuine(): Letter {
    return this.#oneOf(this.#draws.pick(this.#draws.chance(0.5) ? frequent : this.#types));
  }

  #oneOf(type: MessageType): Letter {
    return this.#draws.pick(this.#corpus.get(type) ?? []);
  }

  #damaged(letter: Letter): Buffer {
    const { bytes } = letter;
    switch (this.#draws.pick(damages)) {
      case 'flipped':
        return flipped(bytes, this.#draws);
      case 'truncated':
        return truncated(bytes, this.#draws);
      case 'extended':
        return Buffer.concat([bytes, this.#draws.bytes(1 + this.#draws.below(32))]);
      case 'spliced':
        return this.#spliced(letter);
      case 'lying':
        return lying(bytes, this.#draws);
      case 'noise':
        return this.#draws.bytes(this.#draws.below(200));
    }
  }

  /** The beginning of one and the end of another, most often of the same kind, so that it can be decoded. */
  #spliced({ type, bytes }: Letter): Buffer {
    const other = this.#draws.chance(0.8) ? this.#oneOf(type) : this.#genuine();
    const at = this.#draws.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), other.bytes.subarray(Math.min(at, other.bytes.length))]);
  }
}

/** Some bits are not what they were. */
export function flipped(bytes: Uint8Array, draws: Draws): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = 1 + draws.below(4); count > 0; count -= 1) {
    const at = draws.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << draws.below(8));
  }
  return copy;
}

/** The end is missing. */
export function truncated(bytes: Uint8Array, draws: Draws): Buffer {
  return Buffer.from(bytes.subarray(0, draws.below(bytes.length)));
}

/** Four bytes say something else, most often a length or a count that is not true. */
export function lying(bytes: Uint8Array, draws: Draws): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length >= 4) copy.writeUInt32BE(draws.pick(lies), draws.below(copy.length - 3));
  return copy;
}
