/** What a replica tells the observers of an experiment; the invariant checkers read it. */

import type { NodeId } from './ids.ts';

/** Facts that the lab's invariant checkers read. `epoch` is the term, ballot, view or round. */
export type ProtocolFact =
  | { readonly type: 'role'; readonly role: string; readonly epoch: number }
  /** An entry was put into the log: at `index`, from `epoch`, after an entry of `prevEpoch`; `hash` is of its payload. */
  | {
      readonly type: 'append';
      readonly index: number;
      readonly epoch: number;
      readonly prevEpoch: number;
      readonly hash: number;
    }
  /** The configuration that is in force from `index` on; `outgoing` are voters of the one that is being left. */
  | {
      readonly type: 'configuration';
      readonly index: number;
      readonly voters: readonly NodeId[];
      readonly outgoing: readonly NodeId[];
      readonly learners: readonly NodeId[];
    }
  /** Of the log, so many entries (and bytes of payloads) are left; those up to `index` are in a snapshot, and gone. */
  | { readonly type: 'compact'; readonly index: number; readonly entries: number; readonly bytes: number }
  /**
   * A ballot (term, view) of this replica came to nothing: it stood for `epoch` in the slot `index` (the first slot that it
   * is for), and a later one, `by`, stood against it.
   */
  | { readonly type: 'overtaken'; readonly index: number; readonly epoch: number; readonly by: number }
  /**
   * The slot `index` was decided: by an optimistic path that needs everybody, or by the one that goes on without some. Once by
   * each replica to which votes, or whoever counts them for all, proved it; not where it only catches up.
   */
  | { readonly type: 'decided'; readonly index: number; readonly path: 'fast' | 'slow' }
  /** The culprit has signed both statements, and no honest replica signs both; see `Accountability`. */
  | {
      readonly type: 'evidence';
      readonly culprit: NodeId;
      readonly statements: readonly [SignedText, SignedText];
    }
  /** This replica behaves so, and has just done for the first time what an honest one would not have done; see `malice/`. */
  | { readonly type: 'deceived'; readonly behaviour: string };

/** A text, and a signature under its UTF-8 bytes in lower-case hexadecimal digits. */
export interface SignedText {
  readonly text: string;
  readonly signature: string;
}
