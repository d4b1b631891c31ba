import { describe, expect, test } from 'vitest';
import {
  appliedTo,
  inView,
  learning,
  leftFor,
  ofKind,
  type PbftEffect,
  Replica,
  send,
  sendNow,
  sharing,
  timer,
  toOthers,
  toOthersNow,
} from './fixture.ts';
import type { Decided } from './messages.ts';
import {
  batches,
  bytes,
  certificate,
  change,
  choice,
  commit,
  decided,
  digest,
  newViewWith,
  propose,
  share,
  stable,
  status,
} from './signed-fixture.ts';

const fetching = (to: string, from: number): PbftEffect => sendNow(to, { type: 'fetch', from });

describe('a beat', () => {
  test('says to all where the replica stands, and sets the next', () => {
    const replica = new Replica();
    expect(replica.begun).toEqual([timer('beat', 50)]);
    expect(replica.timeout('beat')).toEqual([timer('beat', 50), ...toOthersNow(replica, status())]);
  });

  test.each([
    ['what it has applied', appliedTo(3), status({ applied: 3 })],
    ['its view', inView(2), status({ view: 2 })],
    ['that it waits for a view', leftFor(2), status({ view: 2, changing: true })],
  ])('tells %s', (_, replica, told) => {
    expect(replica.timeout('beat')).toEqual([timer('beat', 50), ...toOthersNow(replica, told)]);
  });

  test('tells its stable checkpoint', () => {
    const replica = appliedTo(33);
    replica.hear('n2', { type: 'stable', checkpoint: stable(32) });
    expect(replica.timeout('beat')).toEqual(
      expect.arrayContaining(toOthersNow(replica, status({ applied: 33, stable: 32 }))),
    );
  });

  test('asks again for a batch that its view begins with', () => {
    const backup = new Replica({ id: 'n4' });
    backup.hearSigned(newViewWith(1, [{ slot: 1, prepared: certificate('prepared', 1, 'a') }]));
    const asking = toOthersNow(backup, { type: 'ask-bodies', digests: [digest('a')] });
    expect(backup.timeout('beat')).toEqual(expect.arrayContaining(asking));
    backup.hear('n1', { type: 'bodies', payloads: [bytes('a')] });
    expect(backup.timeout('beat')).not.toEqual(expect.arrayContaining(asking));
  });
});

describe('what a replica lacks', () => {
  test('is asked of those who are ahead, in turn, where nothing was applied for a beat', () => {
    const replica = appliedTo(1);
    replica.hear('n2', status({ applied: 5 }));
    replica.hear('n3', status({ applied: 1 }));
    replica.hear('n4', status({ applied: 2 }));
    const asked = () => ofKind('send', replica.timeout('beat')).filter(({ msg }) => msg.type === 'fetch');
    expect(asked()).toEqual([]);
    expect([asked(), asked(), asked()]).toEqual(['n2', 'n4', 'n2'].map((to) => [fetching(to, 2)]));
    replica.hear('n3', decided(2, ['b2']));
    expect(asked()).toEqual([]);
    expect(asked()).toEqual([fetching('n2', 3)]);
  });

  test('is asked of nobody who is no member', () => {
    const replica = new Replica();
    replica.hear('n5', status({ applied: 5 }));
    replica.timeout('beat');
    expect(replica.timeout('beat')).toEqual([timer('beat', 50), ...toOthersNow(replica, status())]);
  });
});

describe('slots that are asked for', () => {
  const fetch = (from: number) => ({ type: 'fetch', from }) as const;

  test('are sent with their proofs, as far as they are applied', () => {
    expect(appliedTo(3).hear('n2', fetch(2))).toEqual([send('n2', decided(2, ['b2', 'b3']))]);
  });

  test('are sent so many at a time', () => {
    expect(appliedTo(9, { maxEntriesPerMessage: 2 }).hear('n2', fetch(2))).toEqual([
      send('n2', decided(2, ['b2', 'b3'])),
    ]);
  });

  test.each([0, 4, 100])('are not sent where there are none: from %i on', (from) => {
    expect(appliedTo(3).hear('n2', fetch(from))).toEqual([]);
  });

  test('are read from the disk where memory holds them no more', () => {
    const replica = appliedTo(3, { logCacheBytes: 0 });
    const reading = replica.hear('n2', fetch(1));
    const positions = ofKind('recall', reading).map(({ position }) => position);
    expect(positions).toHaveLength(reading.length);
    const effects = positions.flatMap((position) => {
      const record = replica.records[position - 1];
      return record === undefined ? [] : replica.step({ kind: 'recalled', position, record });
    });
    expect(effects).toEqual([send('n2', decided(1, batches(3)))]);
  });
});

