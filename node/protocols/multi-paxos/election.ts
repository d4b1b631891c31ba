/**
 * How a proposer comes to lead, and ceases to: phase 1, once for all slots that are not known to be chosen. Lamport, Paxos
 * Made Simple, sections 2.4 and 3. It prepares only after its own timer has run out, and an acceptor that has promised holds
 * further promises back for a while, so that proposers do not overtake each other for ever.
 */

import type { NodeId } from '../../contract/ids.ts';
import { invariant } from '../../contract/invariant.ts';
import { type Ballot, compareBallots, isSameBallot } from '../paxos/ballot.ts';
import { lossIn, membersOf } from '../paxos/groups.ts';
import type { HandOver, Prepare, Promised, Refuse } from './messages.ts';
import { newProgress } from './progress.ts';
import { beginLeading } from './replication.ts';
import type { ProposerState } from './state.ts';

/** The election time-out ran out. */
export function onElectionTimeout(state: ProposerState): void {
  if (state.role === 'leader') return;
  state.leader = undefined;
  if (state.mayStand()) {
    stand(state, undefined);
    return;
  }
  stepDown(state);
  tellVoters(state);
  state.resetElectionTimer();
}

/** Who knows who decides and is none of them tells them how far it knows: they may know only the group before. */
function tellVoters({ out, config, learner, chosenTo }: ProposerState): void {
  for (const id of learner.groups.at(chosenTo + 1).voters) {
    if (id !== config.id) out.sendEagerly(id, { type: 'learned', from: chosenTo + 1, values: [], chosenTo });
  }
}

/** Asks for promises under a ballot of its own; its own acceptor first, for the ballot must be durable before it is used. */
function stand(state: ProposerState, handover: Ballot | undefined): void {
  const { config, out } = state;
  state.hearBallot(state.acceptor.promised);
  state.ballot = { round: state.seen.round + 1, node: config.id };
  state.hearBallot(state.ballot);
  state.overtaken = false;
  state.leader = undefined;
  state.standsByHandover = handover;
  state.setRole('candidate');
  state.promises.clear();
  state.recovered.clear();
  state.recoveredTo = 0;
  state.ahead = { node: '', chosenTo: 0 };
  state.resetElectionTimer();
  out.sendEagerly(config.id, prepareOf(state));
  setRetryTimer(state);
}

function prepareOf({ ballot, chosenTo, standsByHandover }: ProposerState): Prepare {
  const prepare: Prepare = { type: 'prepare', ballot, from: chosenTo + 1 };
  return standsByHandover === undefined ? prepare : { ...prepare, handover: standsByHandover };
}

function setRetryTimer({ out, config }: ProposerState): void {
  const { heartbeatIntervalMs } = config;
  out.emit({ kind: 'timer', timer: 'retry', afterMs: [heartbeatIntervalMs, heartbeatIntervalMs] });
}

/** Asks all that have not promised; asks again those whose answer may be lost. */
export function askForPromises(state: ProposerState): void {
  // Its own promise is durable, and with it the ballot.
  if (!state.promises.has(state.config.id)) return;
  const prepare = prepareOf(state);
  const { newest } = state.learner.groups;
  for (const id of membersOf(state.learner.groups.since(state.chosenTo + 1))) {
    const given = state.promises.get(id);
    if (id === state.config.id || given?.loss === lossIn(newest.group, id)) continue;
    state.out.send(id, prepare);
  }
}

export function onRetry(state: ProposerState): void {
  if (state.role !== 'candidate') return;
  askForPromises(state);
  setRetryTimer(state);
}

/**
 * Phase 1b: of each slot the value of the highest ballot is what must be proposed (section 2.2, P2c).
 *
 * @returns whether it was news; where it tells of what this leader never proposed, somebody else has led since
 */
