/**
 * For how long a round that a quorum has echoed may answer reads by the leader's clock, from when it began, in milliseconds.
 * Whoever echoed it holds back for the shortest election time-out; the leader's clock may be slow and theirs fast. Ongaro's
 * dissertation, section 6.4.1; Paxos Made Live, section 5.2.
 *
 * @param drift - by how much clocks may run apart, as a part of the time
 */
export function leaseMs([shortest]: readonly [number, number], drift: number): number {
  return (shortest * (1 - drift)) / (1 + drift);
}