describe('slots that are sent', () => {
  test('are applied, and written down with their batches', () => {
    const replica = appliedTo(1);
    expect(replica.hear('n2', decided(2, ['x', 'y']))).toEqual([
      ...learning(certificate('slow', 2, 'x'), 'x'),
      ...learning(certificate('slow', 3, 'y'), 'y'),
    ]);
  });

  test('are taken from where they are of use', () => {
    const replica = appliedTo(2);
    expect(ofKind('apply', replica.hear('n2', decided(1, ['b1', 'b2', 'c'])))).toHaveLength(1);
    expect(replica.hear('n2', decided(1, ['b1', 'b2', 'c']))).toEqual([]);
  });

  test('may be proven by the fast path, and by any view', () => {
    const proof = certificate('fast', 1, 'x', 7);
    expect(
      new Replica().hear('n2', { type: 'decided', decisions: [{ payload: bytes('x'), certificate: proof }] }),
    ).toEqual(learning(proof, 'x'));
  });

  test('bring others behind them that were decided here and had to wait', () => {
    const backup = new Replica({ id: 'n2' });
    backup.hearSigned(propose(2, 'y'), ...['n1', 'n3', 'n4'].map((by) => commit(by, 2, 'y')));
    expect(ofKind('apply', backup.hear('n3', decided(1, ['x']))).map(({ index }) => index)).toEqual([1, 2]);
  });

  const one = (payload: string, proof = certificate('slow', 1, 'x')): Decided => ({
    type: 'decided',
    decisions: [{ payload: bytes(payload), certificate: proof }],
  });
  test.each<[string, Decided]>([
    ['proven by too few', one('x', certificate('slow', 1, 'x', 0, ['n1', 'n2']))],
    ['proven by one who comes twice', one('x', certificate('slow', 1, 'x', 0, ['n1', 'n2', 'n2']))],
    ['that are only prepared', one('x', certificate('prepared', 1, 'x'))],
    ['with another batch', one('y')],
    ['with a gap before them', decided(2, ['x'])],
    ['of none', { type: 'decided', decisions: [] }],
  ])('are not taken: %s', (_, msg) => {
    const replica = new Replica();
    expect(replica.hear('n2', msg)).toEqual([]);
    expect(replica.view()).toMatchObject({ commitIndex: 0, lastIndex: 0 });
  });

  test('are taken up to the first that is not proven', () => {
    const { decisions } = decided(1, ['a', 'b', 'c']);
    const wrong = decisions.map((each, at) => (at === 1 ? { ...each, payload: bytes('z') } : each));
    expect(ofKind('apply', new Replica().hear('n2', { type: 'decided', decisions: wrong }))).toHaveLength(1);
  });

  test('lead to the next question, as long as the other one is ahead', () => {
    const replica = new Replica();
    replica.hear('n2', status({ applied: 3 }));
    expect(replica.hear('n2', decided(1, ['a', 'b']))).toContainEqual(fetching('n2', 3));
    expect(ofKind('send', replica.hear('n2', decided(3, ['c'])))).toEqual([]);
    expect(ofKind('send', replica.hear('n2', decided(3, ['c'])))).toEqual([]);
  });
});

