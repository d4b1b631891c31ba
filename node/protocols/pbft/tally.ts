import type { NodeId } from '../../contract/ids.ts';
import type { Digest, Signature } from './messages.ts';

/** Votes for one slot in one phase of one view, or checkpoints of one slot. All that come here were verified. */
export class Tally {
  readonly #first = new Map<NodeId, Digest>();
  readonly #signatures = new Map<Digest, Signature[]>();

  /** One vote of each signer counts: its first. False where it voted here before, unless that counts again. */
  add(digest: Digest, signature: Signature, countsRepeats = false): boolean {
    if (this.#first.has(signature.signer) && !countsRepeats) return false;
    this.#first.set(signature.signer, digest);
    const others = this.#signatures.get(digest);
    if (others === undefined) this.#signatures.set(digest, [signature]);
    else others.push(signature);
    return true;
  }

  /** What a signer has voted for. */
  voteOf(signer: NodeId): Digest | undefined {
    return this.#first.get(signer);
  }

  count(digest: Digest): number {
    return this.#signatures.get(digest)?.length ?? 0;
  }

  /** All that anybody has voted for. */
  digests(): readonly Digest[] {
    return [...this.#signatures.keys()];
  }

  signatures(digest: Digest): readonly Signature[] {
    return [...(this.#signatures.get(digest) ?? [])];
  }
}
