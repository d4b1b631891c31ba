import { describe, expect, test } from 'vitest';
import { encodeBundle, encodeDated, genuineness, signerName } from './bundle.ts';
import { BundleDesk } from './bundle-desk.ts';
import { correctDeskRules, type DeskRules } from './client-desk.ts';
import { keyedHashCrypto } from './crypto/keyed-hash.ts';
import { encodeBatch, encodeCommand, encodeResult, type OperationName } from './machine/command.ts';
import { SessionMachine } from './machine/sessions.ts';
import { ManualClock } from './manual-ports.ts';
import type { ClientReply } from './ports.ts';

interface Batch {
  readonly id: number;
  readonly payload: Uint8Array;
}

const encoded = (op: OperationName, session: number, sequence: number, value: string | null = null) =>
  encodeCommand({ op, session, sequence, key: 'k', a: value, b: null });
const bundleOf = (client: string, ...commands: Uint8Array[]) =>
  encodeBundle(client, commands, keyedHashCrypto(7, signerName(client), []));

/** The clients' side of a replica over a real machine. */
function desk(quorumReads = false, rules: Partial<DeskRules> = {}) {
  const clock = new ManualClock();
  const machine = new SessionMachine({}, true, true);
  const replies: [client: string, reply: ClientReply][] = [];
  const batches: Batch[] = [];
  const settled: number[] = [];
  const bundles = new BundleDesk({
    machine,
    clients: { reply: (client, reply) => void replies.push([client, reply]) },
    clock,
    isGenuine: genuineness(keyedHashCrypto(7, 'n1', ['n1'])),
    quorumReads,
    rules: { ...correctDeskRules, ...rules },
    propose: (id, _, payload) => void batches.push({ id, payload }),
    settle: (id) => void settled.push(id),
  });
  const take = (from: string, id: number, command: Uint8Array) => bundles.take(from, { id, access: 'write', command });
  const read = (from: string, id: number, command: Uint8Array) => bundles.take(from, { id, access: 'read', command });
  /** Takes a bundle in a turn of its own. */
  const ask = (from: string, id: number, command: Uint8Array) => {
    take(from, id, command);
    clock.endTurn();
  };
  let index = 0;
  const applied = (learned: boolean, payloads: readonly (Uint8Array | undefined)[]) => {
    index += 1;
    bundles.apply(index, Buffer.concat(payloads.map((payload) => payload ?? new Uint8Array(0))), learned);
  };
  const decide = (...payloads: (Uint8Array | undefined)[]) => applied(false, payloads);
  const learn = (...payloads: (Uint8Array | undefined)[]) => applied(true, payloads);
  /** Sessions 1 to `count` of client c1. */
  const registered = (count: number) => {
    for (let number = 1; number <= count; number += 1) decide(bundleOf('c1', encoded('register', number, 0)));
  };
  const taken = () => replies.splice(0);
  return { clock, machine, bundles, batches, settled, take, read, ask, decide, learn, registered, taken };
}

const ok = (id: number, ...values: (string | null)[]): ClientReply => ({
  id,
  status: 'ok',
  result: encodeBatch(values.map((value) => encodeResult('ok', value))),
});
const expired = encodeResult('expired', null);

