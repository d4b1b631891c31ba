import { describe, expect, test } from 'vitest';
import {
  encodeBatch,
  encodeCommand,
  encodeResult,
  forEachCommand,
  maxCommandBytes,
  type OperationName,
} from './machine/command.ts';
import { SessionMachine } from './machine/sessions.ts';
import { ManualClock } from './manual-ports.ts';
import type { ClientReply } from './ports.ts';
import { Requests } from './requests.ts';

interface Batch {
  readonly id: number;
  readonly access: 'write' | 'read';
  readonly payload: Uint8Array;
}

function encoded(op: OperationName, session: number, sequence: number, value: string | null = null): Uint8Array {
  return encodeCommand({ op, session, sequence, key: 'k', a: value, b: null });
}

/** The sessions of the commands in a payload. */
function sessionsIn(payload: Uint8Array): number[] {
  const sessions: number[] = [];
  forEachCommand(payload, ({ session }) => void sessions.push(session));
  return sessions;
}

/** The clients' side of a replica over a real machine, in which sessions 1 and 2 are registered. */
function desk() {
  const clock = new ManualClock();
  const machine = new SessionMachine();
  const replies: [client: string, reply: ClientReply][] = [];
  const batches: Batch[] = [];
  machine.apply(encodeBatch([encoded('register', 7, 0), encoded('register', 8, 0)]), () => {});
  const requests = new Requests(
    machine,
    { reply: (client, reply) => void replies.push([client, reply]) },
    clock,
    (id, access, payload) => void batches.push({ id, access, payload }),
  );
  const take = (client: string, id: number, command: Uint8Array, access: 'write' | 'read' = 'write') =>
    requests.take(client, { id, access, command });
  const decide = (batch: Batch | undefined) => machine.apply(batch?.payload ?? new Uint8Array(0), requests.onResult);
  /** Takes a command in a turn of its own. */
  const ask = (client: string, id: number, command: Uint8Array) => {
    take(client, id, command);
    clock.endTurn();
  };
  return { clock, machine, replies, batches, requests, take, ask, decide };
}

const ok = (id: number, value: string | null): ClientReply => ({ id, status: 'ok', result: encodeResult('ok', value) });

describe('gathering', () => {
  test('commands of one turn are one batch, writes and reads apart; those of the next are the next', () => {
    const { clock, take, batches } = desk();
    const [first, second, third] = [encoded('put', 1, 1, 'a'), encoded('put', 2, 1, 'b'), encoded('put', 1, 2, 'c')];
    const read = encoded('get', 0, 0);
    take('c1', 1, first);
    take('c3', 1, read, 'read');
    take('c2', 1, second);
    expect(batches).toEqual([]);
    clock.endTurn();
    take('c1', 2, third);
    clock.endTurn();
    expect(batches).toEqual([
      { id: 1, access: 'write', payload: encodeBatch([first, second]) },
      { id: 2, access: 'read', payload: encodeBatch([read]) },
      { id: 3, access: 'write', payload: encodeBatch([third]) },
    ]);
  });

  test('what goes beyond 384 commands waits for the next turn', () => {
    const { clock, take, batches } = desk();
    for (let i = 1; i <= 900; i += 1) take('c1', i, encoded('put', i, 1, 'x'));
    const sizes = () => batches.map(({ payload }) => sessionsIn(payload).length);
    clock.endTurn();
    expect(sizes()).toEqual([384]);
    clock.endTurn();
    expect(sizes()).toEqual([384, 384]);
    clock.endTurn();
    clock.endTurn();
    expect(sizes()).toEqual([384, 384, 132]);
    expect(batches.flatMap(({ payload }) => sessionsIn(payload))).toEqual(
      Array.from({ length: 900 }, (_, index) => index + 1),
    );
  });

  test('so does what goes beyond 4 MiB, but for a command that is larger alone', () => {
    const { clock, take, batches } = desk();
    const large = encoded('put', 1, 1, 'x'.repeat(maxCommandBytes - 100));
    for (let i = 1; i <= 5; i += 1) take('c1', i, large);
    expect(batches).toEqual([]);
    clock.endTurn();
    expect(batches).toHaveLength(1);
    clock.endTurn();
    expect(batches).toHaveLength(2);
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['what is no command', new Uint8Array(64).fill(255)],
    ['what is too large', encoded('put', 1, 1, 'x'.repeat(maxCommandBytes))],
  ])('%s is turned away at the door', (_what, bytes) => {
    const { clock, take, replies, batches } = desk();
    take('c1', 1, bytes);
    clock.endTurn();
    expect(replies).toEqual([['c1', { id: 1, status: 'rejected' }]]);
    expect(batches).toEqual([]);
  });
});

