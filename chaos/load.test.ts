import { describe, expect, test } from 'vitest';
import type { Cluster } from './contracts/cluster.ts';
import type { Completion, HistoryEvent, Operation } from './contracts/operations.ts';
import type { OperationSource } from './contracts/workloads.ts';
import { pairOperations, parseHistory, serialiseLines } from './history.ts';
import { type LoadOptions, startLoad } from './load.ts';
import { randomFor } from './random.ts';
import { samplePlan } from './sample-plan.ts';
import { SimClock } from './substrate/sim/clock.ts';
import { simSubstrate } from './substrate/sim/index.ts';
import register from './workloads/register.ts';

interface Fake {
  readonly clock: SimClock;
  readonly cluster: Cluster;
  /** What was submitted, by which client, and when. */
  readonly submitted: { readonly client: string; readonly op: Operation; readonly atMs: number }[];
  /** The most that any one client had under way at once. */
  readonly most: () => number;
}

/** A cluster of clients alone; `answer` says how and when each operation ends, null that it never does. */
function fake(answer: (op: Operation, count: number) => { afterMs: number; completion: Completion } | null): Fake {
  const clock = new SimClock();
  const submitted: Fake['submitted'] = [];
  let most = 0;
  const client = (name: string) => {
    let underWay = 0;
    return {
      submit: (op: Operation, _timeoutMs: number, done: (completion: Completion) => void) => {
        submitted.push({ client: name, op, atMs: clock.now() });
        underWay += 1;
        most = Math.max(most, underWay);
        const ending = answer(op, submitted.length);
        if (ending === null) return;
        clock.after(ending.afterMs, () => {
          underWay -= 1;
          done(ending.completion);
        });
      },
    };
  };
  const notHere = () => {
    throw new Error('the load has no business with this');
  };
  const cluster: Cluster = {
    clock,
    nodes: ['n1'],
    client,
    status: notHere,
    kill: notHere,
    start: notHere,
    pause: notHere,
    resume: notHere,
    order: notHere,
    wipe: notHere,
    slowDisk: notHere,
    behave: notHere,
    impair: notHere,
    healAll: notHere,
    stateHash: notHere,
    artifacts: notHere,
    close: notHere,
  };
  return { clock, cluster, submitted, most: () => most };
}

const ok = (value: unknown = null): Completion => ({ type: 'ok', value });

function start(cluster: Cluster, options: Partial<LoadOptions> = {}) {
  const source = register.source(register.parse({}), randomFor(1, 'workload'));
  return startLoad({
    cluster,
    source,
    random: randomFor(1, 'load'),
    clients: 4,
    ratePerSecond: 100,
    timeoutMs: 1000,
    relative: (atMs) => atMs,
    ...options,
  });
}

const invocations = (history: readonly HistoryEvent[]) => history.filter(({ type }) => type === 'invoke');

describe('the load', () => {
  test('keeps about its rate, from all clients, each with one operation at a time', async () => {
    const lab = fake(() => ({ afterMs: 2, completion: ok() }));
    const load = start(lab.cluster);
    await lab.clock.sleep(20_000);
    await load.stop();
    expect(lab.submitted.length).toBeGreaterThan(1700);
    expect(lab.submitted.length).toBeLessThan(2100);
    const of = (name: string) => lab.submitted.filter(({ client }) => client === name).length;
    expect(new Set(lab.submitted.map(({ client }) => client)).size).toBe(4);
    for (const name of ['c1', 'c2', 'c3', 'c4']) expect(of(name)).toBeGreaterThan(400);
    expect(lab.most()).toBe(1);
  });

  test('an invocation is recorded before it is sent', async () => {
    const recorded: boolean[] = [];
    const lab = fake(() => ({ afterMs: 1, completion: ok() }));
    const seen: { history: readonly HistoryEvent[] } = { history: [] };
    const client = (name: string) => {
      const real = lab.cluster.client(name);
      return {
        submit: (op: Operation, timeoutMs: number, done: (completion: Completion) => void) => {
          const last = seen.history.at(-1);
          recorded.push(last?.type === 'invoke' && last.key === op.key && last.f === op.f);
          real.submit(op, timeoutMs, done);
        },
      };
    };
    const load = start({ ...lab.cluster, clock: lab.clock, client });
    seen.history = load.history;
    await lab.clock.sleep(500);
    await load.stop();
    expect(recorded.length).toBeGreaterThan(20);
    expect(recorded.every(Boolean)).toBe(true);
  });

  test('a client that does not know how its operation ended goes on as a new process', async () => {
    const endings = ['ok', 'fail', 'info'] as const;
    const lab = fake((_, count) => {
      return { afterMs: 1, completion: { type: endings[count % 3] ?? 'ok', value: null } };
    });
    const load = start(lab.cluster);
    await lab.clock.sleep(3000);
    await load.stop();
    const operations = pairOperations(load.history);
    for (const [at, operation] of operations.entries()) {
      const later = operations.slice(at + 1).some(({ process }) => process === operation.process);
      if (operation.type === 'info') expect(later).toBe(false);
    }
    expect(new Set(operations.map(({ process }) => process)).size).toBeGreaterThan(50);
    const counted = (type: string) => operations.filter((operation) => operation.type === type).length;
    expect(load.counts).toEqual({ ok: counted('ok'), fail: counted('fail'), info: counted('info') });
    // The strictest reader there is takes it.
    expect(parseHistory(serialiseLines(load.history), 'history.jsonl')).toHaveLength(load.history.length);
  });

  test('the source learns of every completion, with its operation', async () => {
    const learned: [Operation, Completion][] = [];
    const source: OperationSource = {
      next: (process) => ({ f: 'write', key: 'k', value: process }),
      learn: (op, completion) => learned.push([op, completion]),
      readBack: () => [],
    };
    const lab = fake((op) => ({ afterMs: 1, completion: ok(op.value) }));
    const load = start(lab.cluster, { source });
    await lab.clock.sleep(500);
    await load.stop();
    expect(learned.length).toBe(load.counts.ok);
    for (const [op, completion] of learned) expect(completion.value).toBe(op.value);
  });

  test('stopped, it waits for what is under way, and issues no more', async () => {
    const lab = fake(() => ({ afterMs: 400, completion: ok() }));
    const load = start(lab.cluster);
    await lab.clock.sleep(1000);
    await load.stop();
    const { length } = lab.submitted;
    expect(pairOperations(load.history).every(({ type }) => type === 'ok')).toBe(true);
    await lab.clock.sleep(5000);
    expect(lab.submitted).toHaveLength(length);
  });

  test.each([
    ['that are due much later', 0.1, 0],
    ['that would follow those under way', 4, 2],
  ])('stopped, it leaves no timer behind for operations %s', async (_, ratePerSecond, underWay) => {
    const { clock, cluster } = fake(() => ({ afterMs: 500, completion: ok() }));
    const load = start(cluster, { ratePerSecond });
    await clock.sleep(1000);
    expect(2 * invocations(load.history).length - load.history.length).toBe(underWay);
    await load.stop();
    const before = clock.eventCount;
    await clock.sleep(200_000);
    const wakingUp = 1;
    expect(clock.eventCount - before).toBe(wakingUp);
  });

  test('a client that never answers holds nobody up for ever', async () => {
    const lab = fake(() => null);
    const load = start(lab.cluster, { timeoutMs: 500 });
    await lab.clock.sleep(1000);
    const beganMs = lab.clock.now();
    await load.stop();
    expect(lab.clock.now() - beganMs).toBeLessThan(2500);
    expect(pairOperations(load.history).every(({ type }) => type === 'info')).toBe(true);
  });
});

