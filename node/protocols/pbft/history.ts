import type { Crypto } from '../../contract/crypto.ts';
import { CachedLog } from '../shared/cached-log.ts';
import type { Decision, Digest } from './messages.ts';

/** A checkpoint is taken after so many slots. */
export const checkpointInterval = 8;
/** L: how many slots behind the stable checkpoint may be under way. Castro and Liskov (1999), section 4.3. */
export const windowSlots = 8 * checkpointInterval;
/** How a history begins: before slot 1. */
const origin = 'pbft history';

/** What all batches up to a slot were. */
export interface Past {
  readonly slot: number;
  readonly history: Digest;
  /** How many bytes of a log they take, with the proofs that they are decided. */
  readonly total: number;
}

/** The decided batches of one replica in order, all applied. Memory holds the end of it, the disk the rest. */
export class History {
  readonly #crypto: Crypto;
  readonly #proofBytes: number;
  readonly log: CachedLog<Decision>;
  /** The positions of the records that hold the certificates; that at `slot` has the place `slot - log.base - 1`. */
  #certificatesAt: number[] = [];
  /** Of nothing. */
  readonly origin: Digest;
  #past: Past;
  /** The bytes up to the last two checkpoints. */
  #totals: readonly [number, number] = [0, 0];

  /** @param proofBytes - what the proofs of a slot take in a log, about */
  constructor(crypto: Crypto, cacheBytes: number, proofBytes: number) {
    this.#crypto = crypto;
    this.#proofBytes = proofBytes;
    this.log = new CachedLog(cacheBytes);
    this.origin = digestOfText(crypto, origin);
    this.#past = { slot: 0, history: this.origin, total: 0 };
  }

  /** The last slot that is applied. */
  get applied(): number {
    return this.#past.slot;
  }

  /** Of all batches that were applied, in order. The machine is deterministic, so that it stands for the state as well. */
  get digest(): Digest {
    return this.#past.history;
  }

  /** All that was applied, in short. */
  get past(): Past {
    return this.#past;
  }

  /**
   * Whether what was decided up to the last checkpoint has just filled another log of so many bytes: the same on all replicas,
   * whenever each has begun.
   */
  hasFilled(bytes: number): boolean {
    const [before, now] = this.#totals;
    return Math.floor(now / bytes) > Math.floor(before / bytes);
  }

  /** @param positions - of the records that hold the batch and the certificate */
  append(decision: Decision, positions: { readonly body: number; readonly certificate: number }): void {
    const { slot, history, total } = this.#past;
    const { payload, certificate } = decision;
    const next = digestOfText(this.#crypto, `${history} ${certificate.digest}`);
    this.#past = { slot: slot + 1, history: next, total: total + this.#proofBytes + payload.length };
    if (this.applied % checkpointInterval === 0) this.#totals = [this.#totals[1], this.#past.total];
    this.log.append(decision, positions.body);
    this.#certificatesAt.push(positions.certificate);
    this.log.forget(this.applied);
  }

  /** Begins behind what a snapshot holds. */
  begin({ slot, history, total }: Past): void {
    this.#past = { slot, history, total };
    this.#totals = [total, total];
    this.log.reset(slot);
    this.#certificatesAt = [];
  }

  /** The batches up to `slot` are in a snapshot, and go. */
  compactTo(slot: number): void {
    this.#certificatesAt = this.#certificatesAt.slice(slot - this.log.base);
    this.log.compactTo(slot);
  }

  /** The position of the record that holds the certificate of a slot. */
  certificateAt(slot: number): number {
    return this.#certificatesAt[slot - this.log.base - 1] ?? 0;
  }

  /** The lowest position that a slot of the log still needs; Infinity where it needs none. */
  get firstPosition(): number {
    return Math.min(this.log.firstPosition, ...this.#certificatesAt.slice(0, 1));
  }
}

function digestOfText(crypto: Crypto, text: string): Digest {
  return crypto.digest(new TextEncoder().encode(text));
}
