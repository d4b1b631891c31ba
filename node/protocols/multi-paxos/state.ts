/** What the parts of a proposer share: the ballot it stands for or leads under, who promised, and what it proposed. */

import type { QuorumSizes, ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Group } from '../../contract/view.ts';
import { type Ballot, compareBallots, epochOf, laterOf, noBallot } from '../paxos/ballot.ts';
import { type ChosenGroup, type GroupFrom, isVoter, lossIn, membersOf } from '../paxos/groups.ts';
import type { Learner } from '../paxos/learner.ts';
import type { Outbox } from '../paxos/outbox.ts';
import { reaches } from '../paxos/quorum.ts';
import type { Value } from '../paxos/value.ts';
import type { Acceptor } from './acceptor.ts';
import type { MultiPaxosMessage, MultiPaxosRecord } from './messages.ts';
import { newProgress, type Progress } from './progress.ts';
import { Proposals } from './proposals.ts';
import type { MultiPaxosRules } from './rules.ts';

export type Role = 'follower' | 'candidate' | 'leader';

/** A batch that waits for a slot in the window. */
export interface Waiting {
  readonly id: number;
  readonly payload: Uint8Array;
}

export interface PendingRead {
  readonly id: number;
  readonly index: number;
  readonly round: number;
}

/** A value that some acceptor accepted before this leader's time, under the highest ballot that was reported. */
export interface Recovered {
  readonly ballot: Ballot;
  readonly value: Value;
}

/** A promise, as to when it counts. */
export interface Given {
  /** It says nothing of the slots up to here, which have to be learned before it counts. */
  readonly chosenTo: number;
  /** The loss of its disk since which it was given. */
  readonly loss: number;
}

export interface GroupChange {
  /** Undefined where the leader itself found that it is needed. */
  readonly order: number | undefined;
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** Where its value was proposed; 0 where it is not yet. */
  slot: number;
}

export interface LeadershipTransfer {
  readonly order: number;
  readonly to: NodeId;
}

export class ProposerState {
  readonly config: ReplicaConfig;
  readonly rules: MultiPaxosRules;
  readonly out: Outbox<MultiPaxosMessage, MultiPaxosRecord>;
  readonly learner: Learner;
  readonly acceptor: Acceptor;

  role: Role = 'follower';
  leader: NodeId | undefined;
  /** The latest ballot that this replica heard of, its own included. */
  seen: Ballot = noBallot;
  /** Its own last one. */
  ballot: Ballot = noBallot;
  /** Whether it was told that a later one stands against it. */
  overtaken = false;
  /** As a candidate: the ballot of the leader that asked for this. */
  standsByHandover: Ballot | undefined;

  /** Who promised this ballot. */
  readonly promises = new Map<NodeId, Given>();
  readonly recovered = new Map<number, Recovered>();
  /** What the others who promised know to be chosen, and who of them. */
  ahead: { node: NodeId; chosenTo: number } = { node: '', chosenTo: 0 };

  /** The last slot in which anything was found accepted when it came to lead. */
  recoveredTo = 0;
  /** What it proposed and does not know to be chosen yet. */
  readonly proposals = new Proposals();
  waiting: Waiting[] = [];
  waitingBytes = 0;
  readonly progress = new Map<NodeId, Progress>();

  round = 0;
  /** The latest round that a quorum has echoed; kept up only where there are leases. */
  leaseRound = 0;
  /** Somebody was told to prepare, and would get promises in spite of a lease. */
  leaseEnded = false;
  /** Who decides what is proposed next, as of when this leader last looked. */
  newestGroup: GroupFrom | undefined;
  groupInForce: Group | undefined;
  reads: PendingRead[] = [];
  /** Reads that wait until all that was found accepted is chosen. */
  earlyReads: number[] = [];

  /** What the operator wants of this leader. */
  change: GroupChange | undefined;
  /** Also of one that leads no more, until it hears who does. */
  transfer: LeadershipTransfer | undefined;

  /** For as many voters as were asked about last. */
  #sizesOf = { voters: -1, sizes: { phase1: 0, phase2: 0 } };

  constructor(
    config: ReplicaConfig,
    rules: MultiPaxosRules,
    out: Outbox<MultiPaxosMessage, MultiPaxosRecord>,
    roles: { readonly learner: Learner; readonly acceptor: Acceptor },
  ) {
    this.config = config;
    this.rules = rules;
    this.out = out;
    this.learner = roles.learner;
    this.acceptor = roles.acceptor;
  }

  /** The slot of what it proposes next, as a leader. */
  get nextSlot(): number {
    return this.proposals.nextSlot;
  }

  get chosenTo(): number {
    return this.learner.chosenTo;
  }

  setRole(role: Role): void {
    if (this.role === role && role === 'follower') return;
    this.role = role;
    if (!this.config.trace) return;
    const epoch = epochOf(role === 'follower' ? this.seen : this.ballot, this.config.members);
    this.out.emit({ kind: 'note', fact: { type: 'role', role, epoch } });
  }

  hearBallot(ballot: Ballot): void {
    this.seen = laterOf(this.seen, ballot);
  }

  resetElectionTimer(): void {
    this.out.emit({ kind: 'timer', timer: 'election', afterMs: this.config.electionTimeoutMs });
  }

