import { describe, expect, test } from 'vitest';
import {
  applying,
  handedOn,
  inView,
  learning,
  leftFor,
  ofKind,
  type PbftEffect,
  preparing,
  Replica,
  type Setup,
  send,
  sendNow,
  sharing,
  timer,
  toOthers,
} from './fixture.ts';
import type { PbftRecord, ShareRecord } from './messages.ts';
import {
  batches,
  bytes,
  certificate,
  change,
  choice,
  commit,
  decided,
  newViewWith,
  propose,
  share,
  stable,
  status,
} from './signed-fixture.ts';

const shared = (slot: number, text: string, view = 0): ShareRecord => ({
  kind: 'share',
  ...choice(slot, text, view),
  payload: bytes(text),
});
const prepared: PbftRecord = { kind: 'prepared', certificate: certificate('prepared', 1, 'x') };
const decidedX: PbftRecord = { kind: 'decided', certificate: certificate('slow', 1, 'x') };
const applied = (index: number, text: string): PbftEffect => ({ kind: 'apply', index, payload: bytes(text) });

const restartedWith = (records: readonly PbftRecord[], setup: Setup = { id: 'n2' }) =>
  new Replica({ ...setup, durable: { records, firstPosition: 1 } });

/** What n4 is sent that says twice that it waits for slot 1. */
function sentAgain(replica: Replica, view = 0) {
  replica.hear('n4', status({ view }));
  return replica.hear('n4', status({ view }));
}

describe('from nothing', () => {
  test('a replica begins in view 0', () => {
    const replica = new Replica();
    expect(replica.begun).toEqual([timer('beat', 50)]);
    expect(replica.view()).toEqual({ role: 'primary', epoch: 0, leader: 'n1', commitIndex: 0, lastIndex: 0 });
  });

  test('a traced one says what it is', () => {
    const fact = { type: 'role', role: 'backup', epoch: 0 } as const;
    expect(new Replica({ id: 'n2', trace: true }).begun).toEqual([{ kind: 'note', fact }, timer('beat', 50)]);
  });
});

describe('a share', () => {
  test('is not given again, nor another one in its place', () => {
    const backup = restartedWith([shared(1, 'x')]);
    expect(backup.begun).toEqual([timer('beat', 50)]);
    expect(backup.hearSigned(propose(1, 'y'))).toEqual(handedOn(backup, share('n1', 1, 'y')));
    expect(backup.hearSigned(propose(1, 'x'))).toEqual([]);
    expect(backup.view().lastIndex).toBe(1);
  });

  test('counts as it did, and is sent to whoever waits for it', () => {
    const backup = restartedWith([shared(1, 'x')]);
    expect(sentAgain(backup)).toEqual([send('n4', share('n2', 1, 'x'))]);
    expect(backup.hearSigned(propose(1, 'x'), share('n3', 1, 'x'))).toEqual([
      preparing(certificate('prepared', 1, 'x', 0, ['n2', 'n1', 'n3'])),
      ...toOthers(backup, commit('n2', 1, 'x')),
    ]);
  });

  test('of the primary is its proposal; the next one goes behind it', () => {
    const primary = restartedWith([shared(1, 'x'), shared(2, 'y')], { id: 'n1' });
    expect(primary.write(1, 'z')).toContainEqual(sharing(choice(3, 'z'), 'z'));
    expect(sentAgain(primary)).toEqual(
      [propose(1, 'x'), propose(2, 'y'), propose(3, 'z')].map((msg) => send('n4', msg)),
    );
  });
});

describe('a prepared certificate', () => {
  test('stands for the commit, which counts and is sent again', () => {
    const backup = restartedWith([shared(1, 'x'), prepared]);
    expect(backup.begun).toEqual([timer('beat', 50)]);
    expect(sentAgain(backup)).toEqual([share('n2', 1, 'x'), commit('n2', 1, 'x')].map((msg) => send('n4', msg)));
    expect(backup.hearSigned(share('n4', 1, 'x'))).toEqual([]);
    expect(backup.hearSigned(commit('n1', 1, 'x'), commit('n3', 1, 'x'))).toEqual(
      applying(certificate('slow', 1, 'x', 0, ['n2', 'n1', 'n3']), 'x'),
    );
  });

  test('is reported, with the share', () => {
    const backup = restartedWith([shared(1, 'x'), prepared], { id: 'n4' });
    const report = { slot: 1, prepared: prepared.certificate, share: choiceOf(1, 'x') };
    expect(backup.hearSigned(change('n1', 1), change('n3', 1))).toEqual(
      expect.arrayContaining(toOthers(backup, change('n4', 1, [report]))),
    );
  });
});

