import type { ReplicaConfig } from '../../contract/config.ts';
import type { Durable } from '../../contract/durable.ts';
import type { Input } from '../../contract/inputs.ts';
import type { Protocol } from '../../contract/protocol.ts';
import type { ProtocolView } from '../../contract/view.ts';
import { allVoters } from './configuration.ts';
import * as election from './election.ts';
import * as membership from './membership.ts';
import type { RaftMessage, RaftRecord } from './messages.ts';
import { beat, onLapsed, onProgress, onRead } from './reads.ts';
import * as replication from './replication.ts';
import type { RaftRules } from './rules.ts';
import * as snapshots from './snapshots.ts';
import { type RaftEffect, RaftState } from './state.ts';

/**
 * Whether a leader takes up a batch: what waits for a majority must fit into memory, and what waits for its own disk, which
 * a majority of others may leave behind. A single batch always fits.
 */
function hasRoom({ log, commitIndex, config, progress }: RaftState, payload: Uint8Array): boolean {
  const { maxUncommittedBytes, logCacheBytes, id } = config;
  // What is held in memory beyond the cache is not decided.
  const undecided = log.lastIndex > commitIndex ? log.heldBytes + payload.length - logCacheBytes : 0;
  const unflushed = log.bytesAfter((progress.get(id)?.nextIndex ?? Number.POSITIVE_INFINITY) - 1);
  return undecided <= maxUncommittedBytes && (unflushed === 0 || unflushed + payload.length <= maxUncommittedBytes);
}

/**
 * One Raft replica as a pure state machine.
 *
 * Sources: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm" (extended version; sections are
 * cited as 5.x and figures by number), and Ongaro's dissertation (sections cited as 3.x, 4.x, 6.x, 9.x and 10.x).
 */
export class Raft implements Protocol<RaftMessage, RaftRecord> {
  readonly #state: RaftState;

  constructor(config: ReplicaConfig, rules: RaftRules) {
    this.#state = new RaftState(config, rules);
  }

  start(durable: Durable<RaftRecord>): readonly RaftEffect[] {
    const state = this.#state;
    state.restore(durable);
    // What it has confirmed before it ended may be a lease that goes on.
    if (state.config.leaseReads !== undefined) state.denyVotes();
    state.resetElectionTimer();
    return state.takeEffects();
  }

  step(input: Input<RaftMessage, RaftRecord>): readonly RaftEffect[] {
    switch (input.kind) {
      case 'message':
        this.#onMessage(input.from, input.msg);
        break;
      case 'timeout':
        this.#onTimeout(input.timer);
        break;
      case 'request':
        if (input.access === 'read') onRead(this.#state, input.id);
        else this.#onWrite(input.id, input.payload);
        break;
      case 'suspected':
        election.onSuspected(this.#state, input.node);
        membership.onSuspected(this.#state, input.node);
        break;
      case 'order':
        membership.onOrder(this.#state, input.id, input.order);
        break;
      case 'lapsed':
        onLapsed(this.#state, input.id);
        break;
      case 'recalled':
        replication.onRecalled(this.#state, input.position, input.record);
        break;
      case 'snapshotted':
        snapshots.onSnapshotted(this.#state, input.index, input.bytes);
        break;
      case 'loaded':
        snapshots.onLoaded(this.#state, input);
        break;
      case 'installed':
        snapshots.onInstalled(this.#state, input.index, input.bytes);
        break;
      case 'answer':
        break;
    }
    return this.#state.takeEffects();
  }

  heldBytes(): number {
    return this.#state.log.heldBytes;
  }

  view(): ProtocolView {
    const { role, term: epoch, leader, commitIndex, log, configuration } = this.#state;
    const group = { voters: allVoters(configuration), learners: configuration.learners };
    const view = { role, epoch, commitIndex, lastIndex: log.lastIndex, group };
    return leader === undefined ? view : { ...view, leader };
  }

  #onWrite(id: number, payload: Uint8Array): void {
    const state = this.#state;
    // Section 3.10: while leadership is handed over nothing is taken up.
    if (state.role !== 'leader' || state.transfer !== undefined || !hasRoom(state, payload)) {
      state.reject(id);
      return;
    }
    replication.appendAsLeader(state, payload);
    replication.replicate(state);
  }

  #onMessage(from: string, msg: RaftMessage): void {
    switch (msg.type) {
      case 'pre-vote':
        election.onPreVote(this.#state, from, msg);
        break;
      case 'pre-vote-reply':
        election.onPreVoteReply(this.#state, from, msg);
        break;
      case 'vote':
        election.onVote(this.#state, from, msg);
        break;
      case 'vote-reply':
        election.onVoteReply(this.#state, from, msg);
        break;
      case 'append':
        replication.onAppend(this.#state, from, msg);
        break;
      case 'append-reply':
        replication.onAppendReply(this.#state, from, msg);
        onProgress(this.#state);
        membership.onProgress(this.#state, from);
        break;
      case 'install':
        snapshots.onInstall(this.#state, from, msg);
        break;
      case 'timeout-now':
        election.onTimeoutNow(this.#state, msg);
        break;
      case 'install-reply':
        snapshots.onInstallReply(this.#state, from, msg);
        break;
    }
  }

  #onHeartbeat(): void {
    if (this.#state.role !== 'leader') return;
    beat(this.#state);
    snapshots.onBeat(this.#state);
  }

  #onTimeout(timer: string): void {
    switch (timer) {
      case 'election':
        election.startPreVote(this.#state);
        break;
      case 'retry':
        election.retryVotes(this.#state);
        break;
      case 'lease':
        this.#state.leaderHeard = false;
        break;
      case 'quorum':
        election.checkQuorum(this.#state);
        break;
      case 'change':
        membership.onChangeTimeout(this.#state);
        break;
      case 'transfer':
        membership.onTransferTimeout(this.#state);
        break;
      case 'heartbeat':
        this.#onHeartbeat();
        break;
    }
  }
}
