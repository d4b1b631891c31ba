import type { Effect } from '../contract/effects.ts';
import type { SignedText } from '../contract/facts.ts';
import type { NodeId } from '../contract/ids.ts';
import type { Behaviour, Deceit, Malice } from './kit/behaviour.ts';

type Statements = readonly [SignedText, SignedText];

/** How often each of the others is accused. */
const perVictim = 6;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What others have said, held against them in every way but the true one. */
function framing<M, R>({ forgery, config, accomplices }: Malice<M, R>): Deceit<M, R> {
  const before = new Map<NodeId, SignedText>();
  const accused = new Map<NodeId, number>();
  const accusations = (msg: M, said: SignedText, earlier: SignedText | undefined): Statements[] => {
    const forged = forgery.withValue?.(msg, new Uint8Array(0), config);
    const own = forged && forgery.sealOf?.(forged);
    const text = forged && forgery.signedText?.(forged);
    return [
      // What it never said, under a key that is not its own.
      ...(own && text !== undefined ? [[said, { text, signature: hex(own.bytes) }] as const] : []),
      // The same, twice.
      [said, said],
      // Two different things, neither of which excludes the other; and the one, under the signature of the other.
      ...(earlier === undefined
        ? []
        : [[earlier, said] as const, [said, { ...earlier, signature: said.signature }] as const]),
    ];
  };
  return {
    besides: (input): Effect<M, R>[] => {
      if (input.kind !== 'message' || input.from === config.id || accomplices.has(input.from)) return [];
      const seal = forgery.sealOf?.(input.msg);
      const text = forgery.signedText?.(input.msg);
      const count = accused.get(input.from) ?? 0;
      if (seal?.signer !== input.from || text === undefined || count >= perVictim) return [];
      const said = { text, signature: hex(seal.bytes) };
      const found = accusations(input.msg, said, before.get(input.from));
      before.set(input.from, said);
      accused.set(input.from, count + 1);
      const culprit = input.from;
      return config.trace
        ? found.map((statements) => ({ kind: 'note', fact: { type: 'evidence', culprit, statements } }))
        : [];
    },
  };
}

/** No evidence incriminates an honest replica: what others have not signed, nobody can sign for them. */
const behaviour: Behaviour = {
  summary: 'accuses others of having contradicted themselves, by statements that they have not signed or may sign',
  needs: ['withValue', 'sealOf', 'signedText'],
  leavesProof: false,
  deceive: framing,
};

export default behaviour;
