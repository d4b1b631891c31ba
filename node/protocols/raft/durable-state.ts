/**
 * What a Raft replica has on its disk, and which of its records that takes: the term, the vote and the log of figure 2, the
 * configurations in that log, and the newest snapshot.
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { Durable } from '../../contract/durable.ts';
import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';
import { invariant } from '../../contract/invariant.ts';
import { initialConfiguration } from './configuration.ts';
import { Configurations } from './configurations.ts';
import { RaftLog } from './log.ts';
import type { Entry, RaftMessage, RaftRecord, SnapshotRecord } from './messages.ts';
import type { RaftRules } from './rules.ts';

export type RaftEffect = Effect<RaftMessage, RaftRecord>;

/** A snapshot that is durable. */
export interface Snapshot {
  readonly record: SnapshotRecord;
  readonly bytes: number;
}

export class DurableState {
  readonly config: ReplicaConfig;
  readonly rules: RaftRules;
  term = 0;
  votedFor: NodeId | null = null;
  readonly log: RaftLog;
  readonly configurations: Configurations;
  /** The newest snapshot. */
  snapshot: Snapshot | undefined;

  /** The position of the last record that was written: how many there are, those of earlier lives included. */
  #position = 0;
  /** The position of the first record that the log is made of. */
  #neededFrom = 1;
  /** The position of the last record that says what term and vote are. */
  #votePosition = 0;
  #effects: RaftEffect[] = [];

  constructor(config: ReplicaConfig, rules: RaftRules) {
    this.config = config;
    this.rules = rules;
    this.log = new RaftLog(config.logCacheBytes);
    this.configurations = new Configurations(initialConfiguration(config.members));
  }

  emit(effect: RaftEffect): void {
    this.#effects.push(effect);
  }

  takeEffects(): readonly RaftEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Takes up what survived of earlier lives. */
  restore({ records, firstPosition, snapshot }: Durable<RaftRecord>): void {
    this.#position = firstPosition - 1;
    this.#neededFrom = firstPosition;
    for (const record of records) this.replay(record);
    if (snapshot === undefined) {
      invariant(this.log.base === 0, 'the log begins late, and there is no snapshot of what stood before');
      return;
    }
    const { record, bytes } = snapshot;
    invariant(record.kind === 'snapshot', 'what describes a snapshot is no record of one');
    // The power may have gone before the last entries that were applied were flushed, or an install was written down.
    this.#takeSnapshot(record, bytes);
  }

  /** Takes up a record of an earlier life. */
  replay(record: RaftRecord): void {
    this.#position += 1;
    switch (record.kind) {
      case 'entries':
        this.log.replay(record.from, record.entries, this.#position);
        this.configurations.replaceFrom(record.from, record.entries);
        break;
      case 'vote':
        this.term = record.term;
        this.votedFor = record.votedFor;
        this.#votePosition = this.#position;
        break;
      case 'snapshot':
        this.log.reset(record.index, record.term);
        this.configurations.reset(record.index, record.configuration);
        this.#neededFrom = this.#position;
        break;
    }
  }

  #persist(record: RaftRecord): void {
    this.#position += 1;
    if (record.kind === 'vote') this.#votePosition = this.#position;
    this.emit({ kind: 'persist', record });
  }

  /** Enters a term (or votes in it), and writes that down before anything that follows. */
  setTermAndVote(term: number, votedFor: NodeId | null): void {
    invariant(term >= this.term, `term ${term} comes after term ${this.term}`);
    this.term = term;
    this.votedFor = votedFor;
    this.#persist(this.rules.voteRecord(term, votedFor));
  }

  /** Puts entries at `from`, over whatever stood there; whether another configuration is in force by that. */
  protected putEntries(from: number, entries: readonly Entry[]): boolean {
    this.#persist({ kind: 'entries', from, entries });
    this.log.replaceFrom(from, entries, this.#position);
    return this.configurations.replaceFrom(from, entries);
  }

  /** The machine has the state of a snapshot that is durable. A log that does not lead to it is void, and that is written down. */
  install(record: SnapshotRecord, bytes: number): void {
    this.#takeSnapshot(record, bytes);
    this.#compact(record.index);
  }

  #takeSnapshot(record: SnapshotRecord, bytes: number): void {
    const { index, term, configuration } = record;
    this.snapshot = { record, bytes };
    if (this.rules.keepsLog(this.log.term(index), term)) {
      this.configurations.beginAt(index, configuration);
      return;
    }
    this.log.reset(index, term);
    this.configurations.reset(index, configuration);
    this.#persist(record);
    this.#neededFrom = this.#position;
  }

  /**
   * A snapshot of this replica's machine is durable. The log behind the one before stays: for followers that lag a little,
   * and for one that is just being sent that snapshot.
   */
  saved(record: SnapshotRecord, bytes: number): void {
    const previous = this.snapshot?.record.index ?? 0;
    this.snapshot = { record, bytes };
    if (previous > this.log.base) {
      // The record that holds the last entry to go stays, for its term says what stood before those that are left.
      this.#neededFrom = this.log.position(previous);
      this.configurations.beginAt(previous, this.configurations.at(previous));
      this.log.compactTo(previous);
    }
    this.#compact(previous);
  }

  /**
   * Gives up the snapshots before `index`, and records that are needed no more. The term and the vote are written anew where
   * theirs would go.
   */
  #compact(index: number): void {
    if (this.#votePosition < this.#neededFrom) {
      this.#persist({ kind: 'vote', term: this.term, votedFor: this.votedFor });
    }
    this.emit({ kind: 'compact', position: this.#neededFrom, index });
    if (!this.config.trace) return;
    const { base, lastIndex, bytes } = this.log;
    this.emit({ kind: 'note', fact: { type: 'compact', index: base, entries: lastIndex - base, bytes } });
  }
}
