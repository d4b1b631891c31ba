/** What a simulated replica does, counted: messages, signatures and syncs. Draws nothing and changes nothing. */

import type { Codec } from '../../../node/contract/codec.ts';
import type { Crypto } from '../../../node/contract/crypto.ts';
import type { NodeId } from '../../../node/contract/ids.ts';
import { type CryptoCounts, counted } from '../../../node/crypto/counted.ts';
import type { Work } from '../../work.ts';

/** Of each type of message so many are taken for one that is encoded, for its length. */
const sampleEvery = 16;

interface Sent {
  count: number;
  sampled: number;
  sampledBytes: number;
}

/** One for each replica; it outlives the replica's processes. */
export class WorkMeter {
  readonly #encode: Codec<unknown, unknown>['encodeMessage'];
  readonly #sent = new Map<string, Sent>();
  readonly #signing: CryptoCounts = { signatures: 0, verifications: 0 };

  constructor(encode: Codec<unknown, unknown>['encodeMessage']) {
    this.#encode = encode;
  }

  /** A message goes to another replica. */
  onSent(msg: unknown): void {
    const type = typeOf(msg);
    const sent = this.#sent.get(type) ?? { count: 0, sampled: 0, sampledBytes: 0 };
    this.#sent.set(type, sent);
    if (sent.count % sampleEvery === 0) {
      sent.sampled += 1;
      sent.sampledBytes += this.#encode(msg).length;
    }
    sent.count += 1;
  }

  /** The same, and what is done with it counts. */
  counting(crypto: Crypto): Crypto {
    return counted(crypto, this.#signing);
  }

  /** @param syncs - of the replica's disk, so far */
  work(node: NodeId, syncs: number): Work {
    const sent = [...this.#sent].sort(([a], [b]) => (a < b ? -1 : 1));
    const bytes = sent.reduce((sum, [, each]) => sum + (each.sampledBytes / each.sampled) * each.count, 0);
    const messages = Object.fromEntries(sent.map(([type, { count }]) => [type, count]));
    return { type: 'work', node, messages, bytes: Math.round(bytes), ...this.#signing, syncs };
  }
}

function typeOf(msg: unknown): string {
  return typeof msg === 'object' && msg !== null && 'type' in msg ? String(msg.type) : 'message';
}
