/**
 * Changes of the group, and of the leader, that an operator asks for. A group is the value of a slot, and decides from a
 * window later on (`groups.ts`): the slots between are filled, so that it comes into force soon. Who is new learns first;
 * who led and is no member any more hands over.
 */
import type { NodeId } from '../../contract/ids.ts';
import type { Order } from '../../contract/inputs.ts';
import { quorumFlaw } from '../../quorum-sizes.ts';
import { encodeGroup, flawOf, normalGroup } from '../paxos/group-codec.ts';
import { type Admission, isVoter, lossIn, sameGroup, window } from '../paxos/groups.ts';
import { askForPromises, endTransfer, stepDown } from './election.ts';
import { broadcast, propose, proposeNow } from './replication.ts';
import type { ProposerState } from './state.ts';

/** How long a change may take before it is given up, in election time-outs. */
const patience = 20;

export function onOrder(state: ProposerState, id: number, order: Order): void {
  if (state.role !== 'leader') {
    const hint = state.leader === undefined ? 'nobody is known to lead' : `${state.leader} leads`;
    state.ordered(id, `This replica does not lead; ${hint}.`);
  } else if (state.change !== undefined || state.transfer !== undefined) {
    state.ordered(id, 'Another order is being carried out.');
  } else if (order.kind === 'transfer') {
    beginTransfer(state, order.to, id);
  } else {
    beginChange(state, id, order);
  }
}

// --------------------------------------------------------------------------------------------------------------- groups

function beginChange(
  state: ProposerState,
  order: number,
  wanted: { voters: readonly NodeId[]; learners: readonly NodeId[] },
): void {
  const group = normalGroup(wanted);
  const { groups } = state.learner;
  const flaw = flawOf(group) ?? (state.config.quorums && quorumFlaw(state.config.quorums, group.voters.length));
  if (flaw !== undefined) {
    state.ordered(order, `This cannot be a group: ${flaw}.`);
  } else if (groups.newest.from > state.chosenTo + 1 || state.chosenTo < state.recoveredTo) {
    state.ordered(order, 'The group before is not in force yet; try again.');
  } else if (sameGroup(groups.newest.group, group) && (groups.newest.from === 1 || state.isNewestKnown)) {
    state.ordered(order);
  } else {
    // Where the same was ordered before, it may be that nobody else knows yet.
    const slot = sameGroup(groups.newest.group, group) ? groups.newest.from - window : 0;
    state.change = { order, ...group, slot };
    const patienceMs = patience * state.config.electionTimeoutMs[1];
    state.out.emit({ kind: 'timer', timer: 'change', afterMs: [patienceMs, patienceMs] });
    state.followAudience();
    proceed(state);
  }
}

/** Somebody who is to vote did not catch up, or no quorum answers. */
export function onChangeTimeout(state: ProposerState): void {
  if (state.role !== 'leader' || state.change === undefined) return;
  const { voters, slot } = state.change;
  const behind = voters.filter((id) => !hasCaughtUp(state, id));
  const why = behind.length > 0 ? `${behind.join(', ')} did not catch up` : 'no quorum answered';
  end(state, `The change was given up, for ${why}${slot > 0 ? '; it may come about yet' : ''}.`);
}

/** Proposes the group once all that are to vote are there. */
function proceed(state: ProposerState): void {
  const { change, learner } = state;
  if (change === undefined || change.slot > 0) return;
  const { voters } = learner.groups.newest.group;
  const newcomers = change.voters.filter((id) => !voters.includes(id));
  if (!newcomers.every((id) => hasCaughtUp(state, id))) return;
  const { voters: wanted, learners } = change;
  const admitted = wanted.flatMap((id) => admissionOf(state, id));
  const group = admitted.length === 0 ? { voters: wanted, learners } : { voters: wanted, learners, admitted };
  change.slot = proposeNow(state, { payload: encodeGroup(group), kind: 'group' }) ?? 0;
}

/** The last loss of its disk that is known of a voter. */
function admissionOf({ progress, learner }: ProposerState, id: NodeId): readonly Admission[] {
  const loss = progress.get(id)?.loss || lossIn(learner.groups.newest.group, id);
  return loss === 0 ? [] : [{ id, loss }];
}

/** Whether what it says counts for nothing, for it lost its disk and no group knows. */
function isForgetful({ progress, learner }: ProposerState, id: NodeId): boolean {
  const loss = progress.get(id)?.loss ?? 0;
  return loss > 0 && loss !== lossIn(learner.groups.newest.group, id);
}

