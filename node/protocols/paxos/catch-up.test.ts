import { describe, expect, test } from 'vitest';
import {
  applied,
  apply,
  askAgainLater,
  askNoMore,
  bytes,
  firstGroups,
  type LearnerEffect,
  Part,
  persist,
  send,
  snapshotOf,
  values,
} from './learner-fixture.ts';
import type { Learned, Piece } from './learner-messages.ts';

const learned = (from: number, texts: readonly string[], chosenTo: number): Learned => ({
  type: 'learned',
  from,
  values: values(...texts),
  chosenTo,
});

/** A learner of nothing that has asked n2, which knows what was chosen up to a slot. */
function asking(chosenTo: number): Part {
  const part = new Part();
  part.effects(({ catchUp }) => catchUp.lag('n2', chosenTo));
  return part;
}

describe('whoever lacks something', () => {
  test('asks once for what comes next, and sets a timer', () => {
    const part = new Part().knowing('a');
    const ask = [send('n2', { type: 'learn', from: 2 }), askAgainLater];
    expect(part.effects(({ catchUp }) => catchUp.lag('n2', 5))).toEqual(ask);
    expect(part.effects(({ catchUp }) => catchUp.lag('n3', 6))).toEqual([]);
  });

  test('asks nobody where it lacks nothing, and never itself', () => {
    const part = new Part().knowing('a');
    expect(part.effects(({ catchUp }) => catchUp.lag('n2', 1))).toEqual([]);
    expect(part.effects(({ catchUp }) => catchUp.lag('n1', 9))).toEqual([]);
  });

  test('learns, and is satisfied when it knows as much as whom it asked', () => {
    const part = asking(2);
    expect(part.effects(({ catchUp }) => catchUp.onLearned('n2', learned(1, ['a', 'b'], 2)))).toEqual([
      persist({ kind: 'chosen', from: 1, values: values('a', 'b') }),
      apply(1, 'a'),
      apply(2, 'b'),
      askNoMore,
    ]);
  });

  test('asks on as long as there is more', () => {
    const part = asking(9);
    const effects = part.effects(({ catchUp }) => catchUp.onLearned('n2', learned(1, ['a'], 9)));
    expect(effects.slice(2)).toEqual([send('n2', { type: 'learn', from: 2 }), askAgainLater]);
  });

  test('takes of what it is told only what it does not know, and nothing behind a gap', () => {
    const part = new Part().knowing('a');
    const told = (msg: Learned) => applied(part.effects(({ catchUp }) => catchUp.onLearned('n3', msg)));
    expect(told(learned(1, ['other', 'b'], 2))).toEqual(['b']);
    expect(told(learned(1, ['other', 'other'], 2))).toEqual([]);
    expect(told(learned(4, ['d'], 4))).toEqual([]);
    expect(part.learner.chosenTo).toBe(2);
  });

  test('asks whoever it last heard to know more, when no answer comes', () => {
    const part = asking(5);
    part.effects(({ catchUp }) => catchUp.lag('n3', 6));
    const again = [send('n3', { type: 'learn', from: 1 }), askAgainLater];
    expect(part.effects(({ catchUp }) => catchUp.onTimeout())).toEqual(again);
    expect(part.effects(({ catchUp }) => catchUp.onTimeout())).toEqual(again);
    part.learner.learn(values('a', 'b', 'c', 'd', 'e', 'f'));
    part.out.takeEffects();
    expect(part.effects(({ catchUp }) => catchUp.onTimeout())).toEqual([]);
  });
});