describe('answers to writes', () => {
  test('go to whoever waits for that session and sequence, once', () => {
    const { clock, take, batches, decide, replies } = desk();
    take('c1', 10, encoded('append', 1, 1, 'a'));
    take('c2', 20, encoded('append', 2, 1, 'b'));
    clock.endTurn();
    decide(batches[0]);
    expect(replies).toEqual([
      ['c1', ok(10, 'a')],
      ['c2', ok(20, 'ab')],
    ]);
    decide(batches[0]);
    expect(replies).toHaveLength(2);
  });

  test('a retry is answered where it was sent last, though the command was decided through the first try', () => {
    const { clock, take, batches, decide, replies } = desk();
    take('c1', 10, encoded('append', 1, 1, 'a'));
    clock.endTurn();
    take('c1', 11, encoded('append', 1, 1, 'a'));
    clock.endTurn();
    decide(batches[0]);
    decide(batches[1]);
    expect(replies).toEqual([['c1', ok(11, 'a')]]);
  });

  // Dissertation, section 6.3: the result of the last command of a session is kept, and is the answer to its retry.
  test('a retry of what was applied already is answered at once, and not proposed', () => {
    const { clock, take, batches, decide, replies } = desk();
    take('c1', 10, encoded('append', 1, 1, 'a'));
    clock.endTurn();
    decide(batches[0]);
    take('c1', 11, encoded('append', 1, 1, 'a'));
    clock.endTurn();
    expect(batches).toHaveLength(1);
    expect(replies.slice(1)).toEqual([['c1', ok(11, 'a')]]);
  });

  test('a registering client is known by the number that it drew; a session of that number is another one', () => {
    const { clock, take, batches, decide, replies } = desk();
    take('c1', 10, encoded('put', 1, 1, 'a'));
    take('c2', 20, encoded('register', 1, 0));
    clock.endTurn();
    decide(batches[0]);
    expect(replies).toEqual([
      ['c1', ok(10, null)],
      ['c2', ok(20, '3')],
    ]);
  });

  test('an earlier command of the session, proposed elsewhere, is not the answer to the one that is waited for', () => {
    const { clock, take, batches, decide, replies } = desk();
    take('c1', 10, encoded('append', 1, 2, 'b'));
    clock.endTurn();
    decide({ id: 1, access: 'write', payload: encodeBatch([encoded('append', 1, 1, 'a')]) });
    expect(replies).toEqual([]);
    decide(batches[0]);
    expect(replies).toEqual([['c1', ok(10, 'ab')]]);
  });

  test('the same command twice in one turn is answered once, where it was asked for last', () => {
    const { clock, take, batches, replies, decide } = desk();
    take('c1', 10, encoded('append', 1, 1, 'a'));
    take('c3', 11, encoded('append', 1, 1, 'a'));
    clock.endTurn();
    decide(batches[0]);
    expect(replies).toEqual([['c3', ok(11, 'a')]]);
  });

  test('come to what only begins like a command, too', () => {
    const { clock, take, batches, replies, decide } = desk();
    for (const [id, op] of (['register', 'put'] as const).entries()) {
      const wrong = encoded(op, 1, 9);
      wrong.fill(255, 13);
      take('c1', id, wrong);
    }
    clock.endTurn();
    decide(batches[0]);
    const result = encodeResult('malformed', null);
    expect(replies).toEqual([0, 1].map((id) => ['c1', { id, status: 'ok', result }]));
  });

  test('come to nobody whose batch was forgotten because too many are under way; he may ask again', () => {
    const { ask, batches, replies, decide } = desk();
    for (let session = 1; session <= 1025; session += 1) ask('c1', session, encoded('append', session, 1, 'a'));
    expect(batches).toHaveLength(1025);
    decide(batches[0]);
    expect(replies).toEqual([]);
    decide(batches[1]);
    expect(replies).toEqual([['c1', ok(2, 'aa')]]);
    ask('c1', 2000, encoded('append', 1, 1, 'a'));
    expect(replies.slice(1)).toEqual([['c1', ok(2000, 'a')]]);
  });

  test('what others decided is nobody’s answer here', () => {
    const { decide, replies } = desk();
    decide({ id: 1, access: 'write', payload: encodeBatch([encoded('put', 1, 1, 'a')]) });
    expect(replies).toEqual([]);
  });
});

