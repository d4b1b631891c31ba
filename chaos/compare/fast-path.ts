/** How often a fast path, which needs the votes of all, was of use: where all are as they should be, and where one is slow. */
import { formatFigure } from '../reporters/shared/format.ts';
import type { Measured } from './contracts.ts';

export interface FastPath {
  readonly calm: Measured;
  /** From 0 to 1. */
  readonly calmShare: number;
  readonly slowShare: number | null;
}

/** For each contestant that was seen to have one, in the order of the comparison. */
export function fastPathsOf(measured: readonly Measured[]): FastPath[] {
  return measured.flatMap((calm) => {
    if (calm.load !== 'calm' || calm.fastShare === null) return [];
    const slow = measured.find((each) => each.load === 'slow replica' && isSame(each, calm));
    const slowShare = slow?.fastShare ?? null;
    const isNeverTaken = calm.fastShare === 0 && (slowShare ?? 0) === 0;
    return isNeverTaken ? [] : [{ calm, calmShare: calm.fastShare, slowShare }];
  });
}

/** Whether both are of one contestant. */
export function isSame(one: Measured, other: Measured): boolean {
  return one.protocol === other.protocol && one.mode === other.mode && one.nodes === other.nodes;
}

export function formatShare(share: number | null): string {
  return share === null ? '–' : `${formatFigure(100 * share)} %`;
}