describe('bundles that are asked for', () => {
  test('are proposed whole, those of one turn together', () => {
    const { clock, take, batches } = desk();
    const [one, two, three] = [1, 2, 3].map((drawn) => bundleOf(`c${drawn}`, encoded('register', drawn, 0)));
    take('s1', 1, one as Uint8Array);
    take('s2', 1, two as Uint8Array);
    expect(batches).toEqual([]);
    clock.endTurn();
    take('s1', 2, three as Uint8Array);
    clock.endTurn();
    expect(batches.map(({ payload }) => Buffer.from(payload))).toEqual([
      Buffer.concat([one as Uint8Array, two as Uint8Array]),
      Buffer.from(three as Uint8Array),
    ]);
  });

  test('wait for the next turn where they make a batch of more than 1 MiB, but for one that is longer alone', () => {
    const { clock, take, batches } = desk();
    for (const session of [1, 2, 3])
      take('s1', session, bundleOf('c1', encoded('put', session, 1, 'x'.repeat(600_000))));
    for (let turn = 1; turn <= 3; turn += 1) {
      clock.endTurn();
      expect(batches).toHaveLength(turn);
    }
  });

  test.each([
    ['a command that nobody has signed', encoded('register', 1, 0)],
    ['nothing', new Uint8Array(0)],
    [
      'two bundles',
      Buffer.concat([bundleOf('c1', encoded('register', 1, 0)), bundleOf('c1', encoded('register', 2, 0))]),
    ],
    ['what a replica has signed', encodeBundle('c1', [encoded('register', 1, 0)], keyedHashCrypto(7, 'n1', ['n1']))],
  ])('are turned away where they are none: %s', (_, command) => {
    const { ask, batches, taken } = desk();
    ask('s1', 1, command);
    expect(taken()).toEqual([['s1', { id: 1, status: 'rejected' }]]);
    expect(batches).toEqual([]);
  });

  test('are answered with the results of all commands, in order, and are settled then', () => {
    const { registered, ask, batches, decide, settled, taken } = desk();
    registered(2);
    ask('s1', 9, bundleOf('c1', encoded('append', 2, 1, 'a'), encoded('append', 1, 1, 'b')));
    decide(batches[0]?.payload);
    expect(taken()).toEqual([['s1', ok(9, 'a', 'ab')]]);
    expect(settled).toEqual([batches[0]?.id]);
    decide(batches[0]?.payload);
    expect(taken()).toEqual([]);
    expect(settled).toHaveLength(1);
  });

  test('are answered, and settled, also where what they hold only begins like a command', () => {
    const { registered, ask, batches, decide, settled, taken } = desk();
    registered(1);
    const wrong = encoded('put', 1, 9);
    wrong.fill(255, 13);
    ask('s1', 9, bundleOf('c1', wrong, encoded('append', 1, 1, 'a')));
    decide(batches[0]?.payload);
    const results = [encodeResult('malformed', null), encodeResult('ok', 'a')];
    expect(taken()).toEqual([['s1', { id: 9, status: 'ok', result: encodeBatch(results) }]]);
    expect(settled).toEqual([batches[0]?.id]);
  });

  test('are answered also where another replica proposed them, in another company', () => {
    const { clock, registered, take, batches, decide, settled, taken } = desk();
    registered(3);
    const [one, two, other] = [1, 2, 3].map((session) => bundleOf('c1', encoded('append', session, 1, `${session}`)));
    take('s1', 1, one as Uint8Array);
    take('s2', 2, two as Uint8Array);
    clock.endTurn();
    decide(other, two);
    expect(taken()).toEqual([['s2', ok(2, '32')]]);
    expect(settled).toEqual([]);
    decide(one);
    expect(taken()).toEqual([['s1', ok(1, '321')]]);
    expect(settled).toEqual([batches[0]?.id]);
  });

  test('go into no batch where they were applied before it was made', () => {
    const { clock, registered, take, batches, decide, taken } = desk();
    registered(1);
    const bundle = bundleOf('c1', encoded('append', 1, 1, 'a'));
    take('s1', 1, bundle);
    decide(bundle);
    expect(taken()).toEqual([['s1', ok(1, 'a')]]);
    clock.endTurn();
    expect(batches).toEqual([]);
  });

  test('that come again while they wait are in no other batch; all who asked for them get the reply', () => {
    const { registered, ask, batches, decide, taken } = desk();
    registered(1);
    const bundle = bundleOf('c1', encoded('append', 1, 1, 'a'));
    ask('s1', 1, bundle);
    ask('s2', 5, bundle);
    expect(batches).toHaveLength(1);
    decide(bundle);
    expect(taken()).toEqual([
      ['s1', ok(1, 'a')],
      ['s2', ok(5, 'a')],
    ]);
  });

  test.each([
    ['the first of the same client, where it has one', ['s1', 's2', 's3', 's2', 's2', 's2'], [0, 2, 4, 5]],
    ['the first of all, where it has none', ['s1', 's2', 's3', 's4', 's5'], [1, 2, 3, 4]],
  ])('are answered four times; a fifth request takes the place of %s', (_, clients, answered) => {
    const { registered, ask, decide, taken } = desk();
    registered(1);
    const bundle = bundleOf('c1', encoded('append', 1, 1, 'a'));
    for (const [id, from] of clients.entries()) ask(from, id, bundle);
    decide(bundle);
    expect(taken()).toEqual(answered.map((id) => [clients[id], ok(id, 'a')]));
  });

  test('that are refused by the protocol may be asked for again', () => {
    const { bundles, registered, ask, batches, settled, taken } = desk();
    registered(1);
    const bundle = bundleOf('c1', encoded('append', 1, 1, 'a'));
    ask('s1', 1, bundle);
    ask('s2', 7, bundle);
    bundles.reject(batches[0]?.id ?? 0, 'n2');
    bundles.reject(batches[0]?.id ?? 0, 'n2');
    expect(taken()).toEqual([
      ['s1', { id: 1, status: 'rejected', leader: 'n2' }],
      ['s2', { id: 7, status: 'rejected', leader: 'n2' }],
    ]);
    expect(settled).toEqual([]);
    ask('s1', 2, bundle);
    expect(batches).toHaveLength(2);
  });

  test('are forgotten, and settled, where more than 1,024 batches wait', () => {
    const { registered, ask, settled, batches } = desk();
    registered(1);
    for (let sequence = 1; sequence <= 1025; sequence += 1)
      ask('s1', sequence, bundleOf('c1', encoded('put', 1, sequence)));
    expect(settled).toEqual([batches[0]?.id]);
    ask('s1', 1, bundleOf('c1', encoded('put', 1, 1)));
    expect(batches).toHaveLength(1026);
  });
});