// Castro and Liskov (2002) on retransmission: receivers say where they stand, and senders send what is missing.
describe('who says where it stands', () => {
  test('is told how the view began that it has not heard of', () => {
    const helps = [send('n4', newViewWith(2, []))];
    const replica = inView(2);
    expect(replica.hear('n4', status({ view: 0 }))).toEqual(helps);
    expect(replica.hear('n4', status({ view: 2, changing: true }))).toEqual(helps);
    expect(replica.hear('n4', status({ view: 2 }))).toEqual([]);
    expect(replica.hear('n4', status({ view: 3, changing: true }))).toEqual([]);
  });

  test('is told that this replica has left the view, while the next has not begun', () => {
    const replica = leftFor(2);
    // Not eagerly: it is a promise, and is kept once it is durable.
    const helps = [send('n4', change('n1', 2))];
    expect(replica.hear('n4', status({ view: 1 }))).toEqual(helps);
    expect(replica.hear('n4', status({ view: 2, changing: true }))).toEqual(helps);
    expect(replica.hear('n4', status({ view: 3 }))).toEqual([]);
  });

  test('gets the stable checkpoint that it has not', () => {
    const replica = appliedTo(32);
    replica.hear('n2', { type: 'stable', checkpoint: stable(32) });
    expect(replica.hear('n4', status({ applied: 32 }))).toEqual([
      sendNow('n4', { type: 'stable', checkpoint: stable(32) }),
    ]);
    expect(replica.hear('n4', status({ applied: 32, stable: 32 }))).toEqual([]);
  });

  test('gets the votes again of the slots that it waits for, if it stood there the time before', () => {
    const backup = new Replica({ id: 'n2' });
    backup.hearSigned(propose(1, 'x'), share('n3', 1, 'x'), propose(2, 'y'));
    expect(backup.hear('n4', status())).toEqual([]);
    expect(backup.hear('n4', status())).toEqual(
      [share('n2', 1, 'x'), commit('n2', 1, 'x'), share('n2', 2, 'y')].map((msg) => send('n4', msg)),
    );
    expect(backup.hear('n4', status({ applied: 1 }))).toEqual([]);
    expect(backup.hear('n4', status({ applied: 1 }))).toEqual([send('n4', share('n2', 2, 'y'))]);
  });

  test('gets the proposals again of the primary', () => {
    const primary = new Replica();
    primary.write(1, 'x');
    primary.hear('n4', status());
    expect(primary.hear('n4', status())).toEqual([send('n4', propose(1, 'x'))]);
  });

  test('gets the votes of eight slots at a time', () => {
    const primary = new Replica();
    for (let id = 1; id <= 20; id += 1) primary.write(id, `b${id}`);
    primary.hear('n4', status({ applied: 3 }));
    const sent = primary.hear('n4', status({ applied: 3 }));
    expect(sent).toEqual([4, 5, 6, 7, 8, 9, 10, 11].map((slot) => send('n4', propose(slot, `b${slot}`))));
  });

  test('gets batches of 1 MiB at a time, and one that is longer alone', () => {
    const primary = new Replica({ maxUncommittedBytes: 2 ** 23 });
    const lengths = [2 ** 19, 2 ** 19, 1, 2 ** 21, 1];
    for (const [id, length] of lengths.entries()) primary.write(id + 1, 'x'.repeat(length));
    const sentTo = (applied: number) => {
      primary.hear('n4', status({ applied }));
      return ofKind('send', primary.hear('n4', status({ applied }))).flatMap(({ msg }) =>
        msg.type === 'propose' ? [msg.slot] : [],
      );
    };
    expect([0, 1, 2, 3, 4].map(sentTo)).toEqual([[1, 2], [2, 3], [3], [4], [5]]);
  });

  test('gets no votes of another view', () => {
    const backup = new Replica({ id: 'n3' });
    backup.hearSigned(propose(1, 'x'), share('n4', 1, 'x'), newViewWith(1, []));
    for (const told of [status({ view: 1 }), status({ view: 1 })]) expect(backup.hear('n4', told)).toEqual([]);
  });

  test('is a member', () => {
    const replica = inView(2);
    expect([replica.hear('n5', status()), replica.hear('n5', status())]).toEqual([[], []]);
  });
});

describe('batches that are asked for', () => {
  const asking = (...texts: readonly string[]) => ({ type: 'ask-bodies', digests: texts.map(digest) }) as const;

  test('are sent as far as they are here', () => {
    const primary = new Replica();
    primary.write(1, 'x');
    primary.write(2, 'y');
    expect(primary.hear('n3', asking('y', 'z', 'x'))).toEqual([
      sendNow('n3', { type: 'bodies', payloads: [bytes('y'), bytes('x')] }),
    ]);
    expect(primary.hear('n3', asking('z'))).toEqual([]);
    expect(primary.hear('n3', asking())).toEqual([]);
  });

  test('are kept only where one is lacking', () => {
    const backup = new Replica({ id: 'n2' });
    expect(backup.hear('n3', { type: 'bodies', payloads: [bytes('x'), bytes('y')] })).toEqual([]);
    expect(backup.heldBytes()).toBe(0);
  });

  test('are not taken for the null request', () => {
    const backup = new Replica({ id: 'n4' });
    backup.hearSigned(newViewWith(1, [{ slot: 2, prepared: certificate('prepared', 2, 'b') }]));
    expect(backup.hear('n1', { type: 'bodies', payloads: [bytes('b')] })).toEqual([
      sharing(choice(2, 'b', 1), 'b'),
      ...toOthers(backup, share('n4', 2, 'b', 1)),
    ]);
  });
});
