/**
 * What an unbatched decision takes by the literature: messages between replicas, and one-way hops from a client's request to
 * the answer that it takes. Raft: Ongaro, dissertation, section 3.5; Multi-Paxos: Lamport, "Paxos Made Simple", section 3;
 * PBFT: Castro and Liskov (1999), section 4.2; the fast path with and without a collector: Gueta and others, "SBFT" (DSN 2019).
 */
import type { Contestant, Expected } from './contracts.ts';

interface Formula {
  readonly text: string;
  readonly messages: (n: number) => number;
  readonly hops: number;
}

const leaderAndBack: Formula = { text: '2(n - 1)', messages: (n) => 2 * (n - 1), hops: 4 };
const threePhases: Formula = { text: '2n(n - 1)', messages: (n) => 2 * n * (n - 1), hops: 5 };

/** By protocol, or by protocol and mode. */
const formulae: Readonly<Record<string, Formula>> = {
  raft: leaderAndBack,
  'multi-paxos': leaderAndBack,
  pbft: threePhases,
  'pbft all-to-all': threePhases,
  'pbft fast': { text: 'n(n - 1)', messages: (n) => n * (n - 1), hops: 4 },
  'pbft linear': { text: '3(n - 1)', messages: (n) => 3 * (n - 1), hops: 5 },
};

/** Null where none is known. */
export function expectedOf({ protocol, mode, nodes }: Contestant): Expected | null {
  const formula = formulae[mode === null ? protocol : `${protocol} ${mode}`];
  if (formula === undefined) return null;
  return { formula: formula.text, messages: formula.messages(nodes), hops: formula.hops };
}
