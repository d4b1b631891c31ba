import { describe, expect, test } from 'vitest';
import {
  appliedTo,
  cancel,
  inView,
  leaving,
  leftFor,
  ofKind,
  type PbftEffect,
  persist,
  preparing,
  Replica,
  sharing,
  timer,
  toOthers,
  toOthersNow,
} from './fixture.ts';
import type { NewView, ViewChange } from './messages.ts';
import {
  bytes,
  certificate,
  change,
  choice,
  commit,
  digest,
  first,
  newView,
  newViewWith,
  propose,
  share,
  stable,
  status,
} from './signed-fixture.ts';

const entering = (msg: NewView): PbftEffect => persist({ kind: 'enter', newView: msg });
const shared = (text: string, view = 0) => ({ view, digest: digest(text) });
const prepared = (slot: number, text: string, view = 0) => certificate('prepared', slot, text, view);

/** Waits for a request until it gives the primary up. */
function giveUp(backup: Replica): readonly PbftEffect[] {
  backup.write(1, 'wanted');
  backup.timeout('progress');
  backup.hear('n3', status());
  backup.hear('n4', status());
  return backup.timeout('progress');
}

describe('who leaves a view', () => {
  // Section 4.4.
  test('writes that down, and says what it has prepared and shared', () => {
    const backup = new Replica({ id: 'n2' });
    backup.hearSigned(propose(1, 'a'), share('n3', 1, 'a'), propose(2, 'b'));
    const reports = [
      { slot: 1, prepared: certificate('prepared', 1, 'a', 0, ['n1', 'n2', 'n3']), share: shared('a') },
      { slot: 2, share: shared('b') },
    ];
    expect(giveUp(backup)).toEqual([
      leaving(1),
      cancel('progress'),
      cancel('view'),
      ...toOthers(backup, change('n2', 1, reports)),
    ]);
    // The others have said that they follow n1 still.
    expect(backup.view()).toEqual({ role: 'changing', epoch: 1, leader: 'n1', commitIndex: 0, lastIndex: 2 });
  });

  test('says what is decided, as long as no stable checkpoint covers it', () => {
    const backup = appliedTo(1, { id: 'n2' });
    const report = { slot: 1, decided: certificate('slow', 1, 'b1') };
    expect(giveUp(backup)).toEqual(expect.arrayContaining(toOthers(backup, change('n2', 1, [report]))));
  });

  test('says nothing where nothing was done', () => {
    const backup = new Replica({ id: 'n2' });
    expect(giveUp(backup)).toEqual(expect.arrayContaining(toOthers(backup, change('n2', 1))));
  });

  // Planted bug P2, and the fast path: the certificate of the highest view, and the share that was given last.
  test('says the latest of what it has prepared and shared in several views', () => {
    const backup = new Replica({ id: 'n3' });
    backup.hearSigned(propose(1, 'a'), share('n2', 1, 'a'));
    backup.hearSigned(newView(1, [change('n1', 1), change('n2', 1), change('n4', 1)]));
    backup.hearSigned(propose(1, 'b', 1), share('n4', 1, 'b', 1));
    const report = { slot: 1, prepared: certificate('prepared', 1, 'b', 1, ['n2', 'n3', 'n4']), share: shared('b', 1) };
    const effects = backup.hearSigned(change('n1', 3), change('n2', 3));
    expect(effects).toEqual(expect.arrayContaining(toOthers(backup, change('n3', 3, [report]))));
  });

  test('says nothing of the slots that its stable checkpoint covers, though it has not applied them', () => {
    const backup = new Replica({ id: 'n2' });
    backup.hearSigned(propose(1, 'a'), share('n3', 1, 'a'), propose(33, 'b'));
    backup.hear('n3', { type: 'stable', checkpoint: stable(32) });
    const report = { slot: 33, share: shared('b') };
    const effects = backup.hearSigned(change('n3', 2), change('n4', 2));
    expect(effects).toEqual(expect.arrayContaining(toOthers(backup, change('n2', 2, [report], stable(32)))));
  });

  test('shares and commits nothing in it any more', () => {
    const backup = new Replica({ id: 'n2' });
    backup.hearSigned(propose(1, 'a'));
    giveUp(backup);
    expect(backup.hearSigned(share('n3', 1, 'a'), share('n4', 1, 'a'), propose(2, 'b'))).toEqual([]);
  });
});

