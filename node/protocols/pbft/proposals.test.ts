import { describe, expect, test } from 'vitest';
import {
  handedOn,
  inView,
  leftFor,
  ofKind,
  persist,
  preparing,
  Replica,
  reject,
  sharing,
  timer,
  toOthers,
} from './fixture.ts';
import type { Propose } from './messages.ts';
import { bytes, certificate, change, choice, commit, propose, share, stable } from './signed-fixture.ts';

// Section 4.2: what a backup asks of a PRE-PREPARE before it accepts it.
describe('a proposal is not taken', () => {
  const good = propose(1, 'x');
  test.each<[string, Propose]>([
    ['where it is not of the primary', propose(1, 'x', 0, 'n3')],
    [
      'where another one has signed in the name of the primary',
      { ...propose(1, 'x', 0, 'n3'), signature: { ...good.signature, bytes: share('n3', 1, 'x').signature.bytes } },
    ],
    ['of a later view', propose(1, 'x', 1)],
    ['whose batch is not what is named', { ...good, payload: bytes('y') }],
    ['signed for another slot', { ...propose(2, 'x'), slot: 1 }],
    ['signed as a commit', { ...good, signature: commit('n1', 1, 'x').signature }],
    ['in slot 0', propose(0, 'x')],
    ['behind the window', propose(65, 'x')],
  ])('%s', (_, msg) => {
    const backup = new Replica({ id: 'n2' });
    expect(backup.hear('n1', msg)).toEqual([]);
    expect(backup.view().lastIndex).toBe(0);
    expect(backup.hearSigned(good)).toContainEqual(sharing(choice(1, 'x'), 'x'));
  });

  test('of a view before', () => {
    const backup = inView(1, { id: 'n3' });
    expect(backup.hearSigned(propose(1, 'x'))).toEqual([]);
  });

  test('by one that has left the view', () => {
    const backup = leftFor(1, { id: 'n3' });
    expect(backup.hearSigned(propose(1, 'x'), propose(1, 'x', 1))).toEqual([]);
    expect(backup.view()).toMatchObject({ role: 'changing', epoch: 1, lastIndex: 0 });
  });

  test('for a slot that has one in this view; the one that was taken is written once', () => {
    const backup = new Replica({ id: 'n2' });
    backup.hearSigned(propose(1, 'x'));
    expect(backup.hearSigned(propose(1, 'y'))).toEqual([]);
    expect(backup.hearSigned(propose(1, 'x'))).toEqual([]);
    expect(backup.hearSigned(share('n3', 1, 'x'))).toContainEqual(
      preparing(certificate('prepared', 1, 'x', 0, ['n1', 'n2', 'n3'])),
    );
  });

  // What the view begins with follows from its NEW-VIEW: section 4.4.
  test('for a slot of an earlier view in which the new one has put another batch', () => {
    const backup = inView(1, { id: 'n3' }, [{ slot: 2, prepared: certificate('prepared', 2, 'x') }]);
    const odd = [1, 2].map((slot) => share('n2', slot, 'y', 1));
    expect(backup.hearSigned(propose(1, 'y', 1), propose(2, 'y', 1))).toEqual(
      odd.flatMap((vote) => handedOn(backup, vote)),
    );
    expect(backup.hearSigned(propose(3, 'y', 1))).toContainEqual(sharing(choice(3, 'y', 1), 'y'));
  });

  test('is taken at both ends of the window', () => {
    const backup = new Replica({ id: 'n2' });
    expect(backup.hearSigned(propose(64, 'x'))).toContainEqual(sharing(choice(64, 'x'), 'x'));
    expect(backup.hearSigned(propose(1, 'y'))).toContainEqual(sharing(choice(1, 'y'), 'y'));
  });
});

describe('what no client has asked for', () => {
  /** Clients have asked for everything but what begins with an exclamation mark. */
  const isGenuine = (payload: Uint8Array) => payload[0] !== bytes('!')[0];

  test('a backup shares in no way: it is not kept, not written, and stands in no slot', () => {
    const backup = new Replica({ id: 'n2', isGenuine });
    expect(backup.hear('n1', propose(1, '!forged'))).toEqual([]);
    expect(backup.view().lastIndex).toBe(0);
    expect(backup.heldBytes()).toBe(0);
    expect(backup.hearSigned(share('n3', 1, '!forged'), share('n4', 1, '!forged'))).toEqual([]);
    expect(backup.hearSigned(propose(1, 'x'))).toContainEqual(sharing(choice(1, 'x'), 'x'));
  });

  test('a primary does not propose for a backup that hands it over', () => {
    const primary = new Replica({ isGenuine });
    expect(primary.hear('n2', { type: 'forward', payload: bytes('!forged') })).toEqual([]);
    expect(primary.hear('n2', { type: 'forward', payload: bytes('x') })).toContainEqual(sharing(choice(1, 'x'), 'x'));
  });

  // A quorum, and so an honest replica, has looked at it: to doubt it would mean to fall behind for good.
  test('is applied all the same where it is proven to be decided', () => {
    const backup = new Replica({ id: 'n2', isGenuine });
    const decision = { payload: bytes('!x'), certificate: certificate('slow', 1, '!x') };
    expect(ofKind('apply', backup.hear('n3', { type: 'decided', decisions: [decision] }))).toHaveLength(1);
  });
});