describe('reads beside the log', () => {
  const dated = (id: number, ...answers: [since: number, value: string | null][]): ClientReply => ({
    id,
    status: 'ok',
    result: encodeBatch(answers.map(([since, value]) => encodeDated({ since, result: encodeResult('ok', value) }))),
  });
  const gets = (...keys: string[]) =>
    bundleOf('c1', ...keys.map((key) => encodeCommand({ op: 'get', session: 1, sequence: 9, key, a: null, b: null })));

  test('are answered at once, with the present values and since when they are there; nothing is proposed or kept of them', () => {
    const { machine, registered, decide, read, batches, clock, taken } = desk(true);
    registered(2);
    decide(bundleOf('c1', encoded('append', 1, 1, 'a')));
    decide(bundleOf('c2', encoded('append', 1, 1, 'of another')));
    const before = machine.digest();
    read('s1', 5, gets('k', 'other'));
    expect(taken()).toEqual([['s1', dated(5, [3, 'a'], [0, null])]]);
    expect(machine.digest()).toBe(before);
    decide(bundleOf('c1', encoded('append', 1, 2, 'b')));
    read('s1', 5, gets('k', 'other'));
    expect(taken()).toEqual([['s1', dated(5, [5, 'ab'], [0, null])]]);
    clock.endTurn();
    expect(batches).toEqual([]);
  });

  test('are no way to write', () => {
    const { machine, registered, read, taken } = desk(true);
    registered(1);
    const before = machine.digest();
    read('s1', 1, bundleOf('c1', encoded('put', 1, 1, 'x')));
    const malformed = encodeDated({ since: 1, result: encodeResult('malformed', null) });
    expect(taken()).toEqual([['s1', { id: 1, status: 'ok', result: encodeBatch([malformed]) }]]);
    expect(machine.digest()).toBe(before);
  });

  test.each([
    ['which no client has signed', encodeBundle('c1', [encoded('get', 1, 1)], keyedHashCrypto(7, 'n1', ['n1'])), true],
    ['where there are none', bundleOf('c1', encoded('get', 1, 1)), false],
  ])('are turned away %s', (_, bundle, quorumReads) => {
    const { read, taken } = desk(quorumReads);
    read('s1', 1, bundle);
    expect(taken()).toEqual([['s1', { id: 1, status: 'rejected' }]]);
  });

  test('are turned away where all together are longer than 3 MiB; one may be as long as it is', () => {
    const { registered, decide, read, taken } = desk(true);
    registered(1);
    for (const sequence of [1, 2, 3, 4]) decide(bundleOf('c1', encoded('append', 1, sequence, 'x'.repeat(900_000))));
    read('s1', 1, gets('k'));
    read('s1', 2, gets('other', 'k'));
    read('s1', 3, gets('k', 'other'));
    expect(taken().map(([, { id, status }]) => [id, status])).toEqual([
      [1, 'ok'],
      [2, 'rejected'],
      [3, 'rejected'],
    ]);
  });
});

