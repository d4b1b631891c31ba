/**
 * The rules of PBFT that a planted bug may override, each a small function or a switch. Everything else in this folder is the
 * same with and without a bug.
 */
import type { Defect } from '../../protocol.ts';
import type { Choice } from './messages.ts';
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
}

export const correctRules: PbftRules = {
  selection: correctSelection,
  // Gueta and others, "SBFT" (2019): with fewer, the quorum of a later view may hear of f honest shares only, which prove nothing.
  fastQuorum: ({ all }) => all,
  // In whatever view it was: the fast path may have decided there, and no view since need have had anything to say.
  reportedShare: ({ last }) => last,
  // Castro and Liskov (1999), section 4.4: what is done in a view after its VIEW-CHANGE is in no report of it.
  votesInLeftViews: false,
};

/** A planted bug of PBFT. */
export interface PbftDefect extends Defect {
  readonly rules: Partial<PbftRules>;
}
