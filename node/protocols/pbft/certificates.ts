/** Whether what others have signed is what it claims to be. Nothing is counted, and nothing is dropped as a repetition, before that. */
import type { Crypto } from '../../contract/crypto.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Certificate, Choice, Digest, Phase, ProvenSnapshot, Signature, StableCheckpoint } from './messages.ts';
import type { GroupSizes } from './quorum.ts';
import { checkpointStatement, savedStatement, snapshotText, voteStatement } from './statements.ts';

/** Who may sign, and how. */
export interface Verifier {
  readonly crypto: Crypto;
  readonly members: readonly NodeId[];
  readonly sizes: GroupSizes;
  /** How many shares decide without a second phase. */
  readonly fastQuorum: number;
}

/** What the votes in a certificate are. */
const phases: Readonly<Record<Certificate['kind'], Phase>> = { prepared: 'share', slow: 'commit', fast: 'share' };

export function isVote(verifier: Verifier, phase: Phase, choice: Choice, signature: Signature): boolean {
  return isSigned(verifier, voteStatement(phase, choice), signature);
}

export function isCheckpoint(verifier: Verifier, slot: number, digest: Digest, signature: Signature): boolean {
  return isSigned(verifier, checkpointStatement(slot, digest), signature);
}

export function isSigned({ crypto, members }: Verifier, statement: Uint8Array, { signer, bytes }: Signature): boolean {
  return members.includes(signer) && crypto.verify(signer, statement, bytes);
}

export function isCertificate(verifier: Verifier, certificate: Certificate): boolean {
  const { kind, signatures } = certificate;
  const needed = kind === 'fast' ? verifier.fastQuorum : verifier.sizes.quorum;
  return areSigned(verifier, voteStatement(phases[kind], certificate), signatures, needed);
}

/** Whether it proves that its slot is decided. */
export function isDecision(verifier: Verifier, certificate: Certificate): boolean {
  return certificate.kind !== 'prepared' && isCertificate(verifier, certificate);
}

/** Slot 0 is where all begin, and needs no proof. */
export function isStable(verifier: Verifier, origin: Digest, { slot, digest, signatures }: StableCheckpoint): boolean {
  if (slot === 0) return digest === origin && signatures.length === 0;
  return areSigned(verifier, checkpointStatement(slot, digest), signatures, verifier.sizes.quorum);
}

export function isSaved(verifier: Verifier, slot: number, digest: Digest, signature: Signature): boolean {
  return isSigned(verifier, savedStatement(slot, digest), signature);
}

/** Whether a quorum has the snapshot. */
export function isProven(verifier: Verifier, { snapshot, signatures }: ProvenSnapshot): boolean {
  if (snapshot.pieces.length === 0) return false;
  const digest = verifier.crypto.digest(snapshotText(snapshot));
  return areSigned(verifier, savedStatement(snapshot.slot, digest), signatures, verifier.sizes.quorum);
}

/** Whether all of them are valid, by different members, and at least `needed`. */
function areSigned(
  verifier: Verifier,
  statement: Uint8Array,
  signatures: readonly Signature[],
  needed: number,
): boolean {
  if (signatures.length < needed || signatures.length > verifier.members.length) return false;
  if (new Set(signatures.map(({ signer }) => signer)).size < signatures.length) return false;
  return signatures.every((signature) => isSigned(verifier, statement, signature));
}
