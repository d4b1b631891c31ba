/** What can be proven in a state of the model, by the signatures of the honest replicas and any of the malicious ones. */
import type { Certificate, Phase } from '../messages.ts';
import { sizesOf } from '../quorum.ts';
import type { PbftRules } from '../rules.ts';
import { type Batch, batches, type Group, viewCount } from './replica.ts';

/** The group of the model. */
export const names = { honest: ['r1', 'r2', 'r3'], malicious: 'm' };

export const sizes = sizesOf(4);

/** The slot of the model. */
export const slot = 1;

export interface Evidence {
  /** What is prepared, by view: in each view one batch at most, for two quorums share an honest replica. */
  readonly prepared: readonly (Batch | undefined)[];
  /** All proofs that a batch is decided. */
  readonly decided: readonly Certificate[];
  /** By view: all of that which view changes to this view can show, as text. */
  readonly proofs: readonly string[];
}

export function evidenceOf(group: Group, { fastQuorum }: Pick<PbftRules, 'fastQuorum'>): Evidence {
  const prepared: (Batch | undefined)[] = [];
  const decided: Certificate[] = [];
  for (let view = 0; view < viewCount; view += 1) {
    prepared.push(batches.find((batch) => signersOf(group, 'share', view, batch) >= sizes.quorum));
    for (const batch of batches) {
      if (signersOf(group, 'share', view, batch) >= fastQuorum(sizes)) decided.push(certificate('fast', view, batch));
      if (signersOf(group, 'commit', view, batch) >= sizes.quorum) decided.push(certificate('slow', view, batch));
    }
  }
  const digests = decided.map(({ digest }) => digest);
  const proofs = Array.from({ length: viewCount }, (_, view) => `${view} ${prepared.slice(0, view)} ${digests}`);
  return { prepared, decided, proofs };
}

/** How many may have signed: a malicious replica signs everything. */
function signersOf(group: Group, phase: Phase, view: number, batch: Batch): number {
  let count = sizes.f;
  for (const replica of group) if (replica[phase][view]?.batch === batch) count += 1;
  return count;
}

/** Without its signatures: what begins a view is computed from certificates that were found valid. */
export function certificate(kind: Certificate['kind'], view: number, digest: string): Certificate {
  return { kind, view, slot, digest, signatures: [] };
}
