import { describe, expect, test } from 'vitest';
import { contradictionInTexts, readStatement } from './contradictions.ts';
import { windowSlots } from './history.ts';
import { change, digest, newView, stable } from './signed-fixture.ts';
import {
  checkpointStatement,
  newViewStatement,
  savedStatement,
  viewChangeStatement,
  voteStatement,
} from './statements.ts';

const textOf = (statement: Uint8Array): string => new TextDecoder().decode(statement);
const at = (slot: number, text: string, view = 0) => ({ view, slot, digest: digest(text) });
const share = (slot: number, text: string, view = 0) => textOf(voteStatement('share', at(slot, text, view)));
const commit = (slot: number, text: string, view = 0) => textOf(voteStatement('commit', at(slot, text, view)));
const checkpoint = (slot: number, text: string) => textOf(checkpointStatement(slot, digest(text)));
const saved = (slot: number, text: string) => textOf(savedStatement(slot, digest(text)));
const beginning = (...args: Parameters<typeof newView>) => textOf(newViewStatement(newView(...args)));

const reported = (text: string, view = 0) => ({ view, digest: digest(text) });
const certificate = (kind: 'prepared' | 'slow', slot: number, text: string, view = 0) =>
  ({ kind, ...at(slot, text, view), signatures: [] }) as const;
type Reports = Parameters<typeof change>[2];
const leaving = (view: number, slots: Reports = [], from = 0) =>
  textOf(viewChangeStatement(change('n1', view, slots, stable(from))));

/** In whatever order they are given. */
function judged(one: string, other: string): string | undefined {
  const words = contradictionInTexts(one, other);
  expect(contradictionInTexts(other, one)).toBe(words);
  return words;
}

test.each<[string, string, string]>([
  ['shared two batches in slot 3 of view 2', share(3, 'x', 2), share(3, 'y', 2)],
  ['committed to two batches in slot 3 of view 2', commit(3, 'x', 2), commit(3, 'y', 2)],
  ['told two histories up to slot 8', checkpoint(8, 'x'), checkpoint(8, 'y')],
  ['vouched for two snapshots of slot 8', saved(8, 'x'), saved(8, 'y')],
  [
    'began view 1 in two ways',
    beginning(1, [change('n1', 1), change('n2', 1), change('n3', 1)]),
    beginning(1, [change('n1', 1), change('n2', 1), change('n4', 1)]),
  ],
  ['asked for view 2 as if it had not shared a batch in slot 3 of view 1', leaving(2), share(3, 'x', 1)],
  ['asked for view 2 as if it had not committed to a batch in slot 3 of view 1', leaving(2), commit(3, 'x', 1)],
  [
    'asked for view 3 as if it had not shared a batch in slot 3 of view 2',
    leaving(3, [{ slot: 3, share: reported('x', 1) }]),
    share(3, 'x', 2),
  ],
  [
    'asked for view 3 with another vote in slot 3 of view 1 than it had given',
    leaving(3, [{ slot: 3, share: reported('x', 1) }]),
    share(3, 'y', 1),
  ],
  [
    'asked for view 3 with another vote in slot 3 of view 1 than it had given',
    leaving(3, [{ slot: 3, prepared: certificate('prepared', 3, 'x', 1) }]),
    commit(3, 'y', 1),
  ],
  // What one VIEW-CHANGE reports the other must not have forgotten, be it for the same view.
  [
    'asked for view 1 as if it had not shared a batch in slot 3 of view 0',
    leaving(1, [{ slot: 3, share: reported('x') }]),
    leaving(1),
  ],
  [
    'asked for view 2 as if it had not committed to a batch in slot 3 of view 0',
    leaving(1, [{ slot: 3, prepared: certificate('prepared', 3, 'x') }]),
    leaving(2),
  ],
  // The last slot of its window.
  [
    `asked for view 1 as if it had not shared a batch in slot ${8 + windowSlots} of view 0`,
    leaving(1, [], 8),
    share(8 + windowSlots, 'x'),
  ],
])('who has signed both %s', (words, one, other) => {
  expect(judged(one, other)).toBe(words);
});

