/** Checkpoints, by which a replica knows what it need not keep for others. Castro and Liskov (1999), section 4.3. */
import { invariant } from '../../contract/invariant.ts';
import { isCheckpoint, isStable } from './certificates.ts';
import { checkpointInterval } from './history.ts';
import type { Checkpoint, Digest, StableCheckpoint } from './messages.ts';
import { saveIfDue, vouch } from './snapshots.ts';
import { type PbftState, windowSlots } from './state.ts';
import { checkpointStatement } from './statements.ts';
import { Tally } from './tally.ts';

/** All up to here is applied: says so, once what it is made of is durable. */
export function takeCheckpoint(state: PbftState): void {
  const { applied: slot, digest } = state.history;
  saveIfDue(state);
  vouch(state);
  if (slot <= state.stable.slot) {
    agreesWith(state, state.stable);
    return;
  }
  noteCheckpoint(state);
  say(state, slot, digest);
}

/** Remembers what it has come to, where a checkpoint is due. */
export function noteCheckpoint({ history, ownCheckpoints }: PbftState): void {
  if (history.applied % checkpointInterval === 0) ownCheckpoints.set(history.applied, history.digest);
}

/** Says its checkpoints again: each may have been lost, and the window stays where it is until a quorum has one. */
export function sayAgain(state: PbftState): void {
  for (const [slot, digest] of state.ownCheckpoints) if (state.isInWindow(slot)) say(state, slot, digest);
}

function say(state: PbftState, slot: number, digest: Digest): void {
  const signature = { signer: state.config.id, bytes: state.crypto.sign(checkpointStatement(slot, digest)) };
  state.broadcast({ type: 'checkpoint', slot, digest, signature });
}

export function onCheckpoint(state: PbftState, from: string, { slot, digest, signature }: Checkpoint): void {
  const isNear = slot > state.stable.slot && slot <= state.stable.slot + 2 * windowSlots;
  if (!isNear) {
    state.refuse('outside-window');
    return;
  }
  const isSound = slot % checkpointInterval === 0;
  if (!isSound || (from !== state.config.id && !isCheckpoint(state.verifier, slot, digest, signature))) {
    state.refuse('invalid');
    return;
  }
  const tally = tallyOf(state, slot);
  if (!tally.add(digest, signature)) state.refuse('known');
  else if (tally.count(digest) >= state.sizes.quorum) {
    adopt(state, { slot, digest, signatures: tally.signatures(digest) });
  }
}

function tallyOf(state: PbftState, slot: number): Tally {
  const tally = state.checkpoints.get(slot) ?? new Tally();
  state.checkpoints.set(slot, tally);
  return tally;
}

/** Takes a stable checkpoint from another replica, if it is later and proven. */
export function onStable(state: PbftState, checkpoint: StableCheckpoint): void {
  const isSound = checkpoint.slot % checkpointInterval === 0;
  if (checkpoint.slot <= state.stable.slot) state.refuse('known');
  else if (isSound && isStable(state.verifier, state.history.origin, checkpoint)) adopt(state, checkpoint);
  else state.refuse('invalid');
}

/** A later stable checkpoint: the window moves on, also where this replica has yet to learn what lies before it. */
export function adopt(state: PbftState, checkpoint: StableCheckpoint): void {
  if (checkpoint.slot <= state.stable.slot) return;
  state.stable = checkpoint;
  state.out.persist({ kind: 'stable', checkpoint });
  agreesWith(state, checkpoint);
  for (const slot of state.checkpoints.keys()) if (slot <= checkpoint.slot) state.checkpoints.delete(slot);
  letGo(state);
}

/** Where this replica has come to a stable checkpoint itself, just now or before, it must have come there by the same way. */
function agreesWith({ history, ownCheckpoints }: PbftState, { slot, digest }: StableCheckpoint): void {
  const own = history.applied === slot ? history.digest : ownCheckpoints.get(slot);
  invariant(
    own === undefined || own === digest,
    `what was applied up to slot ${slot} is not what a quorum has applied`,
  );
}

/**
 * Forgets the slots that are applied and stable, those that are stable for so long that others have to tell what was decided
 * there, and the batches that no slot needs any more.
 */
export function letGo(state: PbftState): void {
  for (const slot of state.ownCheckpoints.keys()) if (slot <= state.stable.slot) state.ownCheckpoints.delete(slot);
  const last = Math.min(state.stable.slot, state.history.applied);
  const needed = new Set<Digest>([state.nullDigest]);
  for (const [number, slot] of state.slots) {
    if (number <= last || number <= state.stable.slot - windowSlots) state.slots.delete(number);
    else for (const digest of slot.digests()) needed.add(digest);
  }
  state.bodies.keepOnly(needed);
}
