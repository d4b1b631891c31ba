/**
 * Snapshots of the state. All honest replicas save one of the same slot, byte for byte the same, and vouch for it; what a
 * quorum has can be given to whoever lacks it, and the log up to there goes. Castro and Liskov (2002), section 5.3, have a tree
 * of digests for that; here a list of pieces does.
 */
import { invariant } from '../../contract/invariant.ts';
import { dueBytes } from '../shared/snapshot-growth.ts';
import { isSaved } from './certificates.ts';
import { checkpointInterval, type Past } from './history.ts';
import type { Digest, ProvenSnapshot, Saved, Snapshot } from './messages.ts';
import { type PbftState, windowSlots } from './state.ts';
import { savedStatement, snapshotText } from './statements.ts';
import { Tally } from './tally.ts';

/** What a replica knows of snapshots. */
export class SnapshotState {
  /** What is being saved. */
  saving: Past | undefined;
  /** Those that this replica has, and of which it does not know that a quorum has. */
  readonly saved = new Map<number, Snapshot>();
  readonly votes = new Map<number, Tally>();
  proven: ProvenSnapshot | undefined;
  /** The one before: else a state that grows faster than it is sent would never come to the end of its way. */
  previous: ProvenSnapshot | undefined;
  /**
   * What the machine had applied when this replica began. A snapshot of its own may be durable before the records of what led to
   * it are: the log then ends before, and what is decided up to here the machine need not be told.
   */
  restoredTo = 0;

  get provenSlot(): number {
    return this.proven?.snapshot.slot ?? 0;
  }

  /** Whether this replica saves the state of a slot or has saved it, and does not know that a quorum has. */
  isOpen(slot: number): boolean {
    return this.saving?.slot === slot || this.saved.has(slot);
  }

  /** The proven snapshot of a slot, if this replica has it. */
  at(slot: number): Snapshot | undefined {
    return [this.proven, this.previous].find((each) => each?.snapshot.slot === slot)?.snapshot;
  }
}

/** At a checkpoint: saves the state, where enough was written since. */
export function saveIfDue(state: PbftState): void {
  const { history, snapshots, config, out } = state;
  if (snapshots.saving !== undefined || !history.hasFilled(gatheredBytes(state))) return;
  // The machine's state is a later one.
  if (history.applied < snapshots.restoredTo) return;
  snapshots.saving = history.past;
  const record = { kind: 'snapshot', ...history.past } as const;
  out.emit({ kind: 'snapshot', index: history.applied, record, pieceBytes: config.snapshotChunkBytes, eager: true });
}

/**
 * How much a log gathers on average before the next snapshot, in bytes. Were that little, who is being sent a large state would find it
 * gone each time before all of it is there. Always a power of two times the least: who knows of a larger state saves it more rarely
 * than others do, and then with them. Else no quorum would have the state of one slot.
 */
function gatheredBytes({ config, snapshots }: PbftState): number {
  const pieces = snapshots.proven?.snapshot.pieces.length ?? 1;
  // Of the last piece is not known how long it is.
  const wanted = dueBytes(config.snapshotAfterBytes, (pieces - 1) * config.snapshotChunkBytes);
  let bytes = config.snapshotAfterBytes;
  while (bytes < wanted) bytes *= 2;
  return bytes;
}

/** The snapshot of this replica is durable. */
export function onSnapshotted(state: PbftState, slot: number, pieces: readonly Digest[]): void {
  const { saving, saved } = state.snapshots;
  if (saving?.slot !== slot) return;
  state.snapshots.saving = undefined;
  if (slot <= state.snapshots.provenSlot) return;
  saved.set(slot, { ...saving, pieces });
  vouch(state);
}

/** Says which snapshots this replica has, again for those that have not come to a quorum. */
export function vouch(state: PbftState): void {
  const { crypto, config, snapshots } = state;
  for (const [slot, snapshot] of snapshots.saved) {
    const digest = crypto.digest(snapshotText(snapshot));
    const signature = { signer: config.id, bytes: crypto.sign(savedStatement(slot, digest)) };
    state.broadcast({ type: 'saved', slot, digest, signature });
  }
}

