import { describe, expect, test } from 'vitest';
import { SessionMachine } from '../../../node/machine/sessions.ts';
import { processLab as lab } from './process-fixture.ts';

describe('a restart', () => {
  test('begins with the state of the newest snapshot', async () => {
    const { clock, process, facts, taken } = lab();
    process.start();
    process.receive('n2', 'apply 1');
    process.receive('n2', 'snapshot 1');
    const before = process.stateHash();
    expect(before).not.toBe(new SessionMachine().digest());
    await clock.sleep(5);
    process.kill();
    process.start();
    await clock.sleep(5);
    expect(taken().at(-1)).toMatch(/^starts from \[\] and snapshot 1@/);
    expect(facts).toEqual(['node-up', 'apply', 'snapshot', 'node-down', 'node-up', 'restore']);
    expect(process.status().appliedIndex).toBe(1);
    expect(process.stateHash()).toBe(before);
  });

  test('knows nothing of a snapshot that was not durable yet', async () => {
    const { clock, process, facts, taken } = lab();
    process.start();
    process.receive('n2', 'apply 1');
    process.receive('n2', 'snapshot 1');
    await clock.sleep(1);
    process.kill();
    process.start();
    await clock.sleep(5);
    expect(taken().at(-1)).toBe('starts from []@1');
    expect(facts).not.toContain('snapshot');
    expect(process.status().appliedIndex).toBe(0);
  });

  test('with a wiped disk begins from nothing; a disk in use cannot be wiped', async () => {
    const { clock, process, facts, taken } = lab();
    process.start();
    process.receive('n2', 'apply 1');
    process.receive('n2', 'snapshot 1');
    process.receive('n2', 'write a');
    await clock.sleep(5);
    expect(() => process.wipe()).toThrow('n1 runs, and its disk cannot be wiped');
    process.kill();
    process.wipe();
    process.start();
    expect(taken().at(-1)).toBe('starts from [], a lost disk@5');
    expect(facts.slice(-3)).toEqual(['node-down', 'disk-wiped', 'node-up']);
  });
});

describe('an order', () => {
  const done = { kind: 'reconfigure', voters: ['n1'], learners: [] } as const;
  const refused = { kind: 'transfer', to: 'n2' } as const;

  test('resolves when it is done, and rejects with the reason where it is not', async () => {
    const { process } = lab();
    process.start();
    await expect(process.order(done)).resolves.toBeUndefined();
    await expect(process.order(refused)).rejects.toThrow('It cannot.');
  });

  test('of a process that is down is refused', async () => {
    await expect(lab().process.order(done)).rejects.toThrow('n1 does not run');
  });

  test('is heard by a paused process when the pause ends', async () => {
    const { clock, process } = lab();
    process.start();
    process.pause();
    const ended: string[] = [];
    void process.order(done).then(() => ended.push('done'));
    await clock.sleep(50);
    expect(ended).toEqual([]);
    process.resume();
    await clock.sleep(1);
    expect(ended).toEqual(['done']);
  });

  test('rejects where the process dies in the middle of it', async () => {
    const { clock, process } = lab();
    process.start();
    const order = process.order({ kind: 'reconfigure', voters: [], learners: [] });
    await clock.sleep(50);
    process.kill();
    await expect(order).rejects.toThrow('n1 does not run');
  });

  test('rejects where the process dies before it has heard it', async () => {
    const { process } = lab();
    process.start();
    process.pause();
    const order = process.order(done);
    process.kill();
    await expect(order).rejects.toThrow('n1 does not run');
  });
});
