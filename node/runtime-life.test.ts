import { describe, expect, test } from 'vitest';
import { invariant } from './contract/invariant.ts';
import { apply, persist, registration, scripted, send, stage, type TestInput, timer } from './scripted-replica.ts';

describe('timers', () => {
  const timeouts = (inputs: readonly TestInput[]) => inputs.filter(({ kind }) => kind === 'timeout');

  test('run out once, after what was drawn from their range', () => {
    const { begin, clock, random, inputs } = stage();
    random.fraction = 0.5;
    begin(timer('election', 100, 200));
    clock.pass(149);
    expect(inputs).toEqual([]);
    clock.pass(1);
    expect(inputs).toEqual([{ kind: 'timeout', timer: 'election' }]);
    clock.pass(1000);
    expect(inputs).toHaveLength(1);
  });

  test('that are put off again and again need no new alarm each time', () => {
    const { replica, begin, clock, inputs } = stage(scripted({ beat: [timer('election', 100)] }));
    begin(timer('election', 100));
    for (let i = 0; i < 50; i += 1) {
      clock.pass(10);
      replica.receive('n2', 'beat');
      expect(clock.pending).toBe(1);
    }
    expect(timeouts(inputs)).toEqual([]);
    clock.pass(99);
    expect(timeouts(inputs)).toEqual([]);
    clock.pass(1);
    expect(timeouts(inputs)).toHaveLength(1);
  });

  test('that are brought forward run out at the earlier time, and only then', () => {
    const { replica, begin, clock, inputs } = stage(scripted({ hurry: [timer('election', 20)] }));
    begin(timer('election', 100));
    replica.receive('n2', 'hurry');
    clock.pass(20);
    expect(timeouts(inputs)).toHaveLength(1);
    clock.pass(1000);
    expect(timeouts(inputs)).toHaveLength(1);
  });

  test('that are cancelled do not run out; others go on', () => {
    const { replica, begin, clock, inputs } = stage(scripted({ stop: [{ kind: 'cancel', timer: 'election' }] }));
    begin(timer('election', 100), timer('heartbeat', 50));
    replica.receive('n2', 'stop');
    clock.pass(1000);
    expect(timeouts(inputs)).toEqual([{ kind: 'timeout', timer: 'heartbeat' }]);
  });
});

describe('the end of an incarnation', () => {
  test('a killed replica steps no more, releases no barrier, sends nothing and answers nobody', () => {
    const { replica, begin, clock, disk, end, inputs, replies, taken } = stage(
      scripted({ go: [persist('a'), send('held')] }),
    );
    begin(timer('election', 100));
    replica.receive('n2', 'go');
    replica.request('c1', { id: 1, access: 'write', command: registration });
    end.abort();
    disk.sync();
    disk.onFailure(new Error('too late to matter'));
    replica.receive('n2', 'go');
    replica.request('c1', { id: 2, access: 'write', command: registration });
    clock.endTurn();
    clock.pass(1000);
    expect({ inputs: inputs.length, replies, seen: taken(), written: disk.written }).toEqual({
      inputs: 1,
      replies: [],
      seen: [],
      written: ['a'],
    });
  });

  test.each([
    ['a disk that failed', 'its disk failed: no space left'],
    ['a broken invariant', 'the log has a hole'],
    ['a gap in what was decided', 'index 2 was decided after 0'],
    ['a service that is not attached', 'no service "application" is attached to this replica'],
  ])('%s stops it, with the reason', (what, reason) => {
    const { replica, begin, clock, disk, inputs, taken } = stage((input) => {
      if (input.kind === 'message' && input.msg === 'break') invariant(false, 'the log has a hole');
      if (input.kind === 'message' && input.msg === 'gap') return [send('before'), apply(2), send('never')];
      return [{ kind: 'ask', id: 1, service: 'application', payload: new Uint8Array(0) }];
    });
    begin(timer('election', 100));
    if (what === 'a disk that failed') disk.onFailure(new Error('no space left'));
    else
      replica.receive(
        'n2',
        what === 'a broken invariant' ? 'break' : what === 'a gap in what was decided' ? 'gap' : 'ask',
      );
    expect(taken().filter((line) => line !== 'n2: before')).toEqual([JSON.stringify({ type: 'stopped', reason })]);
    expect(replica.stopped).toBe(true);
    expect(clock.pending).toBe(0);
    const stepped = inputs.length;
    replica.receive('n2', 'anything');
    clock.pass(1000);
    disk.sync();
    expect(inputs).toHaveLength(stepped);
    expect(taken()).toEqual([]);
  });

  test('an effect that breaks it behind a barrier stops it when the barrier falls', () => {
    const { replica, disk, taken } = stage(scripted({ go: [persist('a'), apply(5), send('never')] }));
    replica.receive('n2', 'go');
    expect(replica.stopped).toBe(false);
    disk.sync();
    expect(taken()).toEqual([JSON.stringify({ type: 'stopped', reason: 'index 5 was decided after 0' })]);
  });
});