export function onSaved(state: PbftState, from: string, { slot, digest, signature }: Saved): void {
  const { snapshots, config } = state;
  if (slot <= snapshots.provenSlot || !isAwaited(state, slot)) {
    state.refuse('outside-window');
    return;
  }
  const isSound = slot % checkpointInterval === 0;
  if (!isSound || (from !== config.id && !isSaved(state.verifier, slot, digest, signature))) {
    state.refuse('invalid');
    return;
  }
  const tally = tallyOf(state, slot);
  if (!tally.add(digest, signature)) state.refuse('known');
  else if (tally.count(digest) >= state.sizes.quorum) proveIfSaved(state, slot, digest, tally);
}

/** Whether a quorum may come to vouch for a slot: it is near, or its state takes this replica itself ever so long to save. */
function isAwaited({ snapshots, stable }: PbftState, slot: number): boolean {
  return Math.abs(slot - stable.slot) <= 2 * windowSlots || snapshots.isOpen(slot);
}

/** Where a slot comes to it, those that are awaited no more go: a malicious replica could vouch for any that was near once. */
function tallyOf(state: PbftState, slot: number): Tally {
  const { votes } = state.snapshots;
  const known = votes.get(slot);
  if (known !== undefined) return known;
  for (const each of votes.keys()) if (!isAwaited(state, each)) votes.delete(each);
  const tally = new Tally();
  votes.set(slot, tally);
  return tally;
}

/** A quorum has a snapshot: so must this replica have, or it lacks it yet. */
function proveIfSaved(state: PbftState, slot: number, digest: Digest, tally: Tally): void {
  const snapshot = state.snapshots.saved.get(slot);
  if (snapshot === undefined) return;
  const own = state.crypto.digest(snapshotText(snapshot));
  invariant(own === digest, `the state of slot ${slot} is not the one that a quorum has`);
  prove(state, { snapshot, signatures: tally.signatures(digest) });
}

/** A proven snapshot is on the disk of this replica: what it holds of the log goes. */
export function prove(state: PbftState, proven: ProvenSnapshot): void {
  const { snapshots, out } = state;
  const { slot } = proven.snapshot;
  snapshots.previous = snapshots.proven;
  snapshots.proven = proven;
  for (const known of [snapshots.saved, snapshots.votes]) {
    for (const each of known.keys()) if (each <= slot) known.delete(each);
  }
  out.persist({ kind: 'proven', proven });
  compact(state, slot);
}

/** Gives up the records that nothing needs any more. Where this replica stands is written anew before. */
function compact(state: PbftState, slot: number): void {
  const { history, snapshots, config, out } = state;
  history.compactTo(slot);
  const last = out.position;
  if (state.stable.slot > 0) out.persist({ kind: 'stable', checkpoint: state.stable });
  if (state.newView !== undefined) out.persist({ kind: 'enter', newView: state.newView });
  else if (!state.active) out.persist({ kind: 'leave', view: state.view });
  const position = Math.min(last, history.firstPosition, firstPositionOfSlots(state));
  state.bodies.unwriteBefore(position);
  out.emit({ kind: 'compact', position, index: snapshots.previous?.snapshot.slot ?? slot });
  if (!config.trace) return;
  const { log, applied } = history;
  const bytes = log.bytesAfter(slot);
  out.emit({ kind: 'note', fact: { type: 'compact', index: slot, entries: applied - slot, bytes } });
}

function firstPositionOfSlots(state: PbftState): number {
  let first = Number.POSITIVE_INFINITY;
  for (const slot of state.slots.values()) {
    first = Math.min(first, slot.firstPosition);
    for (const digest of slot.digests()) {
      const position = state.bodies.get(digest)?.position ?? 0;
      if (position > 0) first = Math.min(first, position);
    }
  }
  return first;
}
