/**
 * How a learner comes by what it lacks: it asks another, which answers with chosen values, read from its disk where memory
 * no longer holds them, or with its snapshot where the log no longer does. Whoever lacks something keeps asking; whoever
 * has it keeps nothing but what is just being read.
 */

import type { NodeId } from '../../contract/ids.ts';
import type { Input } from '../../contract/inputs.ts';
import { Recalls } from '../shared/recalls.ts';
import type { Learner } from './learner.ts';
import type {
  Fetch,
  Learn,
  Learned,
  LearnerMessage,
  LearnerRecord,
  Piece,
  SnapshotRecord,
} from './learner-messages.ts';
import type { Out } from './outbox.ts';
import type { Value } from './value.ts';

type Loaded = Extract<Input<never, never>, { kind: 'loaded' }>;

/** How much one message carries, in bytes; a single value may be larger. */
const maxMessageBytes = 1 << 20;

export const learnTimer = 'learn';

/** A snapshot on its way here. */
interface Incoming {
  readonly from: NodeId;
  readonly record: SnapshotRecord;
  /** How much has come, in bytes. */
  offset: number;
}

export class CatchUp<R> {
  readonly #learner: Learner;
  readonly #out: Out<LearnerMessage, LearnerRecord>;
  readonly #valueIn: (record: R, slot: number) => Value | undefined;

  /** Who was asked, and has not answered; and for what: a slot, or the offset of a piece. */
  #asked: { readonly node: NodeId; readonly at: number } | undefined;
  /** Who was last heard to know more than this replica. */
  #ahead: { readonly node: NodeId; readonly chosenTo: number } | undefined;
  #incoming: Incoming | undefined;

  /** What is being read for others. */
  readonly #recalls: Recalls<R>;
  /** Which piece each of the others waits for. */
  readonly #loads = new Map<NodeId, Fetch>();

  /** @param valueIn - the value of a slot as a record of this replica holds it */
  constructor(
    learner: Learner,
    out: Out<LearnerMessage, LearnerRecord>,
    valueIn: (record: R, slot: number) => Value | undefined,
  ) {
    this.#learner = learner;
    this.#out = out;
    this.#valueIn = valueIn;
    this.#recalls = new Recalls((position) => out.emit({ kind: 'recall', position }));
  }

  // ------------------------------------------------------------------------------------------------ whoever lacks it

