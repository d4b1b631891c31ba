import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';

/** Where the roles of one replica put what they want done. */
export interface Out<M, R> {
  emit(effect: Effect<M, R>): void;
  send(to: NodeId, msg: M): void;
  /** For what depends on nothing that this replica has yet to flush. */
  sendEagerly(to: NodeId, msg: M): void;
  /** Writes a record, and tells its position. */
  persist(record: R): number;
}

/** Gathers the effects of a step, and counts the records. */
export class Outbox<M, R> implements Out<M, R> {
  #effects: Effect<M, R>[] = [];
  /** The position of the last record: how many there are, those of earlier lives included. */
  position = 0;

  emit(effect: Effect<M, R>): void {
    this.#effects.push(effect);
  }

  send(to: NodeId, msg: M): void {
    this.#effects.push({ kind: 'send', to, msg });
  }

  sendEagerly(to: NodeId, msg: M): void {
    this.#effects.push({ kind: 'send', to, msg, eager: true });
  }

  persist(record: R): number {
    this.position += 1;
    this.#effects.push({ kind: 'persist', record });
    return this.position;
  }

  takeEffects(): readonly Effect<M, R>[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
