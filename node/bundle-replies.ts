/** What replicas have said to one bundle, and what is answered by it. */

import type { NodeId } from './contract/ids.ts';
import { decodeBatch } from './machine/command.ts';
import { Replies } from './replies.ts';

/** The result of the command that has this place in the bundle. */
export type Answered = readonly [place: number, result: Uint8Array];

export interface BundleReplies {
  /** Takes what a replica says; gives what is answered now. */
  take(from: NodeId, reply: Uint8Array): Iterable<Answered>;
  /** A replica has nothing to say. */
  refuse(from: NodeId): void;
  /** The commands, by their places, that so many will never say the same of. */
  lost(): Iterable<number>;
}

const nothing: readonly never[] = [];

/** All commands are answered at once, when so many have said the same of all. For bundles that are sent until they are answered. */
export class WholeReplies implements BundleReplies {
  readonly #replies: Replies;
  readonly #count: number;
  readonly #quorum: number;

  /** @param count - of the commands */
  constructor(members: readonly NodeId[], count: number, quorum: number) {
    this.#replies = new Replies(members);
    this.#count = count;
    this.#quorum = quorum;
  }

  take(from: NodeId, reply: Uint8Array): Iterable<Answered> {
    if (this.#replies.take(from, reply) < this.#quorum) return nothing;
    const results = decodeBatch(reply);
    return results?.length === this.#count ? results.entries() : nothing;
  }

  refuse(): void {}

  lost(): Iterable<number> {
    return nothing;
  }
}

/** Each command is answered for itself, when so many have said the same of it. */
export class EachReplies implements BundleReplies {
  readonly #quorum: number;
  /** Undefined once it was answered. */
  readonly #replies: (Replies | undefined)[];

  /** @param count - of the commands */
  constructor(members: readonly NodeId[], count: number, quorum: number) {
    this.#quorum = quorum;
    this.#replies = Array.from({ length: count }, () => new Replies(members));
  }

  take(from: NodeId, reply: Uint8Array): Iterable<Answered> {
    const results = decodeBatch(reply);
    if (results?.length !== this.#replies.length) {
      this.refuse(from);
      return nothing;
    }
    const answered: Answered[] = [];
    for (const [place, result] of results.entries()) {
      const count = this.#replies[place]?.take(from, result) ?? 0;
      if (count < this.#quorum) continue;
      this.#replies[place] = undefined;
      answered.push([place, result]);
    }
    return answered;
  }

  refuse(from: NodeId): void {
    for (const replies of this.#replies) replies?.refuse(from);
  }

  lost(): Iterable<number> {
    return this.#replies.flatMap((replies, place) =>
      replies !== undefined && replies.attainable < this.#quorum ? [place] : [],
    );
  }
}
