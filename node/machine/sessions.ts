/**
 * Exactly-once execution: a retried command is answered from a table, not applied again. The table is part of the
 * replicated state, so that a retry through another leader is recognised. Source: Ongaro's dissertation, section 6.3.
 */
import { createHash } from 'node:crypto';
import { type Command, decodeCommand, encodeResult, forEachCommand, isRead } from './command.ts';
import { applyToStore } from './key-value.ts';
import type { Machine, ResultSink } from './machine.ts';
import { Store } from './store.ts';

interface Session {
  /** When it was last used, in applied commands: the same on every replica. */
  usedAt: number;
  sequence: number;
  result: Uint8Array;
}

/** How many sessions are kept; past that the tenth that was idle longest goes, on every replica alike. */
export const maxSessions = 100_000;

const expired = encodeResult('expired', null);
const malformed = encodeResult('malformed', null);
const nothing = new Uint8Array(0);

/** A key-value store behind client sessions. */
export class SessionMachine implements Machine {
  readonly #store = new Store();
  readonly #sessions = new Map<number, Session>();
  #lastSession = 0;
  #applied = 0;

  apply(payload: Uint8Array, sink: ResultSink): void {
    forEachCommand(payload, (head, command) => {
      this.#applied += 1;
      if (command === null) sink(head.op === 'register', head.session, head.sequence, malformed);
      else if (command.op === 'register') sink(true, command.session, 0, this.#register());
      else sink(false, command.session, command.sequence, this.#applyOnce(command));
    });
  }

  query(bytes: Uint8Array): Uint8Array {
    const command = decodeCommand(bytes);
    if (command === null || !isRead(command.op)) return malformed;
    const { status, value } = applyToStore(this.#store, command);
    return encodeResult(status, value);
  }

  recall(id: number, sequence: number): Uint8Array | null {
    const session = this.#sessions.get(id);
    return session !== undefined && sequence > 0 && session.sequence === sequence ? session.result : null;
  }

  digest(): string {
    const hash = createHash('sha256');
    for (const key of [...this.#store.keys()].sort()) hash.update(JSON.stringify([key, this.#store.get(key)]));
    hash.update(`${this.#lastSession}/${this.#applied};`);
    for (const [id, { sequence, usedAt, result }] of this.#sessions) {
      hash.update(`${id}:${sequence}:${usedAt}:${result.length};`).update(result);
    }
    return hash.digest('hex').slice(0, 16);
  }

  #register(): Uint8Array {
    this.#lastSession += 1;
    this.#sessions.set(this.#lastSession, { usedAt: this.#applied, sequence: 0, result: nothing });
    if (this.#sessions.size > maxSessions) this.#forgetIdle();
    return encodeResult('ok', String(this.#lastSession));
  }

  #forgetIdle(): void {
    const byUse = [...this.#sessions].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [id] of byUse.slice(0, Math.ceil(maxSessions / 10))) this.#sessions.delete(id);
  }

  #applyOnce(command: Command): Uint8Array {
    const session = this.#sessions.get(command.session);
    if (session === undefined) return expired;
    session.usedAt = this.#applied;
    // A sequence from before the last one was answered long ago; its client no longer waits for it.
    if (command.sequence <= session.sequence) {
      return command.sequence === session.sequence ? session.result : expired;
    }
    const { status, value } = applyToStore(this.#store, command);
    session.sequence = command.sequence;
    session.result = encodeResult(status, value);
    return session.result;
  }
}
