/**
 * The learner: knows what was chosen, slot after slot without a gap, hands it to the machine, and saves snapshots. How it
 * comes by what it lacks is in `catch-up.ts`. Lamport, Paxos Made Simple, section 2.3 and 3.
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { Durable } from '../../contract/durable.ts';
import { invariant } from '../../contract/invariant.ts';
import { CachedLog } from '../shared/cached-log.ts';
import { dueBytes } from '../shared/snapshot-growth.ts';
import { decodeGroup } from './group-codec.ts';
import { type GroupFrom, Groups, window } from './groups.ts';
import type { ChosenRecord, LearnerMessage, LearnerRecord, SnapshotRecord } from './learner-messages.ts';
import type { Out } from './outbox.ts';
import { type Value, valueCostBytes } from './value.ts';

const noCommands = new Uint8Array(0);

/** A snapshot that is durable. */
export interface Snapshot {
  readonly record: SnapshotRecord;
  readonly bytes: number;
}

/** What a learner tells the replica that it is a part of. */
export interface LearnerHost {
  /** What was chosen up to this slot is known, and nobody needs to keep what was accepted there. */
  readonly onChosen: (slot: number) => void;
  /** What is written of the slots up to `index` is needed no more, nor are the snapshots before it. */
  readonly compact: (index: number) => void;
}

/** What is known of a slot from the records of earlier lives. */
interface Replayed {
  readonly value: Value;
  readonly position: number;
}

export class Learner {
  readonly config: ReplicaConfig;
  readonly #out: Out<LearnerMessage, LearnerRecord>;
  readonly #host: LearnerHost;
  /** What a slot takes on the disk besides its payload, in bytes. */
  readonly #slotCostBytes: number;
  /** All that was chosen behind the snapshot before the newest. */
  readonly log: CachedLog<Value>;
  readonly groups: Groups;
  /** The newest snapshot. */
  snapshot: Snapshot | undefined;
  /** The one before, which may be on its way to somebody. */
  previous: Snapshot | undefined;
  /** Which loss of its disk this replica has to remember; 0 where there was none. */
  loss = 0;
  /** Another replica's snapshot is being installed; nothing is learned meanwhile. */
  installing = false;
  #saving: SnapshotRecord | undefined;
  /** The bytes of what was applied since the state that the newest snapshot holds, or the one that is being saved. */
  #unsavedBytes = 0;
  readonly #replayed = new Map<number, Replayed>();
  /** What was known to be chosen in an earlier life. */
  #replayedTo = 0;

  constructor(
    config: ReplicaConfig,
    out: Out<LearnerMessage, LearnerRecord>,
    host: LearnerHost,
    slotCostBytes = valueCostBytes,
  ) {
    this.config = config;
    this.#out = out;
    this.#host = host;
    this.#slotCostBytes = slotCostBytes;
    this.log = new CachedLog(config.logCacheBytes);
    this.groups = new Groups(config.members);
  }

  /** What was chosen is known of all slots up to here, and was handed to the machine. */
  get chosenTo(): number {
    return this.log.lastIndex;
  }

  // ------------------------------------------------------------------------------------------------- earlier lives

  /** A record of an earlier life says what was accepted, or chosen, in a slot. The last one of a slot counts. */
  replayValue(slot: number, value: Value, position: number): void {
    this.#replayed.set(slot, { value, position });
  }

  /** A record of an earlier life says that by then what was chosen up to a slot was known, and written down before. */
  replayChosenTo(slot: number): void {
    this.#replayedTo = Math.max(this.#replayedTo, slot);
  }

