import type { NodeId } from './ids.ts';

/** What a replica looks like from outside; for targets, progress lines and status pages. */
export interface ProtocolView {
  readonly role: string;
  /** The term, ballot, view or round. */
  readonly epoch: number;
  readonly leader?: NodeId;
  readonly commitIndex: number;
  readonly lastIndex: number;
  /** Who belongs to the group as far as this replica knows; absent where that cannot change. */
  readonly group?: Group;
}

export interface Group {
  /** Of a group that is changing its members: of both halves. */
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
}
