/** What the tests of Raft share: replicas in a given state, and short names for messages and effects. */
import type { LeaseReads, ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import { emptyConfiguration } from './configuration.ts';
import { encodeConfiguration } from './configuration-codec.ts';
import { onPreVoteReply, onVoteReply, startPreVote } from './election.ts';
import type { Append, AppendReply, Entry, RaftMessage, RaftRecord } from './messages.ts';
import { onProgress } from './reads.ts';
import { onAppend, onAppendReply } from './replication.ts';
import { correctRules, type RaftRules } from './rules.ts';
import { type RaftEffect, RaftState } from './state.ts';

export interface Setup {
  readonly members?: number;
  /** The terms of the entries in its log; entry 3 has the payload "e3". */
  readonly log?: readonly number[];
  /** The term of its last entry, where not given. */
  readonly term?: number;
  readonly votedFor?: NodeId | null;
  readonly maxEntriesPerMessage?: number;
  readonly logCacheBytes?: number;
  readonly maxUncommittedBytes?: number;
  readonly snapshotAfterBytes?: number;
  readonly snapshotChunkBytes?: number;
  readonly leaseReads?: LeaseReads;
  readonly trace?: boolean;
  readonly rules?: RaftRules;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const entry = (term: number, text: string): Entry => ({ term, payload: bytes(text) });

/** Entries of these terms, from index `from` on. */
export const entries = (terms: readonly number[], from = 1): Entry[] =>
  terms.map((term, offset) => entry(term, `e${from + offset}`));

export function configOf(setup: Setup = {}): ReplicaConfig {
  return {
    id: 'n1',
    members: Array.from({ length: setup.members ?? 3 }, (_, offset) => `n${offset + 1}`),
    electionTimeoutMs: [150, 300],
    heartbeatIntervalMs: 50,
    maxEntriesPerMessage: setup.maxEntriesPerMessage ?? 64,
    logCacheBytes: setup.logCacheBytes ?? 1000,
    maxUncommittedBytes: setup.maxUncommittedBytes ?? 1e6,
    snapshotAfterBytes: setup.snapshotAfterBytes ?? 1e6,
    snapshotChunkBytes: setup.snapshotChunkBytes ?? 100,
    trace: setup.trace ?? false,
    ...(setup.leaseReads === undefined ? {} : { leaseReads: setup.leaseReads }),
  };
}

/** The replica n1 as a follower that knows no leader. */
export function followerWith(setup: Setup = {}): RaftState {
  const state = new RaftState(configOf(setup), setup.rules ?? correctRules);
  if (setup.log !== undefined) state.replay({ kind: 'entries', from: 1, entries: entries(setup.log) });
  state.term = setup.term ?? Math.max(0, state.log.lastTerm);
  state.votedFor = setup.votedFor ?? null;
  return state;
}

/** As a pre-candidate for the term after the given one. */
export function preCandidateWith(setup: Setup = {}): RaftState {
  const state = followerWith(setup);
  startPreVote(state);
  state.takeEffects();
  return state;
}

/** As a candidate in the term after the given one, whose own vote is not yet durable. */
export function candidateWith(setup: Setup = {}): RaftState {
  const state = preCandidateWith(setup);
  for (const peer of state.peers) {
    if (state.role === 'pre-candidate') {
      onPreVoteReply(state, peer, { type: 'pre-vote-reply', term: state.term + 1, granted: true });
    }
  }
  state.takeEffects();
  return state;
}

/** As the leader of the term after the given one, elected by all; its no-op is neither durable nor acknowledged. */
export function leaderWith(setup: Setup = {}): RaftState {
  const state = candidateWith(setup);
  for (const member of state.config.members) {
    if (state.role === 'candidate') onVoteReply(state, member, { type: 'vote-reply', term: state.term, granted: true });
  }
  state.takeEffects();
  return state;
}

/** A follower as the leader of the next term, elected by all of its peers. */
export function elected(state: RaftState): RaftState {
  state.leaderHeard = false;
  startPreVote(state);
  for (const peer of state.peers) {
    if (state.role !== 'pre-candidate') break;
    onPreVoteReply(state, peer, { type: 'pre-vote-reply', term: state.term + 1, granted: true });
  }
  for (const member of [state.config.id, ...state.peers]) {
    if (state.role === 'candidate') onVoteReply(state, member, { type: 'vote-reply', term: state.term, granted: true });
  }
  return state;
}

/** As a leader that replicates to all, and whose whole log is committed and acknowledged. */
export function settledLeaderWith(setup: Setup = {}): RaftState {
  const state = leaderWith(setup);
  for (const member of state.config.members) acknowledge(state, member, state.log.lastIndex);
  state.takeEffects();
  return state;
}

/**
 * As the leader of term 2 in a joint configuration, from n1, n2 and n3 to n4, n5 and n6; that is entry 2 of its log, its
 * no-op is entry 3, and nothing is committed.
 */
export function jointLeader(): RaftState {
  const state = followerOf('n2', { log: [1] });
  const joint = { ...emptyConfiguration, voters: ['n4', 'n5', 'n6'], outgoing: ['n1', 'n2', 'n3'], autoLeave: true };
  const payload = encodeConfiguration(joint);
  onAppend(
    state,
    'n2',
    appendOf({ term: 1, prevIndex: 1, prevTerm: 1, entries: [{ term: 1, payload, kind: 'configuration' }] }),
  );
  elected(state);
  state.takeEffects();
  return state;
}

/** As a follower of `leader` in the term of its log, which is committed up to `commitIndex`. */
export function followerOf(leader: NodeId, setup: Setup & { readonly commitIndex?: number } = {}): RaftState {
  const state = followerWith(setup);
  const { lastIndex: prevIndex, lastTerm: prevTerm } = state.log;
  onAppend(state, leader, appendOf({ term: state.term, prevIndex, prevTerm, commitIndex: setup.commitIndex ?? 0 }));
  state.takeEffects();
  return state;
}

/** A reply as the replica takes it: for the log first, then for the reads. */
export function hearReply(state: RaftState, from: NodeId, msg: AppendReply): void {
  onAppendReply(state, from, msg);
  onProgress(state);
}

/** `from` says that it stores the leader's log up to `matchIndex`, durably. */
export function acknowledge(state: RaftState, from: NodeId, matchIndex: number, round = state.round): void {
  hearReply(state, from, accepted({ term: state.term, prevIndex: matchIndex, matchIndex, round }));
}

export function appendOf(fields: Partial<Append> & { readonly term: number }): Append {
  return { type: 'append', prevIndex: 0, prevTerm: 0, entries: [], commitIndex: 0, round: 0, ...fields };
}

export function accepted(fields: Partial<AppendReply> & { readonly term: number }): AppendReply {
  return { type: 'append-reply', success: true, prevIndex: 0, matchIndex: 0, hintIndex: 0, round: 0, ...fields };
}

export function refused(fields: Partial<AppendReply> & { readonly term: number }): AppendReply {
  return { ...accepted(fields), success: false };
}

/** The terms of all entries that are in a log, in memory or not. */
export const termsOf = ({ log }: RaftState): number[] =>
  Array.from({ length: log.lastIndex - log.base }, (_, offset) => log.term(log.base + 1 + offset));

// ---------------------------------------------------------------------------------------------------- effects

export const persist = (record: RaftRecord): RaftEffect => ({ kind: 'persist', record });

export const persistVote = (term: number, votedFor: NodeId | null): RaftEffect =>
  persist({ kind: 'vote', term, votedFor });

export const persistEntries = (from: number, written: readonly Entry[]): RaftEffect =>
  persist({ kind: 'entries', from, entries: written });

/** Waits for all that was persisted before it. */
export const send = (to: NodeId, msg: RaftMessage): RaftEffect => ({ kind: 'send', to, msg });

/** Waits for nothing. */
export const sendNow = (to: NodeId, msg: RaftMessage): RaftEffect => ({ kind: 'send', to, msg, eager: true });

export const timer = (name: string, min: number, max = min): RaftEffect => ({
  kind: 'timer',
  timer: name,
  afterMs: [min, max],
});

export const cancel = (name: string): RaftEffect => ({ kind: 'cancel', timer: name });

export const apply = (index: number, text: string): RaftEffect => ({
  kind: 'apply',
  index,
  payload: bytes(text),
  eager: true,
});

export const read = (id: number, index: number): RaftEffect => ({ kind: 'read', id, index, eager: true });

export const reject = (id: number, leader?: NodeId): RaftEffect =>
  leader === undefined ? { kind: 'reject', id } : { kind: 'reject', id, leader };

/** The timers that a replica sets each time that it hears from its leader. */
export const leaderHeardTimers: readonly RaftEffect[] = [timer('election', 150, 300), timer('lease', 150)];

/** The timers that a leader gives up when it steps down, and the one that it then sets. */
export const stepDownTimers = {
  cancelled: [cancel('heartbeat'), cancel('quorum')],
  set: [timer('election', 150, 300)],
} as const;
