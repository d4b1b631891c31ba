import { describe, expect, test } from 'vitest';
import { encodeBatch, encodeCommand, encodeResult } from './machine/command.ts';
import { SessionMachine } from './machine/sessions.ts';
import {
  apply,
  bundleOf,
  persist,
  query,
  registration,
  scripted,
  send,
  sendNow,
  stage,
  type TestEffect,
  type TestInput,
  timer,
} from './scripted-replica.ts';

const put = encodeCommand({ op: 'put', session: 1, sequence: 1, key: 'k', a: 'x', b: null });

describe('the barrier of a persist (contract, rule 1)', () => {
  test('effects wait in order for the records before them; what comes before the record does not', () => {
    const { replica, disk, taken } = stage(
      scripted({ go: [send('first'), persist('a'), send('second'), persist('b'), send('third')] }),
    );
    replica.receive('n2', 'go');
    expect(disk.written).toEqual(['a', 'b']);
    expect(taken()).toEqual(['n2: first']);
    disk.sync(1);
    expect(taken()).toEqual(['n2: second']);
    disk.sync(2);
    expect(taken()).toEqual(['n2: third']);
  });

  test('an eager effect does not wait, nor does it let others past', () => {
    const { replica, disk, taken } = stage(scripted({ go: [persist('a'), send('held'), sendNow('eager')] }));
    replica.receive('n2', 'go');
    expect(taken()).toEqual(['n2: eager']);
    disk.sync();
    expect(taken()).toEqual(['n2: held']);
  });

  test('a later step waits for the records of an earlier one; one sync covers them all', () => {
    const { replica, disk, taken } = stage(
      scripted({
        one: [persist('a'), send('after a')],
        two: [send('after one')],
        three: [persist('b'), send('after b')],
      }),
    );
    for (const msg of ['one', 'two', 'three']) replica.receive('n2', msg);
    expect(taken()).toEqual([]);
    disk.sync();
    expect(taken()).toEqual(['n2: after a', 'n2: after one', 'n2: after b']);
  });

  // A promise that holds for a while begins when it is made, and a leader's heartbeats do not wait for its disk.
  test('timers are set and forgotten at once', () => {
    const { replica, disk, clock, inputs } = stage(
      scripted({
        one: [timer('lease', 10), timer('election', 5)],
        two: [persist('a'), timer('lease', 30), { kind: 'cancel', timer: 'election' }],
      }),
    );
    replica.receive('n2', 'one');
    replica.receive('n2', 'two');
    clock.pass(29);
    expect(inputs).toHaveLength(2);
    clock.pass(1);
    expect(inputs.slice(2)).toEqual([{ kind: 'timeout', timer: 'lease' }]);
    expect(disk.written).toEqual(['a']);
  });

  test('stepping goes on while a sync is in flight', () => {
    const { replica, inputs } = stage(scripted({ one: [persist('a')] }));
    replica.receive('n2', 'one');
    replica.receive('n2', 'two');
    expect(inputs).toHaveLength(2);
  });

  test('a start may persist as well', () => {
    const { begin, disk, taken } = stage();
    begin(persist('a'), send('hello'));
    expect(taken()).toEqual([]);
    disk.sync();
    expect(taken()).toEqual(['n2: hello']);
  });
});

describe('messages to itself (contract, rule 2)', () => {
  test('come back as an input after the present step, never over the network', () => {
    const { replica, inputs, taken } = stage(scripted({ go: [send('note', 'n1'), send('to all')] }));
    replica.receive('n2', 'go');
    expect(taken()).toEqual(['n2: to all']);
    expect(inputs.slice(1)).toEqual([{ kind: 'message', from: 'n1', msg: 'note' }]);
  });

  test('wait behind the barrier, so that nothing unflushed is counted', () => {
    const { replica, disk, inputs } = stage(scripted({ go: [persist('vote'), send('my vote', 'n1')] }));
    replica.receive('n2', 'go');
    expect(inputs).toHaveLength(1);
    disk.sync();
    expect(inputs.slice(1)).toEqual([{ kind: 'message', from: 'n1', msg: 'my vote' }]);
  });
});

