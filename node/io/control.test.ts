import { status } from '@grpc/grpc-js';
import { afterEach, expect, it } from 'vitest';
import { ReplicaControl } from './control-client.ts';
import { ControlServer } from './control-server.ts';
import type { ReplicaFault, ReplicaStatus } from './control-service.ts';

const token = 'the token of this very run';
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
  faults: ['slow-disk 50 ms'],
};

async function scene(shown = token) {
  const faults: ReplicaFault[] = [];
  const server = new ControlServer({
    token,
    status: (withStateHash) => ({ ...known, stateHash: withStateHash ? 'abc' : null }),
    setFault: (fault) => faults.push(fault),
  });
  const address = await server.open('127.0.0.1:0');
  const control = new ReplicaControl(address, shown);
  closers.push(() => {
    control.close();
    server.close();
  });
  return { control, faults };
}

it('tells the status, and the hash of the state only when it is asked for', async () => {
  const { control } = await scene();
  expect(await control.status()).toEqual(known);
  expect(await control.status({ withStateHash: true })).toEqual({ ...known, stateHash: 'abc' });
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

it('has no behaviours yet, and says so', async () => {
  const { control } = await scene();
  const refused = { code: status.UNIMPLEMENTED, details: expect.stringContaining('start it with one') };
  await expect(control.setBehaviour('equivocate')).rejects.toMatchObject(refused);
});

it.each(['', 'the token of another run', `${token} `.repeat(2)])(
  'refuses every call with the token "%s"',
  async (shown) => {
    const { control, faults } = await scene(shown);
    const refused = { code: status.UNAUTHENTICATED, details: 'the token of this run is needed' };
    await expect(control.status()).rejects.toMatchObject(refused);
    await expect(control.setFault({ kind: 'slow-disk', ms: 5 })).rejects.toMatchObject(refused);
    await expect(control.setBehaviour('x')).rejects.toMatchObject(refused);
    expect(faults).toEqual([]);
  },
);
