/**
 * The parts of the rule by which a view begins that a planted bug may override, each a small function; `selection.ts` puts
 * them together.
 *
 * What may have been decided in a view before must be proposed again, and two paths may have decided it: the slow one leaves
 * prepared certificates behind, the fast one nothing but shares. Of what each path may have decided the one of the higher
 * view counts: Abraham, Gueta, Malkhi and Martin, "Revisiting Fast Practical Byzantine Fault Tolerance: Thelma, Velma, and
 * Zelma" (arXiv 1801.10022), section 1; that a rule can look right and lose decisions is the subject of arXiv 1712.01367.
 * `search/` tries these rules, and twelve wrong ones, against all that a malicious replica can do in one slot and three views.
 */
import type { GroupSizes } from './quorum.ts';

export interface SelectionRules {
  /** Whether a prepared certificate of view `candidate` counts, where one of view `best` was found. */
  readonly supersedes: (candidate: number, best: number) => boolean;
  /** How many replicas have to report a share for a batch before the fast path is taken to have decided it. */
  readonly reportsNeeded: (sizes: GroupSizes) => number;
  /**
   * The highest view in which the fast path may have decided a batch of which shares were reported in these views, the
   * highest first. Undefined where it cannot have.
   */
  readonly sharedView: (views: readonly number[], needed: number) => number | undefined;
  /** Whether a batch shared in view `shared` is proposed before one with a certificate of view `prepared`, -1 where none has one. */
  readonly prefersShared: (shared: number, prepared: number) => boolean;
}

export const correctSelection: SelectionRules = {
  // Castro and Liskov (1999), section 4.4: an older certificate may be of a batch that was never decided.
  supersedes: (candidate, best) => candidate > best,
  // All honest replicas have shared what the fast path decides, and a quorum has f + 1 of them; f reports may all be lies.
  reportsNeeded: ({ oneHonest }) => oneHonest,
  // A share for the same batch in a later view counts as well: whoever sent it reports the earlier one no more.
  sharedView: (views, needed) => views[needed - 1],
  // Whoever shares in a later view does so because nothing else was decided before. In the same view f + 1 honest replicas have
  // shared what is prepared, and the fast path cannot have decided another batch.
  prefersShared: (shared, prepared) => shared > prepared,
};