describe('clients', () => {
  test('their requests of one turn are one input; what is applied or read is answered, what is refused is sent back', () => {
    const payload = encodeBatch([registration]);
    const { replica, clock, inputs, replies } = stage((input) => {
      if (input.kind !== 'request') return [{ kind: 'reject', id: 4, leader: 'n3' }];
      return input.access === 'write'
        ? [{ kind: 'apply', index: 1, payload: input.payload }]
        : input.id === 2
          ? [{ kind: 'read', id: 2, index: 1 }]
          : [];
    });
    replica.request('c1', { id: 10, access: 'write', command: registration });
    replica.request('c2', { id: 20, access: 'read', command: query });
    clock.endTurn();
    replica.request('c3', { id: 30, access: 'read', command: query });
    clock.endTurn();
    replica.receive('n2', 'step down');
    expect(inputs.slice(0, 2)).toEqual([
      { kind: 'request', id: 1, access: 'write', payload },
      { kind: 'request', id: 2, access: 'read', payload: encodeBatch([query]) },
    ]);
    expect(replies).toEqual([
      { client: 'c1', reply: { id: 10, status: 'ok', result: encodeResult('ok', '1') } },
      { client: 'c2', reply: { id: 20, status: 'ok', result: encodeResult('ok', null) } },
      { client: 'c3', reply: { id: 30, status: 'rejected', leader: 'n3' } },
    ]);
  });

  test('a read that needs more than is applied waits for it; a refusal waits behind the barrier', () => {
    const { replica, clock, disk, replies } = stage((input) => {
      if (input.kind === 'message') return [apply(1)];
      return input.kind === 'request' && input.access === 'read'
        ? [{ kind: 'read', id: input.id, index: 1 }]
        : [persist('a new term'), { kind: 'reject', id: 1 }];
    });
    replica.request('c1', { id: 10, access: 'write', command: registration });
    clock.endTurn();
    expect(replies).toEqual([]);
    disk.sync();
    expect(replies).toEqual([{ client: 'c1', reply: { id: 10, status: 'rejected' } }]);
    replica.request('c2', { id: 20, access: 'read', command: query });
    clock.endTurn();
    expect(replies).toHaveLength(1);
    replica.receive('n2', 'apply');
    expect(replies[1]).toMatchObject({ client: 'c2', reply: { id: 20, status: 'ok' } });
  });
});

describe('a read that may be answered only for a while', () => {
  test('is answered in that time, and comes back as an input after it', () => {
    const within = { mark: 4, ms: 100 };
    const { replica, begin, clock, inputs, replies } = stage((input) =>
      input.kind === 'request' ? [{ kind: 'read', id: input.id, index: 0, within }] : [],
    );
    begin({ kind: 'mark', mark: 4 });
    const ask = (id: number) => {
      replica.request('c', { id, access: 'read', command: query });
      clock.endTurn();
    };
    clock.pass(99);
    ask(10);
    expect(replies).toHaveLength(1);
    clock.pass(1);
    ask(20);
    expect(replies).toHaveLength(1);
    expect(inputs.at(-1)).toEqual({
      kind: 'lapsed',
      id: inputs.flatMap((each) => (each.kind === 'request' ? each.id : [])).at(-1),
    });
  });
});

