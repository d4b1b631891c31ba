/** What `list protocols` says of a protocol. */
import type { ProtocolAbility, ProtocolDefinition } from '../../node/protocol.ts';
import { abilityInWords } from '../abilities.ts';
import { sizesFrom } from '../group-size.ts';

export interface ProtocolDetails {
  readonly summary: string;
  readonly faultModel: 'crash' | 'byzantine';
  /** Whether replicas sign what they say. */
  readonly signs: boolean;
  readonly defaultNodeCount: number;
  /** How many faulty ones of those it tolerates. */
  readonly tolerated: number;
  /** The next sizes that a group can have besides; null where any will do. */
  readonly nextSizes: readonly number[] | null;
  readonly abilities: readonly ProtocolAbility[];
}

const shownSizes = 3;

export function detailsOf(definition: ProtocolDefinition<unknown, unknown>): ProtocolDetails {
  const { summary, faultModel, signs, abilities, defaultNodeCount, tolerated, sizeFlaw } = definition;
  return {
    ...{ summary, faultModel, signs, defaultNodeCount, tolerated: tolerated(defaultNodeCount) },
    nextSizes: sizeFlaw === undefined ? null : sizesFrom(defaultNodeCount + 1, definition, shownSizes),
    abilities: [...abilities],
  };
}

/** What stands below the summary. */
export function detailsInWords(details: ProtocolDetails): string[] {
  const { faultModel, signs, defaultNodeCount, tolerated, nextSizes, abilities } = details;
  const sizes = nextSizes === null ? 'or any other number' : `or ${nextSizes.join(', ')}, ...`;
  const faulty = faultModel === 'crash' ? 'crashed' : 'malicious';
  const words = `${defaultNodeCount} replicas (${sizes}) tolerate ${tolerated} ${faulty}`;
  const can = abilities.map((ability) => abilityInWords[ability]).join('; ');
  return [signs ? `${words}; they sign what they say` : words, ...(can === '' ? [] : [`can: ${can}`])];
}
