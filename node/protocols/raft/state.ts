/** The state of a Raft replica and the few moves that all its parts share. */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { Durable } from '../../contract/durable.ts';
import type { NodeId } from '../../contract/ids.ts';
import { invariant } from '../../contract/invariant.ts';
import { fnv1a } from '../../hash.ts';
import { type Configuration, members } from './configuration.ts';
import type { Target } from './configuration-target.ts';
import { DurableState } from './durable-state.ts';
import type { Entry, RaftMessage, RaftRecord, SnapshotRecord } from './messages.ts';
import { newProgress, type Progress } from './progress.ts';
import { committedIndex } from './quorum.ts';
import type { RaftRules } from './rules.ts';

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

export type { RaftEffect } from './durable-state.ts';

export interface PendingRead {
  readonly id: number;
  readonly index: number;
  readonly round: number;
}

/** What an entry takes besides its payload, in bytes, where the length of a log is weighed. */
const entryCostBytes = 32;

const noCommands = new Uint8Array(0);

/** A snapshot that a leader is sending. Another leader's snapshot of the same index may be other bytes. */
export interface Incoming {
  readonly from: NodeId;
  readonly term: number;
  readonly record: SnapshotRecord;
  /** How much has come, in bytes. */
  offset: number;
  /** All has come, and is being made durable and the machine's state. */
  installing: boolean;
}

/** A configuration that an operator asked for, on its way. */
export interface ConfigurationChange {
  readonly order: number;
  readonly target: Target;
}

/** Leadership on its way to another replica. */
export interface LeadershipTransfer {
  readonly order: number;
  readonly to: NodeId;
}

export class RaftState extends DurableState {
  /** All others that get entries. */
  peers: readonly NodeId[] = [];
  role: Role = 'follower';
  leader: NodeId | undefined;
  commitIndex = 0;
  /** A leader was heard of within the shortest election time-out; votes are denied meanwhile (section 4.2.3). */
  leaderHeard = false;
  readonly votes = new Map<NodeId, boolean>();
  /** As a candidate: whether the leader asked for this election. */
  standsByTransfer = false;
  readonly progress = new Map<NodeId, Progress>();
  round = 0;
  /** The latest round that a majority has echoed; kept up only where there are leases. */
  leaseRound = 0;
  /** Somebody was told to stand for election, and would win votes in spite of a lease. */
  leaseEnded = false;
  reads: PendingRead[] = [];
  /** Reads that wait for the first commit of this term. */
  earlyReads: number[] = [];

  /** A snapshot of the machine is being saved. */
  saving: SnapshotRecord | undefined;
  /** The bytes of what was applied since the state that the newest snapshot holds, or the one that is being saved. */
  unsavedBytes = 0;
  incoming: Incoming | undefined;
  /** What the operator wants of this leader. */
  change: ConfigurationChange | undefined;
  /** Also of one that leads no more, until it hears who does. */
  transfer: LeadershipTransfer | undefined;

  constructor(config: ReplicaConfig, rules: RaftRules) {
    super(config, rules);
    this.#followMembers();
  }

  /** The configuration that is in force: the last one in the log, committed or not (section 4.1). */
  get configuration(): Configuration {
    return this.configurations.current;
  }

