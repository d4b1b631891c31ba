import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { randomFor } from '../../random.ts';
import type { BenchOperation } from '../contracts.ts';
import { Clients, type ClientsOptions, Tally } from './clients.ts';
import { Histories } from './histories.ts';
import { Latencies } from './latencies.ts';
import { MemoryDriver } from './memory-driver-fixture.ts';

/** Clients over a map in memory. Their operations are numbered: `k1`, `k2`, ... */
function clientsOf(change: Partial<ClientsOptions> = {}, operations = Number.POSITIVE_INFINITY) {
  const driver = new MemoryDriver();
  const acknowledged: string[] = [];
  let drawn = 0;
  const clients = new Clients({
    driver,
    clients: 3,
    operationsPerCall: 1,
    loop: { kind: 'closed' },
    random: randomFor(7, 'bench/arrivals'),
    next: (): BenchOperation | null => {
      if (drawn === operations) return null;
      drawn += 1;
      return { kind: 'update', key: `k${drawn}`, value: `v${drawn}` };
    },
    acknowledged: ({ key }) => acknowledged.push(key),
    histories: new Histories(new Set()),
    ...change,
  });
  return { driver, clients, acknowledged, tally: measuring(clients) };
}

/** Counts from now on. */
function measuring(clients: Clients, open = false): Tally {
  clients.tally = new Tally(new Latencies(open));
  return clients.tally;
}

/** Whether a promise has been kept, as far as all that is ready now can tell. */
async function isKept(promise: Promise<void>): Promise<boolean> {
  let kept = false;
  promise.then(() => {
    kept = true;
  });
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  return kept;
}

const readModifyWrite = (): BenchOperation => ({ kind: 'read-modify-write', key: 'k', value: 'new' });

describe('a closed loop', () => {
  it('keeps exactly one call of each client under way', () => {
    const { driver, clients, acknowledged, tally } = clientsOf();
    clients.start();
    expect(driver.busy).toEqual([0, 1, 2]);
    for (const client of [1, 1, 0, 2, 1]) {
      driver.end(client);
      expect(driver.busy.toSorted()).toEqual([0, 1, 2]);
    }
    expect(driver.calls.map(({ client }) => client)).toEqual([0, 1, 2, 1, 1, 0, 2, 1]);
    expect(acknowledged).toEqual(['k2', 'k4', 'k1', 'k3', 'k5']);
    expect(tally).toMatchObject({ ok: 5, failed: 0, unknown: 0 });
  });

  it('begins nothing once it is stopped, and is at rest when all that was under way has ended', async () => {
    const { driver, clients, acknowledged } = clientsOf();
    clients.start();
    const stopped = clients.stop();
    driver.end(0);
    driver.end(2, 'unknown');
    expect(driver.busy).toEqual([1]);
    expect(await isKept(stopped)).toBe(false);
    driver.end(1);
    expect(await isKept(stopped)).toBe(true);
    expect(driver.busy).toEqual([]);
    expect(acknowledged).toEqual(['k1', 'k2']);
  });

  it('counts each end by how it came, and only acknowledges what was carried out', () => {
    const { driver, clients, acknowledged, tally } = clientsOf();
    clients.start();
    driver.end(0, 'failed');
    driver.end(1, 'unknown');
    driver.end(1, 'unknown');
    driver.end(2, 'ok');
    expect(tally).toMatchObject({ ok: 1, failed: 1, unknown: 2 });
    expect(acknowledged).toEqual(['k3']);
    expect(tally.latencies.take(1)['all']?.raw.max).toBeGreaterThan(0);
    clients.tally = undefined;
    driver.end(0, 'failed');
    expect(tally.failed).toBe(1);
  });

  it('has measured nothing where nothing was carried out', () => {
    const { driver, clients, tally } = clientsOf();
    clients.start();
    driver.endAll('unknown');
    expect(tally.latencies.take(1)).toEqual({});
  });
});

describe('operations that run out', () => {
  it.each([
    ['more than clients', 8],
    ['fewer than clients', 2],
    ['none', 0],
  ])('%s: each is sent once, and all come to rest', async (_, count) => {
    const { driver, clients, acknowledged, tally } = clientsOf({}, count);
    clients.start();
    const quiet = clients.quiet();
    for (let turn = 0; turn < 10 && driver.busy.length > 0; turn += 1) {
      expect(await isKept(quiet)).toBe(false);
      driver.endAll();
    }
    expect(await isKept(quiet)).toBe(true);
    expect(acknowledged).toEqual(Array.from({ length: count }, (_, index) => `k${index + 1}`));
    expect(tally.ok).toBe(count);
  });
});