describe('a batch whose commands have their results', () => {
  /** Orders a write behind a record, says something after it, and something else once it is settled. */
  const orders = (input: TestInput): readonly TestEffect[] => {
    if (input.kind === 'settled') return [send(`settled ${input.id}`)];
    if (input.kind !== 'request') return [];
    return [persist('entry'), { kind: 'apply', index: 1, payload: input.payload }, send('applied')];
  };

  test('is settled where clients sign, after the effects that brought the results', () => {
    const { replica, clock, disk, inputs, replies, taken } = stage(orders, { signs: true });
    replica.request('c1', { id: 10, access: 'write', command: bundleOf(registration) });
    clock.endTurn();
    expect(inputs.map(({ kind }) => kind)).toEqual(['request']);
    disk.sync();
    expect(replies).toHaveLength(1);
    expect(inputs.slice(1)).toEqual([{ kind: 'settled', id: 1 }]);
    expect(taken().slice(1)).toEqual(['n2: applied', 'n2: settled 1']);
  });

  test('is nobody’s business elsewhere', () => {
    const { replica, clock, disk, inputs, replies } = stage(orders);
    replica.request('c1', { id: 10, access: 'write', command: registration });
    clock.endTurn();
    disk.sync();
    expect(replies).toHaveLength(1);
    expect(inputs.map(({ kind }) => kind)).toEqual(['request']);
  });

  test('is settled by a state of another replica, before its installation is told', () => {
    const steps = (input: TestInput): readonly TestEffect[] =>
      input.kind === 'message' ? [{ kind: 'install', index: 4, record: 'taken over' }] : [];
    const { replica, clock, snapshots, inputs, replies, begin } = stage(steps, { signs: true });
    begin();
    const machine = new SessionMachine({}, true);
    machine.apply(encodeBatch([registration, put]), () => {}, 'c1');
    const state = Buffer.concat([...{ [Symbol.iterator]: () => machine.snapshot() }]);
    replica.request('c1', { id: 10, access: 'write', command: bundleOf(put) });
    clock.endTurn();
    snapshots.receive(4, 0, state);
    replica.receive('n2', 'install');
    snapshots.finish();
    expect(inputs.slice(2)).toEqual([
      { kind: 'settled', id: 1 },
      { kind: 'installed', index: 4, bytes: state.length },
    ]);
    const result = encodeBatch([encodeResult('ok', null)]);
    expect(replies).toEqual([{ client: 'c1', reply: { id: 10, status: 'ok', result } }]);
  });
});

describe('what observers see', () => {
  test('notes, and each batch that was applied with a hash of it', () => {
    const fact = { type: 'role', role: 'leader', epoch: 3 } as const;
    const { replica, taken } = stage(scripted({ go: [{ kind: 'note', fact }, apply(1)] }));
    replica.receive('n2', 'go');
    expect(taken().map((line) => JSON.parse(line))).toEqual([fact, { type: 'apply', index: 1, hash: 0x811c9dc5 }]);
    expect(replica.appliedIndex).toBe(1);
    expect(replica.view()).toMatchObject({ role: 'actor', epoch: 3 });
  });
});

describe('a record that is recalled', () => {
  const recall = (position: number) => ({ kind: 'recall', position }) as const;

  test('is read once all before it is durable, and comes back as an input', () => {
    const { replica, disk, inputs } = stage(scripted({ go: [persist('a'), persist('b'), recall(2)] }));
    replica.receive('n2', 'go');
    disk.finishReads();
    expect(inputs).toHaveLength(1);
    disk.sync();
    disk.finishReads();
    expect(inputs.slice(1)).toEqual([{ kind: 'recalled', position: 2, record: 'b' }]);
  });

  test('waits for no record behind it, nor for another life: it would never catch up with a replica that writes', () => {
    const { replica, disk, inputs, begin } = stage(
      scripted({ one: [persist('a'), persist('b')], two: [persist('c'), recall(1)] }),
    );
    begin();
    replica.receive('n2', 'one');
    disk.sync(1);
    replica.receive('n2', 'two');
    disk.finishReads();
    expect(inputs.at(-1)).toEqual({ kind: 'recalled', position: 1, record: 'a' });
  });

  test('is there from the start where an earlier life wrote it', () => {
    const { replica, disk, inputs } = stage(scripted({ go: [persist('b'), recall(1)] }));
    disk.written.push('a');
    replica.start({ records: ['a'], firstPosition: 1 });
    replica.receive('n2', 'go');
    disk.finishReads();
    expect(inputs.at(-1)).toEqual({ kind: 'recalled', position: 1, record: 'a' });
  });

  test('does not reach a replica that has ended', () => {
    const { replica, disk, inputs, end } = stage(scripted({ go: [persist('a'), recall(1)] }));
    replica.receive('n2', 'go');
    disk.sync();
    end.abort();
    disk.finishReads();
    expect(inputs).toHaveLength(1);
  });
});
