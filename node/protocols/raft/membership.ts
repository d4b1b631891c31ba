/**
 * Changes of the configuration, and of the leader, that an operator asks for. Dissertation, chapter 4 and section 3.10.
 *
 * A change goes through up to three entries, each appended once the one before is committed: new voters come as learners
 * until they have caught up (section 4.2.1); then the configuration that was asked for, which is joint where more than one
 * voter changes; then the way out of the joint one. A leader that is no longer in the group hands over and steps down.
 */
import type { NodeId } from '../../contract/ids.ts';
import type { Order } from '../../contract/inputs.ts';
import { type Configuration, enterJoint, isJoint, isVoter, leaveJoint, simple } from './configuration.ts';
import { changeTo, type Target } from './configuration-target.ts';
import { appendConfiguration, replicate } from './replication.ts';
import type { RaftState } from './state.ts';

/** How long a change may take before it is given up, in election time-outs. */
const patience = 20;

export function onOrder(state: RaftState, id: number, order: Order): void {
  if (state.role !== 'leader') {
    const hint = state.leader === undefined ? 'nobody is known to lead' : `${state.leader} leads`;
    state.ordered(id, `This replica does not lead; ${hint}.`);
  } else if (state.change !== undefined || state.transfer !== undefined) {
    state.ordered(id, 'Another order is being carried out.');
  } else if (order.kind === 'transfer') {
    beginTransfer(state, order.to, id);
  } else {
    beginChange(state, id, { voters: order.voters, learners: order.learners });
  }
}

// ------------------------------------------------------------------------------------------------- configurations

function beginChange(state: RaftState, order: number, target: Target): void {
  const { configurations, rules, log, commitIndex } = state;
  if (!rules.changesBeforeCommit && log.term(commitIndex) !== state.term) {
    state.ordered(order, 'The leader has committed nothing in its term yet; try again.');
    return;
  }
  if (configurations.index > commitIndex && !rules.changesBeforeCommit) {
    state.ordered(order, 'The configuration before is not committed yet; try again.');
    return;
  }
  const route = changeTo(state.configuration, target);
  if ('error' in route) {
    state.ordered(order, route.error);
    return;
  }
  state.change = { order, target };
  const patienceMs = patience * state.config.electionTimeoutMs[1];
  state.emit({ kind: 'timer', timer: 'change', afterMs: [patienceMs, patienceMs] });
  proceed(state);
}

/** Somebody who is to vote did not catch up, or no majority answers. */
export function onChangeTimeout(state: RaftState): void {
  if (state.role !== 'leader' || state.change === undefined) return;
  const { voters } = state.change.target;
  const behind = voters.filter((id) => !hasCaughtUp(state, id));
  const why = behind.length > 0 ? `${behind.join(', ')} did not catch up` : 'no majority answered';
  const { configuration } = state;
  const appended = isJoint(configuration) || reaches(configuration, state.change.target);
  end(state, `The change was given up, for ${why}${appended ? '; it may come about yet' : ''}.`);
}

/** Appends the next configuration on the way to the one that is wanted, unless something has to come first. */
function proceed(state: RaftState): void {
  const { change, configuration } = state;
  if (change === undefined) return;
  const route = changeTo(configuration, nextTarget(state, change.target));
  if ('error' in route) {
    end(state, route.error);
    return;
  }
  const { changes, joint } = route;
  if (changes.length === 0) {
    if (reaches(configuration, change.target)) end(state);
    return;
  }
  const changed = joint ? enterJoint(configuration, true, changes) : simple(configuration, changes);
  if ('error' in changed) end(state, changed.error);
  else append(state, changed.configuration);
}

/** Those who are to vote and are not members yet learn first; the others stay as they are until all have caught up. */
function nextTarget(state: RaftState, target: Target): Target {
  const { voters, learners } = state.configuration;
  const newcomers = target.voters.filter((id) => !voters.includes(id));
  if (newcomers.every((id) => learners.includes(id) && hasCaughtUp(state, id))) return target;
  return { voters, learners: [...new Set([...learners, ...newcomers])] };
}

