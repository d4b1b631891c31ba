import { describe, expect, test } from 'vitest';
import { type CallOutcome, type ClientCommand, SessionClient } from './client.ts';
import type { ClientPolicy } from './contract/definition.ts';
import { type Command, decodeCommand, encodeResult, type ResultStatus } from './machine/command.ts';
import { ManualClock, ManualRandom } from './manual-ports.ts';
import type { ClientReply, ClientRequest } from './ports.ts';

const toLeader: ClientPolicy = { contact: 'leader', replyQuorum: () => 1, reads: 'asked' };
const toAll: ClientPolicy = {
  contact: 'all',
  replyQuorum: (nodeCount) => Math.floor((nodeCount - 1) / 3) + 1,
  reads: 'ordered',
};
const put: ClientCommand = { op: 'put', key: 'k', a: 'x', b: null };
const get: ClientCommand = { op: 'get', key: 'k', a: null, b: null };
const scan: ClientCommand = { op: 'scan', key: 'k', a: '10', b: null };
const timeoutMs = 2000;

interface Sent {
  readonly to: string;
  readonly request: ClientRequest;
  readonly command: Command;
}

/** A client, what it sends, and how its calls end. With the smallest random numbers it turns to n1 first. */
function talker(policy = toLeader, members = ['n1', 'n2', 'n3']) {
  const clock = new ManualClock();
  const random = new ManualRandom();
  const sent: Sent[] = [];
  const outcomes: CallOutcome[] = [];
  const send = (to: string, request: ClientRequest) => {
    const command = decodeCommand(request.command);
    if (command === null) throw new Error('it sent what is no command');
    sent.push({ to, request, command });
  };
  const client = new SessionClient({ clock, random, send }, members, policy);
  const call = (command: ClientCommand) => client.call(command, timeoutMs, (outcome) => void outcomes.push(outcome));
  const last = (): Sent => sent.at(-1) as Sent;
  const reply = (from: string, rest: object, id = last().request.id) =>
    client.receive(from, { id, ...rest } as ClientReply);
  const answer = (value: string | null, from = last().to, status: ResultStatus = 'ok') =>
    reply(from, { status: 'ok', result: encodeResult(status, value) });
  const refuse = (from: string, leader?: string) =>
    reply(from, leader === undefined ? { status: 'rejected' } : { status: 'rejected', leader });
  /** Registers session 5 by way of a first write, which is answered. */
  const register = () => {
    call(put);
    answer('5');
    answer(null);
    sent.length = 0;
    outcomes.length = 0;
  };
  return { clock, random, sent, outcomes, client, call, last, reply, answer, refuse, register };
}

const answered = (value: string | null): CallOutcome => ({ kind: 'answered', result: { status: 'ok', value } });

describe('sessions (dissertation, section 6.3)', () => {
  test('the first write registers; the write follows under the session that was given', () => {
    const { call, sent, answer, outcomes } = talker();
    call(put);
    expect(sent).toMatchObject([{ to: 'n1', command: { op: 'register', sequence: 0 }, request: { access: 'write' } }]);
    answer('5');
    expect(sent[1]).toMatchObject({
      to: 'n1',
      command: { ...put, session: 5, sequence: 1 },
      request: { access: 'write' },
    });
    expect(outcomes).toEqual([]);
    answer(null);
    expect(outcomes).toEqual([answered(null)]);
  });

  test('each new write has the next sequence; reads need no session', () => {
    const { call, sent, answer, register } = talker();
    register();
    call(put);
    answer(null);
    call(get);
    answer('x');
    call(put);
    expect(sent.map(({ command: { op, session, sequence } }) => [op, session, sequence])).toEqual([
      ['put', 5, 2],
      ['get', 5, 2],
      ['put', 5, 3],
    ]);
    for (const command of [get, scan]) {
      const reader = talker();
      reader.call(command);
      expect(reader.sent).toMatchObject([{ command: { ...command, sequence: 0 }, request: { access: 'read' } }]);
    }
  });

  test('a session that expired leaves the fate of the command unknown, and a new one is begun', () => {
    const { call, answer, last, outcomes, register } = talker();
    register();
    call(put);
    answer(null, 'n1', 'expired');
    expect(outcomes).toEqual([{ kind: 'unknown', error: 'the session expired' }]);
    call(put);
    expect(last().command.op).toBe('register');
  });

  test('a mismatch is an answer', () => {
    const { call, answer, outcomes, register } = talker();
    register();
    call({ op: 'cas', key: 'k', a: 'x', b: 'y' });
    answer('z', 'n1', 'mismatch');
    expect(outcomes).toEqual([{ kind: 'answered', result: { status: 'mismatch', value: 'z' } }]);
  });
});

