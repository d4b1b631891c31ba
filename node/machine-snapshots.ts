/** The snapshots of one replica's machine: carries out what the protocol wants of them. */

import type { Effect } from './contract/effects.ts';
import type { Input } from './contract/inputs.ts';
import { HashedPieces } from './hashed-pieces.ts';
import type { Machine } from './machine/machine.ts';
import type { Snapshots } from './ports.ts';

/** How much is read at a time when the machine takes over a state, in bytes. */
const pieceBytes = 1 << 20;

type SnapshotEffect<R> = Extract<Effect<never, R>, { kind: 'snapshot' | 'load' | 'receive' | 'install' }>;

/** What the replica around it does. */
export interface Surroundings<R> {
  /** Runs what may throw; the replica stops where it does, and runs nothing once it has ended. */
  readonly guard: (work: () => void) => void;
  readonly step: (input: Input<never, R>) => void;
  readonly onSaved: (index: number, bytes: number) => void;
  readonly onRestored: (index: number, from: 'disk' | 'replica') => void;
}

export class MachineSnapshots<R> {
  readonly #machine: Machine;
  readonly #store: Snapshots<R>;
  readonly #surroundings: Surroundings<R>;
  /** The machine's state is being replaced; nothing may be applied meanwhile. */
  restoring = false;

  constructor(machine: Machine, store: Snapshots<R>, surroundings: Surroundings<R>) {
    this.#machine = machine;
    this.#store = store;
    this.#surroundings = surroundings;
  }

  perform(effect: SnapshotEffect<R>): void {
    switch (effect.kind) {
      case 'snapshot':
        this.#save(effect.index, effect.record, effect.pieceBytes);
        return;
      case 'load':
        this.#load(effect.index, effect.offset, effect.maxBytes);
        return;
      case 'receive':
        this.#store.receive(effect.index, effect.offset, effect.bytes);
        return;
      case 'install':
        this.#install(effect.index, effect.record);
        return;
    }
  }

  removeBefore(index: number): void {
    this.#store.removeBefore(index);
  }

  #save(index: number, record: R, pieceBytes: number | undefined): void {
    const { guard, onSaved, step } = this.#surroundings;
    const hashed = pieceBytes === undefined ? undefined : new HashedPieces(this.#machine.snapshot(), pieceBytes);
    this.#store.save(index, record, hashed ?? this.#machine.snapshot(), (bytes) =>
      guard(() => {
        onSaved(index, bytes);
        step({ kind: 'snapshotted', index, bytes, ...(hashed === undefined ? {} : { digests: hashed.digests() }) });
      }),
    );
  }

  #load(index: number, offset: number, maxBytes: number): void {
    this.#store.read(index, offset, maxBytes, (bytes, last) =>
      this.#surroundings.step({ kind: 'loaded', index, offset, bytes, last }),
    );
  }

  #install(index: number, record: R): void {
    this.restoring = true;
    this.#store.seal(index, record, (bytes) =>
      this.restore(index, 'replica', () => this.#surroundings.step({ kind: 'installed', index, bytes })),
    );
  }

  /** Reads a snapshot that is durable into the machine, over many turns; its state changes when all of it is there. */
  restore(index: number, from: 'disk' | 'replica', done: () => void): void {
    this.restoring = true;
    const { guard, onRestored } = this.#surroundings;
    const restoration = this.#machine.restore();
    const readFrom = (offset: number) => {
      this.#store.read(index, offset, pieceBytes, (bytes, last) =>
        guard(() => {
          restoration.take(bytes);
          if (!last) {
            readFrom(offset + bytes.length);
            return;
          }
          restoration.finish();
          this.restoring = false;
          onRestored(index, from);
          done();
        }),
      );
    };
    readFrom(0);
  }
}