// Section 4.5.2: "if a replica receives a set of f + 1 valid view-change messages from other replicas for views greater than
// its current view, it sends a view-change message for the smallest view in the set, even if its timer has not expired".
describe('who hears of others that leave', () => {
  test('goes there when two have, among four', () => {
    const replica = new Replica({ id: 'n4' });
    expect(replica.hearSigned(change('n1', 1))).toEqual([]);
    expect(replica.view()).toMatchObject({ role: 'backup', epoch: 0 });
    expect(replica.hearSigned(change('n2', 1))).toEqual([
      leaving(1),
      cancel('view'),
      ...toOthers(replica, change('n4', 1)),
      timer('view', 600),
    ]);
    expect(replica.view()).toMatchObject({ role: 'changing', epoch: 1 });
  });

  test('goes there when three have, among seven, and waits for a quorum', () => {
    const replica = new Replica({ id: 'n4', nodes: 7 });
    expect(replica.hearSigned(change('n1', 1), change('n2', 1))).toEqual([]);
    expect(replica.hearSigned(change('n3', 1))).toEqual([
      leaving(1),
      cancel('view'),
      ...toOthers(replica, change('n4', 1)),
    ]);
    expect(replica.hearSigned(change('n5', 1))).toEqual([timer('view', 600)]);
    expect(replica.hearSigned(change('n6', 1))).toEqual([]);
  });

  // f malicious replicas move nobody, and not farther than an honest one went.
  test.each([
    { nodes: 4, said: [9, 2], goesTo: 2 },
    { nodes: 4, said: [2, 9], goesTo: 2 },
    { nodes: 7, said: [9, 8, 3], goesTo: 3 },
    { nodes: 7, said: [3, 9, 5], goesTo: 3 },
  ])('of $nodes goes to view $goesTo where others say $said', ({ nodes, said, goesTo }) => {
    const replica = new Replica({ id: 'n1', nodes });
    const effects = replica.hearSigned(...said.map((view, at) => change(`n${at + 2}`, view)));
    expect(ofKind('persist', effects)).toEqual([leaving(goesTo)]);
    expect(replica.view()).toMatchObject({ role: 'changing', epoch: goesTo });
  });

  test('does not go where one says it again and again', () => {
    const replica = new Replica({ id: 'n4' });
    expect(replica.hearSigned(...[1, 1, 2, 3].map((view) => change('n1', view)))).toEqual([]);
    expect(replica.view()).toMatchObject({ role: 'backup', epoch: 0 });
  });

  test.each<[string, ViewChange]>([
    ['that is not valid', change('n2', 1, [{ slot: 1, prepared: certificate('prepared', 1, 'x', 0, first(2)) }])],
    ['of one who is no member', change('n5', 1)],
    [
      'of another one in the name of this',
      { ...change('n3', 1), signature: { ...change('n3', 1).signature, signer: 'n2' } },
    ],
    ['for the present view', change('n2', 0)],
  ])('does not go by a view change %s', (_, wrong) => {
    const replica = new Replica({ id: 'n4' });
    replica.hearSigned(change('n1', 1));
    expect(replica.hear('n2', wrong)).toEqual([]);
    expect(ofKind('persist', replica.hearSigned(change('n3', 1)))).toEqual([leaving(1)]);
  });

  test('goes on from a view that it waits for', () => {
    const replica = leftFor(1, { id: 'n4' });
    expect(replica.hearSigned(change('n1', 2))).toEqual([]);
    expect(replica.hearSigned(change('n2', 3))).toEqual([
      leaving(2),
      cancel('view'),
      ...toOthers(replica, change('n4', 2)),
      // With n2, which is past it already, a quorum waits for it.
      timer('view', 1200),
    ]);
  });
});

