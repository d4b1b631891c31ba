/** A replica begins from its snapshot. */
import { describe, expect, test } from 'vitest';
import { encodeBatch } from './machine/command.ts';
import {
  persist,
  query,
  registration,
  scripted,
  send,
  stage,
  type TestEffect,
  type TestInput,
} from './scripted-replica.ts';
import { applies, bytesOf, machineAfter, nothing, put, snapshot, source } from './scripted-snapshots.ts';

describe('a start from a snapshot', () => {
  const durable = {
    records: ['late'],
    firstPosition: 5,
    snapshot: { index: 7, record: 'up to 7', bytes: snapshot.length },
  };
  function stageWith(bytes: Uint8Array, wants?: (input: TestInput) => readonly TestEffect[]) {
    const set = stage(wants);
    set.snapshots.saved.set(7, { record: 'up to 7', bytes });
    return set;
  }

  test('begins once the machine has its state, and not before', () => {
    const { replica, beginFrom, begun, snapshots, inputs, taken } = stageWith(snapshot);
    beginFrom(durable, send('hello'));
    replica.receive('n2', 'too early');
    expect({ begun, inputs, seen: taken() }).toEqual({ begun: [], inputs: [], seen: [] });
    expect(replica.refused()).toEqual({ waking: 1, 'own-name': 0 });
    snapshots.finish();
    expect(begun).toEqual([durable]);
    expect({ applied: replica.appliedIndex, state: replica.stateHash() }).toEqual({
      applied: 7,
      state: source.digest(),
    });
    expect(taken()).toEqual([JSON.stringify({ type: 'restore', index: 7, from: 'disk' }), 'n2: hello']);
    replica.receive('n2', 'go');
    expect(inputs).toEqual([{ kind: 'message', from: 'n2', msg: 'go' }]);
  });

  test('turns clients and operators away until then', () => {
    const { replica, beginFrom, clock, snapshots, inputs, replies } = stageWith(snapshot);
    const answers: (string | undefined)[] = [];
    beginFrom(durable);
    replica.request('c1', { id: 10, access: 'read', command: query });
    replica.order({ kind: 'transfer', to: 'n2' }, (error) => answers.push(error));
    clock.endTurn();
    expect(replies).toEqual([{ client: 'c1', reply: { id: 10, status: 'rejected' } }]);
    expect(answers).toEqual(['This replica does not take part yet.']);
    snapshots.finish();
    replica.request('c1', { id: 11, access: 'read', command: query });
    clock.endTurn();
    expect(inputs).toMatchObject([{ kind: 'request', access: 'read' }]);
  });

  test('goes on with the decisions behind it', () => {
    const { replica, beginFrom, snapshots } = stageWith(snapshot, scripted({ on: [applies(8, nothing)] }));
    beginFrom(durable);
    snapshots.finish();
    replica.receive('n2', 'on');
    expect({ applied: replica.appliedIndex, stopped: replica.stopped }).toEqual({ applied: 8, stopped: false });
  });

  // The record at position 5 is durable, and the next one has position 6.
  test('numbers records on from where the log that begins late ends', () => {
    const { beginFrom, disk, snapshots, taken } = stageWith(snapshot);
    disk.written.push('gone', 'gone', 'gone', 'gone', 'late');
    beginFrom(durable, send('at once'), persist('next'), send('behind it'));
    snapshots.finish();
    expect(taken().slice(1)).toEqual(['n2: at once']);
    disk.sync(5);
    expect(taken()).toEqual([]);
    disk.sync(6);
    expect(taken()).toEqual(['n2: behind it']);
  });

  test('of which the bytes are no snapshot ends there', () => {
    const { replica, beginFrom, begun, snapshots, taken } = stageWith(Buffer.from('no snapshot'));
    beginFrom(durable);
    snapshots.finish();
    expect(begun).toEqual([]);
    expect(replica.stopped).toBe(true);
    expect(taken().map((line) => JSON.parse(line))).toEqual([{ type: 'stopped', reason: expect.any(String) }]);
  });

  test('is no start for a replica that ended meanwhile', () => {
    const { beginFrom, begun, snapshots, taken, end } = stageWith(snapshot);
    beginFrom(durable);
    end.abort();
    snapshots.finish();
    expect({ begun, seen: taken() }).toEqual({ begun: [], seen: [] });
  });

  test('reads a long one in pieces', () => {
    const long = ['a', 'b', 'c'].map((letter, at) => encodeBatch([put(letter.repeat(700_000), at + 1)]));
    const machine = machineAfter(encodeBatch([registration]), ...long);
    const { replica, beginFrom, snapshots } = stageWith(Buffer.concat([bytesOf(machine)]));
    beginFrom(durable);
    snapshots.finish();
    expect(replica.stateHash()).toBe(machine.digest());
  });
});