  #onConfiguration(): void {
    this.#followMembers();
    if (!this.config.trace) return;
    const { voters, outgoing, learners } = this.configuration;
    const { index } = this.configurations;
    this.emit({ kind: 'note', fact: { type: 'configuration', index, voters, outgoing, learners } });
  }

  /** Who is new gets entries at once, and who is gone gets none any more. The leader itself stays until it steps down. */
  #followMembers(): void {
    const all = members(this.configuration);
    this.peers = all.filter((member) => member !== this.config.id);
    if (this.role !== 'leader') return;
    for (const id of [...this.progress.keys()]) {
      if (id !== this.config.id && !all.includes(id)) this.progress.delete(id);
    }
    for (const id of all) {
      if (!this.progress.has(id)) this.progress.set(id, newProgress(this.log.lastIndex + 1));
    }
  }

  override restore(durable: Durable<RaftRecord>): void {
    super.restore(durable);
    this.commitIndex = this.snapshot?.record.index ?? 0;
    this.#onConfiguration();
  }

  override install(record: SnapshotRecord, bytes: number): void {
    invariant(record.index > this.commitIndex, `snapshot ${record.index} is older than what is decided`);
    this.commitIndex = record.index;
    this.unsavedBytes = 0;
    super.install(record, bytes);
    this.#onConfiguration();
  }

  /** Whether it is so with a majority. Asked at every answer, where mostly it is not: sorting would cost much more. */
  majority(test: (progress: Progress) => boolean): boolean {
    return this.rules.tally(this.configuration, (id) => {
      const progress = this.progress.get(id);
      return progress !== undefined && test(progress);
    });
  }

  /** The highest number that a majority has reached. */
  reachedByMajority(numberOf: (progress: Progress) => number): number {
    const reached = (id: NodeId) => {
      const progress = this.progress.get(id);
      return progress === undefined ? 0 : numberOf(progress);
    };
    return committedIndex(this.configuration, reached, this.rules.tally);
  }

  send(to: NodeId, msg: RaftMessage): void {
    this.emit({ kind: 'send', to, msg });
  }

  /** For what depends on nothing that this replica has yet to flush. */
  sendEagerly(to: NodeId, msg: RaftMessage): void {
    this.emit({ kind: 'send', to, msg, eager: true });
  }

  setRole(role: Role): void {
    if (this.role === role && role === 'follower') return;
    this.role = role;
    if (this.config.trace) this.emit({ kind: 'note', fact: { type: 'role', role, epoch: this.term } });
  }

  resetElectionTimer(): void {
    this.emit({ kind: 'timer', timer: 'election', afterMs: this.config.electionTimeoutMs });
  }

  /** Follows in `term`; `leader` is unknown until it is heard of. */
  becomeFollower(term: number, leader?: NodeId): void {
    const wasLeader = this.role === 'leader';
    const replaced = term > this.term;
    if (replaced) this.setTermAndVote(term, null);
    this.leader = leader;
    this.setRole('follower');
    this.votes.clear();
    if (!wasLeader) return;
    this.emit({ kind: 'cancel', timer: 'heartbeat' });
    this.emit({ kind: 'cancel', timer: 'quorum' });
    this.rejectReads();
    this.#giveUpOrders(replaced);
    this.resetElectionTimer();
  }

  /** What a leader that leads no more cannot see to its end. Whether it comes about yet nobody knows. */
  #giveUpOrders(replaced: boolean): void {
    if (this.change !== undefined) {
      this.ordered(this.change.order, 'The leader stepped down before the change was done; it may come about yet.');
      this.change = undefined;
      this.emit({ kind: 'cancel', timer: 'change' });
    }
    // Who took over is known when the new leader is heard of.
    if (!replaced) this.endTransfer('The leader stepped down, for no majority answered.');
  }

  /** Leadership was handed over, or `error` says why not. */
  endTransfer(error?: string): void {
    if (this.transfer === undefined) return;
    this.ordered(this.transfer.order, error);
    this.transfer = undefined;
    this.emit({ kind: 'cancel', timer: 'transfer' });
  }

  /** A message of the leader of this term: follow it, and deny votes for the shortest election time-out. */
  hearLeader(leader: NodeId): void {
    invariant(this.role !== 'leader', `${leader} claims to lead term ${this.term}, and so does this replica`);
    if (this.role !== 'follower' || this.leader !== leader) this.becomeFollower(this.term, leader);
    if (this.transfer !== undefined) this.#onSuccessor(this.transfer.to, leader);
    this.resetElectionTimer();
    this.denyVotes();
  }

  /** Section 3.10: a transfer is complete when the one that was to lead does. */
  #onSuccessor(wanted: NodeId, leader: NodeId): void {
    this.endTransfer(leader === wanted ? undefined : `${leader} took over, and not ${wanted}.`);
  }

  /**
   * An answer of a follower, of this term or another: what the leader knows of it. Undefined where this replica does not
   * lead in that term, or the follower was removed from the group and had something to say yet.
   */
  hearFollower(from: NodeId, term: number): Progress | undefined {
    if (term > this.term) this.becomeFollower(term);
    if (this.role !== 'leader' || term < this.term) return undefined;
    const progress = this.progress.get(from);
    if (progress !== undefined) progress.active = true;
    return progress;
  }

  /** Nobody gets a vote within the shortest election time-out (section 4.2.3). */
  denyVotes(): void {
    const [shortest] = this.config.electionTimeoutMs;
    this.leaderHeard = true;
    this.emit({ kind: 'timer', timer: 'lease', afterMs: [shortest, shortest] });
  }

  rejectReads(): void {
    for (const id of [...this.earlyReads, ...this.reads.map((read) => read.id)]) this.reject(id);
    this.earlyReads = [];
    this.reads = [];
  }

  /** Answers an order; with the reason where it is not done. */
  ordered(id: number | undefined, error?: string): void {
    if (id === undefined) return;
    this.emit(error === undefined ? { kind: 'ordered', id } : { kind: 'ordered', id, error });
  }

  reject(id: number): void {
    this.emit(this.leader === undefined ? { kind: 'reject', id } : { kind: 'reject', id, leader: this.leader });
  }

  /** Writes entries at `from`, over whatever stood there. Committed entries are never overwritten. */
  writeEntries(from: number, entries: readonly Entry[]): void {
    invariant(
      from > this.commitIndex,
      `entry ${from} would overwrite a log that is committed up to ${this.commitIndex}`,
    );
    if (this.putEntries(from, entries)) this.#onConfiguration();
    if (!this.config.trace) return;
    for (const [offset, entry] of entries.entries()) {
      const index = from + offset;
      this.emit({
        kind: 'note',
        fact: {
          type: 'append',
          index,
          epoch: entry.term,
          prevEpoch: this.log.term(index - 1),
          hash: fnv1a(entry.payload),
        },
      });
    }
  }

  /** Commits up to `index` and hands what is new to the machine. */
  commitTo(index: number): void {
    invariant(index <= this.log.lastIndex, `commit index ${index} is past the end of the log, ${this.log.lastIndex}`);
    for (let next = this.commitIndex + 1; next <= index; next += 1) {
      const { kind, payload: logged } = this.log.entry(next);
      const payload = kind === 'configuration' ? noCommands : logged;
      this.unsavedBytes += logged.length + entryCostBytes;
      // A decided entry is durable on a majority, whether or not this replica has flushed it.
      this.emit({ kind: 'apply', index: next, payload, eager: true });
    }
    this.commitIndex = Math.max(this.commitIndex, index);
    this.log.forget(this.commitIndex);
  }
}
