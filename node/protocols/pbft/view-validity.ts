/** Whether a VIEW-CHANGE or a NEW-VIEW is one that an honest replica could have sent. */
import { isCertificate, isDecision, isSigned, isStable, type Verifier } from './certificates.ts';
import type { Digest, NewView, SlotReport, ViewChange } from './messages.ts';
import { primaryOf } from './quorum.ts';
import type { Judge } from './rules.ts';
import { newViewStatement, viewChangeStatement } from './statements.ts';

/** What a replica needs to know for it. */
export interface ViewVerifier extends Verifier {
  /** The digest of the history before slot 1. */
  readonly origin: Digest;
  /** How many slots behind a stable checkpoint may be under way. */
  readonly windowSlots: number;
  /** Whether a prepared certificate is taken to hold. */
  readonly judge: Judge;
}

export function isViewChange(verifier: ViewVerifier, change: ViewChange): boolean {
  const { stable, slots, signature } = change;
  return (
    isSayable(verifier, change) &&
    isSigned(verifier, viewChangeStatement(change), signature) &&
    isStable(verifier, verifier.origin, stable) &&
    slots.every((report) => isReport(verifier, report))
  );
}

/**
 * Whether an honest replica could say it, by what it signs of it alone: it has voted in no view but those before. A decision it may
 * have learnt of in any: others may have gone on without it.
 */
function isSayable(verifier: ViewVerifier, { view, stable, slots }: ViewChange): boolean {
  return (
    areInOrder(slots, stable.slot, stable.slot + verifier.windowSlots) &&
    slots.every(({ prepared, share }) => [prepared, share].every((vote) => (vote?.view ?? -1) < view))
  );
}

/** Whether it speaks of more slots than can be under way, or brings more view changes than there are replicas: it is not worth a look. */
export function isTooLong(verifier: ViewVerifier, msg: ViewChange | NewView): boolean {
  if (msg.type === 'view-change') return msg.slots.length > verifier.windowSlots;
  return msg.changes.length > verifier.sizes.all || msg.changes.some((change) => isTooLong(verifier, change));
}

function areInOrder(slots: readonly SlotReport[], behind: number, last: number): boolean {
  let before = behind;
  for (const { slot } of slots) {
    if (slot <= before || slot > last) return false;
    before = slot;
  }
  return true;
}

function isReport(verifier: ViewVerifier, { slot, decided, prepared }: SlotReport): boolean {
  for (const certificate of [decided, prepared]) {
    if (certificate !== undefined && certificate.slot !== slot) return false;
  }
  if (decided !== undefined && !isDecision(verifier, decided)) return false;
  if (prepared === undefined) return true;
  return prepared.kind === 'prepared' && verifier.judge(prepared, () => isCertificate(verifier, prepared));
}

/**
 * Whether it is of the primary, and of view changes of a quorum, all valid. What it leads to is for `selection.ts` to say.
 *
 * @param known - those of its view changes that were verified before
 */
export function isNewView(verifier: ViewVerifier, msg: NewView, known: ReadonlySet<ViewChange> = new Set()): boolean {
  if (!isOfQuorum(verifier, msg) || !isOfPrimary(verifier, msg)) return false;
  return msg.changes.every((change) => known.has(change) || isViewChange(verifier, change));
}

/** Whether it brings the view changes of a quorum for its view, each of another replica, as far as that can be seen without keys. */
function isOfQuorum({ sizes }: ViewVerifier, { view, changes }: NewView): boolean {
  const signers = new Set(changes.map(({ signature }) => signature.signer));
  return (
    signers.size === sizes.quorum && signers.size === changes.length && changes.every((change) => change.view === view)
  );
}

/**
 * Whether the primary of its view has signed what no honest one does. Not every NEW-VIEW that is not valid is false: a primary does
 * not sign the signatures in proofs, so that whoever hands it on can spoil those.
 */
export function isFalseNewView(verifier: ViewVerifier, msg: NewView): boolean {
  if (!isOfPrimary(verifier, msg)) return false;
  const isOfItsSigner = (change: ViewChange) =>
    isSayable(verifier, change) && isSigned(verifier, viewChangeStatement(change), change.signature);
  return !isOfQuorum(verifier, msg) || !msg.changes.every(isOfItsSigner);
}

/** Whether the primary of its view has signed it, whatever it says. */
export function isOfPrimary(verifier: Verifier, msg: NewView): boolean {
  const { view, signature } = msg;
  return signature.signer === primaryOf(view, verifier.members) && isSigned(verifier, newViewStatement(msg), signature);
}
