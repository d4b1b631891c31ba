import { describe, expect, test } from 'vitest';
import { encodeDated } from './bundle.ts';
import { attemptMs, commandsIn, members, ok, stage } from './bundle-client-fixture.ts';
import type { ClientRequest } from './ports.ts';

/** What a replica says of a read: a value, and since when that is there. */
const seen = (value: string | null, since = 1) => encodeDated({ since, result: ok(value) });

/** Two replies register a session; three of four are needed for all else. Sessions 1 to `count` are there. */
function quorumReads(count: number) {
  const it = stage(3);
  it.registered(count);
  const id = it.taken()[0]?.request.id ?? 0;
  for (const from of ['n1', 'n2', 'n3']) it.answer(from, id, ...Array.from({ length: count }, () => ok()));
  it.outcomes.splice(0);
  /** The bundles of this turn, each once. */
  const asked = () => it.taken().flatMap(({ to, request }) => (to === 'n1' ? [request] : []));
  return { ...it, asked };
}

const operations = (request: ClientRequest | undefined) =>
  request === undefined ? [] : commandsIn(request).map((command) => `${command?.op} ${command?.session}`);

const answered = (session: number, value: string | null) => [
  session,
  { kind: 'answered', result: { status: 'ok', value } },
];

describe('with quorum reads', () => {
  test('a session is given by two equal replies, a write is done by three', () => {
    const { open, put, taken, answer, outcomes } = stage(3);
    open(1);
    put(0, 'v');
    const registration = taken()[0]?.request.id ?? 0;
    for (const from of ['n1', 'n3']) answer(from, registration, ok('1'));
    const write = taken()[0]?.request.id ?? 0;
    expect(write).toBeGreaterThan(registration);
    for (const from of ['n1', 'n3']) answer(from, write, ok());
    expect(outcomes).toEqual([]);
    answer('n2', write, ok());
    expect(outcomes).toEqual([answered(0, null)]);
  });

  test('registrations, writes and reads go in bundles of their own, and reads alone beside the log', () => {
    const { open, put, get, asked } = quorumReads(4);
    open(1);
    put(4, 'v');
    for (const session of [0, 2]) get(session);
    for (const session of [1, 3]) put(session, 'v');
    const bundles = asked();
    expect(bundles.map(operations)).toEqual([
      [expect.stringMatching(/^register /)],
      ['put 2', 'put 4'],
      ['get 1', 'get 3'],
    ]);
    expect(bundles.map(({ access }) => access)).toEqual(['write', 'write', 'read']);
  });

  test('a read is answered when three replicas have said the same of it, whatever they say of others', () => {
    const { get, asked, answer, outcomes } = quorumReads(2);
    get(0);
    get(1);
    const id = asked()[0]?.id ?? 0;
    answer('n1', id, seen('a'), seen('x'));
    answer('n2', id, seen('a'), seen('y'));
    expect(outcomes).toEqual([]);
    answer('n4', id, seen('a'), seen('x'));
    expect(outcomes).toEqual([answered(0, 'a')]);
    answer('n3', id, seen('b'), seen('x'));
    expect(outcomes).toEqual([answered(0, 'a'), answered(1, 'x')]);
    expect(asked()).toEqual([]);
  });

  test('a write, too, is answered for itself: who took over a state may know no more of others', () => {
    const { put, asked, answer, outcomes } = quorumReads(2);
    put(0, 'v');
    put(1, 'v');
    const id = asked()[0]?.id ?? 0;
    for (const from of ['n1', 'n2']) answer(from, id, ok('a'), ok('b'));
    answer('n3', id, ok('late'), ok('b'));
    expect(outcomes).toEqual([answered(1, 'b')]);
  });

  // n1 is honest and ahead, n2 honest and behind; "a" was there before and is there again. n3 says whatever helps.
  test('equal values of different states are no answer: what was there may have been something else in between', () => {
    const { get, asked, answer, outcomes } = quorumReads(1);
    get(0);
    const [read] = asked();
    answer('n2', read?.id ?? 0, seen('a', 3));
    answer('n1', read?.id ?? 0, seen('a', 9));
    answer('n3', read?.id ?? 0, seen('a', 9));
    answer('n4', read?.id ?? 0, seen('b', 5));
    expect(outcomes).toEqual([]);
    expect(asked().map(operations)).toEqual([['get 1']]);
  });

  test('what a replica says alone is nothing, however often; nor is what a stranger says', () => {
    const { get, asked, answer, outcomes } = quorumReads(1);
    get(0);
    const id = asked()[0]?.id ?? 0;
    for (let again = 0; again < 3; again += 1) answer('n2', id, seen('lie'));
    for (const from of ['n8', 'n9']) answer(from, id, seen('lie'));
    answer('n1', id, seen('a'));
    expect(outcomes).toEqual([]);
    answer('n3', id, seen('a'));
    answer('n4', id, seen('a'));
    expect(outcomes).toEqual([answered(0, 'a')]);
  });
});