  replay(record: LearnerRecord, position: number): void {
    if (record.kind === 'chosen') {
      for (const [offset, value] of record.values.entries()) this.replayValue(record.from + offset, value, position);
      this.replayChosenTo(record.from + record.values.length - 1);
      return;
    }
    for (const slot of [...this.#replayed.keys()]) if (slot <= record.index) this.#replayed.delete(slot);
    this.#replayedTo = record.index;
  }

  /** All records were replayed. The machine's state is that of the snapshot. */
  restore({ snapshot }: Pick<Durable<unknown>, 'snapshot'>, record: SnapshotRecord | undefined): void {
    const index = record?.index ?? 0;
    if (record !== undefined) {
      this.snapshot = { record, bytes: snapshot?.bytes ?? 0 };
      if (record.loss !== undefined) this.loss = record.loss;
      this.groups.reset(record.groups);
    }
    if (this.#replayedTo < index) {
      // The power went before the last of what the snapshot holds was flushed: what is written of it may not be what was chosen.
      this.log.reset(index);
      this.#out.persist(this.describe(index, record?.groups ?? []));
    } else {
      this.#rebuild(index);
    }
    this.#replayed.clear();
    this.#host.onChosen(this.chosenTo);
    this.#noteGroup();
  }

  /** Builds the log of all that is known without a gap, and hands the machine what its snapshot lacks. */
  #rebuild(snapshotIndex: number): void {
    const to = this.#replayedTo;
    let base = to;
    while (base > 0 && this.#replayed.has(base)) base -= 1;
    invariant(base <= snapshotIndex, `what was chosen in slot ${base} is not on the disk, nor in a snapshot`);
    this.log.reset(base);
    for (let slot = base + 1; slot <= to; slot += 1) {
      const { value, position } = this.#replayed.get(slot) as Replayed;
      this.log.append(value, position);
      if (slot > snapshotIndex) this.#apply(slot, value);
    }
    this.log.forget(to);
  }

  // ---------------------------------------------------------------------------------------------------- what is chosen

  /** The value of the slot behind `chosenTo` was chosen; the record at `position` holds it. */
  choose(value: Value, position: number): void {
    invariant(!this.installing, 'a value is learned while a snapshot is being installed');
    this.log.append(value, position);
    const slot = this.log.lastIndex;
    this.#apply(slot, value);
    if (slot + 1 === this.groups.newest.from) this.#beginGroup();
  }

  /** What a step has chosen is complete. */
  settle(): void {
    this.#host.onChosen(this.chosenTo);
    this.log.forget(this.chosenTo);
    this.#saveIfDue();
  }

  #apply(slot: number, value: Value): void {
    this.#unsavedBytes += value.payload.length + this.#slotCostBytes;
    const isGroup = value.kind === 'group';
    if (isGroup) {
      const group = decodeGroup(value.payload);
      invariant(group !== null, `the value of slot ${slot} is to be a group, and is none`);
      this.groups.add(slot + window, group);
    }
    // What was chosen is durable on a quorum, whether or not this replica has flushed it.
    this.#out.emit({ kind: 'apply', index: slot, payload: isGroup ? noCommands : value.payload, eager: true });
  }

  /** Those who decided so far may be gone from now on, and nobody could tell this replica again: it writes down that they have. */
  #beginGroup(): void {
    this.#out.persist({ kind: 'chosen', from: this.chosenTo + 1, values: [] });
    this.#noteGroup();
  }

  /** Tells observers who decides from the next slot on. */
  #noteGroup(): void {
    if (!this.config.trace) return;
    const { voters, learners } = this.groups.at(this.chosenTo + 1);
    const index = this.chosenTo + 1;
    this.#out.emit({ kind: 'note', fact: { type: 'configuration', index, voters, outgoing: [], learners } });
  }

  /** Values that another learner told, from the slot behind `chosenTo` on. */
  learn(values: readonly Value[]): void {
    const record: ChosenRecord = { kind: 'chosen', from: this.chosenTo + 1, values };
    const position = this.#out.persist(record);
    for (const value of values) this.choose(value, position);
    this.settle();
  }

  // -------------------------------------------------------------------------------------------------------- snapshots

  /** Saves the machine's state where the log has become long enough for it. */
  #saveIfDue(): void {
    const neededBytes = dueBytes(this.config.snapshotAfterBytes, this.snapshot?.bytes ?? 0);
    if (this.#unsavedBytes < neededBytes || this.#saving !== undefined) return;
    const index = this.chosenTo;
    const record = this.describe(index, this.groups.behind(index));
    this.#saving = record;
    this.#unsavedBytes = 0;
    this.#out.emit({ kind: 'snapshot', index, record, eager: true });
  }

  /** A snapshot that becomes durable before the record of a loss must tell of it, too. */
  describe(index: number, groups: readonly GroupFrom[]): SnapshotRecord {
    const record: SnapshotRecord = { kind: 'snapshot', index, groups };
    return this.loss === 0 ? record : { ...record, loss: this.loss };
  }

  /** The log behind the snapshot before stays, for those who lag a little or are just being sent that one. */
  onSnapshotted(index: number, bytes: number): void {
    const record = this.#saving;
    if (record?.index !== index) return;
    this.#saving = undefined;
    const previous = this.snapshot?.record.index ?? 0;
    // A newer one was installed meanwhile.
    if (index <= previous) return;
    this.previous = this.snapshot;
    this.snapshot = { record, bytes };
    if (previous > this.log.base) this.log.compactTo(previous);
    this.groups.forgetBefore(previous);
    this.#compact(previous);
  }

  /** The machine has the state of a snapshot of another replica. */
  install(record: SnapshotRecord, bytes: number): void {
    invariant(record.index > this.chosenTo, `snapshot ${record.index} is older than what is known to be chosen`);
    this.installing = false;
    this.#unsavedBytes = 0;
    this.previous = undefined;
    this.snapshot = { record, bytes };
    this.log.reset(record.index);
    this.groups.reset(record.groups);
    this.#out.persist(record);
    this.#host.onChosen(record.index);
    this.#compact(record.index);
    this.#noteGroup();
  }

  #compact(index: number): void {
    this.#host.compact(index);
    if (!this.config.trace) return;
    const { base, lastIndex, bytes } = this.log;
    this.#out.emit({ kind: 'note', fact: { type: 'compact', index: base, entries: lastIndex - base, bytes } });
  }
}