  /** All that get what is proposed: members of the groups that decide from now on, who is to join, and this replica. */
  audience(): readonly NodeId[] {
    const joining = this.change === undefined ? [] : [...this.change.voters, ...this.change.learners];
    const { id } = this.config;
    return [...new Set([id, ...membersOf(this.learner.groups.since(this.chosenTo + 1)), ...joining])];
  }

  /** Follows those who come to the audience, or leave it. */
  followAudience(): void {
    const audience = this.audience();
    for (const id of [...this.progress.keys()]) if (!audience.includes(id)) this.progress.delete(id);
    for (const id of audience) {
      if (!this.progress.has(id)) this.progress.set(id, newProgress(this.chosenTo + 1));
    }
    for (const id of [...this.promises.keys()]) if (!audience.includes(id)) this.promises.delete(id);
  }

  /** Whether a quorum of phase 1 has promised, in the group that decides a slot. */
  isPrepared(slot: number): boolean {
    const group = this.learner.groups.at(slot);
    const { phase1 } = this.#sizes(group.voters.length);
    return reaches(group.voters, phase1, (id) => this.hasPromised(id, group));
  }

  /** Whether its promise counts in a group: it tells of all that this replica does not know, and was not forgotten since. */
  hasPromised(id: NodeId, group: ChosenGroup): boolean {
    const given = this.promises.get(id);
    return given !== undefined && given.chosenTo <= this.chosenTo && given.loss === lossIn(group, id);
  }

  /** Whether a quorum of phase 2 has accepted what was proposed in a slot. */
  isChosen(slot: number): boolean {
    const group = this.learner.groups.at(slot);
    const accepted = ({ base, match }: Progress) => base <= slot && slot <= match;
    return this.#decides(group, accepted);
  }

  /** Whether it is so with a quorum of phase 2 of a group. */
  #decides(group: ChosenGroup, test: (progress: Progress) => boolean): boolean {
    const { voters } = group;
    return reaches(voters, this.#sizes(voters.length).phase2, (id) => this.#passes(id, group, test));
  }

  /** What it says counts in a group only where it was not forgotten since. */
  #passes(id: NodeId, group: ChosenGroup, test: (progress: Progress) => boolean): boolean {
    const progress = this.progress.get(id);
    return progress !== undefined && test(progress) && progress.loss === lossIn(group, id);
  }

  /**
   * Whether it is so with a quorum of phase 2, in every group that decides from now on: each meets all that could promise
   * to another leader.
   */
  quorum(test: (progress: Progress) => boolean): boolean {
    return this.learner.groups.since(this.chosenTo + 1).every((group) => this.#decides(group, test));
  }

  /** Whether a quorum of phase 2 of the newest group knows that it is in force, and so can go on without this leader. */
  get isNewestKnown(): boolean {
    const { from, group } = this.learner.groups.newest;
    const own = this.progress.get(this.config.id);
    if (own !== undefined) own.learnedTo = this.chosenTo;
    return this.#decides(group, ({ learnedTo }) => learnedTo >= from - 1);
  }

  #sizes(voters: number): QuorumSizes {
    if (this.#sizesOf.voters !== voters) {
      this.#sizesOf = { voters, sizes: this.rules.quorumSizes(voters, this.config.quorums) };
    }
    return this.#sizesOf.sizes;
  }

  /**
   * Who has no vote does not stand, in none of the groups that decide from now on; nor does one whose state is about to be
   * replaced.
   */
  mayStand(): boolean {
    const groups = this.learner.groups.since(this.chosenTo + 1);
    return !this.learner.installing && groups.some((group) => this.#mayVote(group));
  }

  /** Who lost its disk stands where a group counts it since. */
  #mayVote(group: ChosenGroup): boolean {
    const { id } = this.config;
    return isVoter(group, id) && lossIn(group, id) === this.acceptor.loss;
  }

  /** Answers an order; with the reason where it is not done. */
  ordered(id: number | undefined, error?: string): void {
    if (id === undefined) return;
    this.out.emit(error === undefined ? { kind: 'ordered', id } : { kind: 'ordered', id, error });
  }

  reject(id: number): void {
    this.out.emit(this.leader === undefined ? { kind: 'reject', id } : { kind: 'reject', id, leader: this.leader });
  }

  rejectReads(): void {
    for (const id of [...this.earlyReads, ...this.reads.map((read) => read.id)]) this.reject(id);
    this.earlyReads = [];
    this.reads = [];
  }

  rejectWaiting(): void {
    for (const { id } of this.waiting) this.reject(id);
    this.waiting = [];
    this.waitingBytes = 0;
  }

  /** Whether a ballot comes after the one that this replica stands for or leads under; observers hear of it once. */
  isOvertakenBy(by: Ballot): boolean {
    if (this.role === 'follower' || compareBallots(by, this.ballot) <= 0) return false;
    if (this.config.trace && !this.overtaken) {
      const { members } = this.config;
      const [epoch, later] = [epochOf(this.ballot, members), epochOf(by, members)];
      this.out.emit({ kind: 'note', fact: { type: 'overtaken', index: this.chosenTo + 1, epoch, by: later } });
    }
    this.overtaken = true;
    return true;
  }
}
