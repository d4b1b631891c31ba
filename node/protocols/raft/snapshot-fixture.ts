/** What the tests of snapshots share, besides `fixture.ts`. */
import { initialConfiguration } from './configuration.ts';
import { acknowledge, bytes, followerOf, leaderWith, refused, type Setup } from './fixture.ts';
import type { Install, InstallReply, SnapshotRecord } from './messages.ts';
import { appendAsLeader, onAppendReply } from './replication.ts';
import { onInstall, onInstallReply, onLoaded, onSnapshotted } from './snapshots.ts';
import type { RaftEffect, RaftState } from './state.ts';

const threeVoters = initialConfiguration(['n1', 'n2', 'n3']);

/** Describes a snapshot; it was saved in a group of three, where not said otherwise. */
export const snapshotOf = (index: number, term: number, configuration = threeVoters): SnapshotRecord => ({
  kind: 'snapshot',
  index,
  term,
  configuration,
});

/** The snapshot that the replica is saving is durable, and so long. */
export function finishSaving(state: RaftState, length: number): void {
  if (state.saving === undefined) throw new Error(`${state.config.id} is saving no snapshot`);
  onSnapshotted(state, state.saving.index, length);
}

/** Appends these payloads to a leader's log, and commits it by way of no more members than it takes: the first. */
export function commitByMajority(state: RaftState, ...texts: readonly string[]): void {
  for (const text of texts) appendAsLeader(state, bytes(text));
  for (const member of state.config.members.slice(0, (state.config.members.length + 1) / 2))
    acknowledge(state, member, state.log.lastIndex);
}

/** The snapshot of index 6 in `compactedLeader`: 20 bytes, in pieces of 8. */
export const pieces = ['snapshot', ' of what', ' was'] as const;

/**
 * The leader of term 2, whose log begins behind entry 4 and ends at 7. All of it is committed, by a majority
 * without the last members, of which nothing was heard. It has the snapshots of index 4 and of index 6, and sends pieces of
 * 8 bytes.
 */
export function compactedLeader(setup: Setup = {}): RaftState {
  const state = leaderWith({ log: [1, 1, 1], snapshotAfterBytes: 1, snapshotChunkBytes: 8, ...setup });
  commitByMajority(state);
  finishSaving(state, 10);
  commitByMajority(state, 'e5', 'e6');
  finishSaving(state, 20);
  commitByMajority(state, 'e7');
  state.takeEffects();
  return state;
}

/** The piece that begins at `offset` was read. */
export function loaded(state: RaftState, offset: number, index = 6): void {
  const text = pieces[offset / 8] ?? '';
  onLoaded(state, { kind: 'loaded', index, offset, bytes: bytes(text), last: offset === 16 });
}

/** The leader of `compactedLeader`, which has sent n3 the piece at `offset`. */
export function sendingLeader(offset = 0): RaftState {
  const state = compactedLeader();
  onAppendReply(state, 'n3', refused({ term: 2, prevIndex: 3, hintIndex: 1 }));
  loaded(state, 0);
  for (let next = 8; next <= offset; next += 8) {
    onInstallReply(state, 'n3', wanted(next));
    loaded(state, next);
  }
  state.takeEffects();
  return state;
}

/** A piece of the snapshot of index 6, which is of term 2, as the leader of `term` sends it. */
export function pieceAt(offset: number, term = 2, configuration = threeVoters): Install {
  const [piece, last] = [bytes(pieces[offset / 8] ?? ''), offset === 16];
  return { type: 'install', term, index: 6, lastTerm: 2, offset, bytes: piece, last, configuration };
}

/** The answer of a follower of `term` that wants the piece at `offset` of the snapshot of index 6. */
export const wanted = (offset: number, term = 2, index = 6): InstallReply => ({
  type: 'install-reply',
  term,
  index,
  offset,
});

/** A follower of n2 in term 2; its entries are in record 1, and record 2 is its vote. */
export function followerOfTerm2(setup: Parameters<typeof followerOf>[1] = {}): RaftState {
  const state = followerOf('n2', { log: [1, 1], term: 2, ...setup });
  state.setTermAndVote(2, 'n2');
  state.takeEffects();
  return state;
}

/** The effects of the piece at `offset` of the snapshot of index 6, which is of term 2. */
export function hearPiece(state: RaftState, offset: number, from = 'n2', term = 2): readonly RaftEffect[] {
  onInstall(state, from, pieceAt(offset, term));
  return state.takeEffects();
}

// ---------------------------------------------------------------------------------------------------- effects

export const save = (index: number, term: number, configuration = threeVoters): RaftEffect => ({
  kind: 'snapshot',
  index,
  record: snapshotOf(index, term, configuration),
  eager: true,
});

export const load = (index: number, offset: number, maxBytes = 8): RaftEffect => ({
  kind: 'load',
  index,
  offset,
  maxBytes,
  eager: true,
});

/** The bytes of the piece of `pieces` that begins at `offset`. */
export const receive = (index: number, offset: number): RaftEffect => ({
  kind: 'receive',
  index,
  offset,
  bytes: bytes(pieces[offset / 8] ?? ''),
  eager: true,
});

export const install = (index: number, term: number): RaftEffect => ({
  kind: 'install',
  index,
  record: snapshotOf(index, term),
  eager: true,
});

export const compact = (position: number, index: number): RaftEffect => ({ kind: 'compact', position, index });
