import { describe, expect, test } from 'vitest';
import { genuineness } from './bundle.ts';
import { bundleQuorums } from './bundle-client.ts';
import { attemptMs, commandsIn, members, ok, stage } from './bundle-client-fixture.ts';
import { keyedHashCrypto } from './crypto/keyed-hash.ts';
import type { ClientRequest } from './ports.ts';

describe('clients that sign', () => {
  test('sign all that they ask for in a turn once, and send the very same to every replica', () => {
    const { counts, open, put, taken } = stage();
    open(3);
    for (const session of [0, 1, 2]) put(session, 'v');
    const sent = taken();
    expect(sent.map(({ to }) => to)).toEqual(members);
    expect(new Set(sent.map(({ request }) => request))).toHaveProperty('size', 1);
    const [first] = sent;
    expect(first?.request.access).toBe('write');
    expect(commandsIn(first?.request as ClientRequest).map((command) => command?.op)).toEqual([
      ...['register', 'register', 'register'],
    ]);
    expect(genuineness(keyedHashCrypto(7, 'n2', members))(first?.request.command as Uint8Array)).toBe(true);
    expect(counts.signatures).toBe(1);
  });

  test('are given the results in the order in which they asked, once two replicas have said the same of all', () => {
    const { outcomes, registered, put, taken, answer } = stage();
    registered(2);
    const id = taken()[0]?.request.id ?? 0;
    answer('n4', id, ok('1'), ok('lie'));
    answer('n2', id, ok('1'), ok('2'));
    expect(outcomes).toEqual([]);
    answer('n3', id, ok('1'), ok('2'));
    expect(outcomes).toEqual([
      [0, { kind: 'answered', result: { status: 'ok', value: '1' } }],
      [1, { kind: 'answered', result: { status: 'ok', value: '2' } }],
    ]);
    // What comes later is nobody's.
    answer('n1', id, ok('1'), ok('2'));
    expect(outcomes).toHaveLength(2);
    put(1, 'next');
    expect(commandsIn(taken()[0]?.request as ClientRequest)).toMatchObject([{ session: 2, sequence: 2, a: 'next' }]);
  });

  test('believe no replica alone, however often it says something, nor a stranger, nor a refusal', () => {
    const { outcomes, clients, registered, taken, answer } = stage();
    registered(1);
    const id = taken()[0]?.request.id ?? 0;
    for (let again = 0; again < 3; again += 1) answer('n2', id, ok('lie'));
    answer('n9', id, ok('lie'));
    for (const from of members) clients.receive(from, { id, status: 'rejected' });
    expect(outcomes).toEqual([]);
    answer('n4', id, ok('lie'));
    expect(outcomes).toHaveLength(1);
  });

  test('take no answer that has another number of results than was asked for', () => {
    const { outcomes, registered, taken, confirm } = stage();
    registered(2);
    const id = taken()[0]?.request.id ?? 0;
    confirm(id, ok());
    expect(outcomes).toEqual([]);
    confirm(id, ok(), ok());
    expect(outcomes).toHaveLength(2);
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['no batch of results', new Uint8Array(64).fill(255)],
  ])('take no answer from %s, whoever says it, and go on waiting', (_, result) => {
    const { outcomes, clients, registered, taken, confirm } = stage();
    registered(1);
    const id = taken()[0]?.request.id ?? 0;
    for (const from of members) clients.receive(from, { id, status: 'ok', result });
    expect(outcomes).toEqual([]);
    confirm(id, ok());
    expect(outcomes).toHaveLength(1);
  });

  test('know nothing of a write that all have refused: who refuses may propose it all the same', () => {
    const { outcomes, clients, clock, registered, taken } = stage();
    registered(1);
    const id = taken()[0]?.request.id ?? 0;
    for (const from of members) clients.receive(from, { id, status: 'rejected' });
    clock.pass(5000);
    expect(outcomes).toEqual([[0, { kind: 'unknown', error: 'timed out' }]]);
  });

  test('send the same bundle again when an answer is late, and sign nothing for that; any try may be answered', () => {
    const { clock, counts, outcomes, registered, taken, answer } = stage();
    registered(2);
    const first = taken();
    const { signatures } = counts;
    answer('n1', first[0]?.request.id ?? 0, ok(), ok());
    clock.pass(attemptMs);
    const again = taken();
    expect(new Set(again.map(({ to }) => to))).toEqual(new Set(members));
    for (const { request } of again) expect(request).toBe(first[0]?.request);
    expect(counts.signatures).toBe(signatures);
    answer('n2', first[0]?.request.id ?? 0, ok(), ok());
    expect(outcomes).toHaveLength(2);
    clock.pass(attemptMs);
    expect(taken()).toEqual([]);
  });

  test('forget a bundle that nobody waits for any more: all have given up, and ask for something else', () => {
    const { clock, clients, outcomes, registered, put, taken } = stage();
    registered(2);
    taken();
    expect(clients.underWay).toBe(1);
    clock.pass(5000);
    expect(outcomes.map(([, { kind }]) => kind)).toEqual(['unknown', 'unknown']);
    taken();
    put(0, 'x');
    taken();
    expect(clients.underWay).toBe(2);
    put(1, 'y');
    taken();
    expect(clients.underWay).toBe(2);
  });

  test('put at most 384 commands into a bundle, and 256 KiB where one command is not longer', () => {
    const { open, put, taken } = stage();
    open(900);
    for (let session = 0; session < 900; session += 1) put(session, 'v');
    const toFirst = () => taken().filter(({ to }) => to === 'n1');
    expect(toFirst().map(({ request }) => commandsIn(request).length)).toEqual([384, 384, 132]);
    const long = stage();
    long.registered(4);
    long.confirm(long.taken()[0]?.request.id ?? 0, ok(), ok(), ok(), ok());
    for (const [session, kib] of [200, 100, 300, 10].entries()) long.put(session, 'x'.repeat(kib * 1024));
    const bundles = long.taken().filter(({ to }) => to === 'n1');
    expect(bundles.map(({ request }) => commandsIn(request).length)).toEqual([1, 1, 1, 1]);
  });
});

test('a protocol that does not say how many equal replies make an answer has no clients that sign', () => {
  expect(() => bundleQuorums({ reads: 'asked' }, 4)).toThrow(TypeError);
  expect(bundleQuorums({ reads: 'ordered', replyQuorum: () => 2 }, 4)).toEqual({ quorum: 2 });
});
