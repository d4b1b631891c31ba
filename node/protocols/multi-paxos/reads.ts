/**
 * Linearizable reads without the log. A read waits until all that the leader found accepted is chosen, then for a round of
 * messages that proves that it still led after the read had come. Rounds only grow under a ballot, so that an old echo
 * confirms no new read. (Ongaro's dissertation, section 6.4, describes the same for Raft.)
 *
 * With leases, where the configuration says so, a round that a quorum has echoed confirms reads for a while after it began:
 * whoever echoed it promises nothing to others for the shortest election time-out after that. Paxos Made Live, section 5.2.
 */
import type { ReadWindow } from '../../contract/effects.ts';
import { leaseMs } from '../shared/lease.ts';
import { broadcast } from './replication.ts';
import type { ProposerState } from './state.ts';

export function onRead(state: ProposerState, id: number): void {
  if (state.role !== 'leader') {
    state.reject(id);
    return;
  }
  if (!state.rules.confirmsReads) {
    state.out.emit({ kind: 'read', id, index: state.chosenTo, eager: true });
    return;
  }
  if (!isRecovered(state)) {
    state.earlyReads.push(id);
    return;
  }
  const within = leaseOf(state);
  if (within === undefined) startRound(state, [id]);
  else state.out.emit({ kind: 'read', id, index: state.chosenTo, within, eager: true });
}

/** Whether whatever may have been answered before this leader's time is chosen. */
function isRecovered(state: ProposerState): boolean {
  const { rules, chosenTo, recoveredTo } = state;
  return rules.readsBeforeRecovery || (chosenTo >= recoveredTo && state.isPrepared(chosenTo + 1));
}

/** The lease was over when the read was to be answered. */
export function onLapsed(state: ProposerState, id: number): void {
  if (state.role === 'leader') startRound(state, [id]);
  else state.reject(id);
}

/** Until when this leader may answer by its clock; undefined where it may not. */
function leaseOf({ config, leaseRound, leaseEnded }: ProposerState): ReadWindow | undefined {
  if (config.leaseReads === undefined || leaseRound === 0 || leaseEnded) return undefined;
  return { mark: leaseRound, ms: leaseMs(config.electionTimeoutMs, config.leaseReads.maxClockDrift) };
}

/** A heartbeat is due. Where there are leases it begins a round, for nothing else would while no read waits. */
export function beat(state: ProposerState): void {
  if (state.config.leaseReads === undefined) broadcast(state);
  else startRound(state, []);
}

function startRound(state: ProposerState, ids: readonly number[]): void {
  state.round += 1;
  if (state.config.leaseReads !== undefined) state.out.emit({ kind: 'mark', mark: state.round, eager: true });
  for (const id of ids) state.reads.push({ id, index: state.chosenTo, round: state.round });
  const own = state.progress.get(state.config.id);
  if (own !== undefined) own.round = state.round;
  broadcast(state);
  confirmReads(state);
}

/** An acceptor has answered: a round may be confirmed, or all be chosen that was found accepted. */
export function onProgress(state: ProposerState): void {
  if (state.role !== 'leader') return;
  if (state.config.leaseReads !== undefined) extendLease(state);
  confirmReads(state);
  if (state.earlyReads.length === 0 || !isRecovered(state)) return;
  const ids = state.earlyReads;
  state.earlyReads = [];
  startRound(state, ids);
}

function extendLease(state: ProposerState): void {
  while (state.leaseRound < state.round && state.quorum(({ round }) => round > state.leaseRound)) {
    state.leaseRound += 1;
  }
}

/** Answers the reads whose round a quorum has echoed. */
function confirmReads(state: ProposerState): void {
  const [first] = state.reads;
  if (first === undefined || !state.quorum(({ round }) => round >= first.round)) return;
  const confirmed = state.reads.filter((read) => state.quorum(({ round }) => round >= read.round));
  state.reads = state.reads.slice(confirmed.length);
  for (const { id, index } of confirmed) state.out.emit({ kind: 'read', id, index, eager: true });
}
