/**
 * What an unbatched decision takes by the literature: messages between replicas, one-way hops from a client's request to the
 * answer that it takes, and signatures of replicas. Raft: Ongaro, dissertation, section 3.5; Multi-Paxos: Lamport, "Paxos Made
 * Simple", section 3; PBFT: Castro and Liskov (1999), section 4.2; the fast
 * path with and without a collector: Gueta and others, "SBFT" (DSN 2019).
 */
import type { Contestant, Expected } from './contracts.ts';

interface Formula {
  readonly text: string;
  readonly messages: (n: number) => number;
  readonly hops: number;
  /** How many of its votes each replica signs. */
  readonly signed: number;
}

const leaderAndBack: Formula = { text: '2(n - 1)', messages: (n) => 2 * (n - 1), hops: 4, signed: 0 };
const threePhases: Formula = { text: '2n(n - 1)', messages: (n) => 2 * n * (n - 1), hops: 5, signed: 2 };

/** By protocol, or by protocol and mode. */
const formulae: Readonly<Record<string, Formula>> = {
  raft: leaderAndBack,
  'multi-paxos': leaderAndBack,
  pbft: threePhases,
  'pbft all-to-all': threePhases,
  'pbft fast': { text: 'n(n - 1)', messages: (n) => n * (n - 1), hops: 4, signed: 1 },
  'pbft linear': { text: '3(n - 1)', messages: (n) => 3 * (n - 1), hops: 5, signed: 1 },
};

const signedTexts = ['0', 'n', '2n'];

/** Null where none is known. */
export function expectedOf({ protocol, mode, nodes }: Contestant): Expected | null {
  const formula = formulae[mode === null ? protocol : `${protocol} ${mode}`];
  if (formula === undefined) return null;
  const { text, messages, hops, signed } = formula;
  return {
    formula: text,
    messages: messages(nodes),
    hops,
    signaturesFormula: signedTexts[signed] ?? `${signed}n`,
    signatures: signed * nodes,
  };
}