describe('answers to reads', () => {
  test('wait until the machine has applied so much', () => {
    const { clock, take, requests, replies, decide } = desk();
    take('c1', 10, encoded('get', 0, 0), 'read');
    clock.endTurn();
    requests.read(2, 3, 2);
    expect(replies).toEqual([]);
    requests.serveReads(2);
    expect(replies).toEqual([]);
    decide({ id: 1, access: 'write', payload: encodeBatch([encoded('put', 1, 1, 'new')]) });
    requests.serveReads(3);
    expect(replies).toEqual([['c1', ok(10, 'new')]]);
    requests.serveReads(4);
    expect(replies).toHaveLength(1);
  });

  test('never cost a write its reply, however many there are while a disk is slow', () => {
    const { clock, take, requests, replies, batches, decide } = desk();
    take('c1', 10, encoded('put', 1, 1, 'a'));
    clock.endTurn();
    for (let count = 1; count <= 3000; count += 1) {
      take('c2', count, encoded('get', 0, 0), 'read');
      clock.endTurn();
      requests.read(2 * count, 0, 0);
    }
    expect(replies).toHaveLength(3000);
    decide(batches[0]);
    expect(replies.at(-1)).toEqual(['c1', ok(10, null)]);
  });

  test('come at once where it has, and for every read of the batch', () => {
    const { clock, take, requests, replies } = desk();
    take('c1', 10, encoded('get', 0, 0), 'read');
    take('c2', 20, encoded('get', 0, 0), 'read');
    clock.endTurn();
    requests.read(2, 2, 2);
    expect(replies).toEqual([
      ['c1', ok(10, null)],
      ['c2', ok(20, null)],
    ]);
    requests.read(2, 2, 2);
    expect(replies).toHaveLength(2);
  });
});

describe('refusals', () => {
  test('reach every client of the batch, with the leader where it is known', () => {
    const { clock, take, requests, replies, batches, decide } = desk();
    take('c1', 10, encoded('put', 1, 1, 'a'));
    take('c2', 20, encoded('put', 2, 1, 'b'));
    take('c3', 30, encoded('get', 0, 0), 'read');
    clock.endTurn();
    requests.reject(1, 'n3');
    requests.reject(2, undefined);
    expect(replies).toEqual([
      ['c1', { id: 10, status: 'rejected', leader: 'n3' }],
      ['c2', { id: 20, status: 'rejected', leader: 'n3' }],
      ['c3', { id: 30, status: 'rejected' }],
    ]);
    // Whoever was refused does not wait any more: if another replica decides the command, that one answers.
    decide(batches[0]);
    requests.reject(1, 'n3');
    expect(replies).toHaveLength(3);
  });

  // A client that is refused takes that for certain: "not taken up, and never will be by this replica".
  test('of an earlier try do not take away the answer to a later one', () => {
    const { clock, take, requests, replies, batches, decide } = desk();
    take('c1', 10, encoded('put', 1, 1, 'a'));
    clock.endTurn();
    take('c1', 11, encoded('put', 1, 1, 'a'));
    clock.endTurn();
    requests.reject(1, undefined);
    decide(batches[1]);
    expect(replies).toEqual([
      ['c1', { id: 10, status: 'rejected' }],
      ['c1', ok(11, null)],
    ]);
  });

  test('a batch that was forgotten, or never was, can be refused without harm', () => {
    const { requests, replies } = desk();
    requests.reject(77, 'n2');
    requests.read(78, 1, 1);
    expect(replies).toEqual([]);
  });
});

test('a state that was taken over answers nobody who waits for a write', () => {
  const { ask, machine, requests, replies } = desk();
  ask('c1', 10, encoded('append', 1, 1, 'a'));
  machine.apply(encodeBatch([encoded('append', 1, 1, 'a')]), () => {});
  requests.onRestored(1);
  expect(replies).toEqual([]);
});
