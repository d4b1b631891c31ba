/**
 * The view changes of a NEW-VIEW speak of the same slots, and most bring the same proofs. No VIEW-CHANGE signs what others have
 * signed in it, for that proves itself (`statements.ts`): one that names a proof may leave its signatures to another that has
 * it as well. Else a NEW-VIEW, and the record of it, would grow with the square of the group.
 */
import type { Certificate, Signature, SlotReport, StableCheckpoint, ViewChange } from './messages.ts';

/** What a certificate or a checkpoint says, whoever has signed it. */
function nameOf(proof: Certificate | StableCheckpoint): string {
  return 'kind' in proof
    ? `${proof.kind} ${proof.view} ${proof.slot} ${proof.digest}`
    : `stable ${proof.slot} ${proof.digest}`;
}

/** Gives each proof of some view changes, in the order in which they stand, the signatures that `choose` says. */
function withSignatures(
  changes: readonly ViewChange[],
  choose: (proof: Certificate | StableCheckpoint) => readonly Signature[],
): ViewChange[] {
  const signed = <P extends Certificate | StableCheckpoint>(proof: P): P => {
    const signatures = choose(proof);
    return signatures === proof.signatures ? proof : { ...proof, signatures };
  };
  const signedReport = (report: SlotReport): SlotReport => ({
    ...report,
    ...(report.decided === undefined ? {} : { decided: signed(report.decided) }),
    ...(report.prepared === undefined ? {} : { prepared: signed(report.prepared) }),
  });
  return changes.map((change) => ({ ...change, stable: signed(change.stable), slots: change.slots.map(signedReport) }));
}

/** The same view changes; the signatures of each proof stand where it comes first. */
export function withProofsOnce(changes: readonly ViewChange[]): ViewChange[] {
  const seen = new Set<string>();
  return withSignatures(changes, (proof) => {
    const name = nameOf(proof);
    if (seen.has(name)) return [];
    seen.add(name);
    return proof.signatures;
  });
}

/** The same view changes; a proof without signatures has those of the first that says the same and has some. */
export function withAllProofs(changes: readonly ViewChange[]): ViewChange[] {
  const known = new Map<string, readonly Signature[]>();
  withSignatures(changes, (proof) => {
    const name = nameOf(proof);
    if (proof.signatures.length > 0 && !known.has(name)) known.set(name, proof.signatures);
    return proof.signatures;
  });
  return withSignatures(changes, (proof) =>
    proof.signatures.length > 0 ? proof.signatures : (known.get(nameOf(proof)) ?? proof.signatures),
  );
}
