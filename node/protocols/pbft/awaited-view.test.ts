import { describe, expect, test } from 'vitest';
import { cancel, leaving, leftFor, ofKind, Replica, timer, toOthers } from './fixture.ts';
import type { Signature, ViewChange } from './messages.ts';
import { bytes, certificate, change, digest, first, newView, newViewWith } from './signed-fixture.ts';

// Section 4.5.2: it "waits for 2f + 1 view-change messages" before it starts the timer, and waits twice as long for the next view.
describe('who waits for a view to begin', () => {
  test('gives its primary time from when a quorum wants it, and goes on to the next then', () => {
    const replica = new Replica({ id: 'n4', nodes: 7 });
    expect(ofKind('timer', replica.hearSigned(...['n1', 'n2', 'n3'].map((by) => change(by, 1))))).toEqual([]);
    expect(replica.timeout('view')).toEqual([]);
    expect(replica.hearSigned(change('n5', 1))).toEqual([timer('view', 600)]);
    expect(replica.timeout('view')).toEqual([leaving(2), cancel('view'), ...toOthers(replica, change('n4', 2))]);
    expect(replica.view()).toMatchObject({ role: 'changing', epoch: 2 });
  });

  test('waits twice as long for each view that follows one that came to nothing, up to 64 times as long', () => {
    const replica = leftFor(1, { id: 'n10', nodes: 10 });
    const others = first(6);
    replica.hearSigned(...others.map((by) => change(by, 1)));
    const waits = [2, 3, 4, 5, 6, 7, 8].map((view) => {
      replica.timeout('view');
      return replica.hearSigned(...others.map((by) => change(by, view)));
    });
    expect(waits).toEqual([1200, 2400, 4800, 9600, 19200, 19200, 19200].map((ms) => [timer('view', ms)]));
  });

  test('waits only as long as at first where the primary has signed a beginning that is none, and no longer for the next', () => {
    const replica = leftFor(1, { id: 'n1' });
    const others = ['n2', 'n3', 'n4'];
    replica.hearSigned(...others.map((by) => change(by, 1)));
    replica.timeout('view');
    expect(replica.hearSigned(...others.map((by) => change(by, 2)))).toEqual([timer('view', 1200)]);
    const isNone = newView(2, [change('n2', 2), change('n2', 2), change('n3', 2)]);
    expect(replica.hearSigned(isNone)).toEqual([timer('view', 300)]);
    expect(replica.hearSigned(isNone)).toEqual([]);
    expect(ofKind('persist', replica.timeout('view'))).toEqual([leaving(3)]);
    expect(replica.hearSigned(...others.map((by) => change(by, 3)))).toEqual([timer('view', 1200)]);
  });

  test('waits no longer where it has heard of that before a quorum wanted the view', () => {
    const replica = new Replica({ id: 'n4', nodes: 7 });
    replica.hearSigned(...['n1', 'n2', 'n3'].map((by) => change(by, 1)));
    expect(replica.hearSigned(newView(1, [change('n1', 1)]))).toEqual([]);
    expect(replica.hearSigned(change('n5', 1))).toEqual([timer('view', 300)]);
  });

  const [one, two, three] = [1, 2, 3].map((number) => change(`n${number}`, 1)) as [ViewChange, ViewChange, ViewChange];
  const speaksOf = (slot: number, view: number) => ({ slot, share: { view, digest: digest('x') } });
  test.each<[string, readonly ViewChange[]]>([
    ['says of another what that has not signed', [one, two, { ...three, slots: [speaksOf(1, 0)] }]],
    [
      'brings another signature of one that is known',
      [one, two, { ...three, signature: { ...three.signature, bytes: bytes('none') } }],
    ],
    ['brings one twice beside a quorum', [one, two, three, one]],
    ['brings one for another view', [one, two, change('n3', 2)]],
    ['brings one that speaks of the view itself', [one, two, change('n3', 1, [speaksOf(1, 1)])]],
    ['brings one that speaks of a slot out of the window', [one, two, change('n3', 1, [speaksOf(65, 0)])]],
  ])('waits only as long as at first where the primary %s', (_, changes) => {
    const replica = leftFor(1, { id: 'n4' });
    expect(replica.hearSigned(newView(1, changes))).toEqual([timer('view', 300)]);
  });

  test('waits as long as ever where the primary has not signed it, or begins another view', () => {
    const replica = leftFor(1, { id: 'n4' });
    replica.hearSigned(change('n1', 1), change('n2', 1));
    expect(replica.hearSigned(newView(1, [change('n1', 1)], 'n3'), newView(2, [change('n1', 2)]))).toEqual([]);
  });

  const spoiled = (signature: Signature): Signature => ({ ...signature, bytes: bytes('spoiled') });
  test.each<[string, (change: ViewChange) => ViewChange]>([
    ['the signature of a VIEW-CHANGE', (each) => ({ ...each, signature: spoiled(each.signature) })],
    [
      'those in a proof',
      (each) => ({
        ...each,
        slots: each.slots.map(({ slot, prepared }) => ({
          slot,
          ...(prepared && { prepared: { ...prepared, signatures: prepared.signatures.map(spoiled) } }),
        })),
      }),
    ],
  ])('waits as long as ever where whoever hands it on has spoiled %s, and takes part when it begins', (_, spoil) => {
    const replica = leftFor(1, { id: 'n4' });
    const genuine = newViewWith(1, [{ slot: 1, prepared: certificate('prepared', 1, 'x') }]);
    expect(replica.hear('n3', { ...genuine, changes: genuine.changes.map(spoil) })).toEqual([]);
    expect(replica.refused()).toEqual({ invalid: 1 });
    replica.hear('n2', genuine);
    expect(replica.view()).toMatchObject({ role: 'backup', epoch: 1 });
  });

  test('goes on as if the view were false where others go on from one that is, before its time is over', () => {
    const replica = leftFor(1, { id: 'n1' });
    replica.hearSigned(...['n2', 'n3', 'n4'].map((by) => change(by, 1)), newView(1, [change('n2', 1)]));
    replica.hearSigned(change('n3', 2), change('n4', 2));
    expect(replica.view()).toMatchObject({ role: 'changing', epoch: 2 });
    expect(ofKind('timer', replica.hearSigned(change('n2', 2)))).toEqual([]);
    replica.hearSigned(newViewWith(2, []));
    expect(replica.write(1, 'x')).toEqual([timer('progress', 300)]);
  });

  test('waits no more when it has begun', () => {
    const replica = leftFor(1, { id: 'n4' });
    expect(ofKind('cancel', replica.hearSigned(newViewWith(1, [])))).toEqual([cancel('view')]);
    expect(replica.timeout('view')).toEqual([]);
    expect(replica.view()).toMatchObject({ role: 'backup', epoch: 1 });
  });
});
