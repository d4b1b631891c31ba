import { afterEach, expect, test } from 'vitest';
import type { Order } from '../../../node/contract/inputs.ts';
import { ControlServer } from '../../../node/io/control-server.ts';
import { ReplicaLine } from './replica-line.ts';

const token = 'the token of this very run';
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

const line = (born: string | null = null) => {
  const made = new ReplicaLine('n1', token, born);
  closers.push(() => made.close());
  return made;
};

/** One life of a replica: what it is told, and how it answers orders. */
async function life(refusal?: string) {
  const slowness: number[] = [];
  const behaviours: (string | null)[] = [];
  const view = { role: 'follower', epoch: 1, commitIndex: 0, lastIndex: 0 };
  const server = new ControlServer({
    token,
    status: () => ({
      ...{ id: 'n1', runId: 'r', protocol: 'raft', pid: 1, uptimeMs: 1, view },
      ...{ appliedIndex: 7, stateHash: null, inbound: [], refused: {}, faults: [] },
    }),
    setFault: (fault) => slowness.push(fault.kind === 'slow-disk' ? fault.ms : 0),
    setBehaviour: async (name) => void behaviours.push(name),
    replicas: ['n1', 'n2'],
    order: (_, done) => done(refusal),
  });
  const address = await server.open('127.0.0.1:0');
  closers.push(() => server.close());
  return { slowness, behaviours, address, end: () => server.close() };
}

test('a behaviour is told once, again in each new life, and not where its settings tell it the same', async () => {
  const own = line('mute');
  const first = await life();
  own.open(first.address);
  await own.status();
  expect(first.behaviours).toEqual([]);
  await own.behave('equivocate');
  await own.status();
  expect(first.behaviours).toEqual(['equivocate']);

  const second = await life();
  own.open(second.address);
  await own.status();
  expect(second.behaviours).toEqual(['equivocate']);
  await own.behaveAsBorn();
  expect(second.behaviours).toEqual(['equivocate', 'mute']);

  const third = await life();
  own.open(third.address);
  await own.behave(null);
  expect(third.behaviours).toEqual([null]);
});

const transfer: Order = { kind: 'transfer', to: 'n2' };

test('a slow disk is told once, again in each new life, and not at all where there is nothing to tell', async () => {
  const own = line();
  const first = await life();
  own.open(first.address);
  await own.status();
  expect(first.slowness).toEqual([]);
  await Promise.all([own.slowDisk(30), own.status(), own.status()]);
  await own.status();
  expect(first.slowness).toEqual([30]);

  const second = await life();
  own.open(second.address);
  expect(second.slowness).toEqual([]);
  expect(await own.status()).toMatchObject({ appliedIndex: 7 });
  expect(second.slowness).toEqual([30]);
  await own.slowDisk(0);
  expect(second.slowness).toEqual([30, 0]);

  const third = await life();
  own.open(third.address);
  await own.status();
  expect(third.slowness).toEqual([]);
});

test('who does not answer is told later, and has no status', async () => {
  const own = line();
  await own.slowDisk(30);
  expect(await own.status()).toBe(null);
  const gone = await life();
  gone.end();
  own.open(gone.address);
  await own.slowDisk(40);
  expect(await own.status()).toBe(null);
  const back = await life();
  own.open(back.address);
  await own.status();
  expect(back.slowness).toEqual([40]);
});

test('an order is done, or there is a sentence that says why not', async () => {
  const own = line();
  await expect(own.order(transfer)).rejects.toEqual(new Error('n1 does not run'));
  const willing = await life();
  own.open(willing.address);
  await own.order(transfer);
  await expect(own.order({ kind: 'transfer', to: 'n9' })).rejects.toThrow(
    /^n1 did not say that it is done: .*no replica of this run$/,
  );
  own.open((await life('This replica does not lead; n2 leads.')).address);
  await expect(own.order(transfer)).rejects.toEqual(new Error('This replica does not lead; n2 leads.'));
});
