/**
 * The safety rules of Paxos that a planted bug may break, each a small function. A file in `defects/` overrides one of them;
 * everything else in this folder is the same with and without a bug.
 */

import type { QuorumSizes } from '../../contract/config.ts';
import type { Defect } from '../../contract/defect.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Ballot } from './ballot.ts';
import { majorities } from './quorum.ts';

export interface PaxosRules {
  /** Whether a replica writes down that it promised a ballot, before it says so. */
  readonly recordsPromise: (ballot: Ballot, id: NodeId) => boolean;
  /** Whether an acceptor that has promised one ballot accepts a value of another, by how they compare. */
  readonly accepts: (comparedWithPromise: number) => boolean;
  /** Under which ballot an acceptor says that it accepted a value. */
  readonly reportedBallot: (accepted: Ballot, promisedBefore: Ballot) => Ballot;
  /** Whether a proposer takes up what was found accepted in its slot, rather than what it wants there itself. */
  readonly adoptsFound: boolean;
  /** Whether an acceptor promises and accepts in slots that are known to be chosen, of which it has forgotten everything. */
  readonly reopensChosen: boolean;
  /** Whether a read waits until all that was found accepted is chosen, or something else in its place. */
  readonly finishesPending: boolean;
  /** How many promises and how many acceptances it takes. */
  readonly quorumSizes: (voters: number, wanted: QuorumSizes | undefined) => QuorumSizes;
}

export const correctRules: PaxosRules = {
  // Paxos Made Simple, section 2.5: a promise is on stable storage before it is answered, and so is the proposer's own number.
  recordsPromise: () => true,
  // Section 2.2, P1a: an acceptor accepts a proposal unless it has promised a higher one.
  accepts: (comparedWithPromise) => comparedWithPromise >= 0,
  // Section 2.2, P2c: the highest-numbered proposal that was accepted decides; Michael et al., arXiv 1906.10917.
  reportedBallot: (accepted) => accepted,
  // Section 2.2, P2c.
  adoptsFound: true,
  // Section 3: what was given up was chosen; whoever asks for it is told so.
  reopensChosen: false,
  // Section 3: what may be chosen is chosen before anything is answered from a state without it (CASSANDRA-12126).
  finishesPending: true,
  // Howard, Malkhi, Spiegelman, "Flexible Paxos" (arXiv 1608.06696): any two quorums of the two phases meet.
  quorumSizes: (voters, wanted) => wanted ?? majorities(voters),
};

/** A planted bug of Paxos. */
export interface PaxosDefect extends Defect {
  readonly rules: Partial<PaxosRules>;
}
