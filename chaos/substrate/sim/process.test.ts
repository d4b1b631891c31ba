import { describe, expect, test } from 'vitest';
import { SessionMachine } from '../../../node/machine/sessions.ts';
import { processLab as lab, registration } from './process-fixture.ts';

describe('a process that is up', () => {
  test('starts from its disk, hears messages, serves requests and has timers', async () => {
    const { clock, process, facts, taken } = lab();
    process.start();
    process.start();
    process.receive('n2', 'hello');
    process.request('c1', { id: 1, access: 'write', command: registration });
    await clock.sleep(150);
    expect(taken()).toEqual([
      'starts from []@0',
      'hears hello@0',
      'request@0',
      'replies c1 rejected@0',
      'timeout election@100',
    ]);
    expect(facts).toEqual(['node-up']);
    expect(process.status()).toMatchObject({ node: 'n1', state: 'up', view: { role: 'actor' }, appliedIndex: 0 });
    expect(process.stateHash()).toBe(new SessionMachine().digest());
  });

  test('acts on a record once it is synced', async () => {
    const { clock, process, disk, taken } = lab();
    process.start();
    process.receive('n2', 'write a');
    await clock.sleep(5);
    expect(taken()).toEqual(['starts from []@0', 'hears write a@0', 'sends n2 a is durable@2']);
    expect(disk.durable.records).toEqual(['a']);
  });
});

describe('a process that is down', () => {
  test('hears nothing, shows nothing, and is the same after being killed again', async () => {
    const { clock, process, facts, taken } = lab();
    process.receive('n2', 'too early');
    process.kill();
    process.pause();
    process.resume();
    await clock.sleep(10);
    expect(taken()).toEqual([]);
    expect(facts).toEqual([]);
    expect(process.status()).toEqual({ node: 'n1', state: 'down', view: null, appliedIndex: 0 });
    expect(process.stateHash()).toBe(null);
  });
});

describe('a kill', () => {
  test('loses what was not synced; the next life starts from what was', async () => {
    const { clock, process, facts, taken } = lab();
    process.start();
    process.receive('n2', 'write a');
    await clock.sleep(5);
    process.receive('n2', 'write b');
    process.kill();
    process.receive('n2', 'nobody hears this');
    await clock.sleep(5);
    process.start();
    await clock.sleep(5);
    expect(taken()).toEqual([
      'starts from []@0',
      'hears write a@0',
      'sends n2 a is durable@2',
      'hears write b@5',
      'hangs up@5',
      'starts from [a]@10',
    ]);
    expect(facts).toEqual(['node-up', 'node-down', 'node-up']);
  });

  test('silences the old life for good: no timer, no barrier and no batch of it comes through in the new one', async () => {
    const { clock, process, taken } = lab();
    process.start();
    process.receive('n2', 'timer old');
    process.receive('n2', 'write lost');
    process.request('c1', { id: 1, access: 'write', command: registration });
    process.kill();
    process.start();
    taken();
    await clock.sleep(99);
    expect(taken()).toEqual([]);
    await clock.sleep(2);
    expect(taken()).toEqual(['timeout election@100']);
  });

  test('also takes a paused process, with all that had come to it', async () => {
    const { clock, process, taken } = lab();
    process.start();
    process.pause();
    process.receive('n2', 'lost in the socket');
    process.kill();
    process.start();
    process.resume();
    await clock.sleep(5);
    expect(taken()).toEqual(['starts from []@0', 'hangs up@0', 'starts from []@0']);
  });
});

describe('a pause', () => {
  test('buffers messages and requests; after it they come in their order', async () => {
    const { clock, process, facts, taken } = lab();
    process.start();
    taken();
    process.pause();
    for (const msg of ['one', 'two']) process.receive('n2', msg);
    process.request('c1', { id: 1, access: 'write', command: registration });
    await clock.sleep(50);
    expect(taken()).toEqual([]);
    expect(process.status()).toMatchObject({ state: 'paused', view: null });
    expect(process.stateHash()).toBe(null);
    process.resume();
    await clock.sleep(1);
    expect(taken()).toEqual(['hears one@50', 'hears two@50', 'request@50', 'replies c1 rejected@50']);
    expect(facts).toEqual(['node-up', 'node-paused', 'node-resumed']);
  });

  test('makes timers late: those that ran out in it come after it, before the buffered messages', async () => {
    const { clock, process, taken } = lab();
    process.start();
    process.receive('n2', 'timer soon');
    taken();
    process.pause();
    process.receive('n2', 'waited');
    await clock.sleep(500);
    process.resume();
    await clock.sleep(1);
    expect(taken()).toEqual(['timeout timer soon@500', 'timeout election@500', 'hears waited@500']);
  });

  test('does not touch timers that run out after it', async () => {
    const { clock, process, taken } = lab();
    process.start();
    process.pause();
    await clock.sleep(50);
    process.resume();
    taken();
    await clock.sleep(60);
    expect(taken()).toEqual(['timeout election@100']);
  });

  test('after which the process is killed at once lets nothing of it through', async () => {
    const { clock, process, taken } = lab();
    process.start();
    process.pause();
    process.receive('n2', 'waited');
    process.resume();
    process.kill();
    process.start();
    await clock.sleep(5);
    expect(taken()).toEqual(['starts from []@0', 'hangs up@0', 'starts from []@0']);
  });

  test('that begins again at once keeps what was not read yet', async () => {
    const { clock, process, taken } = lab();
    process.start();
    taken();
    process.pause();
    process.receive('n2', 'waited');
    process.resume();
    process.pause();
    await clock.sleep(5);
    expect(taken()).toEqual([]);
    process.resume();
    await clock.sleep(5);
    expect(taken()).toEqual(['hears waited@5']);
  });

  // A stopped process runs no code. The disk may finish what it was told to do, but the process acts on that later.
  test('sends nothing, though a sync ends in it', async () => {
    const { clock, process, disk, taken } = lab();
    process.start();
    process.receive('n2', 'write a');
    taken();
    process.pause();
    await clock.sleep(50);
    expect(disk.durable.records).toEqual(['a']);
    expect(taken()).toEqual([]);
    process.resume();
    await clock.sleep(1);
    expect(taken()).toEqual(['sends n2 a is durable@50']);
  });
});

describe('a replica that stops by itself', () => {
  test('is down from then on, and may be started again', async () => {
    const { clock, process, facts, taken } = lab();
    process.start();
    process.receive('n2', 'write a');
    await clock.sleep(5);
    process.receive('n2', 'break');
    process.receive('n2', 'anything else');
    expect(facts).toEqual(['node-up', 'stopped', 'node-down']);
    expect(process.status().state).toBe('down');
    process.start();
    await clock.sleep(1);
    expect(taken().slice(-3)).toEqual(['hears break@5', 'hangs up@5', 'starts from [a]@5']);
  });
});