const choiceOf = (slot: number, text: string, view = 0) => {
  const { digest } = choice(slot, text, view);
  return { view, digest };
};

describe('a decision', () => {
  test('is applied again, from the batch beside the share', () => {
    const backup = restartedWith([shared(1, 'x'), prepared, decidedX]);
    expect(backup.begun).toEqual([applied(1, 'x'), timer('beat', 50)]);
    expect(backup.view()).toMatchObject({ commitIndex: 1, lastIndex: 1 });
  });

  test('is applied from its own batch, where it was learned, and from none where it is the null request', () => {
    const records: PbftRecord[] = [
      { ...decidedX, payload: bytes('x') },
      { kind: 'decided', certificate: certificate('slow', 2, '') },
    ];
    const backup = restartedWith(records);
    expect(backup.begun).toEqual([applied(1, 'x'), applied(2, ''), timer('beat', 50)]);
    expect(backup.hear('n4', { type: 'fetch', from: 1 })).toEqual([send('n4', decided(1, ['x', '']))]);
  });

  test('goes on where the last one was', () => {
    const backup = restartedWith([{ ...decidedX, payload: bytes('x') }]);
    expect(backup.hear('n3', decided(2, ['y']))).toEqual(learning(certificate('slow', 2, 'y'), 'y'));
  });

  test.each<[string, PbftRecord, string]>([
    ['whose batch is nowhere', decidedX, 'the batch of slot 1 is on no record of this replica'],
    [
      'behind a gap',
      { kind: 'decided', certificate: certificate('slow', 2, 'x'), payload: bytes('x') },
      'slot 2 was decided after 0',
    ],
  ])('%s stops the replica', (_, record, why) => {
    expect(() => restartedWith([record])).toThrow(why);
  });
});

describe('who has left a view', () => {
  test('says so again, with what it reports', () => {
    const replica = restartedWith([shared(1, 'x'), { kind: 'leave', view: 1 }], { id: 'n3' });
    const msg = change('n3', 1, [{ slot: 1, share: choiceOf(1, 'x') }]);
    expect(replica.begun).toEqual([...toOthers(replica, msg), timer('beat', 50)]);
    expect(replica.view()).toEqual({ role: 'changing', epoch: 1, commitIndex: 0, lastIndex: 1 });
    expect(replica.hear('n4', status())).toEqual([send('n4', msg)]);
  });

  test('takes no part in it any more', () => {
    const replica = restartedWith([shared(1, 'x'), { kind: 'leave', view: 1 }], { id: 'n3' });
    expect(replica.hearSigned(propose(1, 'x'), propose(2, 'y'), share('n2', 1, 'x'), share('n4', 1, 'x'))).toEqual([]);
  });

  test('begins the next, where that is its own', () => {
    const replica = restartedWith([{ kind: 'leave', view: 1 }]);
    replica.hearSigned(change('n3', 1), change('n4', 1));
    expect(replica.view()).toMatchObject({ role: 'primary', epoch: 1 });
  });
});

