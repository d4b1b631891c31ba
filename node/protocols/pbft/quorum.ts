/** How many of a group of 3f + 1 replicas make what. Castro and Liskov (1999), section 3; PROTOCOLS of the fast path: SBFT (2019). */
import type { NodeId } from '../../contract/ids.ts';

export interface GroupSizes {
  /** How many may be malicious. */
  readonly f: number;
  /** Among so many replicas one at least is honest. */
  readonly oneHonest: number;
  /** Any two sets of so many have an honest replica in common. */
  readonly quorum: number;
  readonly all: number;
}

/** The sizes of a group of 3f + 1. */
export function sizesOf(nodeCount: number): GroupSizes {
  const f = Math.floor((nodeCount - 1) / 3);
  return { f, oneHonest: f + 1, quorum: 2 * f + 1, all: nodeCount };
}

/**
 * Why there can be no group of so many. With more than 3f + 1 replicas other quorums would be needed; the rule by which a
 * view begins (`selection.ts`) is stated, and was searched exhaustively, for 3f + 1.
 */
export function sizeFlaw(nodeCount: number): string | undefined {
  if (nodeCount >= 4 && nodeCount % 3 === 1) return undefined;
  return `PBFT needs 3f + 1 replicas to stand f malicious ones: 4, 7 or 10, and not ${nodeCount}.`;
}

/** The replica that leads a view. Castro and Liskov (1999), section 4. */
export function primaryOf(view: number, members: readonly NodeId[]): NodeId {
  return members[view % members.length] as NodeId;
}
