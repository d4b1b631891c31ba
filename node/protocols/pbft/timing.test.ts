import { describe, expect, test } from 'vitest';
import {
  cancel,
  inView,
  leaving,
  leftFor,
  ofKind,
  type PbftEffect,
  Replica,
  sendNow,
  timer,
  toOthers,
} from './fixture.ts';
import { bytes, change, commit, newViewWith, propose, share, status } from './signed-fixture.ts';

const forward = (text: string) => ({ type: 'forward', payload: bytes(text) }) as const;

/** A backup of four that waits for x, and has handed it to the primary. */
function backupThatHandedOver(): Replica {
  const backup = new Replica({ id: 'n2' });
  backup.write(1, 'x');
  backup.timeout('progress');
  return backup;
}

// Section 4.4: "a backup starts a timer when it receives a request and the timer is not already running".
describe('a backup that waits for a request', () => {
  test('waits for the one that came first', () => {
    const backup = new Replica({ id: 'n2' });
    expect(backup.write(1, 'x')).toEqual([timer('progress', 150)]);
    expect(backup.write(2, 'y')).toEqual([]);
    expect(backup.settle(2)).toEqual([]);
    expect(backup.settle(1)).toEqual([cancel('progress')]);
  });

  // "... and stops it when it is no longer waiting to execute the request, but restarts it if at that point it is waiting to
  // execute some other request".
  test('begins again with the next one', () => {
    const backup = new Replica({ id: 'n2' });
    backup.write(1, 'x');
    backup.write(2, 'y');
    expect(backup.settle(1)).toEqual([timer('progress', 150)]);
    expect(backup.settle(2)).toEqual([cancel('progress')]);
    expect(backup.settle(2)).toEqual([]);
  });

  // Section 4.1: whoever gets a request that is not of the primary relays it.
  test('hands all that waits to the primary when half of the time is over, each once', () => {
    const backup = new Replica({ id: 'n2' });
    backup.write(1, 'x');
    backup.write(2, 'y');
    expect(backup.timeout('progress')).toEqual([
      sendNow('n1', forward('x')),
      sendNow('n1', forward('y')),
      timer('progress', 150),
    ]);
    backup.write(3, 'z');
    backup.settle(1);
    expect(backup.timeout('progress')).toEqual([sendNow('n1', forward('z')), timer('progress', 150)]);
  });

  test('hands it to the next primary again', () => {
    const backup = backupThatHandedOver();
    backup.hearSigned(newViewWith(2, []));
    expect(backup.timeout('progress')).toEqual([sendNow('n3', forward('x')), timer('progress', 150)]);
  });

  test('leaves the view when all of the time is over', () => {
    const backup = backupThatHandedOver();
    backup.hear('n3', status());
    backup.hear('n4', status());
    expect(backup.timeout('progress')).toEqual([
      leaving(1),
      cancel('progress'),
      cancel('view'),
      ...toOthers(backup, change('n2', 1)),
    ]);
    expect(backup.timeout('progress')).toEqual([]);
  });

  test.each([
    ['a primary', new Replica()],
    ['a backup that waits for nothing', new Replica({ id: 'n2' })],
    ['one that has left the view', leftFor(1, { id: 'n3' })],
  ])('is not %s', (_, replica) => {
    const before = replica.view();
    expect(replica.timeout('progress')).toEqual([]);
    expect(replica.view()).toEqual(before);
  });
});

