import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RandomSource } from '../contracts/faults.ts';
import { serialiseLines } from '../history.ts';
import { randomFor } from '../random.ts';
import { checkHistory } from './check.ts';
import type { BenchOperation, Outcome } from './contracts.ts';
import { Clients } from './load/clients.ts';
import { Histories } from './load/histories.ts';
import { MemoryDriver } from './load/memory-driver-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'splitbrain-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keys = ['a', 'b', 'c', 'd'];
const checked = ['a', 'c', 'd'];

type Seen = string | null | undefined;

/** How a call ends. */
interface Fate {
  readonly applies: boolean;
  readonly outcome: Outcome;
}

/** A system that may go wrong. */
interface System {
  readonly fate: (operation: BenchOperation) => Fate;
  /** What a read is told, where it saw `seen`. */
  readonly told: (key: string, seen: Seen) => Seen;
}

const sound: System = { fate: () => ({ applies: true, outcome: 'ok' }), told: (_, seen) => seen };

/** Clients of a map, whose calls begin, take effect and end in a drawn order, so that they overlap in every way. */
class Load {
  readonly random: RandomSource;
  readonly driver = new MemoryDriver();
  readonly #histories = new Histories(new Set(checked));
  /** The clients whose calls have met their fate, and are not told yet. */
  readonly #met = new Map<number, readonly [Outcome, Seen]>();
  #values = 0;

  constructor(seed: number) {
    this.random = randomFor(seed, 'check');
  }

  /** Inserts each key once; all are told. */
  fill(): void {
    const left = [...keys];
    this.#runAll(() => {
      const key = left.shift();
      return key === undefined ? null : { kind: 'insert', key, value: `loaded ${key}` };
    }, sound);
  }

  /** Begins so many operations, and goes on until all are told. */
  run(operations: number, system = sound): void {
    let left = operations;
    this.#runAll(() => {
      left -= 1;
      return left < 0 ? null : this.#draw();
    }, system);
  }

  /** Writes the history as the generator does, and has it checked. */
  check(name: string) {
    const file = join(folder, `history-${name}.jsonl`);
    writeFileSync(file, serialiseLines(this.#histories.events));
    return checkHistory(name, file);
  }

  #draw(): BenchOperation {
    this.#values += 1;
    const key = this.random.pick(keys);
    const kind = this.random.pick(['read', 'update', 'read-modify-write'] as const);
    return kind === 'read' ? { kind, key } : { kind, key, value: `value ${this.#values}` };
  }

  #runAll(next: () => BenchOperation | null, system: System): void {
    const { driver, random } = this;
    const histories = this.#histories;
    histories.nextJob();
    const loop = { kind: 'closed' } as const;
    const acknowledged = () => {};
    new Clients({ driver, random, histories, loop, next, acknowledged, clients: 6, operationsPerCall: 1 }).start();
    while (driver.busy.length > 0) this.#step(random.pick(driver.busy), system);
  }

  #step(client: number, { fate, told }: System): void {
    const met = this.#met.get(client);
    if (met !== undefined) {
      this.#met.delete(client);
      this.driver.tell(client, ...met);
      return;
    }
    const operation = this.driver.calls.findLast((call) => call.client === client)?.operations[0];
    if (operation === undefined) throw new Error(`client ${client} sent nothing`);
    const { applies, outcome } = fate(operation);
    const seen = applies ? this.driver.apply(client) : undefined;
    this.#met.set(client, [outcome, outcome === 'ok' ? told(operation.key, seen) : undefined]);
  }
}

describe('the check of a recorded history', () => {
  it.each([1, 2, 3])('finds a map without fault: valid (seed %i)', async (seed) => {
    const load = new Load(seed);
    load.fill();
    load.run(1000);
    load.run(1000);
    const check = await load.check(`sound-${seed}`);
    expect(check).toMatchObject({ verdict: 'valid', keys: 3, file: `history-sound-${seed}.jsonl` });
    // Three of four keys, and a third of the operations are two.
    expect(check.operations).toBeGreaterThan(1500);
  });

  it.each([4, 5, 6])('knows what nobody knows, and what did not happen (seed %i)', async (seed) => {
    const load = new Load(seed);
    load.fill();
    load.run(1000, {
      ...sound,
      fate: () => {
        const outcome = load.random.pick(['ok', 'ok', 'ok', 'failed', 'unknown'] as const);
        return { applies: outcome === 'ok' || (outcome === 'unknown' && load.random.chance(0.5)), outcome };
      },
    });
    expect(await load.check(`troubled-${seed}`)).toMatchObject({ verdict: 'valid' });
  });

  it('finds a write that was applied although it had failed', async () => {
    const load = new Load(7);
    load.fill();
    load.run(200, { ...sound, fate: ({ kind }) => ({ applies: true, outcome: kind === 'update' ? 'failed' : 'ok' }) });
    expect(await load.check('failed')).toMatchObject({ verdict: 'invalid' });
  });

  it('finds a single stale read', async () => {
    const load = new Load(8);
    load.fill();
    load.run(300);
    expect(load.driver.records.get('c')).not.toBe('loaded c');
    let planted = 0;
    load.run(300, {
      ...sound,
      told: (key, seen) => {
        if (key !== 'c' || seen === undefined || planted > 0) return seen;
        planted += 1;
        return 'loaded c';
      },
    });
    expect(planted).toBe(1);
    const check = await load.check('stale');
    expect(check).toMatchObject({ system: 'stale', verdict: 'invalid', keys: 3 });
    expect(check.summary).toMatch(/^c is not linearizable: /);
  });

  it('finds a record that was lost', async () => {
    const load = new Load(9);
    load.fill();
    load.run(100, { ...sound, told: (key, seen) => (key === 'a' && seen !== undefined ? null : seen) });
    expect(await load.check('lost')).toMatchObject({ verdict: 'invalid' });
  });

  it('does not see keys that are not recorded', async () => {
    const load = new Load(10);
    load.fill();
    load.run(100, { ...sound, told: (key, seen) => (key === 'b' && seen !== undefined ? null : seen) });
    expect(await load.check('other')).toMatchObject({ verdict: 'valid', keys: 3 });
  });

  it('says unknown where nothing succeeded', async () => {
    const load = new Load(11);
    load.run(20, { ...sound, fate: () => ({ applies: false, outcome: 'unknown' }) });
    expect(await load.check('nothing')).toMatchObject({ verdict: 'unknown' });
  });
});