describe('who has begun a view', () => {
  const msg = newViewWith(1, [{ slot: 2, prepared: certificate('prepared', 2, 'b') }]);
  const entered: PbftRecord = { kind: 'enter', newView: msg };

  test('is in it, and tells others how it began', () => {
    const backup = restartedWith([{ kind: 'leave', view: 1 }, entered], { id: 'n4' });
    expect(backup.view()).toMatchObject({ role: 'backup', epoch: 1, leader: 'n2', lastIndex: 2 });
    expect(backup.hear('n3', status({ view: 1, changing: true }))).toEqual([send('n3', msg)]);
  });

  test('holds the primary to what follows from it', () => {
    const backup = restartedWith([entered, shared(1, '', 1), shared(2, 'b', 1)], { id: 'n4' });
    const odd = [1, 2].map((slot) => share('n2', slot, 'x', 1));
    expect(backup.hearSigned(propose(1, 'x', 1), propose(2, 'x', 1))).toEqual(
      odd.flatMap((vote) => handedOn(backup, vote)),
    );
    expect(backup.hearSigned(propose(3, 'x', 1))).toContainEqual(sharing(choice(3, 'x', 1), 'x'));
  });

  test('goes on behind it as its primary', () => {
    const primary = restartedWith([entered, shared(1, '', 1), shared(2, 'b', 1)]);
    expect(primary.write(1, 'x')).toContainEqual(sharing(choice(3, 'x', 1), 'x'));
  });

  test('is bound by nothing that the views before began with', () => {
    const records: PbftRecord[] = [shared(1, 'x'), entered, { kind: 'enter', newView: newViewWith(2, []) }];
    const backup = restartedWith(records, { id: 'n4' });
    expect(backup.begun).toEqual([timer('beat', 50)]);
    for (const slot of [1, 2]) {
      expect(backup.hearSigned(propose(slot, 'y', 2))).toContainEqual(expect.objectContaining({ kind: 'persist' }));
    }
  });

  // Nobody else gives the share of this replica, and there may be no quorum without it.
  test('gives the shares that it had no time for', () => {
    const primary = restartedWith([shared(2, 'b'), entered, shared(1, '', 1)]);
    expect(primary.begun).toEqual([
      sharing(choice(2, 'b', 1)),
      ...toOthers(primary, propose(2, 'b', 1)),
      timer('beat', 50),
    ]);
  });

  test('keeps what it shared in the view before for its next report', () => {
    const before = [shared(1, 'x'), prepared];
    const records: PbftRecord[] = [...before, { kind: 'enter', newView: newViewWith(1, []) }];
    const backup = restartedWith(records, { id: 'n4' });
    const report = { slot: 1, prepared: prepared.certificate, share: choiceOf(1, 'x') };
    expect(backup.hearSigned(change('n1', 2), change('n3', 2))).toEqual(
      expect.arrayContaining(toOthers(backup, change('n4', 2, [report]))),
    );
  });
});

describe('a stable checkpoint', () => {
  test('is where the window begins', () => {
    const backup = restartedWith([{ kind: 'stable', checkpoint: stable(16) }]);
    expect(backup.hearSigned(propose(81, 'x'), propose(16, 'x'))).toEqual([]);
    expect(backup.hearSigned(propose(80, 'x'))).toContainEqual(sharing(choice(80, 'x'), 'x'));
    expect(backup.hear('n4', status())).toEqual([sendNow('n4', { type: 'stable', checkpoint: stable(16) })]);
  });

  test('lets go of what is before it', () => {
    const records = batches(16).flatMap((text, at): PbftRecord[] => [
      shared(at + 1, text),
      { kind: 'decided', certificate: certificate('slow', at + 1, text) },
    ]);
    const backup = restartedWith([...records, { kind: 'stable', checkpoint: stable(16) }], {
      id: 'n4',
      logCacheBytes: 0,
    });
    expect(backup.heldBytes()).toBe(0);
    expect(backup.hearSigned(change('n1', 1), change('n3', 1))).toEqual(
      expect.arrayContaining(toOthers(backup, change('n4', 1, [], stable(16)))),
    );
  });
});

/** A backup that has gone through everything: three slots, two views, a slot that the second view takes over. */
function eventful(): Replica {
  const backup = new Replica({ id: 'n3' });
  backup.hearSigned(propose(1, 'x'), share('n2', 1, 'x'), commit('n1', 1, 'x'), commit('n2', 1, 'x'));
  backup.hearSigned(propose(2, 'y'), share('n2', 2, 'y'), propose(3, 'z'));
  backup.hearSigned(change('n1', 1), change('n2', 1));
  backup.hearSigned(newViewWith(1, [{ slot: 2, prepared: certificate('prepared', 2, 'y') }]));
  backup.hearSigned(share('n2', 2, 'y', 1), share('n4', 2, 'y', 1), propose(3, 'w', 1));
  return backup;
}

