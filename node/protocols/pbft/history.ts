import type { Crypto } from '../../protocol.ts';
import { CachedLog } from '../shared/cached-log.ts';
import type { Decision, Digest } from './messages.ts';

/** How a history begins: before slot 1. */
const origin = 'pbft history';

/** The decided batches of one replica in order, all applied. Memory holds the end of it, the disk the rest. */
export class History {
  readonly #crypto: Crypto;
  readonly log: CachedLog<Decision>;
  /** The positions of the records that hold the certificates; that at `slot` has the place `slot - log.base - 1`. */
  #certificatesAt: number[] = [];
  /** Of nothing. */
  readonly origin: Digest;
  #digest: Digest;

  constructor(crypto: Crypto, cacheBytes: number) {
    this.#crypto = crypto;
    this.log = new CachedLog(cacheBytes);
    this.origin = digestOfText(crypto, origin);
    this.#digest = this.origin;
  }

  /** The last slot that is applied. */
  get applied(): number {
    return this.log.lastIndex;
  }

  /** Of all batches that were applied, in order. The machine is deterministic, so that it stands for the state as well. */
  get digest(): Digest {
    return this.#digest;
  }

  /** @param positions - of the records that hold the batch and the certificate */
  append(decision: Decision, positions: { readonly body: number; readonly certificate: number }): void {
    this.#digest = digestOfText(this.#crypto, `${this.#digest} ${decision.certificate.digest}`);
    this.log.append(decision, positions.body);
    this.#certificatesAt.push(positions.certificate);
    this.log.forget(this.applied);
  }

  /** The position of the record that holds the certificate of a slot. */
  certificateAt(slot: number): number {
    return this.#certificatesAt[slot - this.log.base - 1] ?? 0;
  }
}

function digestOfText(crypto: Crypto, text: string): Digest {
  return crypto.digest(new TextEncoder().encode(text));
}
