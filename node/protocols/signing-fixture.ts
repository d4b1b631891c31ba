/** A protocol that signs and does nothing else, for tests of what carries protocols. */
import type { Crypto } from '../contract/crypto.ts';
import type { ProtocolDefinition } from '../contract/definition.ts';
import type { NodeId } from '../contract/ids.ts';
import { invariant } from '../contract/invariant.ts';

/** What a replica says of a payload, under its signature. */
export interface Saying {
  readonly type: 'saying';
  readonly signer: NodeId;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

export function isSaying(msg: unknown): msg is Saying {
  return typeof msg === 'object' && msg !== null && 'type' in msg && msg.type === 'saying';
}

export function saying(crypto: Crypto, signer: NodeId, payload: Uint8Array): Saying {
  return { type: 'saying', signer, payload, signature: crypto.sign(payload) };
}

/** What is written to a replica it says to all others. `lastIndex` counts what it heard, `commitIndex` what was good of it. */
export const signingProtocol: ProtocolDefinition<unknown, unknown> = {
  summary: 'says under its signature what it is asked',
  epochName: 'term',
  faultModel: 'byzantine',
  signs: true,
  abilities: new Set(),
  defaultNodeCount: 4,
  tolerated: () => 1,
  client: { replyQuorum: () => 1, reads: 'ordered' },
  codec: {
    encodeMessage: () => new Uint8Array(0),
    decodeMessage: () => null,
    encodeRecord: () => [],
    decodeRecord: () => null,
  },
  create: ({ id, members, crypto }) => {
    invariant(crypto !== undefined, 'a protocol that signs is given what it signs with');
    const others = members.filter((member) => member !== id);
    let [heard, good] = [0, 0];
    return {
      start: () => [],
      step: (input) => {
        if (input.kind === 'request') {
          const msg = saying(crypto, id, input.payload);
          return others.map((to) => ({ kind: 'send', to, msg }) as const);
        }
        if (input.kind !== 'message' || !isSaying(input.msg)) return [];
        const { signer, payload, signature } = input.msg;
        heard += 1;
        if (crypto.verify(signer, payload, signature)) good += 1;
        return [];
      },
      view: () => ({ role: 'speaker', epoch: 0, commitIndex: good, lastIndex: heard }),
    };
  },
};
