import { status } from '@grpc/grpc-js';
import { afterEach, expect, it } from 'vitest';
import type { Order } from '../contract/inputs.ts';
import { ReplicaControl } from './control-client.ts';
import { ControlServer } from './control-server.ts';
import { controlService, orderFromWire, type ReplicaFault, type ReplicaStatus } from './control-service.ts';
import { eventually } from './fixture.ts';

const token = 'the token of this very run';
/** In which nothing of these tests fails to answer. */
const longMs = 20_000;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

const known: ReplicaStatus = {
  id: 'n1',
  runId: 'run-1',
  protocol: 'raft',
  pid: 42,
  uptimeMs: 12.5,
  view: { role: 'follower', epoch: 2 ** 40, leader: 'n2', commitIndex: 7, lastIndex: 8 },
  appliedIndex: 7,
  stateHash: null,
  inbound: [
    { from: 'n2', silent: false, lastHeardMs: 3.25, delayMs: -0.5, frames: 10, undecodable: 1 },
    { from: 'n3', silent: true, lastHeardMs: null, delayMs: null, frames: 0, undecodable: 0 },
  ],
  refused: { 'message-undecodable': 1, invalid: 2 ** 40 },
  faults: ['slow-disk 50 ms'],
};

async function scene(told = known, shown = token) {
  const orders: { readonly order: Order; readonly done: (error?: string) => void }[] = [];
  const faults: ReplicaFault[] = [];
  const behaviours: (string | null)[] = [];
  const server = new ControlServer({
    token,
    status: (withStateHash) => ({ ...told, stateHash: withStateHash ? 'abc' : null }),
    setFault: (fault) => faults.push(fault),
    setBehaviour: async (name) => {
      if (name === 'unheard-of') throw new Error('There is no malicious behaviour "unheard-of".');
      behaviours.push(name);
    },
    replicas: ['n1', 'n2', 'n3'],
    order: (order, done) => orders.push({ order, done }),
  });
  const address = await server.open('127.0.0.1:0');
  const control = new ReplicaControl(address, shown);
  closers.push(() => {
    control.close();
    server.close();
  });
  return { control, faults, behaviours, orders };
}

it('tells the status, and the hash of the state only when it is asked for', async () => {
  const { control } = await scene();
  expect(await control.status()).toEqual(known);
  expect(await control.status({ withStateHash: true })).toEqual({ ...known, stateHash: 'abc' });
});

it('tells who belongs to the group, where that can change', async () => {
  const group = { voters: ['n1', 'n2'], learners: ['n3'] };
  const { control } = await scene({ ...known, view: { ...known.view, group } });
  expect((await control.status()).view).toEqual({ ...known.view, group });
  const alone = { ...known, view: { ...known.view, group: { voters: ['n1'], learners: [] } } };
  expect(await (await scene(alone)).control.status()).toEqual(alone);
});

it('sets faults and clears them', async () => {
  const { control, faults } = await scene();
  await control.setFault({ kind: 'slow-disk', ms: 12.5 });
  await control.setFault({ kind: 'slow-disk', ms: 0 });
  await control.setFault({ kind: 'clear' });
  expect(faults).toEqual([{ kind: 'slow-disk', ms: 12.5 }, { kind: 'slow-disk', ms: 0 }, { kind: 'clear' }]);
});

it.each([-1, 60_001, Number.NaN])('refuses a disk that is slow by %d ms', async (ms) => {
  const { control, faults } = await scene();
  await expect(control.setFault({ kind: 'slow-disk', ms })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  expect(faults).toEqual([]);
});

it.each<Order>([
  { kind: 'reconfigure', voters: ['n3', 'n1'], learners: ['n2'] },
  { kind: 'reconfigure', voters: ['n2'], learners: [] },
  { kind: 'transfer', to: 'n3' },
])('passes on an order, and answers when it is done: %j', async (order) => {
  const { control, orders } = await scene();
  let done = false;
  const ordered = control.order(order, longMs).then(() => {
    done = true;
  });
  await eventually(() => orders.length === 1, 'it is passed on');
  // An answer on the same connection comes after one that was given before it.
  await control.status();
  expect(done).toBe(false);
  orders[0]?.done();
  await ordered;
  expect(orders.map((each) => each.order)).toEqual([order]);
});

it('says why an order is not done, in the sentence of the replica', async () => {
  const { control, orders } = await scene();
  const ordered = control.order({ kind: 'transfer', to: 'n2' }, longMs);
  const refused = expect(ordered).rejects.toEqual(new Error('n2 did not take over in time.'));
  await eventually(() => orders.length === 1, 'it is passed on');
  orders[0]?.done('n2 did not take over in time.');
  await refused;
});

it('waits for an order as long as its caller wants, and an order that is done later harms nobody', async () => {
  const { control, orders } = await scene();
  const late = { code: status.DEADLINE_EXCEEDED };
  await expect(control.order({ kind: 'transfer', to: 'n2' }, 100)).rejects.toMatchObject(late);
  orders[0]?.done();
  expect(await control.status()).toEqual(known);
});

it.each<[string, Order]>([
  ['nobody votes', { kind: 'reconfigure', voters: [], learners: ['n1'] }],
  ['a stranger votes', { kind: 'reconfigure', voters: ['n1', 'n9'], learners: [] }],
  ['a stranger learns', { kind: 'reconfigure', voters: ['n1'], learners: ['__proto__'] }],
  ['somebody votes twice', { kind: 'reconfigure', voters: ['n1', 'n1'], learners: [] }],
  ['somebody votes and learns', { kind: 'reconfigure', voters: ['n1', 'n2'], learners: ['n2'] }],
  ['a stranger leads', { kind: 'transfer', to: 'n4' }],
  ['nobody leads', { kind: 'transfer', to: '' }],
  ['there are thousands', { kind: 'reconfigure', voters: Array(5000).fill('n1'), learners: [] }],
])('refuses an order by which %s', async (_, order) => {
  const { control, orders } = await scene();
  await expect(control.order(order, longMs)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  expect(orders).toEqual([]);
});

it('sets behaviours, and takes them off', async () => {
  const { control, behaviours } = await scene();
  await control.setBehaviour('equivocate');
  await control.setBehaviour(null);
  expect(behaviours).toEqual(['equivocate', null]);
});

it('says why it cannot behave so', async () => {
  const { control, behaviours } = await scene();
  const refused = { code: status.INVALID_ARGUMENT, details: expect.stringContaining('unheard-of') };
  await expect(control.setBehaviour('unheard-of')).rejects.toMatchObject(refused);
  expect(behaviours).toEqual([]);
});

it.each(['', 'the token of another run', `${token} `.repeat(2)])(
  'refuses every call with the token "%s"',
  async (shown) => {
    const { control, faults, behaviours, orders } = await scene(known, shown);
    const refused = { code: status.UNAUTHENTICATED, details: 'the token of this run is needed' };
    await expect(control.status()).rejects.toMatchObject(refused);
    await expect(control.setFault({ kind: 'slow-disk', ms: 5 })).rejects.toMatchObject(refused);
    await expect(control.order({ kind: 'transfer', to: 'n2' }, longMs)).rejects.toMatchObject(refused);
    await expect(control.setBehaviour('x')).rejects.toMatchObject(refused);
    expect({ faults, behaviours, orders }).toEqual({ faults: [], behaviours: [], orders: [] });
  },
);

it('refuses an order that says nothing, as a caller of another version may send it', () => {
  const method = controlService['Order'];
  const wire = method?.requestDeserialize(Buffer.alloc(0)) ?? {};
  expect(orderFromWire(wire, ['n1'])).toBe('there is no such order here');
});
