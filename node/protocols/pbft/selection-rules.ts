/**
 * The parts of the rule by which a view begins that a planted bug may override.
 *
 * The rule is for n = 3f + 1, and that of SBFT (Gueta and others, DSN 2019, section V) with the corrections without which fast
 * paths lose what was decided (Abraham and others, "Revisiting Fast Practical Byzantine Fault Tolerance", arXiv 1712.01367).
 */
export interface SelectionRules {
  readonly placeholder: true;
}

export const correctSelection: SelectionRules = { placeholder: true };
