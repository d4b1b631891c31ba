/** What is decided, one slot after the other: written down and applied. */
import type { Body } from './bodies.ts';
import { isDecision } from './certificates.ts';
import { takeCheckpoint } from './checkpoints.ts';
import { checkpointInterval } from './history.ts';
import type { Certificate, DecidedRecord, Decision, Digest, ShareRecord } from './messages.ts';
import type { Slot } from './slot.ts';
import type { PbftEffect, PbftState } from './state.ts';
import { onProgress } from './timing.ts';

/** A slot is decided, and so proven. */
export function decide(state: PbftState, slot: Slot, certificate: Certificate): void {
  if (slot.decided !== undefined) return;
  slot.decided = certificate;
  apply(state);
}

/** Applies what is decided, in order, as far as the batches are here. */
export function apply(state: PbftState): void {
  const { history, bodies } = state;
  // While the state of another replica takes the place of this one's, nothing is applied to either.
  while (state.incoming?.installing !== true) {
    const next = history.applied + 1;
    const slot = state.slots.get(next);
    const certificate = slot?.decided;
    const body = certificate === undefined ? undefined : bodies.get(certificate.digest);
    if (slot === undefined || certificate === undefined || body === undefined) return;
    append(state, certificate, body);
    if (certificate.view === state.view && certificate.digest !== state.nullDigest) onProgress(state);
    state.progressed = true;
    const learned = slot.wasLearned && { learned: true };
    tellMachine(state, { kind: 'apply', index: next, payload: body.payload, ...learned, eager: true });
    if (next <= state.stable.slot) state.slots.delete(next);
    if (next % checkpointInterval === 0) takeCheckpoint(state);
  }
}

/** What is decided, but for what the machine had applied already when this replica began. */
export function tellMachine({ snapshots, out }: PbftState, effect: Extract<PbftEffect, { kind: 'apply' }>): void {
  if (effect.index > snapshots.restoredTo) out.emit(effect);
}

/** Writes down that the next slot is decided. */
function append(state: PbftState, certificate: Certificate, body: Body): void {
  const position = write(state, body, certificate.digest, { kind: 'decided', certificate });
  state.history.append(
    { payload: body.payload, certificate },
    { body: body.position || position, certificate: position },
  );
}

/** The slot behind what is applied, from a replica that knows it to be decided. False where that is not proven. */
export function learn(state: PbftState, { payload, certificate }: Decision): boolean {
  const next = state.history.applied + 1;
  if (certificate.slot !== next || state.crypto.digest(payload) !== certificate.digest) return false;
  if (!isDecision(state.verifier, certificate)) return false;
  state.bodies.keep(certificate.digest, payload);
  // Else a slow primary that hands on what is decided in place of its votes would never be measured.
  if (state.applied < state.stable.slot) state.pace.spoil();
  const slot = state.slot(next);
  slot.wasLearned = slot.decided === undefined;
  decide(state, slot, certificate);
  // It may have been decided before, and have waited for its batch.
  apply(state);
  return true;
}

/** Writes a record, beside the batch that it needs where none before holds that; gives its position. */
export function write(state: PbftState, body: Body, digest: Digest, record: ShareRecord | DecidedRecord): number {
  const written = body.position > 0 || digest === state.nullDigest;
  const position = state.out.persist(written ? record : { ...record, payload: body.payload });
  if (!written) body.position = position;
  return position;
}