describe('the primary of a view', () => {
  const msg = newView(1, [change('n1', 1), change('n3', 1), change('n2', 1)]);

  // Section 4.4: with 2f view changes of others beside its own.
  test('begins it with those of a quorum, and then proposes what waits', () => {
    const primary = new Replica({ id: 'n2' });
    primary.write(1, 'x');
    expect(primary.hearSigned(change('n1', 1))).toEqual([]);
    expect(primary.hearSigned(change('n3', 1))).toEqual([
      leaving(1),
      cancel('progress'),
      cancel('view'),
      ...toOthers(primary, change('n2', 1)),
      timer('view', 600),
      entering(msg),
      ...toOthers(primary, msg),
      cancel('view'),
      sharing(choice(1, 'x', 1), 'x'),
      ...toOthers(primary, propose(1, 'x', 1)),
    ]);
    expect(primary.view()).toEqual({ role: 'primary', epoch: 1, leader: 'n2', commitIndex: 0, lastIndex: 1 });
  });

  test('does not begin it with less, nor before its own view change is durable', () => {
    const primary = new Replica({ id: 'n2' });
    primary.isDiskSlow = true;
    primary.hearSigned(change('n1', 1), change('n3', 1));
    expect(primary.view().role).toBe('changing');
    expect(primary.sync()).toContainEqual(entering(msg));
    const among7 = new Replica({ id: 'n2', nodes: 7 });
    among7.hearSigned(...['n1', 'n3', 'n4'].map((by) => change(by, 1)));
    expect(among7.view().role).toBe('changing');
    among7.hearSigned(change('n5', 1));
    expect(among7.view().role).toBe('primary');
  });

  // Who has not begun the view takes no proposal of it.
  test('sends its NEW-VIEW before all that it proposes in the view', () => {
    const primary = new Replica({ id: 'n2' });
    primary.hearSigned(propose(1, 'a'), share('n3', 1, 'a'), change('n1', 1));
    const effects = primary.hearSigned(change('n3', 1));
    const toN3 = ofKind('send', effects).flatMap(({ to, msg: { type } }) => (to === 'n3' ? [type] : []));
    expect(toN3).toEqual(['view-change', 'new-view', 'propose']);
  });

  test('proposes again what was prepared, and goes on behind it', () => {
    const primary = new Replica({ id: 'n2' });
    primary.hearSigned(propose(1, 'a'), propose(2, 'b'), share('n3', 2, 'b'), change('n1', 1));
    const effects = primary.hearSigned(change('n3', 1));
    // Slot 1 was shared by one replica alone.
    expect(effects).toEqual(
      expect.arrayContaining([...toOthers(primary, propose(1, '', 1)), ...toOthers(primary, propose(2, 'b', 1))]),
    );
    expect(primary.write(1, 'c')).toContainEqual(sharing(choice(3, 'c', 1), 'c'));
  });

  // Planted bug P9.
  test('does not begin to count again', () => {
    const primary = appliedTo(2, { id: 'n2' });
    primary.hearSigned(change('n1', 1), change('n3', 1));
    expect(primary.write(1, 'x')).toContainEqual(sharing(choice(3, 'x', 1), 'x'));
  });
});

