/** A replica takes over the snapshot of another one. */
import { describe, expect, test } from 'vitest';
import { encodeBatch, encodeResult } from './machine/command.ts';
import { query, registration, scripted, send, stage, type TestEffect, type TestInput } from './scripted-replica.ts';
import {
  applies,
  batch,
  empty,
  installs,
  later,
  machineAfter,
  put,
  receives,
  receivesAll,
  snapshot,
  source,
} from './scripted-snapshots.ts';

describe('a snapshot of another replica', () => {
  test('becomes durable and takes the place of the state, and the protocol hears of it then', () => {
    const { replica, begin, snapshots, inputs, taken } = stage(scripted({ go: [...receivesAll, installs(7)] }));
    begin();
    replica.receive('n2', 'go');
    expect({ applied: replica.appliedIndex, state: replica.stateHash() }).toEqual({ applied: 0, state: empty });
    expect(later(inputs)).toEqual([]);
    snapshots.finish();
    expect({ applied: replica.appliedIndex, state: replica.stateHash() }).toEqual({
      applied: 7,
      state: source.digest(),
    });
    expect(snapshots.saved.get(7)?.record).toBe('up to 7');
    expect(later(inputs)).toEqual([{ kind: 'installed', index: 7, bytes: snapshot.length }]);
    expect(taken().map((line) => JSON.parse(line))).toEqual([{ type: 'restore', index: 7, from: 'replica' }]);
  });

  test('takes the place of all that was applied; what is decided next follows it', () => {
    const own = encodeBatch([registration, registration, put('own', 1)]);
    const { replica, begin, snapshots } = stage(
      scripted({
        own: [applies(1, own)],
        go: [...receivesAll, installs(7)],
        on: [applies(8, encodeBatch([put('w', 2)]))],
      }),
    );
    begin();
    replica.receive('n2', 'own');
    replica.receive('n2', 'go');
    snapshots.finish();
    replica.receive('n2', 'on');
    expect(replica.appliedIndex).toBe(8);
    expect(replica.stateHash()).toBe(machineAfter(batch, encodeBatch([put('w', 2)])).digest());
  });

  test('begins anew with a piece at offset 0', () => {
    const { replica, begin, snapshots } = stage(
      scripted({ go: [receives(5, 0, Buffer.from('of another leader')), ...receivesAll, installs(7)] }),
    );
    begin();
    replica.receive('n2', 'go');
    snapshots.finish();
    expect(replica.stateHash()).toBe(source.digest());
  });

  test('keeps nobody from being heard while it is installed', () => {
    const { replica, begin, snapshots, inputs, taken } = stage(
      scripted({ go: [...receivesAll, installs(7)], beat: [send('alive')] }),
    );
    begin();
    replica.receive('n2', 'go');
    replica.receive('n2', 'beat');
    expect(taken()).toEqual(['n2: alive']);
    snapshots.finish();
    expect(later(inputs)).toHaveLength(1);
  });

  test('lets nothing be applied while it is installed: the replica stops', () => {
    const { replica, begin, snapshots, inputs, taken } = stage(
      scripted({ go: [...receivesAll, installs(7)], decided: [applies(1)] }),
    );
    begin();
    replica.receive('n2', 'go');
    replica.receive('n2', 'decided');
    const reason = 'index 1 was decided while a snapshot is being installed';
    expect(taken()).toEqual([JSON.stringify({ type: 'stopped', reason })]);
    snapshots.finish();
    expect(later(inputs)).toEqual([]);
    expect(replica.stateHash()).toBe(empty);
  });

  test.each([
    { what: 'is something else', bytes: Buffer.from('these bytes are no snapshot of any machine') },
    { what: 'ends early', bytes: snapshot.subarray(0, snapshot.length - 1) },
    { what: 'goes on behind its end', bytes: Buffer.concat([snapshot, Buffer.from([0])]) },
  ])('that $what stops the replica, and leaves its state as it was', ({ bytes }) => {
    const { replica, begin, snapshots, inputs, taken } = stage(scripted({ go: [receives(7, 0, bytes), installs(7)] }));
    begin();
    replica.receive('n2', 'go');
    snapshots.finish();
    expect(replica.stopped).toBe(true);
    expect(taken().map((line) => JSON.parse(line))).toEqual([{ type: 'stopped', reason: expect.any(String) }]);
    expect(later(inputs)).toEqual([]);
    expect({ applied: replica.appliedIndex, state: replica.stateHash() }).toEqual({ applied: 0, state: empty });
  });

  test('does not reach a replica that has ended', () => {
    const { replica, begin, snapshots, inputs, taken, end } = stage(scripted({ go: [...receivesAll, installs(7)] }));
    begin();
    replica.receive('n2', 'go');
    end.abort();
    snapshots.finish();
    expect({ inputs: later(inputs), seen: taken(), state: replica.stateHash() }).toEqual({
      inputs: [],
      seen: [],
      state: empty,
    });
  });
});

describe('clients of a replica that installs a snapshot', () => {
  /** Answers reads from index 7 on, and installs the snapshot of that when it is told to. */
  const wants = (input: TestInput): readonly TestEffect[] => {
    if (input.kind === 'request') return [{ kind: 'read', id: input.id, index: 7 }];
    return input.kind === 'message' ? [...receivesAll, installs(7)] : [];
  };

  test('whose reads waited for its index are answered from it', () => {
    const { replica, begin, clock, snapshots, replies } = stage(wants);
    begin();
    replica.request('c1', { id: 10, access: 'read', command: query });
    clock.endTurn();
    replica.receive('n2', 'go');
    expect(replies).toEqual([]);
    snapshots.finish();
    expect(replies).toEqual([{ client: 'c1', reply: { id: 10, status: 'ok', result: encodeResult('ok', 'v') } }]);
  });

  test('whose write it holds are answered from its sessions: nothing is applied twice', () => {
    const { replica, begin, clock, snapshots, inputs, replies } = stage(wants);
    begin();
    replica.receive('n2', 'go');
    snapshots.finish();
    replica.request('c1', { id: 10, access: 'write', command: put('v', 1) });
    clock.endTurn();
    expect(replies).toMatchObject([{ client: 'c1', reply: { id: 10, status: 'ok' } }]);
    expect(inputs.filter(({ kind }) => kind === 'request')).toEqual([]);
  });
});