  /** Another replica knows what was chosen up to a slot, and this one cannot find it out by itself. */
  lag(node: NodeId, chosenTo: number): void {
    if (chosenTo <= this.#learner.chosenTo || node === this.#learner.config.id) return;
    this.#ahead = { node, chosenTo };
    if (this.#asked === undefined && !this.#learner.installing) this.#ask(node);
  }

  #ask(node: NodeId): void {
    const incoming = this.#incoming;
    const learner = this.#learner;
    if (incoming?.from === node) {
      this.#asked = { node, at: incoming.offset };
      this.#out.sendEagerly(node, { type: 'fetch', index: incoming.record.index, offset: incoming.offset });
    } else {
      this.#incoming = undefined;
      this.#asked = { node, at: learner.chosenTo + 1 };
      this.#out.sendEagerly(node, { type: 'learn', from: learner.chosenTo + 1 });
    }
    const [shortest] = learner.config.electionTimeoutMs;
    this.#out.emit({ kind: 'timer', timer: learnTimer, afterMs: [shortest, shortest] });
  }

  /** No answer has come: whoever was heard of last is asked. */
  onTimeout(): void {
    this.#asked = undefined;
    const ahead = this.#ahead;
    if (ahead === undefined || ahead.chosenTo <= this.#learner.chosenTo || this.#learner.installing) return;
    this.#ask(ahead.node);
  }

  /** Whoever leads finds out by itself: what it is told from now on is of no use to it. */
  stop(): void {
    if (this.#asked !== undefined) this.#satisfied();
    this.#ahead = undefined;
  }

  #satisfied(): void {
    this.#asked = undefined;
    this.#incoming = undefined;
    this.#out.emit({ kind: 'cancel', timer: learnTimer });
  }

  onLearned(from: NodeId, { from: first, values, chosenTo }: Learned): void {
    const learner = this.#learner;
    if (learner.installing) return;
    const known = learner.chosenTo + 1 - first;
    if (known >= 0 && known < values.length) learner.learn(known === 0 ? values : values.slice(known));
    // An answer that comes twice asks for nothing.
    if (this.#asked === undefined) this.lag(from, chosenTo);
    if (this.#asked?.node !== from || this.#asked.at !== first || values.length === 0) return;
    if (learner.chosenTo >= chosenTo) this.#satisfied();
    else this.#ask(from);
  }

  onPiece(from: NodeId, { index, groups, offset, bytes, last }: Piece): void {
    const learner = this.#learner;
    if (learner.installing || this.#asked?.node !== from) return;
    if (index <= learner.chosenTo) {
      this.#satisfied();
      return;
    }
    // Another replica's snapshot of the same slot may be other bytes: pieces of the two are not to be mixed.
    if (this.#incoming?.from !== from || this.#incoming.record.index !== index) {
      if (offset !== 0) return;
      this.#incoming = { from, record: learner.describe(index, groups), offset: 0 };
    }
    const incoming = this.#incoming;
    if (offset !== incoming.offset) return;
    this.#out.emit({ kind: 'receive', index, offset, bytes, eager: true });
    incoming.offset += bytes.length;
    if (!last) {
      this.#ask(from);
      return;
    }
    learner.installing = true;
    this.#out.emit({ kind: 'cancel', timer: learnTimer });
    this.#out.emit({ kind: 'install', index, record: incoming.record, eager: true });
  }

  /** The machine has the state of the snapshot now. */
  onInstalled(index: number, bytes: number): void {
    const incoming = this.#incoming;
    if (incoming?.record.index !== index) return;
    this.#satisfied();
    this.#learner.install(incoming.record, bytes);
    this.onTimeout();
  }

  // -------------------------------------------------------------------------------------------------- whoever has it

  onLearn(from: NodeId, { from: first }: Learn): void {
    const { log, config, snapshot } = this.#learner;
    if (first <= log.base) {
      if (snapshot !== undefined) this.#load(from, { type: 'fetch', index: snapshot.record.index, offset: 0 });
      return;
    }
    const count = log.countFitting(first, config.maxEntriesPerMessage, maxMessageBytes);
    if (count === 0 || log.holds(first)) {
      this.#tell(from, first, log.slice(first, count));
      return;
    }
    let to = first;
    while (to < first + count - 1 && !log.holds(to + 1)) to += 1;
    this.#recalls.begin(from, first, to, (slot) => log.position(slot));
  }

  #tell(to: NodeId, from: number, values: readonly Value[]): void {
    this.#out.sendEagerly(to, { type: 'learned', from, values, chosenTo: this.#learner.chosenTo });
  }

  onRecalled(position: number, record: R): void {
    for (const { to, from, last, records } of this.#recalls.take(position, record)) {
      const { log } = this.#learner;
      // Compacted while it was read.
      if (from <= log.base) continue;
      const values: Value[] = [];
      for (let slot = from; slot <= last; slot += 1) {
        const held = records.get(log.position(slot));
        const value = held === undefined ? undefined : this.#valueIn(held, slot);
        if (value === undefined) break;
        values.push(value);
      }
      this.#tell(to, from, values);
    }
  }

  onFetch(from: NodeId, msg: Fetch): void {
    const { snapshot } = this.#learner;
    if (this.#snapshotAt(msg.index) !== undefined) this.#load(from, msg);
    else if (snapshot !== undefined) this.#load(from, { type: 'fetch', index: snapshot.record.index, offset: 0 });
  }

  /** The newest snapshot, or the one before: else one that grows faster than it is sent would never come to its end. */
  #snapshotAt(index: number): SnapshotRecord | undefined {
    const { snapshot, previous } = this.#learner;
    return [snapshot, previous].find((each) => each?.record.index === index)?.record;
  }

  #load(to: NodeId, want: Fetch): void {
    this.#loads.set(to, want);
    const { index, offset } = want;
    const { snapshotChunkBytes: maxBytes } = this.#learner.config;
    this.#out.emit({ kind: 'load', index, offset, maxBytes, eager: true });
  }

  onLoaded({ index, offset, bytes, last }: Loaded): void {
    const groups = this.#snapshotAt(index)?.groups;
    for (const [to, want] of this.#loads) {
      if (want.index !== index || want.offset !== offset) continue;
      this.#loads.delete(to);
      // A newer one was saved meanwhile: whoever wants this one asks again.
      if (groups !== undefined) this.#out.sendEagerly(to, { type: 'piece', index, groups, offset, bytes, last });
    }
  }
}