describe('a read goes through the log', () => {
  /** It was asked there, once, as the command of the session that it was, and is answered by three. */
  function expectOrdered(it: ReturnType<typeof quorumReads>, read: ClientRequest | undefined) {
    const [ordered, more] = it.asked();
    expect(more).toBeUndefined();
    expect(ordered?.access).toBe('write');
    expect(commandsIn(ordered as ClientRequest)).toEqual(commandsIn(read as ClientRequest));
    for (const from of ['n1', 'n2']) it.answer(from, ordered?.id ?? 0, ok('a'));
    expect(it.outcomes).toEqual([]);
    it.answer('n3', ordered?.id ?? 0, ok('a'));
    expect(it.outcomes).toEqual([answered(0, 'a')]);
  }

  test('as soon as no three can say the same any more', () => {
    const it = quorumReads(1);
    it.get(0);
    const [read] = it.asked();
    it.answer('n1', read?.id ?? 0, seen('a'));
    it.answer('n2', read?.id ?? 0, seen('b'));
    expect(it.asked()).toEqual([]);
    it.answer('n3', read?.id ?? 0, seen('c'));
    expectOrdered(it, read);
  });

  test('where two have refused, or given no such answer', () => {
    const it = quorumReads(1);
    it.get(0);
    const [read] = it.asked();
    const id = read?.id ?? 0;
    it.clients.receive('n1', { id, status: 'rejected' });
    it.answer('n3', id, seen('a'), seen('b'));
    expectOrdered(it, read);
  });

  test('when no quorum came in time; what comes then from beside it is nothing, and a later try stays there', () => {
    const it = quorumReads(1);
    it.get(0);
    const [read] = it.asked();
    for (const from of ['n1', 'n2']) it.answer(from, read?.id ?? 0, seen('a'));
    it.clock.pass(attemptMs);
    const [ordered] = it.asked();
    it.answer('n3', read?.id ?? 0, seen('a'));
    expect(it.outcomes).toEqual([]);
    it.clock.pass(attemptMs);
    expect(it.asked()).toEqual([ordered]);
    for (const from of members) it.answer(from, ordered?.id ?? 0, ok('b'));
    expect(it.outcomes).toEqual([answered(0, 'b')]);
    it.get(0);
    expect(it.asked()[0]?.access).toBe('read');
  });

  test('alone: others of its bundle wait on', () => {
    const it = quorumReads(2);
    it.get(0);
    it.get(1);
    const id = it.asked()[0]?.id ?? 0;
    for (const [place, from] of ['n1', 'n2', 'n3'].entries())
      it.answer(from, id, seen(`${place}`), seen(place > 0 ? 'x' : 'y'));
    expect(it.asked().map(operations)).toEqual([['get 1']]);
    it.answer('n4', id, seen('0'), seen('x'));
    expect(it.outcomes).toEqual([answered(1, 'x')]);
  });
});