describe('a NEW-VIEW', () => {
  // Section 4.4: a backup verifies "the correctness of O by performing a computation similar to the one used by the primary".
  test('puts into the slots what follows from its view changes', () => {
    const backup = new Replica({ id: 'n4' });
    backup.hearSigned(propose(1, 'a'), propose(2, 'b'));
    const msg = newViewWith(1, [{ slot: 2, prepared: prepared(2, 'b') }]);
    expect(backup.hearSigned(msg)).toEqual([
      entering(msg),
      // Nothing was decided in slot 1: the null request fills it, whose batch is written nowhere.
      sharing(choice(1, '', 1)),
      ...toOthers(backup, share('n4', 1, '', 1)),
      // The batch stands beside the share in view 0.
      sharing(choice(2, 'b', 1)),
      ...toOthers(backup, share('n4', 2, 'b', 1)),
      cancel('view'),
    ]);
    expect(backup.view()).toMatchObject({ role: 'backup', epoch: 1, leader: 'n2', lastIndex: 2 });
  });

  test('begins the view also for one that has not left the one before', () => {
    const backup = new Replica({ id: 'n4' });
    backup.write(1, 'x');
    const msg = newViewWith(2, []);
    expect(backup.hearSigned(msg)).toEqual([entering(msg), cancel('view'), cancel('progress'), timer('progress', 150)]);
    expect(backup.view()).toMatchObject({ role: 'backup', epoch: 2, leader: 'n3' });
  });

  // Planted bug P8.
  test.each<[string, NewView]>([
    ['of view changes of too few', newView(1, [change('n1', 1), change('n3', 1)])],
    ['of one replica twice', newView(1, [change('n1', 1), change('n1', 1), change('n3', 1)])],
    ['with an invalid one', newViewWith(1, [{ slot: 1, prepared: certificate('prepared', 1, 'x', 0, first(2)) }])],
    ['of another than the primary', newView(1, newViewWith(1, []).changes, 'n3')],
    ['of view changes for another view', newView(1, newViewWith(2, []).changes)],
    ['of the present view', newViewWith(0, [])],
  ])('is not taken: one %s', (_, wrong) => {
    const backup = new Replica({ id: 'n4' });
    expect(backup.hearSigned(wrong)).toEqual([]);
    expect(backup.view()).toMatchObject({ role: 'backup', epoch: 0 });
  });

  test('is not taken twice, nor after that of a later view', () => {
    const backup = inView(2, { id: 'n4' });
    expect(backup.hearSigned(newViewWith(2, []), newViewWith(1, []))).toEqual([]);
    expect(leftFor(2, { id: 'n4' }).hearSigned(newViewWith(1, []))).toEqual([]);
  });

  test('takes its stable checkpoint along, for one that has an earlier one', () => {
    const backup = new Replica({ id: 'n4' });
    const msg = newView(1, [change('n1', 1, [], stable(32)), change('n2', 1), change('n3', 1)]);
    expect(backup.hearSigned(msg)).toEqual([
      persist({ kind: 'stable', checkpoint: stable(32) }),
      entering(msg),
      cancel('view'),
    ]);
    expect(backup.hearSigned(propose(33, 'x', 1))).toContainEqual(sharing(choice(33, 'x', 1), 'x'));
    expect(backup.view().commitIndex).toBe(0);
  });

  test('leaves out the slots that a later stable checkpoint of this replica covers', () => {
    const backup = appliedTo(32, { id: 'n4' });
    backup.hear('n3', { type: 'stable', checkpoint: stable(32) });
    const msg = newViewWith(1, [{ slot: 33, prepared: prepared(33, '') }]);
    const effects = backup.hearSigned(msg);
    expect(ofKind('persist', effects)).toEqual([entering(msg), sharing(choice(33, '', 1))]);
  });
});

describe('a batch that a view begins with, and that is not here', () => {
  const msg = newViewWith(1, [{ slot: 1, prepared: prepared(1, 'a') }]);

  test('is asked of all, and shared when it comes', () => {
    const backup = new Replica({ id: 'n4' });
    expect(backup.hearSigned(msg)).toEqual([
      entering(msg),
      cancel('view'),
      ...toOthersNow(backup, { type: 'ask-bodies', digests: [digest('a')] }),
    ]);
    const effects = backup.hear('n1', { type: 'bodies', payloads: [bytes('other'), bytes('a')] });
    expect(effects).toEqual([sharing(choice(1, 'a', 1), 'a'), ...toOthers(backup, share('n4', 1, 'a', 1))]);
    expect(backup.heldBytes()).toBe(1);
  });

  test('may come with the proposal of the primary', () => {
    const backup = new Replica({ id: 'n4' });
    backup.hearSigned(msg);
    expect(backup.hearSigned(propose(1, 'a', 1))).toEqual([
      sharing(choice(1, 'a', 1), 'a'),
      ...toOthers(backup, share('n4', 1, 'a', 1)),
    ]);
    expect(backup.hearSigned(share('n1', 1, 'a', 1))).toContainEqual(
      preparing(certificate('prepared', 1, 'a', 1, ['n2', 'n4', 'n1'])),
    );
  });

  test('keeps nobody from deciding what the others share and commit', () => {
    const backup = new Replica({ id: 'n4' });
    backup.hearSigned(msg);
    const votes = first(3).flatMap((by) => [share(by, 1, 'a', 1), commit(by, 1, 'a', 1)]);
    expect(ofKind('persist', backup.hearSigned(...votes))).toEqual([
      preparing(certificate('prepared', 1, 'a', 1, first(3))),
    ]);
    expect(ofKind('apply', backup.hear('n1', { type: 'bodies', payloads: [bytes('a')] }))).toEqual([
      { kind: 'apply', index: 1, payload: bytes('a'), eager: true },
    ]);
  });
});
