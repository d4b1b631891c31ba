/**
 * A workload as a mixture of operations, each on a record that a chooser drew. Source: the core workloads of YCSB (B. F.
 * Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010, table 2, and its `workloads/` folder).
 */
import type { RandomSource } from '../contracts/faults.ts';
import type { BenchOperation, BenchWorkload, OperationKind, OperationStream, WorkloadSettings } from './contracts.ts';
import type { Chooser, ChooserFactory } from './keys/chooser.ts';
import { Records, Values } from './records.ts';

/** A scan reads 1 to so many records, each number being as likely as any other. */
export const maxScanLength = 100;

export interface CoreWorkload {
  readonly summary: string;
  /** The share of each kind of operation; together 1. */
  readonly mix: Readonly<Partial<Record<OperationKind, number>>>;
  /** Chooses what is read, updated, or where a scan begins. */
  readonly keys: ChooserFactory;
}

export function coreWorkload({ summary, mix, keys }: CoreWorkload): BenchWorkload {
  const shares = Object.entries(mix) as [OperationKind, number][];
  const kinds = shares.map(([kind]) => kind);
  return { summary, kinds, stream: (settings, random) => new CoreStream(shares, keys, settings, random) };
}

class CoreStream implements OperationStream {
  readonly #shares: readonly (readonly [OperationKind, number])[];
  readonly #random: RandomSource;
  readonly #records: Records;
  readonly #values: Values;
  readonly #choose: Chooser;

  constructor(
    shares: readonly (readonly [OperationKind, number])[],
    keys: ChooserFactory,
    settings: WorkloadSettings,
    random: RandomSource,
  ) {
    this.#shares = shares;
    this.#random = random;
    this.#records = new Records(settings.records);
    this.#values = new Values(settings.valueBytes, random);
    this.#choose = keys(random, settings.records);
  }

  next(): BenchOperation {
    const kind = this.#drawKind();
    switch (kind) {
      case 'read':
        return { kind, key: this.#drawKey() };
      case 'insert':
        return { kind, key: this.#records.nextKey(), value: this.#values.next() };
      case 'scan':
        return { kind, key: this.#drawKey(), count: this.#random.integer(1, maxScanLength) };
      case 'update':
      case 'read-modify-write':
        return { kind, key: this.#drawKey(), value: this.#values.next() };
    }
  }

  acknowledged({ kind, key }: BenchOperation): void {
    if (kind === 'insert') this.#records.acknowledged(key);
  }

  #drawKind(): OperationKind {
    let left = this.#random.fraction();
    for (const [kind, share] of this.#shares) {
      left -= share;
      if (left < 0) return kind;
    }
    // Shares that are no binary fractions may add up to a little less than 1.
    return this.#shares[0]?.[0] ?? 'read';
  }

  #drawKey(): string {
    return this.#records.keyAt(this.#choose(this.#records.count));
  }
}