describe('reading back', () => {
  const keys = ['k1', 'k2', 'k3', 'k4', 'k5'];

  test('reads every key once, one after the other, each as a process of its own', async () => {
    const lab = fake(() => ({ afterMs: 5, completion: ok(7) }));
    const load = start(lab.cluster);
    await load.stop();
    await load.readBack();
    expect(lab.submitted.map(({ client, op }) => [client, op.f, op.key])).toEqual(
      keys.map((key) => ['reader', 'read', key]),
    );
    expect(new Set(load.history.map(({ process }) => process)).size).toBe(keys.length);
    expect(lab.most()).toBe(1);
  });

  test('tries again where a read fails, and gives up after ten times', async () => {
    const types = ['info', 'fail'] as const;
    const lab = fake((op, count) => {
      if (op.key === 'k3') return { afterMs: 1, completion: { type: types[count % 2] ?? 'info', value: null } };
      return { afterMs: 1, completion: ok() };
    });
    const load = start(lab.cluster);
    await load.stop();
    await load.readBack();
    const tries = (key: string) =>
      invocations(load.history).filter((event) => 'key' in event && event.key === key).length;
    expect(keys.map(tries)).toEqual([1, 1, 10, 1, 1]);
    expect(parseHistory(serialiseLines(load.history), 'history.jsonl')).toHaveLength(load.history.length);
  });
});

test('read-back that is aborted lets the read under way end, and begins no other', async () => {
  const lab = fake(() => ({ afterMs: 100, completion: { type: 'info', value: null } }));
  const load = start(lab.cluster);
  await load.stop();
  const broken = new AbortController();
  lab.clock.after(150, () => broken.abort());
  await load.readBack(broken.signal);
  expect(load.history.map(({ type }) => type)).toEqual(['invoke', 'info', 'invoke', 'info']);
  await load.readBack(broken.signal);
  expect(lab.submitted).toHaveLength(2);
});

test('against the simulator: what was written is read back', async () => {
  const cluster = await simSubstrate.boot(samplePlan(), () => {});
  await cluster.clock.sleep(2000);
  const load = start(cluster);
  await cluster.clock.sleep(5000);
  await load.stop();
  await load.readBack();
  const operations = pairOperations(load.history);
  expect(operations.filter(({ type }) => type === 'ok').length).toBeGreaterThan(300);
  for (const key of ['k1', 'k2', 'k3', 'k4', 'k5']) {
    const [last, ...before] = operations.filter((operation) => operation.key === key).reverse();
    expect(last).toMatchObject({ f: 'read', type: 'ok' });
    const changed = before.find(({ f, type, result }) => type === 'ok' && f !== 'read' && result !== false);
    expect(changed).toBeDefined();
    expect(
      before.some(({ value }) => value === last?.result || (value as unknown[] | null)?.[1] === last?.result),
    ).toBe(true);
  }
});