export function onPromise(state: ProposerState, from: NodeId, msg: Promised): boolean {
  if (state.role === 'follower' || !isSameBallot(msg.ballot, state.ballot)) return false;
  const { chosenTo, loss } = msg;
  const before = state.promises.get(from);
  // A late one of before it lost its disk.
  if (before !== undefined && before.loss > 0 && loss === 0) return false;
  state.promises.set(from, { chosenTo, loss });
  if (chosenTo > state.ahead.chosenTo) state.ahead = { node: from, chosenTo };
  recover(state, msg);
  if (before === undefined && from === state.config.id && state.role === 'candidate') askForPromises(state);
  return true;
}

/** Whether somebody knows of chosen slots that this leader never proposed: it was replaced, and has to learn. */
export function isOutrun(state: ProposerState, chosenTo: number): boolean {
  return state.role === 'leader' && chosenTo >= state.nextSlot;
}

function recover(state: ProposerState, { runs }: Promised): void {
  const prepared = state.chosenTo + 1;
  // A leader that is asked to count another group has proposed up to here under this ballot already.
  const proposed = state.role === 'leader' ? state.nextSlot - 1 : 0;
  for (const { ballot, from, values } of runs) {
    for (const [offset, value] of values.entries()) {
      const slot = state.rules.recoveredSlot(from, offset, prepared);
      if (slot <= proposed || slot <= state.chosenTo) continue;
      const before = state.recovered.get(slot);
      if (before === undefined || compareBallots(ballot, before.ballot) > 0)
        state.recovered.set(slot, { ballot, value });
      state.recoveredTo = Math.max(state.recoveredTo, slot);
    }
  }
}

/**
 * Leads where a quorum of every group that decides from now on has promised. What one of them knows to be chosen is learned
 * before, for its promise says nothing of that.
 *
 * @returns who knows what has to be learned first; undefined where it is not that
 */
export function tryToLead(state: ProposerState): ProposerState['ahead'] | undefined {
  const { role, chosenTo, learner } = state;
  if (role !== 'candidate' || learner.installing) return undefined;
  if (state.ahead.chosenTo > chosenTo) return state.ahead;
  for (let slot = chosenTo + 1; ; slot = nextGroupFrom(state, slot)) {
    if (!state.isPrepared(slot)) return undefined;
    if (slot >= learner.groups.newest.from) break;
  }
  becomeLeader(state);
  return undefined;
}

function nextGroupFrom({ learner }: ProposerState, slot: number): number {
  return learner.groups.behind(slot).find(({ from }) => from > slot)?.from ?? learner.groups.newest.from;
}

function becomeLeader(state: ProposerState): void {
  invariant(state.role === 'candidate', 'only a candidate becomes leader');
  const { config, out, chosenTo } = state;
  state.leader = config.id;
  // Of an earlier ballot under which it led.
  endTransfer(state, 'The leader was elected anew.');
  state.setRole('leader');
  state.acceptor.leads = true;
  for (const slot of [...state.recovered.keys()]) if (slot <= chosenTo) state.recovered.delete(slot);
  state.proposals.beginAt(chosenTo + 1);
  state.progress.clear();
  state.newestGroup = state.learner.groups.newest;
  state.groupInForce = state.learner.groups.at(chosenTo + 1);
  for (const id of state.audience()) state.progress.set(id, { ...newProgress(chosenTo + 1), active: true });
  state.round = 0;
  state.leaseRound = 0;
  state.leaseEnded = false;
  out.emit({ kind: 'cancel', timer: 'election' });
  out.emit({ kind: 'cancel', timer: 'retry' });
  setQuorumTimer(state);
  beginLeading(state);
}

// --------------------------------------------------------------------------------------------------------- the end of it

/** Somebody leads, or is about to: another ballot is ahead of this replica's. */
export function stepDown(state: ProposerState, leader?: NodeId): void {
  const { role, out } = state;
  state.leader = leader;
  state.acceptor.leads = false;
  state.setRole('follower');
  state.promises.clear();
  state.recovered.clear();
  if (role === 'follower') return;
  out.emit({ kind: 'cancel', timer: 'heartbeat' });
  out.emit({ kind: 'cancel', timer: 'quorum' });
  out.emit({ kind: 'cancel', timer: 'retry' });
  state.rejectReads();
  state.rejectWaiting();
  state.proposals.beginAt(state.chosenTo + 1);
  giveUpChange(state);
  state.resetElectionTimer();
}

