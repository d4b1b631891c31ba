import { describe, expect, test } from 'vitest';
import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import { configOf } from '../../protocols/pbft/group-fixture.ts';
import { isInTheDark, isOnOtherSide } from './sides.ts';

/** What the malicious replica `id` of a group knows. */
function known(id: NodeId, malicious: readonly NodeId[], nodes: number, epoch = 0) {
  const config: ReplicaConfig = configOf(id, nodes);
  const accomplices = new Set(malicious.filter((each) => each !== id));
  return { config, accomplices, view: () => ({ role: 'backup', epoch, commitIndex: 0, lastIndex: 0 }) };
}

const honestOf = (malicious: readonly NodeId[], nodes: number) =>
  configOf('n1', nodes).members.filter((id) => !malicious.includes(id));

describe.each([
  [['n1'], 4],
  [['n1', 'n2'], 4],
  [['n2', 'n5'], 7],
  [['n1', 'n4', 'n7'], 7],
] as const)('%j of %i are malicious', (malicious, nodes) => {
  const honest = honestOf(malicious, nodes);
  const others = (epoch: number, id: NodeId) =>
    honest.filter((to) => isOnOtherSide(known(id, malicious, nodes, epoch), to));

  test('both sides have honest replicas, and they change places in the next epoch', () => {
    for (const epoch of [0, 1]) {
      const other = others(epoch, malicious[0]);
      expect(other.length).toBeGreaterThan(0);
      expect(other.length).toBeLessThan(honest.length);
    }
    expect([...others(0, malicious[0]), ...others(1, malicious[0])].sort()).toEqual(honest);
  });

  test('all of them draw the line at the same place, and none tells the other story to another', () => {
    for (const id of malicious) {
      expect(others(0, id)).toEqual(others(0, malicious[0]));
      for (const to of malicious) expect(isOnOtherSide(known(id, malicious, nodes), to)).toBe(false);
    }
  });

  test('as many honest ones are kept in the dark as there are malicious ones, by all of them the same', () => {
    for (const id of malicious) {
      const dark = configOf(id, nodes).members.filter((to) => isInTheDark(known(id, malicious, nodes), to));
      expect(dark).toEqual(honest.slice(0, malicious.length));
    }
  });
});
