/** Who has signed what no honest replica does gets no more time as primary than in a first view, then and ever after. */
import { describe, expect, test } from 'vitest';
import { inView, leaving, leftFor, ofKind, type PbftEffect, Replica, sendNow, timer } from './fixture.ts';
import type { Vote } from './messages.ts';
import { bytes, certificate, change, newView, newViewWith, share, status } from './signed-fixture.ts';

const timers = (effects: readonly PbftEffect[]) => ofKind('timer', effects);

/** Two votes of a replica in one slot of view 0. */
const twoVotes = (by: string): readonly [Vote, Vote] => [share(by, 1, 'a'), share(by, 1, 'b')];

/** A backup of four that has waited for view 1, whose primary is n2, and is in it now; its time is doubled. */
function inDoubledView(): Replica {
  const backup = leftFor(1, { id: 'n4' });
  backup.hearSigned(newViewWith(1, []));
  return backup;
}

/** What all of four but n1 say that ask for a view. */
const ofOthers = (view: number) => ['n2', 'n3', 'n4'].map((by) => change(by, view));

/** One of four that waits for view 2, whose primary is n3, with all others, after view 1 came to nothing. */
function waitingForSecond(): Replica {
  const replica = leftFor(1, { id: 'n1' });
  replica.hearSigned(...ofOthers(1));
  replica.timeout('view');
  replica.hearSigned(...ofOthers(2));
  return replica;
}

describe('a primary that is convicted', () => {
  test('has the time of a first view for what waits, from then on', () => {
    const backup = inDoubledView();
    expect(backup.write(1, 'x')).toEqual([timer('progress', 300)]);
    expect(timers(backup.hearSigned(...twoVotes('n2')))).toEqual([timer('progress', 150)]);
    expect(backup.timeout('progress')).toEqual([
      sendNow('n2', { type: 'forward', payload: bytes('x') }),
      timer('progress', 150),
    ]);
  });

  test('is left after it, and the next has as much time as this one would have had', () => {
    const backup = inDoubledView();
    backup.hearSigned(...twoVotes('n2'));
    expect(backup.write(1, 'x')).toEqual([timer('progress', 150)]);
    backup.timeout('progress');
    for (const from of ['n1', 'n3']) backup.hear(from, status());
    expect(ofKind('persist', backup.timeout('progress'))).toEqual([leaving(2)]);
    expect(timers(backup.hearSigned(change('n1', 2), change('n3', 2)))).toEqual([timer('view', 600)]);
  });

  test('has no more time to begin its view', () => {
    const replica = waitingForSecond();
    expect(timers(replica.hearSigned(...twoVotes('n3')))).toEqual([timer('view', 300)]);
    expect(ofKind('persist', replica.timeout('view'))).toEqual([leaving(3)]);
    expect(replica.hearSigned(...ofOthers(3))).toEqual([timer('view', 1200)]);
  });

  test.each([
    ['it contradicts itself', twoVotes('n3')],
    ['it signs a beginning that is none', [newView(2, [change('n2', 2)])]],
  ])('has no more in the views that it leads later, whether %s', (_, lies) => {
    const replica = waitingForSecond();
    replica.hearSigned(...lies);
    replica.timeout('view');
    expect(timers(replica.hearSigned(...ofOthers(6)))).toEqual([timer('view', 300)]);
  });

  test('was convicted before it was primary', () => {
    const backup = leftFor(1, { id: 'n4' });
    backup.hearSigned(...twoVotes('n2'), newViewWith(1, []));
    expect(backup.write(1, 'x')).toEqual([timer('progress', 150)]);
  });

  test('has no more than it has when it seems to have ended', () => {
    const backup = inDoubledView();
    backup.write(1, 'x');
    expect(backup.suspect('n2')).toEqual([timer('progress', 37.5)]);
    const [one, other] = twoVotes('n2');
    backup.hearSigned(one);
    backup.suspect('n2');
    expect(timers(backup.hear('n3', other))).toEqual([]);
  });

  test('has the time that it had where that is not doubled', () => {
    const backup = inView(1, { id: 'n4' });
    expect(backup.write(1, 'x')).toEqual([timer('progress', 150)]);
    expect(timers(backup.hearSigned(...twoVotes('n2')))).toEqual([]);
  });
});

describe('all the time that there is has a primary', () => {
  // The others have gone on without it, and one of them has told it what they have decided.
  test('that reports, of a later view than it begins, a decision that it was told of', () => {
    const five = ['n1', 'n2', 'n4', 'n5', 'n6'];
    const replica = new Replica({ id: 'n7', nodes: 7 });
    replica.hearSigned(...five.map((by) => change(by, 2)));
    const told = change('n3', 2, [{ slot: 1, decided: certificate('slow', 1, 'x', 5, five) }]);
    replica.hearSigned(newView(2, [told, ...['n1', 'n2', 'n4', 'n5'].map((by) => change(by, 2))]));
    expect(replica.view()).toMatchObject({ role: 'backup', epoch: 2 });
    expect(replica.write(1, 'y')).toEqual([timer('progress', 300)]);
  });

  test.each<[string, readonly Vote[]]>([
    ['where another replica is convicted', twoVotes('n3')],
    ['that votes in one slot of two views', [share('n2', 1, 'a', 1), share('n2', 1, 'b', 2)]],
    [
      'that did not sign one of the two',
      [share('n2', 1, 'a', 1), { ...share('n2', 1, 'b', 1), signature: { signer: 'n2', bytes: bytes('none') } }],
    ],
  ])('%s', (_, votes) => {
    const backup = inDoubledView();
    backup.write(1, 'x');
    expect(timers(backup.hearSigned(...votes))).toEqual([]);
    expect(backup.timeout('progress').slice(-1)).toEqual([timer('progress', 300)]);
  });
});
