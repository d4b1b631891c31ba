import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freeAddresses } from '../../../../node/io/free-addresses.ts';
import type {
  BenchOperation,
  BenchSystem,
  Driver,
  DriverDefinition,
  DriverSettings,
  Outcome,
} from '../../contracts.ts';
import { ask } from '../../http2/grpc-fixture.ts';
import { UnaryConnection } from '../../http2/unary-connection.ts';
import { startEtcd } from '../../systems/etcd.ts';
import { describeWithEtcd } from '../../systems/etcd-fixture.ts';
import etcdPut from '../etcd-put.ts';
import etcdTxn from '../etcd-txn.ts';
import { firstValue, scanRequest } from './messages.ts';
import { kvService, startKv } from './rpc-fixture.ts';

const closings: (() => void)[] = [];

afterEach(() => {
  for (const close of closings.splice(0).reverse()) close();
});

type End = readonly [outcome: Outcome, value: string | null | undefined];

/** A driver whose operations are promises. */
class Asking {
  readonly driver: Driver;
  readonly #waiting = new Map<number, (end: End) => void>();

  constructor(definition: DriverDefinition, settings: Partial<DriverSettings> & Pick<DriverSettings, 'endpoints'>) {
    this.driver = definition.create({ protocol: 'raft', clients: 8, timeoutMs: 10_000, ...settings });
    closings.push(() => this.driver.close());
    this.driver.onDone = (client, outcome, value) => {
      const resolve = this.#waiting.get(client);
      if (resolve === undefined) throw new Error(`client ${client} has nothing under way`);
      this.#waiting.delete(client);
      resolve([outcome, value]);
    };
  }

  async open(): Promise<this> {
    await this.driver.open();
    return this;
  }

  submit(client: number, ...operations: BenchOperation[]): Promise<End> {
    return new Promise((resolve) => {
      this.#waiting.set(client, resolve);
      this.driver.submit(client, operations);
    });
  }
}

const update = (key: string, value: string): BenchOperation => ({ kind: 'update', key, value });
const read = (key: string): BenchOperation => ({ kind: 'read', key });