describe('what is said of a bundle that was carried out', () => {
  test('is what became of it at first: a registration gives no second session, however often it is decided', () => {
    const { ask, decide, taken } = desk();
    const bundle = bundleOf('c1', encoded('register', 7, 0));
    decide(bundle);
    decide(bundle);
    ask('s1', 3, bundle);
    expect(taken()).toEqual([['s1', ok(3, '1')]]);
  });

  test('is known from the sessions where it is kept no more, and proposed nowhere', () => {
    const { registered, ask, decide, batches, taken } = desk();
    registered(2);
    const bundle = bundleOf('c1', encoded('append', 1, 1, 'a'), encoded('append', 2, 1, 'b'));
    decide(bundle);
    for (let other = 0; other < 4096; other += 1) decide(bundleOf('c2', encoded('register', other, 0)));
    ask('s1', 3, bundle);
    expect(taken()).toEqual([['s1', ok(3, 'a', 'ab')]]);
    expect(batches).toEqual([]);
  });

  test('is that it comes too late, where its session went on without it, or belongs to another client', () => {
    const { registered, ask, decide, batches, taken } = desk();
    registered(1);
    decide(bundleOf('c1', encoded('append', 1, 2, 'b')));
    ask('s1', 1, bundleOf('c1', encoded('append', 1, 1, 'a')));
    ask('s1', 2, bundleOf('c2', encoded('append', 1, 3, 'stolen')));
    const late = { status: 'ok', result: encodeBatch([expired]) };
    expect(taken()).toEqual([
      ['s1', { id: 1, ...late }],
      ['s1', { id: 2, ...late }],
    ]);
    expect(batches).toEqual([]);
  });

  test('is nothing of batches that are no bundles: they change no state', () => {
    const { machine, decide, registered } = desk();
    registered(1);
    const before = machine.digest();
    decide(encodeBatch([encoded('put', 1, 1, 'forged')]));
    expect(machine.digest()).toBe(before);
  });
});

describe('a state that was taken over', () => {
  test('answers what it has done; who waits for a session asks again; the rest goes on waiting', () => {
    const { machine, bundles, registered, ask, batches, settled, decide, taken } = desk();
    registered(2);
    const done = bundleOf('c1', encoded('append', 1, 1, 'a'));
    const registers = bundleOf('c1', encoded('register', 50, 0), encoded('append', 1, 1, 'a'));
    const waits = bundleOf('c1', encoded('append', 2, 1, 'b'));
    for (const [id, bundle] of [done, registers, waits].entries()) ask('s1', id, bundle);
    machine.apply(encodeBatch([encoded('append', 1, 1, 'a')]), () => {}, 'c1');
    bundles.onRestored();
    expect(taken()).toEqual([
      ['s1', ok(0, 'a')],
      ['s1', { id: 1, status: 'rejected' }],
    ]);
    expect(settled).toEqual([batches[0]?.id, batches[1]?.id]);
    decide(waits);
    expect(taken()).toEqual([['s1', ok(2, 'ab')]]);
  });
});

// Berger, Reiser and Bessani (2021): else f honest replicas that are kept in the dark answer nobody.
describe('what was decided without this replica', () => {
  test('is answered as what it decided itself: to who waits, and to who asks again', () => {
    const { registered, ask, learn, settled, batches, taken } = desk();
    registered(1);
    const bundle = bundleOf('c1', encoded('append', 1, 1, 'a'));
    ask('s1', 1, bundle);
    learn(bundle);
    expect(taken()).toEqual([['s1', ok(1, 'a')]]);
    expect(settled).toEqual([batches[0]?.id]);
    ask('s1', 2, bundle);
    expect(taken()).toEqual([['s1', ok(2, 'a')]]);
  });

  test('is answered by who took over its state with the same bytes as by who carried it out', () => {
    const [carriesOut, takesOver] = [desk(), desk()];
    const bundle = bundleOf('c1', encoded('append', 1, 1, 'a'), encoded('append', 2, 1, 'b'), encoded('get', 3, 7));
    carriesOut.registered(3);
    carriesOut.decide(bundle);
    carriesOut.ask('s1', 4, bundle);
    const restoration = takesOver.machine.restore();
    const pieces = carriesOut.machine.snapshot();
    for (let next = pieces.next(); !next.done; next = pieces.next()) restoration.take(next.value);
    takesOver.ask('s1', 4, bundle);
    restoration.finish();
    takesOver.bundles.onRestored();
    const [first, ...more] = carriesOut.taken();
    expect(more).toEqual([]);
    expect(takesOver.taken()).toEqual([first]);
    takesOver.ask('s1', 4, bundle);
    expect(takesOver.taken()).toEqual([first]);
  });

  test('is answered to nobody by the planted bug, though it is done', () => {
    const { machine, bundles, registered, ask, learn, decide, settled, batches, taken } = desk(true, {
      answersForOthers: false,
    });
    registered(1);
    const bundle = bundleOf('c1', encoded('append', 1, 1, 'a'));
    ask('s1', 1, bundle);
    learn(bundle);
    expect(settled).toEqual([batches[0]?.id]);
    bundles.onRestored();
    ask('s1', 2, bundle);
    expect(taken()).toEqual([]);
    expect(machine.recall(1, 1)).toEqual(encodeResult('ok', 'a'));
    decide(bundleOf('c1', encoded('append', 1, 2, 'b')));
    ask('s1', 3, bundleOf('c1', encoded('append', 1, 2, 'b')));
    expect(taken()).toEqual([['s1', ok(3, 'ab')]]);
  });
});
