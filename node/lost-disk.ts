/** What a replica begins from that has lost its disk. */
import type { Durable } from './contract/durable.ts';

/**
 * What is durable on a disk that was wiped since the replica lived: lost is what was there, for as long as it is empty.
 *
 * @param loss - a number that no other loss of this replica has
 */
export function afterWipe<R>(durable: Durable<R>, loss: number): Durable<R> {
  const { records, firstPosition, snapshot } = durable;
  const isEmpty = records.length === 0 && firstPosition === 1 && snapshot === undefined;
  return isEmpty ? { ...durable, lost: loss } : durable;
}
