/** The ways in which a group of PBFT comes to a decision, all with the same guarantees. The one by default comes first. */
import { invariant } from '../../contract/invariant.ts';

const names = ['all-to-all', 'fast', 'linear'] as const;

export type Mode = (typeof names)[number];

export const modes: Readonly<Record<Mode, string>> = {
  'all-to-all': 'three phases, in which everybody tells everybody: 2n(n - 1) messages a batch',
  fast: 'the same, but the shares of all decide without a third phase: n(n - 1) messages, while nobody is slow',
  linear: 'the primary collects the votes and tells all: 3(n - 1) messages a batch, or 5(n - 1) where somebody is slow',
};

/** The mode of that name; the first where none is named. */
export function modeOf(asked: string = names[0]): Mode {
  const mode = names.find((name) => name === asked);
  invariant(mode !== undefined, `PBFT has no mode "${asked}"`);
  return mode;
}
