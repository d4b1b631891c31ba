/**
 * Linearizable reads without the log: ReadIndex. Dissertation, section 6.4. A read waits until the leader has committed
 * in its term, then for a round of messages that proves that it still led after the read had come, then for the machine
 * to have applied what was committed by then. Rounds only grow within a term, so that an old echo confirms no new read.
 *
 * With leases (section 6.4.1), where the configuration says so, a round that a majority has echoed confirms reads for a
 * while after it began: whoever echoed it denies votes for the shortest election time-out after that.
 */
import type { ReadWindow } from '../../contract/effects.ts';
import { broadcastAppend } from './replication.ts';
import type { RaftState } from './state.ts';

export function onRead(state: RaftState, id: number): void {
  if (state.role !== 'leader') {
    state.reject(id);
    return;
  }
  if (!state.rules.confirmsReads) {
    state.emit({ kind: 'read', id, index: state.commitIndex, eager: true });
    return;
  }
  if (!state.rules.readsBeforeCommit && state.log.term(state.commitIndex) !== state.term) {
    state.earlyReads.push(id);
    return;
  }
  const within = leaseOf(state);
  if (within === undefined) startRound(state, [id]);
  else state.emit({ kind: 'read', id, index: state.commitIndex, within, eager: true });
}

/** The lease was over when the read was to be answered. */
export function onLapsed(state: RaftState, id: number): void {
  if (state.role === 'leader') startRound(state, [id]);
  else state.reject(id);
}

/** Until when this leader may answer by its clock; undefined where it may not. */
function leaseOf({ config, rules, leaseRound, leaseEnded }: RaftState): ReadWindow | undefined {
  if (config.leaseReads === undefined || leaseRound === 0 || leaseEnded) return undefined;
  return { mark: leaseRound, ms: rules.leaseMs(config.electionTimeoutMs, config.leaseReads.maxClockDrift) };
}

/** A heartbeat is due. Where there are leases it begins a round, for nothing else would while no read waits. */
export function beat(state: RaftState): void {
  if (state.config.leaseReads === undefined) broadcastAppend(state);
  else startRound(state, []);
}

function startRound(state: RaftState, ids: readonly number[]): void {
  state.round = state.rules.nextRound(state.round);
  if (state.config.leaseReads !== undefined) state.emit({ kind: 'mark', mark: state.round, eager: true });
  for (const id of ids) state.reads.push({ id, index: state.commitIndex, round: state.round });
  const own = state.progress.get(state.config.id);
  if (own !== undefined) own.round = state.round;
  broadcastAppend(state);
  confirmReads(state);
}

/** A follower has answered: a round may be confirmed, or the first entry of the term committed. */
export function onProgress(state: RaftState): void {
  if (state.role !== 'leader') return;
  extendLease(state);
  confirmReads(state);
  releaseEarlyReads(state);
}

function extendLease(state: RaftState): void {
  if (state.config.leaseReads === undefined || !state.majority(({ round }) => round > state.leaseRound)) return;
  state.leaseRound = state.reachedByMajority(({ round }) => round);
}

/** The first commit of the term has come: the commit index is now known to be the newest. */
function releaseEarlyReads(state: RaftState): void {
  if (state.earlyReads.length === 0 || state.log.term(state.commitIndex) !== state.term) return;
  const ids = state.earlyReads;
  state.earlyReads = [];
  startRound(state, ids);
}

/** Answers the reads whose round a majority has echoed. */
function confirmReads(state: RaftState): void {
  const waiting = state.reads;
  const [first] = waiting;
  if (first === undefined || !state.majority(({ round }) => round >= first.round)) return;
  const confirmed = state.reachedByMajority(({ round }) => round);
  state.reads = waiting.filter((read) => read.round > confirmed);
  for (const { id, index, round } of waiting) {
    if (round <= confirmed) state.emit({ kind: 'read', id, index, eager: true });
  }
}