function giveUpChange(state: ProposerState): void {
  if (state.change === undefined) return;
  const appended = state.change.slot > 0 ? '; it may come about yet' : '';
  state.ordered(state.change.order, `The leader stepped down before the change was done${appended}.`);
  state.change = undefined;
  state.out.emit({ kind: 'cancel', timer: 'change' });
}

/** Leadership was handed over, or `error` says why not. */
export function endTransfer(state: ProposerState, error?: string): void {
  if (state.transfer === undefined) return;
  state.ordered(state.transfer.order, error);
  state.transfer = undefined;
  state.out.emit({ kind: 'cancel', timer: 'transfer' });
}

/** A message of whoever leads under a ballot that was not refused. */
export function hearLeader(state: ProposerState, leader: NodeId, ballot: Ballot): void {
  state.hearBallot(ballot);
  if (leader === state.config.id) return;
  if (state.role !== 'follower' || state.leader !== leader) stepDown(state, leader);
  if (state.transfer !== undefined) {
    const { to } = state.transfer;
    endTransfer(state, leader === to ? undefined : `${leader} took over, and not ${to}.`);
  }
  state.resetElectionTimer();
}

/** Another replica was promised a ballot: the own one is held back, where the acceptor waits for that to come to something. */
export function onPromisedTo(state: ProposerState, from: NodeId, ballot: Ballot, waits: boolean): void {
  state.hearBallot(ballot);
  if (from === state.config.id) return;
  if (state.isOvertakenBy(ballot) || state.role === 'follower') stepDown(state);
  if (waits) state.resetElectionTimer();
}

/**
 * A higher ballot was promised. Where that is the refusing replica's own, which it stood for while it heard of nobody, the
 * leader prepares anew, so that it takes part again; otherwise somebody else may lead by now.
 */
export function onRefuse(state: ProposerState, from: NodeId, { ballot, promised }: Refuse): void {
  state.hearBallot(promised);
  if (!isSameBallot(ballot, state.ballot) || !state.isOvertakenBy(promised) || state.role !== 'leader') return;
  if (promised.node === from && state.mayStand()) standAnew(state);
  else stepDown(state);
}

function standAnew(state: ProposerState): void {
  state.leader = undefined;
  state.acceptor.leads = false;
  state.out.emit({ kind: 'cancel', timer: 'heartbeat' });
  state.out.emit({ kind: 'cancel', timer: 'quorum' });
  state.rejectReads();
  state.proposals.beginAt(state.chosenTo + 1);
  state.rejectWaiting();
  giveUpChange(state);
  stand(state, undefined);
}

/** The stream of the leader's heartbeats broke off: it most likely ended. */
export function onSuspected(state: ProposerState, node: NodeId): void {
  if (state.role !== 'follower' || state.leader !== node || state.config.leaseReads !== undefined) return;
  const [shortest] = state.config.electionTimeoutMs;
  state.leader = undefined;
  state.out.emit({ kind: 'timer', timer: 'election', afterMs: [0, shortest] });
}

/** The leader wants this replica to lead. */
export function onHandOver(state: ProposerState, msg: HandOver): void {
  if (state.role !== 'follower' || !isSameBallot(msg.ballot, state.acceptor.promised) || !state.mayStand()) return;
  stand(state, msg.ballot);
}

function setQuorumTimer(state: ProposerState): void {
  const [shortest] = state.config.electionTimeoutMs;
  state.out.emit({ kind: 'timer', timer: 'quorum', afterMs: [shortest, shortest] });
}

/** A leader that heard from no quorum for an election time-out steps down. */
export function checkQuorum(state: ProposerState): void {
  if (state.role !== 'leader') return;
  const own = state.progress.get(state.config.id);
  if (own !== undefined) own.active = true;
  const heard = state.quorum(({ active }) => active);
  for (const progress of state.progress.values()) progress.active = false;
  if (heard) {
    setQuorumTimer(state);
    return;
  }
  stepDown(state);
  endTransfer(state, 'The leader stepped down, for no quorum answered.');
}