describe('finding the leader', () => {
  test('a redirection is followed at once, with the same request', () => {
    const { call, sent, refuse, answer, outcomes } = talker();
    call(get);
    refuse('n1', 'n3');
    expect(sent.map(({ to, request }) => [to, request.id])).toEqual([
      ['n1', 1],
      ['n3', 1],
    ]);
    answer('x', 'n3');
    expect(outcomes).toEqual([answered('x')]);
    call(get);
    expect(sent.at(-1)?.to).toBe('n3');
  });

  test.each([
    ['nobody', undefined],
    ['itself', 'n1'],
    ['a stranger', 'n99'],
  ])('a refusal that names %s: another is asked after a pause', (_whom, leader) => {
    const { call, sent, refuse, clock } = talker();
    call(get);
    refuse('n1', leader);
    expect(sent).toHaveLength(1);
    clock.pass(14);
    expect(sent).toHaveLength(1);
    clock.pass(1);
    expect(sent.map(({ to }) => to)).toEqual(['n1', 'n2']);
  });

  test('replicas that point at each other get three tries before a pause', () => {
    const { call, sent, refuse, clock } = talker();
    call(get);
    for (let i = 0; i < 4; i += 1) refuse(i % 2 === 0 ? 'n1' : 'n2', i % 2 === 0 ? 'n2' : 'n1');
    expect(sent.map(({ to }) => to)).toEqual(['n1', 'n2', 'n1', 'n2']);
    clock.pass(15);
    expect(sent).toHaveLength(5);
  });

  test('who does not answer within 400 ms is given up for another, under the same session and sequence', () => {
    const { call, sent, clock, register, reply, answer, outcomes } = talker();
    register();
    call(put);
    clock.pass(399);
    expect(sent).toHaveLength(1);
    clock.pass(1);
    expect(sent.map(({ to, command }) => [to, command.session, command.sequence])).toEqual([
      ['n1', 5, 2],
      ['n2', 5, 2],
    ]);
    // A late refusal of the first try says nothing about the second.
    reply('n1', { status: 'rejected', leader: 'n3' }, sent[0]?.request.id);
    expect(sent).toHaveLength(2);
    answer(null);
    expect(outcomes).toEqual([answered(null)]);
  });
});

describe('how a call ends', () => {
  test('as failed, if every replica that was asked refused the write', () => {
    const { call, refuse, clock, outcomes, register, last } = talker();
    register();
    call(put);
    while (outcomes.length === 0) {
      refuse(last().to);
      clock.pass(15);
    }
    expect(outcomes).toEqual([{ kind: 'failed', error: 'no replica took it up' }]);
    // Certainly not applied, so the session is kept, and its next sequence is free.
    call(put);
    expect(last().command).toMatchObject({ op: 'put', session: 5, sequence: 3 });
  });

  test('as failed, if only the registration was sent', () => {
    const { call, clock, outcomes } = talker();
    call(put);
    clock.pass(timeoutMs);
    expect(outcomes).toEqual([{ kind: 'failed', error: 'no replica took it up' }]);
  });

  test('as unknown, if one try was neither answered nor refused; the next write has a new session', () => {
    const { call, refuse, clock, outcomes, register, last } = talker();
    register();
    call(put);
    clock.pass(400);
    while (outcomes.length === 0) {
      refuse(last().to);
      clock.pass(15);
    }
    expect(outcomes).toEqual([{ kind: 'unknown', error: 'timed out' }]);
    call(put);
    expect(last().command.op).toBe('register');
  });

  test.each([get, scan])('as unknown for a read ($op) that nobody answered; it can have changed nothing', (read) => {
    const { call, clock, outcomes } = talker();
    call(read);
    clock.pass(timeoutMs - 1);
    expect(outcomes).toEqual([]);
    clock.pass(1);
    expect(outcomes).toEqual([{ kind: 'unknown', error: 'timed out' }]);
  });

  // "calls `done` once, at the latest after `timeoutMs`"
  test('in time, also in the pause after a refusal', () => {
    const { call, refuse, last, clock, outcomes } = talker();
    call(get);
    clock.pass(timeoutMs - 10);
    refuse(last().to);
    clock.pass(10);
    expect(outcomes).toEqual([{ kind: 'unknown', error: 'timed out' }]);
  });

  test('an answer to an earlier try counts: a round trip may take longer than a try', () => {
    const { call, last, clock, reply, outcomes } = talker();
    call(get);
    const first = last();
    clock.pass(450);
    expect(last().request.id).not.toBe(first.request.id);
    reply(first.to, { status: 'ok', result: encodeResult('ok', 'x') }, first.request.id);
    expect(outcomes).toEqual([answered('x')]);
  });

  test('once: late and repeated replies are nobody’s', () => {
    const { call, answer, reply, clock, outcomes } = talker();
    call(get);
    answer('x');
    answer('y');
    reply('n1', { status: 'rejected' });
    clock.pass(10_000);
    expect(outcomes).toEqual([answered('x')]);
    expect(clock.pending).toBe(0);
  });
});