// One that is cut off would leave alone.
describe('who is out of touch', () => {
  const again: readonly PbftEffect[] = [timer('progress', 150)];

  test.each([
    ['hears nobody', []],
    ['hears of one other', ['n3']],
    ['hears of one other again and again', ['n3', 'n3', 'n3']],
    ['hears of itself besides', ['n2', 'n3']],
    ['hears of one who is no member besides', ['n5', 'n3']],
  ])('goes on waiting: one who %s', (_, heard) => {
    const backup = backupThatHandedOver();
    for (const from of heard) backup.hear(from, status());
    expect(backup.timeout('progress')).toEqual(again);
    expect(backup.view()).toMatchObject({ role: 'backup', epoch: 0 });
  });

  test('is, among seven, whoever hears of less than four others', () => {
    const backup = new Replica({ id: 'n2', nodes: 7 });
    backup.write(1, 'x');
    backup.timeout('progress');
    for (const from of ['n3', 'n4', 'n5']) backup.hear(from, status());
    expect(backup.timeout('progress')).toEqual(again);
    backup.hear('n1', status());
    expect(ofKind('persist', backup.timeout('progress'))).toEqual([leaving(1)]);
  });

  test('is not helped by what was heard before it began to wait', () => {
    const backup = new Replica({ id: 'n2' });
    for (const from of ['n1', 'n3', 'n4']) backup.hear(from, status());
    backup.write(1, 'x');
    backup.timeout('progress');
    expect(backup.timeout('progress')).toEqual(again);
  });

  test('leaves once it is back in touch', () => {
    const backup = backupThatHandedOver();
    backup.timeout('progress');
    backup.hear('n1', status());
    backup.hear('n4', status());
    expect(ofKind('persist', backup.timeout('progress'))).toEqual([leaving(1)]);
  });
});

// Planted bug P7.
describe('the time that a request has', () => {
  /** All that makes a backup of a view decide. */
  function deciding(slot: number, text: string, view = 1) {
    return [
      propose(slot, text, view),
      ...['n1', 'n2', 'n3'].flatMap((by) => [share(by, slot, text, view), commit(by, slot, text, view)]),
    ];
  }

  /** In view 1, after it has waited for that; what clients asked for has not been done since. */
  function afterOneView(): Replica {
    const backup = leftFor(1, { id: 'n4' });
    backup.hearSigned(newViewWith(1, []));
    return backup;
  }

  test('is doubled after a view that came to nothing', () => {
    const backup = afterOneView();
    expect(backup.write(1, 'x')).toEqual([timer('progress', 300)]);
    expect(backup.timeout('progress')).toEqual([sendNow('n2', forward('x')), timer('progress', 300)]);
  });

  test('runs anew for what waited already', () => {
    const backup = leftFor(1, { id: 'n4' });
    expect(backup.write(1, 'x')).toEqual([]);
    const effects = backup.hearSigned(newViewWith(1, []));
    expect(effects.slice(-2)).toEqual([cancel('view'), timer('progress', 300)]);
  });

  test('is as it was once something was done in half of that', () => {
    const backup = afterOneView();
    backup.write(1, 'x');
    backup.write(2, 'y');
    backup.timeout('beat');
    backup.hearSigned(...deciding(1, 'x'));
    expect(backup.settle(1)).toEqual([timer('progress', 150)]);
  });

  // Else a group on a slow network would go through as many views again for each request.
  test('stays doubled where what was done took more, until something takes less', () => {
    const backup = afterOneView();
    backup.write(1, 'x');
    for (let beat = 0; beat < 3; beat += 1) backup.timeout('beat');
    backup.hearSigned(...deciding(1, 'x'));
    expect(backup.settle(1)).toEqual([cancel('progress')]);
    expect(backup.write(2, 'y')).toEqual([timer('progress', 300)]);
    backup.hearSigned(...deciding(2, 'y'));
    backup.settle(2);
    expect(backup.write(3, 'z')).toEqual([timer('progress', 150)]);
  });

  test('stays doubled where what waited was given up', () => {
    const backup = afterOneView();
    backup.write(1, 'x');
    backup.write(2, 'y');
    expect(backup.settle(1)).toEqual([timer('progress', 300)]);
  });

  test('comes from as often doubled as it was to what one request needs', () => {
    const backup = leftFor(1, { id: 'n4' });
    backup.hearSigned(change('n1', 3), change('n2', 3), change('n3', 3));
    for (let view = 3; view < 5; view += 1) backup.timeout('view');
    backup.hearSigned(change('n1', 5), change('n2', 5), change('n3', 5), newViewWith(5, []));
    expect(backup.write(1, 'x')).toEqual([timer('progress', expect.any(Number))]);
    backup.hearSigned(...deciding(1, 'x', 5));
    backup.settle(1);
    expect(backup.write(2, 'y')).toEqual([timer('progress', 150)]);
  });

  test('is not that of more than sixteen batches at a time that the primary is handed', () => {
    const backup = new Replica({ id: 'n2' });
    for (let id = 1; id <= 20; id += 1) backup.write(id, `b${id}`);
    const handed = ofKind('send', backup.timeout('progress')).map(({ msg }) => msg);
    expect(handed).toEqual(Array.from({ length: 16 }, (_, at) => forward(`b${at + 1}`)));
  });

  // A malicious primary could otherwise keep its place by deciding what nobody asked for.
  test('does not run anew when something is decided that nobody here waits for', () => {
    const backup = new Replica({ id: 'n2' });
    backup.write(1, 'x');
    const votes = ['n1', 'n3', 'n4'].flatMap((by) => [share(by, 1, 'other'), commit(by, 1, 'other')]);
    const effects = backup.hearSigned(propose(1, 'other'), ...votes);
    expect(ofKind('apply', effects)).toHaveLength(1);
    expect([...ofKind('timer', effects), ...ofKind('cancel', effects)]).toEqual([]);
  });
});

