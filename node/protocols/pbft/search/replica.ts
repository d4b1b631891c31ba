/** An honest replica in the model: what it has signed in the one slot that the model has, and in which view it is. */
import type { Phase } from '../messages.ts';

export const viewCount = 3;

/** A batch, by the digest that stands for it. `null` is the null request. */
export type Batch = 'A' | 'B' | 'null';

export const batches: readonly Batch[] = ['A', 'B', 'null'];

export interface Cast {
  readonly batch: Batch;
  /** The view that the replica was in: that of the vote, or a later one by wrong rules. */
  readonly whileIn: number;
}

/** What one replica has cast in each view. */
export type Casts = readonly (Cast | undefined)[];

export interface Replica {
  /** The same number for the same state. */
  readonly id: number;
  /** It has left all views before this one, with a VIEW-CHANGE to each. */
  readonly view: number;
  readonly share: Casts;
  readonly commit: Casts;
  /** One in the place of each vote; the sum over replicas tells how many have cast which. */
  readonly tally: number;
}

/** The three honest replicas. */
export type Group = readonly [Replica, Replica, Replica];

/** So many replicas can be told apart from one more in a tally. */
const tallyBase = 4;

/** All states of a replica that were met, each once. */
export class Replicas {
  readonly initial: Replica;
  readonly #all: Replica[] = [];
  readonly #byText = new Map<string, Replica>();
  readonly #following = new Map<number, Replica>();

  constructor() {
    const nothing = Array.from({ length: viewCount }, () => undefined);
    this.initial = this.#intern(0, nothing, nothing);
  }

  at(id: number): Replica {
    const replica = this.#all[id];
    if (replica === undefined) throw new RangeError(`There is no state ${id} of a replica.`);
    return replica;
  }

  /** It moves on to the next view. */
  left(replica: Replica): Replica {
    return this.#once(replica, 0, () => this.#intern(replica.view + 1, replica.share, replica.commit));
  }

  voted(replica: Replica, phase: Phase, view: number, batch: Batch): Replica {
    const how = 2 + view * 6 + batches.indexOf(batch) * 2 + (phase === 'share' ? 0 : 1);
    return this.#once(replica, how, () => {
      const casts = replica[phase].with(view, { batch, whileIn: replica.view });
      return this.#intern(replica.view, replica.share, replica.commit, { [phase]: casts });
    });
  }

  /** The same with A for B and B for A. */
  swapped(replica: Replica): Replica {
    return this.#once(replica, 1, () =>
      this.#intern(replica.view, replica.share.map(swappedCast), replica.commit.map(swappedCast)),
    );
  }

  #once(replica: Replica, how: number, make: () => Replica): Replica {
    const key = replica.id * 32 + how;
    const known = this.#following.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#following.set(key, made);
    return made;
  }

  #intern(view: number, share: Casts, commit: Casts, changed: Partial<Record<Phase, Casts>> = {}): Replica {
    const state = { view, share, commit, ...changed };
    const text = JSON.stringify(state);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const replica = { id: this.#all.length, tally: tallyOf(state), ...state };
    this.#all.push(replica);
    this.#byText.set(text, replica);
    return replica;
  }
}

/** No replica's state has a number as high. */
const idLimit = 2 ** 17;

/** One number for three, by what each stands for, whichever is which. */
export function unordered([one, two, three]: Group, idOf: (replica: Replica) => number): number {
  const a = idOf(one);
  const b = idOf(two);
  const c = idOf(three);
  const lowest = Math.min(a, b, c);
  const highest = Math.max(a, b, c);
  return (lowest * idLimit + (a + b + c - lowest - highest)) * idLimit + highest;
}

/** The numbers of three, from the one for all of them. */
export function idsIn(key: number): [number, number, number] {
  return [Math.floor(key / idLimit ** 2), Math.floor(key / idLimit) % idLimit, key % idLimit];
}

function tallyOf(casts: Record<Phase, Casts>): number {
  const places = [...casts.share, ...casts.commit].map((cast, at) =>
    cast === undefined ? 0 : tallyBase ** (at * batches.length + batches.indexOf(cast.batch)),
  );
  return places.reduce((sum, place) => sum + place, 0);
}

const swap: Record<Batch, Batch> = { A: 'B', B: 'A', null: 'null' };

function swappedCast(cast: Cast | undefined): Cast | undefined {
  return cast === undefined ? undefined : { ...cast, batch: swap[cast.batch] };
}
