/**
 * Wrong rules of the fast path and of the view change, each one rule away from the correct ones. Each decides two different
 * batches in one slot, in a group of four with one malicious replica, within three views: `search.test.ts`, `traces.txt`.
 */
import type { PbftRules } from '../rules.ts';
import { correctSelection, type SelectionRules } from '../selection-rules.ts';

export interface Mutant {
  readonly name: string;
  /** What is wrong, in a sentence. */
  readonly summary: string;
  readonly rules: Partial<PbftRules>;
}

const selecting = (wrong: Partial<SelectionRules>): Partial<PbftRules> => ({
  selection: { ...correctSelection, ...wrong },
});

export const mutants: readonly Mutant[] = [
  {
    name: 'prepared-only',
    summary: 'A view begins with what was prepared; shares are reported, and not looked at.',
    rules: selecting({ prefersShared: () => false }),
  },
  {
    name: 'equal-views',
    summary:
      'Only shares of the same view are counted together; one for the same batch in a later view does not count.',
    rules: selecting({
      sharedView: (views, needed) => views.find((view) => views.filter((other) => other === view).length >= needed),
    }),
  },
  {
    name: 'prepared-first',
    summary: 'Any prepared certificate is preferred to shares, also to those of a later view.',
    rules: selecting({ prefersShared: (_shared, prepared) => prepared < 0 }),
  },
  {
    name: 'shared-first',
    summary: 'Shares are preferred to any prepared certificate, also to one of a later view.',
    rules: selecting({ prefersShared: () => true }),
  },
  {
    name: 'tie-to-shared',
    summary: 'Shares are preferred to a prepared certificate of the same view.',
    rules: selecting({ prefersShared: (shared, prepared) => shared >= prepared }),
  },
  {
    name: 'few-reports',
    summary: 'f reports of a share are believed, which may all be lies.',
    rules: selecting({ reportsNeeded: ({ f }) => f }),
  },
  {
    name: 'many-reports',
    summary: 'All 2f + 1 replicas of a view change have to report a share, though f of them may lie.',
    rules: selecting({ reportsNeeded: ({ quorum }) => quorum }),
  },
  {
    name: 'lowest-certificate',
    summary: 'Of several prepared certificates the one of the lowest view counts.',
    rules: selecting({ supersedes: (candidate, best) => candidate < best }),
  },
  {
    name: 'small-fast-quorum',
    summary: 'The shares of 3f replicas decide without a second phase.',
    rules: { fastQuorum: ({ f }) => 3 * f },
  },
  {
    name: 'previous-view-only',
    summary: 'A replica reports its share only if it sent it in the view right before the new one.',
    rules: { reportedShare: ({ last }, view) => (last.view === view - 1 ? last : undefined) },
  },
  {
    name: 'first-share',
    summary: 'A replica reports the first share that it sent in a slot, and none that it sent in later views.',
    rules: { reportedShare: ({ first }) => first },
  },
  {
    name: 'votes-in-left-views',
    summary: 'A replica still shares and commits in a view after its VIEW-CHANGE, which cannot tell of that.',
    rules: { votesInLeftViews: true },
  },
];
