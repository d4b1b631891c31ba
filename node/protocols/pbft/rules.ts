/**
 * The rules of PBFT that a planted bug may override, each a small function or a switch. Everything else in this folder is the
 * same with and without a bug.
 */
import type { Defect } from '../../contract/defect.ts';
import type { Certificate, Choice, SlotReport } from './messages.ts';
import type { GroupSizes } from './quorum.ts';
import { correctSelection, type SelectionRules } from './selection-rules.ts';

/** What a replica has shared in one slot. */
export type SentShare = Pick<Choice, 'view' | 'digest'>;

export interface PbftRules {
  /** How a view begins. */
  readonly selection: SelectionRules;
  /** How many shares for one batch in one view decide it without a second phase. */
  readonly fastQuorum: (sizes: GroupSizes) => number;
  /** What a replica that leaves for `view` reports of the shares that it has sent in a slot, of which there may be but one. */
  readonly reportedShare: (sent: { first: SentShare; last: SentShare }, view: number) => SentShare | undefined;
  /** Whether a replica shares and commits in a view that it has said to have left. */
  readonly votesInLeftViews: boolean;
  /** What a VIEW-CHANGE tells of a slot, of all that there is to tell. */
  readonly told: (report: SlotReport) => SlotReport | undefined;
  /** Begins to judge the certificates that one replica hears of: each by whether it holds. */
  readonly judge: () => Judge;
  /** Whether a vote counts again when it comes again. */
  readonly countsRepeats: boolean;
  /** Whether a backup holds a NEW-VIEW against the view changes that it is made of. */
  readonly checksNewViews: boolean;
  /** Up to which slot a replica takes itself to have applied all, that has, and knows of this stable checkpoint. */
  readonly appliedTo: (applied: number, stable: number) => number;
  /** Whether a replica says its votes again to one that waits for what it may have missed. */
  readonly sendsAgain: boolean;
  /** By how much the time grows that a view is given, where it is doubled so often. */
  readonly patienceFactor: (doublings: number) => number;
  /** Whether a primary has to be about as fast as others were of late. */
  readonly asksForPace: boolean;
  /** The first slot for new batches, in a view that has begun with batches up to `base`. */
  readonly firstFreeSlot: (base: number, stable: number) => number;
}

/** Whether a certificate is taken to hold; `holds` verifies it. */
export type Judge = (certificate: Certificate, holds: () => boolean) => boolean;

export const correctRules: PbftRules = {
  selection: correctSelection,
  // Gueta and others, "SBFT" (2019): with fewer, the quorum of a later view may hear of f honest shares only, which prove nothing.
  fastQuorum: ({ all }) => all,
  // In whatever view it was: the fast path may have decided there, and no view since need have had anything to say.
  reportedShare: ({ last }) => last,
  // Castro and Liskov (1999), section 4.4: what is done in a view after its VIEW-CHANGE is in no report of it.
  votesInLeftViews: false,
  // Section 4.4: P, all that is prepared; and for the fast path all that is shared.
  told: (report) => report,
  // Section 4.4: each is verified for itself, for its name can be on a forged one too.
  judge: () => (_certificate, holds) => holds(),
  // Section 4.2: a quorum is of different replicas.
  countsRepeats: false,
  // Section 4.4: a backup verifies the view changes, and computes again what follows from them.
  checksNewViews: true,
  // Section 4.3: that a quorum has come to a checkpoint says nothing of who has yet to come there.
  appliedTo: (applied) => applied,
  // Castro and Liskov (2002): channels lose messages, and what is out of a window is dropped; both are sent again.
  sendsAgain: true,
  // Section 4.4: twice as long each time, so that it outgrows any delay.
  patienceFactor: (doublings) => 2 ** doublings,
  // Clement and others (NSDI 2009): who is just fast enough for each batch could make a group slower by any number of times.
  asksForPace: true,
  // Section 4.4: sequence numbers go on from view to view, behind the last that the NEW-VIEW proposes again.
  firstFreeSlot: (base, stable) => Math.max(base, stable) + 1,
};

/** A planted bug of PBFT. */
export interface PbftDefect extends Defect {
  readonly rules: Partial<PbftRules>;
}