describe('a primary that seems to have ended', () => {
  const short = timer('progress', 37.5);

  test('has less time for what waits, and is handed nothing', () => {
    const backup = new Replica({ id: 'n2' });
    backup.write(1, 'x');
    expect(backup.suspect('n1')).toEqual([short]);
    backup.hear('n3', status());
    backup.hear('n4', status());
    expect(ofKind('persist', backup.timeout('progress'))).toEqual([leaving(1)]);
  });

  // It could end its stream time and again, and keep its place by that.
  test('puts nothing off by seeming so again', () => {
    const backup = new Replica({ id: 'n2' });
    backup.write(1, 'x');
    backup.suspect('n1');
    backup.hear('n1', status());
    expect(backup.suspect('n1')).toEqual([]);
    backup.write(2, 'y');
    expect(backup.settle(1)).toEqual([short]);
  });

  test('has less time for what comes next', () => {
    const backup = new Replica({ id: 'n2' });
    expect(backup.suspect('n1')).toEqual([]);
    expect(backup.write(1, 'x')).toEqual([short]);
  });

  test('has all of it where it was heard of since', () => {
    const backup = new Replica({ id: 'n2' });
    backup.suspect('n1');
    backup.hear('n1', status());
    expect(backup.write(1, 'x')).toEqual([timer('progress', 150)]);
  });

  test('is not the primary of the view after', () => {
    const backup = new Replica({ id: 'n4' });
    backup.suspect('n1');
    backup.hearSigned(change('n1', 1), change('n3', 1), newViewWith(1, []));
    expect(backup.write(1, 'x')).toEqual([timer('progress', 300)]);
  });

  test('is not that of a view which begins for one that has not left the one before', () => {
    const backup = new Replica({ id: 'n4' });
    backup.write(1, 'x');
    backup.suspect('n1');
    expect(ofKind('timer', backup.hearSigned(newViewWith(1, [])))).toEqual([timer('progress', 150)]);
  });

  test.each([
    ['where it is another backup', new Replica({ id: 'n2' }), 'n3'],
    ['for the primary itself', new Replica(), 'n2'],
    ['for one that has left the view', leftFor(1, { id: 'n4' }), 'n2'],
  ])('makes no difference %s', (_, replica, node) => {
    replica.write(1, 'x');
    expect(replica.suspect(node)).toEqual([]);
  });
});

describe('in a view that began without this replica having left the one before', () => {
  test('it has the time that it had', () => {
    expect(inView(2, { id: 'n4' }).write(1, 'x')).toEqual([timer('progress', 150)]);
  });
});