// The power went after the snapshot was durable, and before the records of what led to it were, or that it is proven.
describe('a snapshot of which nothing is written down', () => {
  const record = { kind: 'snapshot', slot: 8, history: '0'.repeat(64), total: 100 } as const;
  const snapshot = { index: 8, record, bytes: 10 };
  const begin = (records: readonly PbftRecord[]) =>
    new Replica({ id: 'n2', durable: { records, firstPosition: 1, snapshot } });

  test('is what the machine has, and the log goes on where it ends', () => {
    const replica = begin(shareAndDecide(1, 'b1'));
    expect(replica.view()).toMatchObject({ commitIndex: 8, lastIndex: 8 });
    const effects = [...replica.begun, ...replica.hear('n3', decided(2, batches(9).slice(1)))];
    expect(ofKind('apply', effects).map(({ index }) => index)).toEqual([9]);
  });

  test('is where the log goes on if that is written, behind older slots', () => {
    const older = [...shareAndDecide(1, 'b1'), record, ...shareAndDecide(9, 'b9')];
    const replica = begin(older);
    expect(replica.view()).toMatchObject({ commitIndex: 9 });
    expect(ofKind('persist', replica.begun)).toEqual([]);
    expect(ofKind('apply', replica.begun).map(({ index }) => index)).toEqual([9]);
  });

  function shareAndDecide(slot: number, text: string): PbftRecord[] {
    const of = certificate('slow', slot, text);
    return [
      { kind: 'share', view: of.view, slot, digest: of.digest, payload: bytes(text) },
      { kind: 'decided', certificate: of },
    ];
  }
});

describe('a crash at any time', () => {
  const { records } = eventful();
  const kinds = records.map(({ kind }) => kind);
  const shareKey = ({ view, slot }: ShareRecord) => `view ${view} slot ${slot}`;
  const sharesIn = (written: readonly PbftRecord[]) =>
    written.flatMap((record) => (record.kind === 'share' ? [record] : []));

  test('all kinds of records come before it', () => {
    expect(new Set(kinds)).toEqual(new Set(['share', 'prepared', 'decided', 'leave', 'enter']));
  });

  // What a replica did not write it has not sent.
  test.each(records.map((_, at) => at + 1))('after record %i: no share is given twice in a view', (count) => {
    const replica = eventful().restarted(records.slice(0, count));
    for (const view of [0, 1]) {
      if (view === 1) replica.hearSigned(newViewWith(1, [{ slot: 2, prepared: certificate('prepared', 2, 'y') }]));
      replica.hearSigned(...[1, 2, 3, 4].map((slot) => propose(slot, 'instead', view)));
    }
    const keys = sharesIn(replica.records).map(shareKey);
    expect(keys).toEqual([...new Set(keys)]);
    expect(keys).toContain('view 1 slot 4');
    const left = replica.records.findIndex(({ kind }) => kind === 'leave' || kind === 'enter');
    expect(sharesIn(replica.records.slice(left)).filter(({ view }) => view === 0)).toEqual([]);
  });

  test.each(records.map((_, at) => at + 1))('after record %i: what is sent was written', (count) => {
    const replica = eventful().restarted(records.slice(0, count));
    const sent = ofKind('send', [...sentAgain(replica), ...sentAgain(replica, 1)]).map(({ msg }) => msg);
    const written = new Set(sharesIn(replica.records).map((record) => `${shareKey(record)} ${record.digest}`));
    for (const msg of sent) {
      if (msg.type === 'vote' && msg.phase === 'share') {
        expect(written).toContain(`view ${msg.view} slot ${msg.slot} ${msg.digest}`);
      }
    }
  });

  test('a primary puts nothing into a slot that it has used', () => {
    const primary = new Replica();
    primary.write(1, 'a');
    primary.write(2, 'b');
    for (let count = 0; count <= 2; count += 1) {
      const again = primary.restarted(primary.records.slice(0, count));
      again.write(1, 'other');
      expect(sharesIn(again.records).map(({ slot }) => slot)).toEqual(
        Array.from({ length: count + 1 }, (_, at) => at + 1),
      );
    }
  });

  test.each([
    ['a backup in a later view', eventful()],
    ['one that waits for a view', leftFor(2)],
    ['a primary', inView(4)],
  ])('%s looks as it did', (_, replica) => {
    expect(replica.restarted().view()).toEqual(replica.view());
  });
});