describe('a read-modify-write', () => {
  it('reads, then writes, and counts once', () => {
    const { driver, clients, tally } = clientsOf({ clients: 1, next: readModifyWrite });
    clients.start();
    driver.end(0);
    expect(tally.ok).toBe(0);
    driver.end(0);
    expect(driver.calls.slice(0, 2).map(({ operations }) => operations)).toEqual([
      [{ kind: 'read', key: 'k' }],
      [{ kind: 'update', key: 'k', value: 'new' }],
    ]);
    expect(tally.ok).toBe(1);
    expect(Object.keys(tally.latencies.take(1))).toEqual(['all', 'read-modify-write']);
  });

  it('ends at a read that failed', () => {
    const { driver, clients, acknowledged, tally } = clientsOf({ clients: 1, next: readModifyWrite });
    clients.start();
    driver.end(0, 'failed');
    driver.end(0, 'unknown');
    expect(driver.calls.map(({ operations }) => operations[0]?.kind)).toEqual(['read', 'read', 'read']);
    expect(tally).toMatchObject({ ok: 0, failed: 1, unknown: 1 });
    expect(acknowledged).toEqual([]);
  });

  it('still writes when it is stopped between its halves', async () => {
    const { driver, clients } = clientsOf({ clients: 1, next: readModifyWrite });
    clients.start();
    const stopped = clients.stop();
    driver.end(0);
    expect(await isKept(stopped)).toBe(false);
    driver.end(0);
    expect(await isKept(stopped)).toBe(true);
    expect(driver.records.get('k')).toBe('new');
  });
});

describe('calls of a hundred', () => {
  it('count all that they carry, the last one fewer, and one latency each', async () => {
    const { driver, clients, acknowledged, tally } = clientsOf({ clients: 2, operationsPerCall: 100 }, 250);
    clients.start();
    const quiet = clients.quiet();
    expect(driver.calls.map(({ operations }) => operations.length)).toEqual([100, 100]);
    driver.end(0, 'unknown');
    driver.endAll();
    expect(await isKept(quiet)).toBe(true);
    expect(driver.calls.map(({ operations }) => operations.length)).toEqual([100, 100, 50]);
    expect(tally).toMatchObject({ ok: 150, failed: 0, unknown: 100, calls: 3 });
    expect(acknowledged).toHaveLength(150);
  });

  it('are recorded as processes of their own', () => {
    const histories = new Histories(new Set(['k1', 'k2', 'k3']));
    const { driver, clients } = clientsOf({ clients: 1, operationsPerCall: 2, histories }, 3);
    clients.start();
    driver.end(0);
    driver.end(0);
    expect(histories.events.map(({ type, op, process }) => `${type} ${op} ${process}`)).toEqual([
      ...['invoke 1 1', 'invoke 2 2', 'ok 1 1', 'ok 2 2'],
      ...['invoke 3 1', 'ok 3 1'],
    ]);
  });
});

/** Ends at times that a test chooses. */
function atVirtualTimes(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

describe('seconds', () => {
  atVirtualTimes();

  it('are told apart, one without any end is a 0, and a part of one is none', () => {
    const { driver, clients, tally } = clientsOf();
    clients.start();
    for (const atMs of [400, 500, 2200, 2999, 3001]) {
      vi.advanceTimersByTime(atMs - performance.now() + tally.beganMs);
      driver.end(0);
    }
    expect(tally.wholeSeconds(3002)).toEqual([2, 0, 2]);
    expect(tally.wholeSeconds(4999.5)).toEqual([2, 0, 2, 1, 0]);
    expect(tally.wholeSeconds(300)).toEqual([]);
  });
});

describe('an open loop', () => {
  atVirtualTimes();

  const loop = { kind: 'open', ratePerSecond: 1000 } as const;

  it('sends at its rate, whether calls end or not', () => {
    const { driver, clients } = clientsOf({ loop, clients: 20_000 });
    clients.start();
    vi.advanceTimersByTime(10_000);
    // Of a Poisson process with 10,000 expected: within five standard deviations.
    expect(driver.calls.length).toBeGreaterThan(9500);
    expect(driver.calls.length).toBeLessThan(10_500);
  });

  it('sends as many operations where a call carries several', () => {
    const { driver, clients } = clientsOf({ loop, clients: 20_000, operationsPerCall: 100 });
    clients.start();
    vi.advanceTimersByTime(10_000);
    // A hundred calls are expected.
    const sent = driver.calls.reduce((sum, { operations }) => sum + operations.length, 0);
    expect(sent).toBeGreaterThan(5000);
    expect(sent).toBeLessThan(15_000);
  });

  it('counts from when an operation was due while all clients are busy', () => {
    const { driver, clients } = clientsOf({ loop, clients: 1 });
    const tally = measuring(clients, true);
    clients.start();
    vi.advanceTimersByTime(1000);
    expect(driver.calls).toHaveLength(1);
    // Those that have waited go one after the other, without any time between them.
    for (let turn = 0; turn < 2000 && driver.busy.length > 0; turn += 1) driver.end(0);
    expect(tally.ok).toBeGreaterThan(800);
    const { corrected, raw } = tally.latencies.take(1)['all'] ?? {};
    // They were due all over the second.
    expect(corrected?.p50).toBeGreaterThan(400);
    expect(corrected?.p50).toBeLessThan(600);
    expect(corrected?.max).toBeGreaterThan(990);
    expect(raw?.p50).toBeLessThan(1);
    expect(raw?.max).toBeGreaterThan(990);
  });

  it('stops with calls waiting: those under way end, the others are not sent', async () => {
    const { driver, clients } = clientsOf({ loop, clients: 2 });
    clients.start();
    vi.advanceTimersByTime(100);
    expect(driver.busy).toHaveLength(2);
    const stopped = clients.stop();
    expect(await isKept(stopped)).toBe(false);
    driver.endAll();
    expect(await isKept(stopped)).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(driver.calls).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });
});
