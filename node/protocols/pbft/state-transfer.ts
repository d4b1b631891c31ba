/** The state of another replica, piece by piece. Each is held against the digest that a quorum vouches for. */
import { isProven } from './certificates.ts';
import { letGo, noteCheckpoint } from './checkpoints.ts';
import { apply } from './decisions.ts';
import type { FetchPiece, Manifest, Piece, ProvenSnapshot } from './messages.ts';
import { prove } from './snapshots.ts';
import type { PbftState } from './state.ts';

/** A snapshot on its way here. */
export interface Incoming {
  readonly proven: ProvenSnapshot;
  /** Whom the pieces are asked of. */
  from: string;
  /** How many pieces are here, and how many bytes they are. */
  pieces: number;
  bytes: number;
  /** How many beats it has not come further for. */
  idleBeats: number;
  /** All of it is here, and is becoming the state. */
  installing: boolean;
}

/**
 * Begins to fetch a snapshot. One that is on its way, and comes, is left to its source: proofs are public, and whoever repeats
 * one would have all pieces asked of itself. Where it does not come, each who answers is asked for what is lacking.
 */
export function onManifest(state: PbftState, from: string, { proven }: Manifest): void {
  const { slot } = proven.snapshot;
  const { applied } = state.history;
  // It has come past there by itself meanwhile.
  if (state.incoming !== undefined && state.incoming.proven.snapshot.slot <= applied) state.incoming = undefined;
  const { incoming } = state;
  if (slot <= applied || incoming?.installing === true) state.refuse('known');
  else if (incoming?.idleBeats === 0) state.refuse('unasked');
  else if (!isProven(state.verifier, proven)) state.refuse('invalid');
  else if (slot <= state.snapshots.restoredTo) goOnBehind(state, proven);
  else {
    if (incoming === undefined || isToBeginAnew(state, incoming, slot)) {
      state.incoming = { proven, from, pieces: 0, bytes: 0, idleBeats: 0, installing: false };
    }
    askForPiece(state, from);
  }
}

/**
 * Another snapshot takes the place of one that nobody goes on with: all others were asked since a piece came. It may be older:
 * whoever is malicious may have been the only one to know the newer one to be proven.
 */
function isToBeginAnew({ config }: PbftState, { proven, idleBeats }: Incoming, slot: number): boolean {
  return slot !== proven.snapshot.slot && idleBeats >= config.members.length;
}

function askForPiece({ incoming, out }: PbftState, to: string): void {
  if (incoming === undefined) return;
  const { slot } = incoming.proven.snapshot;
  out.sendEagerly(to, { type: 'fetch-piece', slot, piece: incoming.pieces });
}

/** A beat came, and nothing else that brings this replica nearer to the others. */
export function noteIdleBeat({ incoming }: PbftState): void {
  if (incoming !== undefined) incoming.idleBeats += 1;
}

export function onPiece(state: PbftState, from: string, { slot, piece, bytes }: Piece): void {
  const { incoming, out } = state;
  if (incoming === undefined || incoming.installing) {
    state.refuse('unasked');
    return;
  }
  const { snapshot } = incoming.proven;
  // It has come past there by itself meanwhile, and must not go back.
  if (snapshot.slot <= state.history.applied) {
    state.incoming = undefined;
    state.refuse('known');
    return;
  }
  const isAwaited = slot === snapshot.slot && piece === incoming.pieces;
  if (!isAwaited || state.crypto.digest(bytes) !== snapshot.pieces[piece]) {
    state.refuse(isAwaited ? 'invalid' : 'unasked');
    return;
  }
  out.emit({ kind: 'receive', index: slot, offset: incoming.bytes, bytes, eager: true });
  incoming.pieces += 1;
  incoming.bytes += bytes.length;
  // Where it had stopped, whoever goes on with it is its source from now on.
  if (incoming.idleBeats > 0) incoming.from = from;
  incoming.idleBeats = 0;
  state.progressed = true;
  if (incoming.pieces < snapshot.pieces.length) {
    askForPiece(state, incoming.from);
    return;
  }
  incoming.installing = true;
  const { history, total } = snapshot;
  out.emit({ kind: 'install', index: slot, record: { kind: 'snapshot', slot, history, total }, eager: true });
}

/** The machine has the state of the snapshot now. */
export function onInstalled(state: PbftState, slot: number): void {
  const { incoming } = state;
  if (incoming?.proven.snapshot.slot !== slot) return;
  state.incoming = undefined;
  goOnBehind(state, incoming.proven);
}

/** The machine has the state of a snapshot, or a later one that this replica has saved itself: the log goes on there. */
function goOnBehind(state: PbftState, proven: ProvenSnapshot): void {
  const { history, snapshots, out } = state;
  const { slot, history: digest, total } = proven.snapshot;
  state.pace.spoil();
  history.begin(proven.snapshot);
  // Others may wait for this replica's word that it has come here: at the end of a window no later checkpoint would follow.
  noteCheckpoint(state);
  if (slot >= snapshots.restoredTo) prove(state, proven);
  // Nobody can be given what is not on the disk. That the log goes on behind it is written before it does.
  else out.persist({ kind: 'snapshot', slot, history: digest, total });
  letGo(state);
  apply(state);
}

// ---------------------------------------------------------------------------------------------------- whoever has it

export function onFetchPiece(state: PbftState, from: string, { slot, piece }: FetchPiece): void {
  const snapshot = state.snapshots.at(slot);
  if (from === state.config.id || snapshot === undefined || piece >= snapshot.pieces.length) {
    state.refuse('unanswerable');
    return;
  }
  state.loads.set(from, { slot, piece });
  const { snapshotChunkBytes: maxBytes } = state.config;
  state.out.emit({ kind: 'load', index: slot, offset: piece * maxBytes, maxBytes, eager: true });
}

/** A piece was read, for all who wait for it. */
export function onLoaded(state: PbftState, slot: number, offset: number, bytes: Uint8Array): void {
  const piece = offset / state.config.snapshotChunkBytes;
  for (const [to, wanted] of state.loads) {
    if (wanted.slot !== slot || wanted.piece !== piece) continue;
    state.loads.delete(to);
    state.out.sendEagerly(to, { type: 'piece', slot, piece, bytes });
  }
}
