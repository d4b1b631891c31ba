import { afterEach, describe, expect, it } from 'vitest';
import { ClientServer } from '../../../node/io/client-server.ts';
import { eventually } from '../../../node/io/fixture.ts';
import { freeAddresses } from '../../../node/io/free-addresses.ts';
import { EnvironmentError, InterruptedError } from '../../errors.ts';
import type { LoadJob } from '../contracts.ts';
import { Generator } from './launch.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

function generator(signal = new AbortController().signal): Generator {
  const started = new Generator(signal);
  closers.push(() => started.close());
  return started;
}

/** A job for whoever listens at an address, as if it were the only replica. */
function jobFor(address: string, change: Partial<LoadJob> = {}): LoadJob {
  return {
    driver: 'streams',
    driverSettings: { protocol: 'raft', endpoints: { n1: address }, clients: 2, timeoutMs: 200 },
    ...{ phase: 'load', workload: 'put', settings: { records: 3, valueBytes: 16 }, seed: 1 },
    ...{ loop: { kind: 'closed' }, warmupMs: 0, durationMs: 1000, checkedKeys: 0 },
    ...change,
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const failure = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => null,
    (error: unknown) => error,
  );

function expectEnvironmentError(error: unknown, why: RegExp): void {
  expect(error).toBeInstanceOf(EnvironmentError);
  expect((error as Error).message).toMatch(why);
}

describe('a load generator', () => {
  it('says in a sentence what it cannot do, and takes the next job', async () => {
    const [nobody = ''] = await freeAddresses(1);
    const one = generator();
    expectEnvironmentError(
      await failure(one.run(jobFor(nobody, { driver: 'stream' }))),
      /^the load generator failed: there is no driver "stream"\. Did you mean "streams"\?$/,
    );
    const noWorkload = jobFor(nobody, { phase: 'run', workload: 'ptu' });
    expectEnvironmentError(await failure(one.run(noWorkload)), /there is no bench-workload "ptu"/);
  });

  it('fails the load phase where a record was not inserted', async () => {
    const server: ClientServer = new ClientServer({
      onRequest: (client, { id }) => server.reply(client, { id, status: 'rejected' }),
      observer: { counted: () => {}, timed: () => {} },
    });
    closers.push(() => server.close());
    const address = await server.open('127.0.0.1:0');
    expectEnvironmentError(await failure(generator().run(jobFor(address))), /only 0 of 3 records were inserted$/);
  });

  it('is given up at once when the benchmark is interrupted, and before it has begun', async () => {
    const [nobody = ''] = await freeAddresses(1);
    const controller = new AbortController();
    const one = generator(controller.signal);
    const run = failure(one.run(jobFor(nobody)));
    controller.abort();
    expect(await run).toBeInstanceOf(InterruptedError);
    expect(await failure(one.run(jobFor(nobody)))).toBeInstanceOf(InterruptedError);
  });

  it('that has died is told of, whether it was at work or not', async () => {
    const [nobody = ''] = await freeAddresses(1);
    const one = generator();
    const { pid = 0 } = one;
    const run = failure(one.run(jobFor(nobody)));
    process.kill(pid, 'SIGKILL');
    expectEnvironmentError(await run, /its process ended with a signal$/);
    expectEnvironmentError(await failure(one.run(jobFor(nobody))), /its process ended with a signal$/);
  });

  it('is gone once it is closed', async () => {
    const one = generator();
    const { pid = 0 } = one;
    expect(isAlive(pid)).toBe(true);
    one.close();
    await eventually(() => !isAlive(pid), 'its process is gone');
  });
});