describeWithEtcd('with a real etcd', () => {
  const folder = mkdtempSync(join(tmpdir(), 'splitbrain-etcd-'));
  let system: BenchSystem;
  let leader: string | undefined;

  beforeAll(async () => {
    system = await startEtcd({ nodes: 3, folder: join(folder, 'etcd') });
    leader = (await system.counters()).find(({ leads }) => leads)?.node;
  });

  afterAll(async () => {
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (definition: DriverDefinition, settings: Partial<DriverSettings> = {}) =>
    new Asking(definition, { endpoints: system.endpoints, ...settings }).open();

  it.each([[true], [false]])('writes, reads and scans (leader known: %s)', async (isLeaderKnown) => {
    const asking = await open(etcdPut, isLeaderKnown && leader !== undefined ? { leader } : {});
    const prefix = isLeaderKnown ? 'a' : 'b';
    expect(await asking.submit(0, read(`${prefix}1`))).toEqual(['ok', null]);
    expect(await asking.submit(0, { kind: 'insert', key: `${prefix}1`, value: 'one' })).toEqual(['ok', undefined]);
    expect(await asking.submit(5, read(`${prefix}1`))).toEqual(['ok', 'one']);
    expect(await asking.submit(5, update(`${prefix}1`, 'ÿ\0'))).toEqual(['ok', undefined]);
    expect(await asking.submit(2, read(`${prefix}1`))).toEqual(['ok', 'ÿ\0']);
    expect(await asking.submit(3, { kind: 'scan', key: prefix, count: 100 })).toEqual(['ok', undefined]);
    const clients = Array.from({ length: 8 }, (_, client) => client);
    const writes = clients.map((client) => asking.submit(client, update(`${prefix}${client}`, `by ${client}`)));
    expect(await Promise.all(writes)).toEqual(clients.map(() => ['ok', undefined]));
    const reads = clients.map((client) => asking.submit(client, read(`${prefix}${7 - client}`)));
    expect(await Promise.all(reads)).toEqual(clients.map((client) => ['ok', `by ${7 - client}`]));
  });

  it('puts a hundred in a transaction, also when a key comes twice', async () => {
    const txn = await open(etcdTxn);
    const puts = Array.from({ length: 100 }, (_, index) => update(`t${index % 90}`, `${index}`));
    expect(await txn.submit(0, ...puts)).toEqual(['ok', undefined]);
    const asking = await open(etcdPut);
    expect(await asking.submit(0, read('t5'))).toEqual(['ok', '95']);
    expect(await asking.submit(0, read('t50'))).toEqual(['ok', '50']);
  });

  it('scans from a key on, in order, and no more than was asked for', async () => {
    const asking = await open(etcdPut);
    for (const key of ['s4', 's1', 's3', 's2']) await asking.submit(0, update(key, `value of ${key}`));
    const connection = await UnaryConnection.open(Object.values(system.endpoints)[0] ?? '');
    closings.push(() => connection.close());
    const { path, message } = scanRequest('s2', 2);
    const { reply } = await ask(connection, path, message);
    const range = kvService['Range']?.responseDeserialize(reply ?? Buffer.alloc(0)) as { kvs: { key: Buffer }[] };
    expect(range.kvs.map(({ key }) => key.toString())).toEqual(['s2', 's3']);
    expect(firstValue(reply ?? Buffer.alloc(0))).toBe('value of s2');
  });

  it('has failed where etcd refuses', async () => {
    const asking = await open(etcdPut);
    expect(await asking.submit(0, update('', 'no key'))).toEqual(['failed', undefined]);
    expect(await asking.submit(0, update('large', 'x'.repeat(2 << 20)))).toEqual(['failed', undefined]);
    expect(await asking.submit(0, read('large'))).toEqual(['ok', null]);
  });
});

describe('a call that goes wrong', () => {
  it('is unknown once its time is over', async () => {
    let requests = 0;
    const server = await startKv({
      Put: () => {
        requests += 1;
      },
      Range: (_, reply) => reply(null, { kvs: [{ key: Buffer.from('k'), value: Buffer.from('there') }] }),
    });
    closings.push(server.close);
    const asking = await new Asking(etcdPut, { endpoints: { a: server.address }, timeoutMs: 100 }).open();
    const ends = await Promise.all([asking.submit(0, update('k', 'v')), asking.submit(1, update('k', 'v'))]);
    expect(ends).toEqual([
      ['unknown', undefined],
      ['unknown', undefined],
    ]);
    expect(requests).toBe(2);
    expect(await asking.submit(0, read('k'))).toEqual(['ok', 'there']);
  });

  it.each([
    [status.INVALID_ARGUMENT, 'failed'],
    [status.RESOURCE_EXHAUSTED, 'failed'],
    [status.UNIMPLEMENTED, 'failed'],
    [status.UNAVAILABLE, 'unknown'],
    [status.DEADLINE_EXCEEDED, 'unknown'],
    [status.INTERNAL, 'unknown'],
  ])('with status %d is %s', async (code, outcome) => {
    const server = await startKv({ Put: (_, reply) => reply({ code, details: 'etcdserver: no' }) });
    closings.push(server.close);
    const asking = await new Asking(etcdPut, { endpoints: { a: server.address } }).open();
    expect(await asking.submit(0, update('k', 'v'))).toEqual([outcome, undefined]);
  });

  it('is unknown where the server dies, failed while there is none, and well when it is back', async () => {
    const put = (_: unknown, reply: (error: null, value: object) => void) => reply(null, {});
    let dying = await startKv({ Put: () => dying.close() });
    closings.push(() => dying.close());
    const { address } = dying;
    const asking = await new Asking(etcdPut, { endpoints: { a: address }, clients: 1 }).open();
    expect(await asking.submit(0, update('k', 'v'))).toEqual(['unknown', undefined]);
    expect(await asking.submit(0, update('k', 'v'))).toEqual(['failed', undefined]);
    dying = await startKv({ Put: put }, Number(address.split(':')[1]));
    let end = await asking.submit(0, update('k', 'v'));
    for (let tries = 0; tries < 50 && end[0] === 'failed'; tries += 1) end = await asking.submit(0, update('k', 'v'));
    expect(end).toEqual(['ok', undefined]);
  });

  it("is not the leader's where another was asked for", async () => {
    const asked: string[] = [];
    const serve = (name: string) =>
      startKv({
        Put: (_, reply) => {
          asked.push(name);
          reply(null, {});
        },
      });
    const [a, b] = await Promise.all([serve('a'), serve('b')]);
    closings.push(a.close, b.close);
    const endpoints = { a: a.address, b: b.address };
    const led = await new Asking(etcdPut, { endpoints, leader: 'b' }).open();
    for (let client = 0; client < 8; client += 1) await led.submit(client, update('k', 'v'));
    expect(asked).toEqual(Array.from({ length: 8 }, () => 'b'));
    const spread = await new Asking(etcdPut, { endpoints }).open();
    for (let client = 0; client < 8; client += 1) await spread.submit(client, update('k', 'v'));
    expect(asked.slice(8).filter((name) => name === 'a')).toHaveLength(4);
  });

  it('does not begin where nobody listens', async () => {
    const [address = ''] = await freeAddresses(1);
    await expect(new Asking(etcdPut, { endpoints: { a: address } }).open()).rejects.toThrow(/ECONNREFUSED/);
  });
});
