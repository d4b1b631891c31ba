/** The ways in which a group of PBFT comes to a decision. */

export const modes = {
  'all-to-all': 'three phases, and everybody tells everybody: 2n(n - 1) messages a batch',
} as const;
