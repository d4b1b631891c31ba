/** What finds a planted bug, in words and as commands. */
import type { Defect, Finder } from '../node/contract/defect.ts';

export type ByExperiment = Extract<Finder, { readonly experiment: string }>;
export type ByTest = Exclude<Finder, ByExperiment>;

/** Whether an experiment finds it; if not, a test of this repository does. */
export function isByExperiment(finder: Finder): finder is ByExperiment {
  return 'experiment' in finder;
}

/** The test that finds what no experiment does, from the root of the repository. */
export function testOf(finder: ByTest): string {
  return 'search' in finder ? finder.search : finder.play;
}

/** `an exhaustive search`, `a play`: how a test finds a bug. */
export function wayOf(finder: ByTest): string {
  return 'search' in finder ? 'an exhaustive search' : 'a play';
}

/** The command that shows a planted bug. */
export function commandFor(bug: string, { foundBy }: Pick<Defect, 'foundBy'>): string {
  if (!isByExperiment(foundBy)) return `npx vitest run ${testOf(foundBy)}`;
  return `npx splitbrain run ${foundBy.experiment} --seed ${foundBy.seed} --bug ${bug}`;
}
