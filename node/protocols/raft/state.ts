/** The state of a Raft replica and the few moves that all its parts share. */
import { fnv1a } from '../../hash.ts';
import { type Effect, invariant, type NodeId, type ReplicaConfig } from '../../protocol.ts';
import { RaftLog } from './log.ts';
import type { Entry, RaftMessage, RaftRecord } from './messages.ts';
import type { RaftRules } from './rules.ts';

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

export type RaftEffect = Effect<RaftMessage, RaftRecord>;

/** What a leader knows of a follower. */
export interface Progress {
  /** `probe`: one message at a time, until the logs are known to meet. `replicate`: a stream of messages. */
  state: 'probe' | 'replicate';
  /** While probing: a message is on its way. */
  probing: boolean;
  nextIndex: number;
  matchIndex: number;
  /** The latest round of leadership confirmation that it echoed. */
  round: number;
  /** Whether it was heard of since the last check of the quorum. */
  active: boolean;
  /** What is being read for it. Only where the logs are known to meet: how far they do is asked without entries. */
  recall: Recall | undefined;
}

/** Entries that are read from the disk, to be sent in one message. */
export interface Recall {
  readonly from: number;
  readonly to: number;
  /** The positions of the records that have not come yet. */
  readonly awaited: Set<number>;
  readonly records: Map<number, RaftRecord>;
}

export interface PendingRead {
  readonly id: number;
  readonly index: number;
  readonly round: number;
}

export class RaftState {
  readonly config: ReplicaConfig;
  readonly rules: RaftRules;
  readonly peers: readonly NodeId[];
  readonly quorum: number;

  // Durable (figure 2).
  term = 0;
  votedFor: NodeId | null = null;
  readonly log: RaftLog;
  /** The position of the last record that was written: how many there are, those of earlier lives included. */
  #position = 0;

  // Volatile.
  role: Role = 'follower';
  leader: NodeId | undefined;
  commitIndex = 0;
  /** A leader was heard of within the shortest election time-out; votes are denied meanwhile (section 4.2.3). */
  leaderHeard = false;
  readonly votes = new Map<NodeId, boolean>();
  readonly progress = new Map<NodeId, Progress>();
  round = 0;
  reads: PendingRead[] = [];
  /** Reads that wait for the first commit of this term. */
  earlyReads: number[] = [];

  #effects: RaftEffect[] = [];

  constructor(config: ReplicaConfig, rules: RaftRules) {
    invariant(config.members.includes(config.id), `${config.id} is not among the members`);
    this.config = config;
    this.rules = rules;
    this.peers = config.members.filter((member) => member !== config.id);
    this.log = new RaftLog(config.logCacheBytes);
    this.quorum = Math.floor(config.members.length / 2) + 1;
  }

  emit(effect: RaftEffect): void {
    this.#effects.push(effect);
  }

  /** Takes up a record of an earlier life. */
  replay(record: RaftRecord): void {
    this.#position += 1;
    if (record.kind === 'entries') this.log.replaceFrom(record.from, record.entries, this.#position);
    else {
      this.term = record.term;
      this.votedFor = record.votedFor;
    }
  }

  #persist(record: RaftRecord): void {
    this.#position += 1;
    this.emit({ kind: 'persist', record });
  }

  takeEffects(): readonly RaftEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Whether it is so with a majority. Asked at every answer, where mostly it is not: sorting would cost much more. */
  majority(test: (progress: Progress) => boolean): boolean {
    let count = 0;
    for (const progress of this.progress.values()) if (test(progress)) count += 1;
    return count >= this.quorum;
  }

  send(to: NodeId, msg: RaftMessage): void {
    this.emit({ kind: 'send', to, msg });
  }

  /** For what depends on nothing that this replica has yet to flush. */
  sendEagerly(to: NodeId, msg: RaftMessage): void {
    this.emit({ kind: 'send', to, msg, eager: true });
  }

  /** Enters a term (or votes in it), and writes that down before anything that follows. */
  setTermAndVote(term: number, votedFor: NodeId | null): void {
    invariant(term >= this.term, `term ${term} comes after term ${this.term}`);
    this.term = term;
    this.votedFor = votedFor;
    this.#persist(this.rules.voteRecord(term, votedFor));
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
    if (term > this.term) this.setTermAndVote(term, null);
    this.leader = leader;
    this.setRole('follower');
    this.votes.clear();
    if (!wasLeader) return;
    this.emit({ kind: 'cancel', timer: 'heartbeat' });
    this.emit({ kind: 'cancel', timer: 'quorum' });
    this.rejectReads();
    this.resetElectionTimer();
  }

  /** A message of the leader of this term: follow it, and deny votes for the shortest election time-out. */
  hearLeader(leader: NodeId): void {
    invariant(this.role !== 'leader', `${leader} claims to lead term ${this.term}, and so does this replica`);
    if (this.role !== 'follower' || this.leader !== leader) this.becomeFollower(this.term, leader);
    const [shortest] = this.config.electionTimeoutMs;
    this.leaderHeard = true;
    this.resetElectionTimer();
    this.emit({ kind: 'timer', timer: 'lease', afterMs: [shortest, shortest] });
  }

  rejectReads(): void {
    for (const id of [...this.earlyReads, ...this.reads.map((read) => read.id)]) this.reject(id);
    this.earlyReads = [];
    this.reads = [];
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
    this.#persist({ kind: 'entries', from, entries });
    this.log.replaceFrom(from, entries, this.#position);
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
      // A decided entry is durable on a majority, whether or not this replica has flushed it.
      this.emit({ kind: 'apply', index: next, payload: this.log.entry(next).payload, eager: true });
    }
    this.commitIndex = Math.max(this.commitIndex, index);
    this.log.forget(this.commitIndex);
  }
}
