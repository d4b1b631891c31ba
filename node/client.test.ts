import { describe, expect, test } from 'vitest';
import { type CallOutcome, type ClientCommand, SessionClient } from './client.ts';
import type { ClientPolicy } from './contract/definition.ts';
import { type Command, decodeCommand, encodeResult, type ResultStatus } from './machine/command.ts';
import { ManualClock, ManualRandom } from './manual-ports.ts';
import type { ClientReply, ClientRequest } from './ports.ts';

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
function talker(policy: ClientPolicy = { reads: 'asked' }) {
  const clock = new ManualClock();
  const random = new ManualRandom();
  const sent: Sent[] = [];
  const outcomes: CallOutcome[] = [];
  const send = (to: string, request: ClientRequest) => {
    const command = decodeCommand(request.command);
    if (command === null) throw new Error('it sent what is no command');
    sent.push({ to, request, command });
  };
  const client = new SessionClient({ clock, random, send }, ['n1', 'n2', 'n3'], policy);
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

  test.each(['', '0', 'x', '-1', '1.5', '1e300', null])('a session %s is none, and begins none', (value) => {
    const { call, answer, last, outcomes } = talker();
    call(put);
    answer(value);
    expect(outcomes).toEqual([{ kind: 'failed', error: 'what was given is no session' }]);
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

  test('with no answer to another command, nor to what was never asked', () => {
    const { call, reply, last, answer, register, outcomes } = talker();
    register();
    call(put);
    const before = last().request.id;
    answer('old');
    call(put);
    for (const id of [before, last().request.id + 1, 0, -1]) {
      reply('n1', { status: 'ok', result: encodeResult('ok', 'old') }, id);
    }
    expect(outcomes).toEqual([answered('old')]);
    answer('new');
    expect(outcomes).toEqual([answered('old'), answered('new')]);
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

describe('where reads are ordered', () => {
  const ordered: ClientPolicy = { reads: 'ordered' };
  /** A client with session 5, and one write behind it. */
  function registered() {
    const parts = talker(ordered);
    parts.register();
    return parts;
  }

  test.each([get, scan])(
    'a read ($op) is a command of the session, which is registered where there is none',
    (read) => {
      const { call, sent, answer, last, outcomes } = talker(ordered);
      call(read);
      answer('5');
      answer('x');
      expect(outcomes).toEqual([answered('x')]);
      expect(sent.map(({ to, request, command }) => [to, request.access, command.op, command.sequence])).toEqual([
        ['n1', 'write', 'register', 0],
        ['n1', 'write', read.op, 1],
      ]);
      call(read);
      expect(last().command).toMatchObject({ ...read, session: 5, sequence: 2 });
    },
  );

  test('a read that timed out is of unknown fate, and does no harm: the session goes on', () => {
    const { call, clock, outcomes, last, reply, answer } = registered();
    call(get);
    const { id } = last().request;
    clock.pass(timeoutMs);
    expect(outcomes).toEqual([{ kind: 'unknown', error: 'timed out' }]);
    call(put);
    expect(last().command).toMatchObject({ ...put, session: 5, sequence: 3 });
    reply('n1', { status: 'ok', result: encodeResult('ok', 'late') }, id);
    expect(outcomes).toHaveLength(1);
    answer('x');
    expect(outcomes.slice(1)).toEqual([answered('x')]);
  });

  test('a session that expired is given up, also where it was asked for a read', () => {
    const { call, answer, outcomes, last } = registered();
    call(get);
    answer(null, 'n1', 'expired');
    expect(outcomes).toEqual([{ kind: 'unknown', error: 'the session expired' }]);
    call(get);
    expect(last().command.op).toBe('register');
  });
});