describe('whoever is asked', () => {
  test('tells what it holds in memory, as much as fits', () => {
    const part = new Part({ maxEntriesPerMessage: 2 }).knowing('a', 'b', 'c');
    expect(part.effects(({ catchUp }) => catchUp.onLearn('n2', { type: 'learn', from: 1 }))).toEqual([
      send('n2', learned(1, ['a', 'b'], 3)),
    ]);
    expect(part.effects(({ catchUp }) => catchUp.onLearn('n2', { type: 'learn', from: 4 }))).toEqual([
      send('n2', learned(4, [], 3)),
    ]);
  });

  test('reads from its disk what it does not, up to what it does', () => {
    const part = new Part({ logCacheBytes: 1 });
    part.learner.learn(values('a', 'b'));
    part.learner.learn(values('c'));
    part.learner.learn(values('d'));
    part.out.takeEffects();
    const effects = part.effects(({ catchUp }) => catchUp.onLearn('n2', { type: 'learn', from: 2 }));
    expect(effects).toEqual([
      { kind: 'recall', position: 1 },
      { kind: 'recall', position: 2 },
    ]);
    const came = (position: number, from: number, ...texts: readonly string[]) =>
      part.effects(({ catchUp }) => catchUp.onRecalled(position, { kind: 'chosen', from, values: values(...texts) }));
    expect(came(2, 3, 'c')).toEqual([]);
    expect(came(1, 1, 'a', 'b')).toEqual([send('n2', learned(2, ['b', 'c'], 4))]);
  });

  test('says nothing where that was given up while it was read', () => {
    const part = new Part({ logCacheBytes: 0 }).knowing('a', 'b');
    part.effects(({ catchUp }) => catchUp.onLearn('n2', { type: 'learn', from: 1 }));
    part.learner.log.compactTo(2);
    const record = { kind: 'chosen', from: 1, values: values('a') } as const;
    expect(part.effects(({ catchUp }) => catchUp.onRecalled(1, record))).toEqual([]);
    expect(part.effects(({ catchUp }) => catchUp.onRecalled(2, { ...record, from: 2 }))).toEqual([]);
  });
});

/** A learner whose log begins behind slot 2, and whose snapshot of slot 3 has 20 bytes. */
function compacted(): Part {
  const part = new Part({ snapshotAfterBytes: 1 }).knowing('a', 'b');
  part.finishSaving(1, 0);
  part.effects(({ learner }) => learner.learn(values('c')));
  part.finishSaving(3, 20);
  return part;
}

const load = (index: number, offset: number): LearnerEffect => ({
  kind: 'load',
  index,
  offset,
  maxBytes: 8,
  eager: true,
});

const piece = (offset: number, text: string, last = false, index = 3): Piece => ({
  type: 'piece',
  index,
  groups: firstGroups,
  offset,
  bytes: bytes(text),
  last,
});

