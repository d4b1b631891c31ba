/** What the tests of quorums and configurations share: configurations that changes lead to, and sets of replicas. */
import fc from 'fast-check';
import type { NodeId } from '../../contract/ids.ts';
import {
  type Change,
  type Changed,
  type Configuration,
  emptyConfiguration,
  enterJoint,
  initialConfiguration,
  leaveJoint,
  simple,
} from './configuration.ts';

export const universe: readonly NodeId[] = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];

const kinds = { v: 'add-voter', l: 'add-learner', r: 'remove', u: 'update' } as const;

/** Changes in short: `v4 l2 r3` adds n4 as a voter and n2 as a learner, and removes n3. */
export function changes(text: string): Change[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ kind: kinds[word[0] as keyof typeof kinds], id: `n${word.slice(1)}` }));
}

/** A configuration of which only some fields matter. */
export const configurationOf = (fields: Partial<Configuration>): Configuration => ({
  ...emptyConfiguration,
  ...fields,
});

/** The configuration that a change leads to, which must not be refused. */
export function changed(result: Changed): Configuration {
  if ('error' in result) throw new Error(result.error);
  return result.configuration;
}

export const anyChange: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom(...Object.values(kinds)),
  id: fc.constantFrom(...universe),
});

export const anyChanges = fc.array(anyChange, { maxLength: 6 });

export type Move = (configuration: Configuration) => Changed;

export const anyMove: fc.Arbitrary<Move> = fc.oneof(
  anyChanges.map<Move>((list) => (configuration) => simple(configuration, list)),
  fc.tuple(fc.boolean(), anyChanges).map<Move>(
    ([autoLeave, list]) =>
      (configuration) =>
        enterJoint(configuration, autoLeave, list),
  ),
  fc.constant<Move>(leaveJoint),
);

/** Any that a group may have come to; what was refused on the way changed nothing. */
export const anyConfiguration: fc.Arbitrary<Configuration> = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(...universe), { minLength: 1, maxLength: 5 }),
    fc.array(anyMove, { maxLength: 4 }),
  )
  .map(([first, moves]) => {
    let configuration = initialConfiguration(first);
    for (const move of moves) {
      const result = move(configuration);
      if ('configuration' in result) configuration = result.configuration;
    }
    return configuration;
  });

/** Every set of the replicas of `universe`. */
export function* everySet(): Iterable<ReadonlySet<NodeId>> {
  for (let mask = 0; mask < 2 ** universe.length; mask += 1) {
    yield new Set(universe.filter((_id, at) => (mask & (1 << at)) !== 0));
  }
}
