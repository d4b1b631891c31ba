/**
 * Who tells one half of the others this and the other half that is found out only if the halves compare what they were told.
 * A vote for something else than was proposed here is therefore handed on to all, and whoever gave it is shown what the
 * primary has proposed here: somebody has contradicted itself, whoever gave that vote or the primary.
 */
import type { NodeId } from '../../contract/ids.ts';
import type { HeardVote } from './heard.ts';
import type { Digest, Vote } from './messages.ts';
import type { PbftState } from './state.ts';

/** What it costs to expose a vote; see `allowance.ts`. */
const cost = 1;

/** A vote that came from its signer, with a batch or without. */
export function exposeOdd(state: PbftState, vote: HeardVote, as: 'propose' | 'vote'): void {
  if (!isOfThisView(state, vote)) return;
  const { view, slot, digest } = vote.statement;
  const proposal = state.slots.get(slot)?.proposal;
  if (proposal !== undefined) {
    if (proposal !== digest) expose(state, vote, proposalIn(state, view, slot, proposal));
    return;
  }
  if (as === 'vote' || vote.signature.signer !== state.primary) return;
  // It may come after votes for something else.
  for (const other of votesIn(state, view, slot)) {
    if (other.statement.digest !== digest) expose(state, other, vote);
  }
}

/** The share with which the primary has proposed what stands in a slot, if that was heard. */
function proposalIn(
  { witness, primary }: PbftState,
  view: number,
  slot: number,
  proposal: Digest,
): HeardVote | undefined {
  const share = witness.voteOf(primary, { kind: 'share', view, slot });
  return share?.statement.digest === proposal ? share : undefined;
}

/** A vote that another replica has handed on is kept where it is good and there is none of its signer yet. */
export function keepHandedOn(state: PbftState, vote: HeardVote): void {
  const { witness } = state;
  if (!isOfThisView(state, vote) || witness.voteOf(vote.signature.signer, vote.statement) !== undefined) return;
  if (witness.isGood(vote)) witness.keep(vote);
}

function isOfThisView(state: PbftState, { statement: { view, slot } }: HeardVote): boolean {
  return view === state.view && state.isInWindow(slot);
}

function* votesIn({ config, witness }: PbftState, view: number, slot: number): Generator<HeardVote> {
  for (const member of config.members) {
    for (const kind of ['share', 'commit'] as const) {
      const vote = witness.voteOf(member, { kind, view, slot });
      if (vote !== undefined) yield vote;
    }
  }
}

/** Once for each vote, and while neither its signer nor the primary is convicted of its votes. */
function expose(state: PbftState, odd: HeardVote, proposed: HeardVote | undefined): void {
  const { witness, config, out, primary } = state;
  const { signer } = odd.signature;
  if (witness.hasConvicted(primary, 'share') || witness.hasConvicted(signer, odd.statement.kind)) return;
  if (!state.scrutiny.take(signer, cost) || !witness.isGood(odd) || !witness.isFirstShown(odd)) return;
  const isThird = (member: NodeId) => member !== config.id && member !== signer;
  for (const member of config.members) if (isThird(member)) out.sendEagerly(member, messageOf(odd));
  const canBeShown = proposed !== undefined && signer !== primary && signer !== config.id;
  if (canBeShown && witness.isGood(proposed)) out.sendEagerly(signer, messageOf(proposed));
}

function messageOf({ statement: { kind: phase, view, slot, digest }, signature }: HeardVote): Vote {
  return { type: 'vote', phase, view, slot, digest, signature };
}