describe('the window', () => {
  // Section 4.3: the high water mark keeps a primary from exhausting the sequence numbers.
  test('holds the primary up after 64 slots; it goes on when a checkpoint is stable', () => {
    const primary = new Replica();
    for (let id = 1; id <= 64; id += 1) primary.write(id, `b${id}`);
    expect(primary.write(65, 'late')).toEqual([]);
    expect(primary.view().lastIndex).toBe(64);
    const effects = primary.hear('n2', { type: 'stable', checkpoint: stable(16) });
    expect(effects).toEqual([
      persist({ kind: 'stable', checkpoint: stable(16) }),
      sharing(choice(65, 'late'), 'late'),
      ...toOthers(primary, propose(65, 'late')),
    ]);
  });
});

describe('a request', () => {
  test('is kept by a backup, which proposes nothing', () => {
    const backup = new Replica({ id: 'n2' });
    expect(backup.write(1, 'x')).toEqual([timer('progress', 150)]);
    expect(backup.view().lastIndex).toBe(0);
    expect(backup.heldBytes()).toBe(1);
  });

  test('is turned away where there is no room for it', () => {
    const backup = new Replica({ id: 'n2', maxUncommittedBytes: 3 });
    backup.write(1, 'xy');
    expect(backup.write(2, 'ab')).toEqual([reject(2)]);
    expect(backup.write(3, 'z')).toEqual([]);
  });

  test('to read beside the log is turned away: reads are ordered like writes', () => {
    expect(new Replica().step({ kind: 'request', id: 1, access: 'read', payload: bytes('x') })).toEqual([reject(1)]);
  });

  test.each<[string, number | undefined, readonly string[]]>([
    ['as far as one batch may hold them', 5, ['aabb', 'cccccc', 'dd']],
    ['all of them where there is room', 12, ['aabbccccccdd']],
    ['each for itself where batches cannot be joined', undefined, ['aa', 'bb', 'cccccc', 'dd']],
  ])('that has waited for its primary goes with those behind it: %s', (_, maxJoinedBytes, joined) => {
    const primary = new Replica({ id: 'n2', ...(maxJoinedBytes !== undefined && { maxJoinedBytes }) });
    for (const [at, text] of ['aa', 'bb', 'cccccc', 'dd'].entries()) primary.write(at + 1, text);
    primary.hearSigned(change('n1', 1), change('n3', 1));
    const shared = primary.records.flatMap((record) => (record.kind === 'share' ? [record.payload] : []));
    expect(shared.map((payload) => new TextDecoder().decode(payload))).toEqual(joined);
    // What a backup hands over of that is known, also when nobody waits for it any more.
    primary.settle(2);
    for (const text of ['aa', 'bb', 'cccccc']) primary.hear('n3', { type: 'forward', payload: bytes(text) });
    expect(primary.view().lastIndex).toBe(joined.length);
    primary.hear('n3', { type: 'forward', payload: bytes('b') });
    primary.write(5, 'e');
    expect(primary.view().lastIndex).toBe(joined.length + 2);
  });

  test('that a backup hands over is proposed, once while the batch is known', () => {
    const primary = new Replica();
    const forward = { type: 'forward', payload: bytes('x') } as const;
    expect(primary.hear('n2', forward)).toEqual([sharing(choice(1, 'x'), 'x'), ...toOthers(primary, propose(1, 'x'))]);
    expect(primary.hear('n3', forward)).toEqual([]);
  });

  test('that is handed to a backup, or beyond the window, goes nowhere', () => {
    const forward = { type: 'forward', payload: bytes('x') } as const;
    expect(new Replica({ id: 'n2' }).hear('n3', forward)).toEqual([]);
    const primary = new Replica();
    for (let id = 1; id <= 64; id += 1) primary.write(id, `b${id}`);
    expect(primary.hear('n2', forward)).toEqual([]);
  });
});
