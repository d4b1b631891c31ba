/**
 * The safety rules of Multi-Paxos that a planted bug may break, each a small function. A file in `defects/` overrides one of
 * them; everything else in this folder is the same with and without a bug.
 */

import type { QuorumSizes } from '../../contract/config.ts';
import type { Defect } from '../../contract/defect.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Ballot } from '../paxos/ballot.ts';
import { majorities } from '../paxos/quorum.ts';

export interface MultiPaxosRules {
  /** Whether a replica writes down that it promised a ballot, before it says so. */
  readonly recordsPromise: (ballot: Ballot, id: NodeId) => boolean;
  /** Whether an acceptor that has promised one ballot accepts values of another, by how they compare. */
  readonly accepts: (comparedWithPromise: number) => boolean;
  /** Under which ballot an acceptor says that it accepted a value. */
  readonly reportedBallot: (accepted: Ballot, promisedBefore: Ballot) => Ballot;
  /** What an acceptor says is chosen, in a promise. */
  readonly reportedChosenTo: (chosenTo: number) => number;
  /** The slot of a value that a promise reports, `offset` values behind the begin of its run. */
  readonly recoveredSlot: (runFrom: number, offset: number, preparedFrom: number) => number;
  /** Whether an acceptor takes what begins behind a gap. */
  readonly acceptsBehindGap: boolean;
  /** Whether a new leader answers reads before all that it found accepted is chosen. */
  readonly readsBeforeRecovery: boolean;
  /** Whether a leader asks a quorum if it still leads before it answers a read. */
  readonly confirmsReads: boolean;
  /** How many promises and how many acceptances it takes. */
  readonly quorumSizes: (voters: number, wanted: QuorumSizes | undefined) => QuorumSizes;
  /** Whether an acceptor that lost its disk has no vote until it is admitted again. */
  readonly abstainsAfterLoss: boolean;
  /** Whether an acceptor that heard of its leader lately holds promises to others back. */
  readonly holdsForLeader: boolean;
}

export const correctRules: MultiPaxosRules = {
  // Paxos Made Simple, section 2.5: a promise is on stable storage before it is answered, and so is the proposer's own number.
  recordsPromise: () => true,
  // Section 2.2, P1a: an acceptor accepts a proposal unless it has promised a higher one.
  accepts: (comparedWithPromise) => comparedWithPromise >= 0,
  // Section 2.2, P2c: the highest-numbered proposal that was accepted decides; Michael et al., arXiv 1906.10917.
  reportedBallot: (accepted) => accepted,
  // Section 3: whoever prepares must not take for free what others know to be chosen and have given up.
  reportedChosenTo: (chosenTo) => chosenTo,
  // Section 3: each slot is an instance of its own.
  recoveredSlot: (runFrom, offset) => runFrom + offset,
  // An answer covers every slot up to its end.
  acceptsBehindGap: false,
  // Section 3: what may be chosen is chosen before anything is answered from a state without it (CASSANDRA-12126).
  readsBeforeRecovery: false,
  // A deposed leader may not know that it was deposed.
  confirmsReads: true,
  // Howard, Malkhi, Spiegelman, "Flexible Paxos" (arXiv 1608.06696): any two quorums of the two phases meet.
  quorumSizes: (voters, wanted) => wanted ?? majorities(voters),
  // Chandra, Griesemer, Redstone, "Paxos Made Live", section 5.1: it may renege on a promise that it forgot.
  abstainsAfterLoss: true,
  // Section 5.2: while a lease runs nobody else can lead.
  holdsForLeader: true,
};

/** A planted bug of Multi-Paxos. */
export interface MultiPaxosDefect extends Defect {
  readonly rules: Partial<MultiPaxosRules>;
}
