/** Who is compared with whom: at as many faults, and with as many replicas. */
import { loadProtocol } from '../catalog.ts';
import { UsageError } from '../errors.ts';
import type { Contestant } from './contracts.ts';

/** The size with which a group tolerates so many faults, in which a quorum is a majority or two thirds. */
const smallest = { crash: (faults: number) => 2 * faults + 1, byzantine: (faults: number) => 3 * faults + 1 } as const;

/**
 * Each protocol with the fewest replicas that tolerate `faults`; and, where others need more for that, with as many as those.
 *
 * @throws UsageError where there is no such protocol, or it cannot have such a group
 */
export async function contestantsOf(protocols: readonly string[], faults: number): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  const definitions = await Promise.all(protocols.map(loadProtocol));
  const most = Math.max(...definitions.map(({ faultModel }) => smallest[faultModel](faults)));
  for (const [at, definition] of definitions.entries()) {
    const protocol = protocols[at] ?? '';
    const { faultModel, tolerated, sizeFlaw, modes } = definition;
    for (const nodes of new Set([smallest[faultModel](faults), most])) {
      const flaw = sizeFlaw?.(nodes);
      if (flaw !== undefined) throw new UsageError(`"${protocol}" cannot be compared: ${flaw}`, 'Leave it out.');
      for (const mode of modes === undefined ? [null] : Object.keys(modes)) {
        contestants.push({ protocol, mode, nodes, tolerated: tolerated(nodes), faultModel });
      }
    }
  }
  return contestants;
}
