/**
 * Snapshots: when a replica saves one, and how a leader brings one to a follower that lacks what is no longer in the log.
 * Dissertation, chapter 5. Pieces go one at a time, so that a snapshot never stands in the way of entries for others; each
 * follows upon the answer to the one before, and is sent anew where that does not come.
 */

import type { NodeId } from '../../contract/ids.ts';
import type { Input } from '../../contract/inputs.ts';
import { invariant } from '../../contract/invariant.ts';
import { dueBytes } from '../shared/snapshot-growth.ts';
import type { Install, InstallReply, SnapshotRecord } from './messages.ts';
import type { Progress, Transfer } from './progress.ts';
import { acceptance } from './replies.ts';
import type { Incoming, RaftState } from './state.ts';

type Loaded = Extract<Input<never, never>, { kind: 'loaded' }>;

/** Saves the machine's state where the log has become long enough for it. */
export function saveIfDue(state: RaftState): void {
  const { config, snapshot, commitIndex } = state;
  if (state.unsavedBytes < dueBytes(config.snapshotAfterBytes, snapshot?.bytes ?? 0) || state.saving !== undefined)
    return;
  const [term, configuration] = [state.log.term(commitIndex), state.configurations.at(commitIndex)];
  const record: SnapshotRecord = { kind: 'snapshot', index: commitIndex, term, configuration };
  state.saving = record;
  state.unsavedBytes = 0;
  // What was applied is decided, whether or not this replica has flushed it.
  state.emit({ kind: 'snapshot', index: commitIndex, record, eager: true });
}

export function onSnapshotted(state: RaftState, index: number, bytes: number): void {
  const record = state.saving;
  if (record?.index !== index) return;
  state.saving = undefined;
  const before = state.snapshot?.record.index ?? 0;
  // A newer one was installed meanwhile.
  if (index <= before) return;
  state.saved(record, bytes);
  // What is known of followers is from an earlier term otherwise.
  if (state.role !== 'leader') return;
  for (const progress of state.progress.values()) {
    const { recall, transfer } = progress;
    if (recall !== undefined && recall.from <= state.log.base) progress.recall = undefined;
    if (transfer !== undefined && transfer.record.index < before) beginTransfer(state, progress);
  }
}

// ------------------------------------------------------------------------------------------------------ the leader

/** From now on this follower is sent the newest snapshot. */
export function beginTransfer(state: RaftState, progress: Progress): void {
  const { snapshot } = state;
  invariant(snapshot !== undefined, 'the log begins late, and there is no snapshot of what stood before');
  progress.state = 'snapshot';
  progress.recall = undefined;
  progress.transfer = { record: snapshot.record, offset: 0, loading: false, beats: 0 };
  load(state, progress.transfer);
}

function load(state: RaftState, transfer: Transfer): void {
  transfer.loading = true;
  const { record, offset } = transfer;
  const { snapshotChunkBytes: maxBytes } = state.config;
  state.emit({ kind: 'load', index: record.index, offset, maxBytes, eager: true });
}

/** The timer of the heartbeat has run out: a piece goes again that was not answered for long. */
export function onBeat(state: RaftState): void {
  const { electionTimeoutMs, heartbeatIntervalMs } = state.config;
  for (const { transfer } of state.progress.values()) {
    if (transfer === undefined || transfer.loading) continue;
    transfer.beats += 1;
    if (transfer.beats * heartbeatIntervalMs >= electionTimeoutMs[0]) load(state, transfer);
  }
}

/** The piece was read; it goes to everybody who waits for it. */
export function onLoaded(state: RaftState, { index, offset, bytes, last }: Loaded): void {
  if (state.role !== 'leader') return;
  for (const [peer, { transfer }] of state.progress) {
    if (transfer?.loading !== true || transfer.record.index !== index || transfer.offset !== offset) continue;
    transfer.loading = false;
    transfer.beats = 0;
    const { term } = state;
    const { term: lastTerm, configuration } = transfer.record;
    // It waits for nothing: the term was durable before the election was won, and the snapshot is.
    state.sendEagerly(peer, { type: 'install', term, index, lastTerm, offset, bytes, last, configuration });
  }
}

/** The follower wants another piece: the next one, or an earlier one where it has lost what it had. */
export function onInstallReply(state: RaftState, from: NodeId, msg: InstallReply): void {
  const progress = state.hearFollower(from, msg.term);
  if (progress === undefined) return;
  const { transfer } = progress;
  if (transfer === undefined || transfer.record.index !== msg.index || transfer.offset === msg.offset) return;
  transfer.offset = msg.offset;
  load(state, transfer);
}

// ---------------------------------------------------------------------------------------------------- the follower

export function onInstall(state: RaftState, from: NodeId, msg: Install): void {
  if (msg.term < state.term) {
    wantPiece(state, from, msg, 0);
    return;
  }
  if (msg.term > state.term) state.becomeFollower(msg.term, from);
  state.hearLeader(from);
  if (state.incoming?.installing === true) return;
  if (msg.index <= state.commitIndex) {
    state.send(from, acceptance(state, msg.index, state.commitIndex, 0));
  } else if (state.log.term(msg.index) === msg.lastTerm) {
    // The log leads there by itself (section 7, figure 13, step 6), and what a snapshot covers is decided.
    state.commitTo(msg.index);
    state.send(from, acceptance(state, msg.index, msg.index, 0));
  } else {
    takePiece(state, from, msg);
  }
}

function wantPiece(state: RaftState, from: NodeId, { index }: Install, offset: number): void {
  state.send(from, { type: 'install-reply', term: state.term, index, offset });
}

/** Another leader's snapshot of the same index may be other bytes: pieces of the two are not to be mixed. */
function isOf(incoming: Incoming | undefined, from: NodeId, { index, term }: Install): incoming is Incoming {
  return incoming?.from === from && incoming.term === term && incoming.record.index === index;
}

function takePiece(state: RaftState, from: NodeId, msg: Install): void {
  const { index, lastTerm, offset, bytes, last, configuration } = msg;
  const { from: sender, term, record: before } = state.incoming ?? {};
  // A late piece of a snapshot that its leader has sent a newer one after.
  if (sender === from && term === msg.term && before !== undefined && index < before.index) return;
  if (!isOf(state.incoming, from, msg)) {
    const record: SnapshotRecord = { kind: 'snapshot', index, term: lastTerm, configuration };
    state.incoming = { from, term: msg.term, record, offset: 0, installing: false };
  }
  const { incoming } = state;
  if (offset === incoming.offset) {
    state.emit({ kind: 'receive', index, offset, bytes, eager: true });
    incoming.offset += bytes.length;
    incoming.installing = last;
  }
  if (incoming.installing) state.emit({ kind: 'install', index, record: incoming.record, eager: true });
  else wantPiece(state, from, msg, incoming.offset);
}

/** The machine has the state of the snapshot now. */
export function onInstalled(state: RaftState, index: number, bytes: number): void {
  const { incoming } = state;
  invariant(incoming?.record.index === index, `snapshot ${index} was installed, and nobody asked for it`);
  state.incoming = undefined;
  state.install(incoming.record, bytes);
  if (state.leader !== undefined) state.send(state.leader, acceptance(state, index, index, 0));
}
