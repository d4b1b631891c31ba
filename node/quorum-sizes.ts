/** Which sizes quorums may have. */
import type { QuorumSizes } from './contract/config.ts';

/**
 * What is wrong with the sizes of quorums: a quorum of each phase can be found, and any two of different phases have a voter
 * in common, so that a leader hears of all that may be chosen (Flexible Paxos, section 3). Nothing is asked of two quorums of
 * the same phase.
 *
 * @param voters - of how many they are
 * @returns words that follow the name of the sizes; undefined where nothing is wrong
 */
export function quorumFlaw({ phase1, phase2 }: QuorumSizes, voters: number): string | undefined {
  const larger = Math.max(phase1, phase2);
  if (larger > voters)
    return `must not be larger than the group: there is no quorum of ${larger} in a group of ${voters}`;
  if (phase1 + phase2 > voters) return undefined;
  return `must be more than ${voters} in sum: quorums of ${phase1} and of ${phase2} in a group of ${voters} may have nobody in common`;
}
