/** The rules of PBFT that a planted bug may override. */
import type { Defect } from '../../protocol.ts';
import { correctSelection, type SelectionRules } from './selection-rules.ts';

export interface PbftRules {
  /** How a view begins. */
  readonly selection: SelectionRules;
}

export const correctRules: PbftRules = { selection: correctSelection };

/** A planted bug of PBFT. */
export interface PbftDefect extends Defect {
  readonly rules: Partial<PbftRules>;
}
