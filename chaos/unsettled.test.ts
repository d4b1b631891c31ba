import { expect, test } from 'vitest';
import type { NodeStatus } from './contracts.ts';
import { whyUnsettled } from './unsettled.ts';

function status(node: string, changes: Partial<NodeStatus> = {}): NodeStatus {
  const view = { role: 'follower', epoch: 3, leader: 'n1', commitIndex: 7, lastIndex: 7 };
  return { node, state: 'up', view, appliedIndex: 7, ...changes };
}
const { leader: _, ...leaderless } = status('n2').view ?? {};

test.each<[string, NodeStatus, RegExp]>([
  ['one is down', status('n2', { state: 'down', view: null }), /^n2 did not run$/],
  ['one is paused', status('n2', { state: 'paused', view: null }), /^n2 did not run$/],
  ['one runs, and does not answer', status('n2', { view: null }), /^n2 did not answer$/],
  [
    'one follows nobody',
    status('n2', { view: leaderless as NodeStatus['view'] }),
    /agree on a leader.*n2 follows nobody/,
  ],
  ['one is behind', status('n2', { appliedIndex: 5 }), /^n2 had applied 5 of 7$/],
])('not at rest while %s', (_name, second, why) => {
  expect(whyUnsettled([status('n1'), second])).toMatch(why);
});

test('at rest when all have applied the same under one leader, or report nothing', () => {
  expect(whyUnsettled([status('n1'), status('n2')])).toBe(null);
  expect(whyUnsettled([status('n1', { view: null }), status('n2', { view: null })])).toBe(null);
});