/** It was heard of lately, and lacks no more than what one message carries: its vote would not hold up the group. */
function hasCaughtUp({ progress, commitIndex, config }: RaftState, id: NodeId): boolean {
  const known = progress.get(id);
  if (known?.state !== 'replicate' || !known.active) return false;
  return known.matchIndex + config.maxEntriesPerMessage >= commitIndex;
}

function reaches({ voters, learners }: Configuration, target: Target): boolean {
  const same = (one: readonly NodeId[], other: readonly NodeId[]) =>
    new Set(one).size === new Set(other).size && one.every((id) => other.includes(id));
  return same(voters, target.voters) && same(learners, target.learners);
}

function append(state: RaftState, configuration: Configuration): void {
  appendConfiguration(state, configuration);
  replicate(state);
}

function end(state: RaftState, error?: string): void {
  state.ordered(state.change?.order, error);
  state.change = undefined;
  state.emit({ kind: 'cancel', timer: 'change' });
}

/** A replica has answered: an entry may be committed, or somebody may have caught up. */
export function onProgress(state: RaftState, from: NodeId): void {
  if (state.role !== 'leader') return;
  if (state.transfer?.to === from) handOver(state);
  const { configurations, commitIndex } = state;
  const committed = configurations.index <= commitIndex && state.log.term(commitIndex) === state.term;
  if (!committed) return;
  const { configuration } = state;
  if (isJoint(configuration)) {
    // Also one that an earlier leader has left behind.
    const left = configuration.autoLeave ? leaveJoint(configuration) : undefined;
    if (left !== undefined && 'configuration' in left) append(state, left.configuration);
    return;
  }
  proceed(state);
  if (!isVoter(state.configuration, state.config.id)) stepDown(state);
}

/** Section 4.2.2: a leader that is not in the committed configuration leads until that is committed, and no longer. */
function stepDown(state: RaftState): void {
  const { voters } = state.configuration;
  const matchOf = (id: NodeId) => state.progress.get(id)?.matchIndex ?? 0;
  const [next] = [...voters].sort((a, b) => matchOf(b) - matchOf(a));
  if (next !== undefined) state.send(next, { type: 'timeout-now', term: state.term });
  state.becomeFollower(state.term);
}

// ----------------------------------------------------------------------------------------------- leadership transfer

function beginTransfer(state: RaftState, to: NodeId, order: number): void {
  if (to === state.config.id) {
    state.ordered(order);
    return;
  }
  if (!isVoter(state.configuration, to)) {
    state.ordered(order, `${to} has no vote, and cannot lead.`);
    return;
  }
  state.transfer = { order, to };
  const [, longest] = state.config.electionTimeoutMs;
  state.emit({ kind: 'timer', timer: 'transfer', afterMs: [longest, longest] });
  handOver(state);
}

/** Nothing is taken up meanwhile, so that the other can come to the end of the log; then it is to stand at once. */
function handOver(state: RaftState): void {
  const { transfer, log } = state;
  if (transfer === undefined || state.progress.get(transfer.to)?.matchIndex !== log.lastIndex) return;
  // The message may arrive at any later time of this term.
  state.leaseEnded = true;
  state.send(transfer.to, { type: 'timeout-now', term: state.term });
}

/** It did not come about within an election time-out: if this replica leads, it goes on. */
export function onTransferTimeout(state: RaftState): void {
  if (state.transfer !== undefined) state.endTransfer(`${state.transfer.to} did not take over in time.`);
}

/** Writes need not wait for a replica that has most likely ended. */
export function onSuspected(state: RaftState, node: NodeId): void {
  if (state.transfer?.to === node) state.endTransfer(`${node} was lost sight of.`);
}
