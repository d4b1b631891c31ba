import { expect, test } from 'vitest';
import type { NodeStatus } from './contracts/cluster.ts';
import { membersBy, whyUnsettled } from './unsettled.ts';

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

/** Two of the group, n1 leading, and n3 that was taken out of it. */
function withOutsider(third: Partial<NodeStatus> = {}): NodeStatus[] {
  const group = { voters: ['n1'], learners: ['n2'] };
  const leads = { role: 'leader', epoch: 3, leader: 'n1', commitIndex: 7, lastIndex: 7, group };
  const stale = { role: 'leader', epoch: 2, leader: 'n3', commitIndex: 4, lastIndex: 5 };
  return [
    status('n1', { view: leads }),
    status('n2'),
    status('n3', {
      view: { ...stale, group: { voters: ['n1', 'n2', 'n3'], learners: [] } },
      appliedIndex: 4,
      ...third,
    }),
  ];
}

test('at rest though one that is not in the group follows nobody of it and has applied less', () => {
  expect(whyUnsettled(withOutsider())).toBe(null);
  expect(membersBy(withOutsider())).toEqual(['n1', 'n2']);
});

test('not at rest while one that only learns is behind, or one that is not in the group does not run', () => {
  const [leader, learner, outsider] = withOutsider() as [NodeStatus, NodeStatus, NodeStatus];
  expect(whyUnsettled([leader, { ...learner, appliedIndex: 5 }, outsider])).toMatch(/^n2 had applied 5 of 7$/);
  expect(whyUnsettled(withOutsider({ state: 'down', view: null }))).toMatch(/^n3 did not run$/);
});

test('nobody tells who belongs to a group without a leader, or one that cannot change', () => {
  expect(membersBy([status('n1'), status('n2')])).toBeUndefined();
  expect(membersBy([status('n2', { view: leaderless as NodeStatus['view'] })])).toBeUndefined();
});

test('where logs are not to be trusted, at rest once all have applied the same, whatever else stands there', () => {
  const led = status('n2', { view: { role: 'backup', epoch: 3, leader: 'n1', commitIndex: 7, lastIndex: 9 } });
  expect(whyUnsettled([status('n1'), led])).toBe('n1 had applied 7, n2 had applied 7 of 9');
  expect(whyUnsettled([status('n1'), led], false)).toBe(null);
  expect(whyUnsettled([status('n1'), status('n2', { appliedIndex: 5 })], false)).toBe('n2 had applied 5 of 7');
});