/** Voters that lost their disks are admitted again, once they have caught up: until then the group tolerates less. */
function admitForgetful(state: ProposerState): void {
  const { newest } = state.learner.groups;
  const { voters, learners } = newest.group;
  if (newest.from > state.chosenTo + 1 || state.chosenTo < state.recoveredTo || state.transfer !== undefined) return;
  if (!voters.some((id) => isForgetful(state, id) && hasCaughtUp(state, id))) return;
  state.change = { order: undefined, voters, learners, slot: 0 };
}

/** It was heard of lately, and lacks no more than what one message carries: its vote would not hold up the group. */
function hasCaughtUp({ progress, chosenTo, config }: ProposerState, id: NodeId): boolean {
  const known = progress.get(id);
  if (known === undefined || known.state !== 'stream' || !known.active) return false;
  return known.learnedTo + config.maxEntriesPerMessage >= chosenTo;
}

function end(state: ProposerState, error?: string): void {
  state.ordered(state.change?.order, error);
  state.change = undefined;
  state.followAudience();
  state.out.emit({ kind: 'cancel', timer: 'change' });
}

/** A replica has answered: a group may have come into force, or somebody have caught up. */
export function onProgress(state: ProposerState, from: NodeId): void {
  if (state.role !== 'leader') return;
  if (state.transfer?.to === from) handOver(state);
  const { groups } = state.learner;
  const inForce = groups.at(state.chosenTo + 1);
  if (state.newestGroup !== groups.newest || state.groupInForce !== inForce) {
    state.newestGroup = groups.newest;
    state.groupInForce = inForce;
    // Who decides from now on has confirmed no lease yet.
    state.leaseRound = 0;
    // Who is a member no more has promised nothing that counts when it comes again.
    state.followAudience();
    askForPromises(state);
    // A new group goes on without this leader only when it knows that it is in force.
    broadcast(state);
  }
  // A group was chosen, also one that an earlier leader proposed: the slots before it comes into force are filled.
  if (groups.newest.from > state.nextSlot) propose(state);
  if (state.change === undefined) admitForgetful(state);
  proceed(state);
  if (groups.newest.from > state.chosenTo + 1 || !state.isNewestKnown) return;
  const { change } = state;
  if (change !== undefined && change.slot > 0 && change.slot <= state.chosenTo) end(state);
  if (!isVoter(groups.at(state.chosenTo + 1), state.config.id)) leave(state);
}

/** A leader that is no member any more leads until its last group decides nothing more, and no longer. */
function leave(state: ProposerState): void {
  const { voters } = state.learner.groups.newest.group;
  const matchOf = (id: NodeId) => state.progress.get(id)?.match ?? 0;
  const [next] = [...voters].sort((a, b) => matchOf(b) - matchOf(a));
  if (next !== undefined) state.out.send(next, { type: 'hand-over', ballot: state.ballot });
  stepDown(state);
}

// ---------------------------------------------------------------------------------------------------- leadership transfer

function beginTransfer(state: ProposerState, to: NodeId, order: number): void {
  if (to === state.config.id) {
    state.ordered(order);
    return;
  }
  if (!isVoter(state.learner.groups.newest.group, to)) {
    state.ordered(order, `${to} has no vote, and cannot lead.`);
    return;
  }
  state.transfer = { order, to };
  const [, longest] = state.config.electionTimeoutMs;
  state.out.emit({ kind: 'timer', timer: 'transfer', afterMs: [longest, longest] });
  handOver(state);
}

/** Nothing is taken up meanwhile, so that the other can come to the end of what was proposed; then it prepares at once. */
function handOver(state: ProposerState): void {
  const { transfer, nextSlot, waiting } = state;
  if (transfer === undefined || waiting.length > 0) return;
  if (state.progress.get(transfer.to)?.match !== nextSlot - 1) return;
  // The message may arrive at any later time under this ballot.
  state.leaseEnded = true;
  state.out.send(transfer.to, { type: 'hand-over', ballot: state.ballot });
}

/** It did not come about within an election time-out: if this replica leads, it goes on. */
export function onTransferTimeout(state: ProposerState): void {
  if (state.transfer !== undefined) endTransfer(state, `${state.transfer.to} did not take over in time.`);
}

/** Writes need not wait for a replica that has most likely ended. */
export function onSuspected(state: ProposerState, node: NodeId): void {
  if (state.transfer?.to === node) endTransfer(state, `${node} was lost sight of.`);
}