describe('a snapshot on its way', () => {
  test('is what whoever is asked sends, where its log no longer holds what is wanted', () => {
    const part = compacted();
    expect(part.effects(({ catchUp }) => catchUp.onLearn('n2', { type: 'learn', from: 1 }))).toEqual([load(3, 0)]);
    const came = { kind: 'loaded', index: 3, offset: 0, bytes: bytes('snapshot'), last: false } as const;
    expect(part.effects(({ catchUp }) => catchUp.onLoaded(came))).toEqual([send('n2', piece(0, 'snapshot'))]);
    expect(part.effects(({ catchUp }) => catchUp.onLoaded(came))).toEqual([]);
    const fetch = { type: 'fetch', index: 3, offset: 8 } as const;
    expect(part.effects(({ catchUp }) => catchUp.onFetch('n2', fetch))).toEqual([load(3, 8)]);
  });

  test('may be of the snapshot before the newest, which is still there: else it might never come to its end', () => {
    const part = compacted();
    const fetch = { type: 'fetch', index: 1, offset: 8 } as const;
    expect(part.effects(({ catchUp }) => catchUp.onFetch('n2', fetch))).toEqual([load(1, 8)]);
  });

  test('goes on with the newest one from its begin, where the one that is asked for is gone', () => {
    const part = compacted();
    const fetch = { type: 'fetch', index: 2, offset: 8 } as const;
    expect(part.effects(({ catchUp }) => catchUp.onFetch('n2', fetch))).toEqual([load(3, 0)]);
  });

  test('is not sent by who has none, nor a piece of one that is not the newest any more', () => {
    const none = new Part();
    expect(none.effects(({ catchUp }) => catchUp.onFetch('n2', { type: 'fetch', index: 1, offset: 0 }))).toEqual([]);
    const part = compacted();
    part.effects(({ catchUp }) => catchUp.onLearn('n2', { type: 'learn', from: 1 }));
    part.learner.install(snapshotOf(9), 20);
    part.out.takeEffects();
    const came = { kind: 'loaded', index: 3, offset: 0, bytes: bytes('snapshot'), last: false } as const;
    expect(part.effects(({ catchUp }) => catchUp.onLoaded(came))).toEqual([]);
  });

  const receive = (offset: number, text: string, index = 3): LearnerEffect => ({
    kind: 'receive',
    index,
    offset,
    bytes: bytes(text),
    eager: true,
  });
  const fetched = (offset: number, index = 3) => [send('n2', { type: 'fetch', index, offset }), askAgainLater];

  /** What comes of a piece. */
  const hear = (part: Part, from: string, msg: Piece) => part.effects(({ catchUp }) => catchUp.onPiece(from, msg));

  test('is kept piece by piece, each asked for when the one before has come, and installed', () => {
    const part = asking(3);
    expect(hear(part, 'n2', piece(0, 'snapshot'))).toEqual([receive(0, 'snapshot'), ...fetched(8)]);
    expect(hear(part, 'n2', piece(8, ' of it', true))).toEqual([
      receive(8, ' of it'),
      askNoMore,
      { kind: 'install', index: 3, record: snapshotOf(3), eager: true },
    ]);
    expect(part.learner.installing).toBe(true);
    expect(part.effects(({ catchUp }) => catchUp.onInstalled(3, 14))).toEqual([
      askNoMore,
      persist(snapshotOf(3)),
      { kind: 'compact', position: Number.POSITIVE_INFINITY, index: 3 },
    ]);
    expect(part.learner).toMatchObject({ chosenTo: 3, installing: false });
  });

  test('goes on after a piece was lost', () => {
    const part = asking(3);
    hear(part, 'n2', piece(0, 'snapshot'));
    expect(part.effects(({ catchUp }) => catchUp.onTimeout())).toEqual(fetched(8));
    expect(hear(part, 'n2', piece(0, 'snapshot'))).toEqual([]);
    expect(hear(part, 'n2', piece(16, 'end', true))).toEqual([]);
    expect(hear(part, 'n2', piece(8, ' of it'))).toEqual([receive(8, ' of it'), ...fetched(14)]);
  });

  // Another replica's snapshot of the same slot may be other bytes.
  test('is not mixed with that of another replica', () => {
    const part = asking(3);
    hear(part, 'n2', piece(0, 'snapshot'));
    for (const each of [piece(0, 'another!'), piece(8, ' other')]) expect(hear(part, 'n3', each)).toEqual([]);
    part.effects(({ catchUp }) => catchUp.lag('n3', 4));
    expect(part.effects(({ catchUp }) => catchUp.onTimeout())).toEqual([
      send('n3', { type: 'learn', from: 1 }),
      askAgainLater,
    ]);
    expect(hear(part, 'n3', piece(8, ' other'))).toEqual([]);
    expect(hear(part, 'n3', piece(0, 'another!'))[0]).toEqual(receive(0, 'another!'));
  });

  test('begins anew where the other has saved a newer one', () => {
    const part = asking(5);
    hear(part, 'n2', piece(0, 'snapshot'));
    expect(hear(part, 'n2', piece(8, ' newer', false, 5))).toEqual([]);
    expect(hear(part, 'n2', piece(0, 'a newer!', false, 5))).toEqual([receive(0, 'a newer!', 5), ...fetched(8, 5)]);
  });

  test('is left where all that it holds has become known', () => {
    const part = asking(3);
    hear(part, 'n2', piece(0, 'snapshot'));
    part.knowing('a', 'b', 'c');
    expect(hear(part, 'n2', piece(8, ' of it', true))).toEqual([askNoMore]);
  });

  test('lets nothing be learned, nor asked for, while it is being installed', () => {
    const part = asking(3);
    hear(part, 'n2', piece(0, 'whole', true));
    expect(part.effects(({ catchUp }) => catchUp.onLearned('n2', learned(1, ['a'], 9)))).toEqual([]);
    expect(hear(part, 'n2', piece(0, 'again', true))).toEqual([]);
    expect(part.effects(({ catchUp }) => catchUp.lag('n3', 9))).toEqual([]);
    expect(part.effects(({ catchUp }) => catchUp.onTimeout())).toEqual([]);
    // What it heard meanwhile is asked for after that.
    const after = part.effects(({ catchUp }) => catchUp.onInstalled(3, 5));
    expect(after.slice(-2)).toEqual([send('n3', { type: 'learn', from: 4 }), askAgainLater]);
  });
});

// n5 knew most, and is dead; it is asked again and again, and n4, which knows enough to lead, never.
test('whoever was heard of last is asked, where the one that knew most does not answer', () => {
  const part = new Part();
  part.effects(({ catchUp }) => catchUp.lag('n5', 100));
  part.effects(({ catchUp }) => catchUp.onTimeout());
  part.effects(({ catchUp }) => catchUp.lag('n4', 90));
  expect(part.effects(({ catchUp }) => catchUp.onTimeout())).toEqual([
    send('n4', { type: 'learn', from: 1 }),
    askAgainLater,
  ]);
});
