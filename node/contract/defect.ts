/** Planted bugs of a protocol, and what finds them. */

import type { DeskRules } from '../client-desk.ts';
import type { MachineRules } from '../machine/rules.ts';

/**
 * What finds a planted bug, and nothing where it is not. Some need a malicious replica that says the right lie at the right
 * moment, which random schedules hardly bring about: those are found by a test, named by its file.
 */
export type Finder =
  /** An experiment, and a seed on which it does. */
  | { readonly experiment: string; readonly seed: number }
  /** An exhaustive search of a small model that takes the rules from the protocol. */
  | { readonly search: string }
  /** A play with a fixed script, among real replicas. */
  | { readonly play: string };

/** The default export of `protocols/<name>/defects/<bug>.ts`: a small, named bug that the lab must find. */
export interface Defect {
  /** What is wrong, in a sentence. */
  readonly summary: string;
  /** The rule that it breaks, with its source. */
  readonly breaks: string;
  /** What an experiment shows of it: that something wrong was done, or that nothing was done for too long. */
  readonly violates: 'safety' | 'liveness';
  readonly foundBy: Finder;
  /** The overridden rules; each protocol narrows this to its own. */
  readonly rules: object;
  /** The overridden rules of the machine that is replicated, where the bug is there. */
  readonly machine?: Partial<MachineRules>;
  /** The overridden rules of the clients' side of a replica, where the bug is there. */
  readonly desk?: Partial<DeskRules>;
}