describe('a protocol whose clients ask all (PBFT: f+1 equal replies)', () => {
  const seven = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
  /** A client with session 5, which f+1 of seven have given it. */
  function registered() {
    const parts = talker(toAll, seven);
    parts.call(put);
    for (const value of ['5', null]) for (const node of ['n1', 'n2', 'n3']) parts.answer(value, node);
    expect(parts.outcomes).toEqual([answered(null)]);
    parts.sent.length = 0;
    parts.outcomes.length = 0;
    return parts;
  }

  test('takes an answer when f+1 different replicas gave an equal one', () => {
    const { call, sent, answer, outcomes } = registered();
    call(put);
    expect(sent.map(({ to }) => to)).toEqual(seven);
    answer('right', 'n1');
    answer('right', 'n1');
    answer('lie', 'n2');
    answer('lie', 'n3');
    answer('right', 'n4');
    expect(outcomes).toEqual([]);
    answer('right', 'n7');
    expect(outcomes).toEqual([answered('right')]);
  });

  test.each([get, scan])(
    'a read ($op) is a command of the session, which is registered where there is none',
    (read) => {
      const { call, sent, answer, outcomes } = talker(toAll, seven);
      call(read);
      expect(sent[0]).toMatchObject({ command: { op: 'register' }, request: { access: 'write' } });
      for (const node of ['n1', 'n2', 'n3']) answer('5', node);
      expect(sent.slice(7).map(({ to }) => to)).toEqual(seven);
      expect(sent[7]).toMatchObject({ command: { ...read, session: 5, sequence: 1 }, request: { access: 'write' } });
      for (const node of ['n4', 'n5', 'n6']) answer('x', node);
      expect(outcomes).toEqual([answered('x')]);
      call(read);
      expect(sent.at(-1)?.command).toMatchObject({ ...read, session: 5, sequence: 2 });
    },
  );

  test('a write that timed out is of unknown fate, and the next command has a new session', () => {
    const { call, clock, outcomes, last } = registered();
    call(put);
    clock.pass(timeoutMs);
    expect(outcomes).toEqual([{ kind: 'unknown', error: 'timed out' }]);
    call(get);
    expect(last().command.op).toBe('register');
  });

  test('a read that timed out is of unknown fate, and does no harm: the session goes on', () => {
    const { call, clock, outcomes, last, reply, answer } = registered();
    call(get);
    const { id } = last().request;
    clock.pass(timeoutMs);
    expect(outcomes).toEqual([{ kind: 'unknown', error: 'timed out' }]);
    call(put);
    expect(last().command).toMatchObject({ ...put, session: 5, sequence: 3 });
    for (const node of seven) reply(node, { status: 'ok', result: encodeResult('ok', 'late') }, id);
    expect(outcomes).toHaveLength(1);
    for (const node of ['n1', 'n2', 'n3']) answer('x', node);
    expect(outcomes.slice(1)).toEqual([answered('x')]);
  });

  test('a session that expired is given up, whatever it was asked', () => {
    const { call, answer, outcomes, last } = registered();
    call(get);
    for (const node of ['n1', 'n2', 'n3']) answer(null, node, 'expired');
    expect(outcomes).toEqual([{ kind: 'unknown', error: 'the session expired' }]);
    call(get);
    expect(last().command.op).toBe('register');
  });

  test('replies to any try of the same command count: a round trip may take longer than a try', () => {
    const { call, sent, reply, clock, outcomes } = registered();
    call(put);
    const first = sent[0]?.request.id;
    const say = (from: string, value: string, id?: number) =>
      reply(from, { status: 'ok', result: encodeResult('ok', value) }, id);
    clock.pass(400);
    say('n1', 'x', first);
    clock.pass(400);
    expect(sent).toHaveLength(21);
    expect(new Set(sent.map(({ command }) => command.sequence))).toEqual(new Set([2]));
    say('n2', 'x', first);
    say('n1', 'x');
    expect(outcomes).toEqual([]);
    say('n3', 'x');
    expect(outcomes).toEqual([answered('x')]);
  });

  test('replies to another command do not', () => {
    const { call, answer, reply, sent, last, outcomes } = registered();
    call(put);
    const before = last().request.id;
    for (const node of ['n1', 'n2', 'n3']) answer('old', node);
    call(put);
    for (const id of [before, last().request.id + 1, 0, -1]) {
      for (const node of seven) reply(node, { status: 'ok', result: encodeResult('ok', 'old') }, id);
    }
    expect(outcomes).toEqual([answered('old')]);
    expect(sent).toHaveLength(14);
    for (const node of ['n1', 'n2', 'n3']) answer('new', node);
    expect(outcomes).toEqual([answered('old'), answered('new')]);
  });

  test('what a replica says last is all that it says: registrations that were carried out twice come together', () => {
    const { call, sent, answer, outcomes } = talker(toAll, seven);
    call(put);
    for (const [node, value] of [
      ['n1', '5'],
      ['n2', '6'],
      ['n3', '5'],
      ['n1', '6'],
      ['n4', '5'],
    ] as const) {
      answer(value, node);
    }
    expect(sent).toHaveLength(7);
    answer('6', 'n5');
    expect(sent.slice(7)).toHaveLength(7);
    expect(sent[7]?.command).toMatchObject({ op: 'put', session: 6 });
    expect(outcomes).toEqual([]);
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['no status', new Uint8Array(64).fill(255)],
    ['a length that is none', new Uint8Array([0, 0, 0, 1, 0])],
  ])('%s for an answer does no harm, and is one voice', (_what, bytes) => {
    const { call, answer, reply, outcomes } = registered();
    call(put);
    for (let times = 0; times < 10; times += 1) {
      reply('n1', { status: 'ok', result: bytes });
      reply('n2', { status: 'ok', result: bytes });
      reply('a stranger', { status: 'ok', result: bytes });
      reply(`stranger ${times}`, { status: 'ok', result: bytes });
    }
    expect(outcomes).toEqual([]);
    for (const node of ['n5', 'n6', 'n7']) answer('x', node);
    expect(outcomes).toEqual([answered('x')]);
  });

  test.each(['', '0', 'x', '-1', '1.5', '1e300', null])(
    'a session %s that too many agree on is none, and begins none',
    (value) => {
      const { call, answer, last, outcomes } = talker(toAll, seven);
      call(put);
      for (const node of ['n1', 'n2', 'n3']) answer(value, node);
      expect(outcomes).toEqual([{ kind: 'failed', error: 'what was given is no session' }]);
      call(put);
      expect(last().command.op).toBe('register');
    },
  );

  test.each([
    ['some', seven.slice(0, 6)],
    ['all', seven],
    ['one many times, and nobody else', Array.from({ length: 7 }, () => 'n1')],
  ])('a write that %s refused may be applied yet: who refuses may propose it all the same', (_who, refusing) => {
    const { call, refuse, clock, outcomes } = registered();
    call(put);
    for (const node of refusing) refuse(node);
    clock.pass(timeoutMs);
    expect(outcomes).toEqual([{ kind: 'unknown', error: 'timed out' }]);
  });

  test('a write of which only the registration was sent is certainly not applied', () => {
    const { call, clock, outcomes } = talker(toAll, seven);
    call(put);
    clock.pass(timeoutMs);
    expect(outcomes).toEqual([{ kind: 'failed', error: 'no replica took it up' }]);
  });
});

test('reads may be commands of the session where one replica is asked, too', () => {
  const { call, sent, answer, outcomes } = talker({ ...toLeader, reads: 'ordered' });
  call(get);
  answer('5');
  answer('x');
  expect(outcomes).toEqual([answered('x')]);
  expect(sent.map(({ to, request, command }) => [to, request.access, command.op, command.sequence])).toEqual([
    ['n1', 'write', 'register', 0],
    ['n1', 'write', 'get', 1],
  ]);
});