describe('an honest replica may sign', () => {
  test.each<[string, string, string]>([
    ['the same twice', share(3, 'x'), share(3, 'x')],
    ['shares in two slots', share(3, 'x'), share(4, 'y')],
    ['shares in two views', share(3, 'x'), share(3, 'y', 1)],
    // It was given x, and a quorum shared y.
    ['a share and a COMMIT for different batches', share(3, 'x'), commit(3, 'y')],
    ['a share and a checkpoint', share(8, 'x'), checkpoint(8, 'y')],
    ['a checkpoint and what it has saved', checkpoint(8, 'x'), saved(8, 'y')],
    ['checkpoints of two slots', checkpoint(8, 'x'), checkpoint(16, 'y')],
    ['NEW-VIEWs of two views', beginning(1, [change('n1', 1)]), beginning(2, [change('n1', 2)])],
    ['VIEW-CHANGEs for two views', leaving(1), leaving(2)],
    // Said again after a restart, when more is decided and stable.
    [
      'two VIEW-CHANGEs for one view, of which one knows more',
      leaving(1, [{ slot: 3, share: reported('x') }]),
      leaving(1, [{ slot: 3, decided: certificate('slow', 3, 'y') }]),
    ],
    [
      'two for one view with another stable checkpoint',
      leaving(1, [{ slot: 3, share: reported('x') }]),
      leaving(1, [], 8),
    ],
    ['what it reports', leaving(1, [{ slot: 3, share: reported('x') }]), share(3, 'x')],
    ['a later share than it reports', leaving(1, [{ slot: 3, share: reported('x') }]), share(3, 'y', 1)],
    ['a share before the last, which it reports', leaving(3, [{ slot: 3, share: reported('x', 2) }]), share(3, 'y', 1)],
    [
      'a COMMIT before the last that it reports',
      leaving(3, [{ slot: 3, prepared: certificate('prepared', 3, 'x', 2) }]),
      commit(3, 'y', 1),
    ],
    [
      'a share in a slot that is decided',
      leaving(1, [{ slot: 3, decided: certificate('slow', 3, 'y') }]),
      share(3, 'x'),
    ],
    ['a share behind the stable checkpoint', leaving(1, [], 8), share(8, 'x')],
    ['a share out of the window', leaving(1, [], 8), share(8 + windowSlots + 1, 'x')],
    ['a share in the view that it asks for', leaving(1), share(3, 'x', 1)],
  ])('%s', (_, one, other) => {
    expect(judged(one, other)).toBe(undefined);
  });
});

describe('what is no statement convicts nobody', () => {
  const good = share(3, 'x');
  test.each([
    '',
    'hello',
    good.slice(1),
    good.slice(0, -1),
    `${good} `,
    `${good}\n`,
    `${good}\nslot 4`,
    good.replace('slot 3', 'slot 03'),
    good.replace('slot 3', 'slot -3'),
    good.replace('slot 3', 'slot 3e0'),
    good.replace('slot 3', 'slot 9007199254740993'),
    good.replace('share', 'vote'),
    good.toUpperCase(),
    `${leaving(2)}\nslot 3`.replace('slot 3', 'slot 3 share'),
    `${leaving(2, [{ slot: 3, share: reported('x') }])}\nslot 3`,
    'pbft new-view one',
  ])('%j', (text) => {
    expect(readStatement(text)).toBe(undefined);
    for (const other of [share(3, 'y'), commit(3, 'y'), leaving(2)]) expect(judged(text, other)).toBe(undefined);
  });
});

test('what replicas sign is read as it was meant', () => {
  expect(readStatement(share(3, 'x', 2))).toEqual({ kind: 'share', ...at(3, 'x', 2) });
  expect(readStatement(commit(0, ''))).toEqual({ kind: 'commit', ...at(0, '') });
  expect(readStatement(checkpoint(8, 'x'))).toEqual({ kind: 'checkpoint', slot: 8, digest: digest('x') });
  expect(readStatement(saved(8, 'x'))).toEqual({ kind: 'saved', slot: 8, digest: digest('x') });
  const text = leaving(
    5,
    [
      { slot: 9, decided: certificate('slow', 9, 'x', 3) },
      { slot: 11, prepared: certificate('prepared', 11, 'y', 2), share: reported('z', 4) },
    ],
    8,
  );
  expect(readStatement(text)).toEqual({
    kind: 'view-change',
    view: 5,
    stable: 8,
    text,
    reports: new Map([
      [9, { isDecided: true }],
      [
        11,
        {
          isDecided: false,
          commit: { kind: 'commit', ...at(11, 'y', 2) },
          share: { kind: 'share', ...at(11, 'z', 4) },
        },
      ],
    ]),
  });
});
