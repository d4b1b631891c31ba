import type { NodeId } from '../../contract/ids.ts';
import type { Malice } from './behaviour.ts';

type Known = Pick<Malice<unknown, unknown>, 'config' | 'accomplices' | 'view'>;

/**
 * Whether `to` is one of those who are told another story: every second honest replica, others in the next epoch. All
 * accomplices draw the line at the same place, and believe the first story themselves.
 */
export function isOnOtherSide({ config, accomplices, view }: Known, to: NodeId): boolean {
  const honest = config.members.filter((member) => member !== config.id && !accomplices.has(member));
  const place = honest.indexOf(to);
  return place >= 0 && (place + view().epoch) % 2 === 1;
}

/** The honest replicas that are kept in the dark: as many as may be missing where all others vote. */
export function isInTheDark({ config, accomplices }: Known, to: NodeId): boolean {
  const honest = config.members.filter((member) => member !== config.id && !accomplices.has(member));
  const faulty = config.members.length - honest.length;
  return honest.slice(0, faulty).includes(to);
}
