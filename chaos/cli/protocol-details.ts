/** What `list protocols` says of a protocol. */
import type { ProtocolAbility, ProtocolDefinition } from '../../node/contract/definition.ts';
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
  /** By name, the one that it takes by default first; null where there is one way only. */
  readonly modes: Readonly<Record<string, string>> | null;
}

const shownSizes = 3;

export function detailsOf(definition: ProtocolDefinition<unknown, unknown>): ProtocolDetails {
  const { summary, faultModel, signs, abilities, defaultNodeCount, tolerated, sizeFlaw, modes } = definition;
  return {
    ...{ summary, faultModel, signs, defaultNodeCount, tolerated: tolerated(defaultNodeCount) },
    nextSizes: sizeFlaw === undefined ? null : sizesFrom(defaultNodeCount + 1, definition, shownSizes),
    abilities: [...abilities],
    modes: modes ?? null,
  };
}

/** What stands below the summary. */
export function detailsInWords(details: ProtocolDetails): string[] {
  const { faultModel, signs, defaultNodeCount, tolerated, nextSizes, abilities, modes } = details;
  const sizes = nextSizes === null ? 'or any other number' : `or ${nextSizes.join(', ')}, ...`;
  const faulty = faultModel === 'crash' ? 'crashed' : 'malicious';
  const words = `${defaultNodeCount} replicas (${sizes}) tolerate ${tolerated} ${faulty}`;
  const can = abilities.map((ability) => abilityInWords[ability]).join('; ');
  const ways = Object.entries(modes ?? {}).map(([mode, summary]) => `--mode ${mode}: ${summary}`);
  return [signs ? `${words}; they sign what they say` : words, ...(can === '' ? [] : [`can: ${can}`]), ...ways];
}
