/** The sessions of clients: who is known, and what each did last. */
import type { Frozen } from './frozen.ts';

/** What is known of a client's session. */
export interface Session {
  /** Who registered it, where clients sign; `nobody` elsewhere. */
  readonly client: string;
  /** When it was last used, in applied commands: the same on every replica. */
  usedAt: number;
  /** Of its last command; 0 before the first. */
  sequence: number;
  /** Of that command; empty before the first. */
  result: Uint8Array;
}

/** How many sessions are kept; past that the tenth that was idle longest goes, on every replica alike. */
export const maxSessions = 100_000;

/** Stands for the owner of a session where clients do not sign. */
export const nobody = '';

export const noResult = new Uint8Array(0);

export class SessionTable implements Iterable<readonly [number: number, session: Readonly<Session>]> {
  /** By number, in the order of their registration, which is that of their numbers. */
  #sessions = new Map<number, Session>();
  #last: number;
  /** What those that were used since the freeze were then; none while nothing is frozen. */
  #before: Map<number, Session> | undefined;

  /** A table without a session, after so many were given. */
  constructor(last = 0) {
    this.#last = last;
  }

  /** The number of the last session that was given. */
  get last(): number {
    return this.#last;
  }

  /** To be looked at. */
  get(number: number): Readonly<Session> | undefined {
    return this.#sessions.get(number);
  }

  /** To be changed, at once. */
  use(number: number): Session | undefined {
    const session = this.#sessions.get(number);
    if (this.#before !== undefined && session !== undefined && !this.#before.has(number)) {
      this.#before.set(number, { ...session });
    }
    return session;
  }

  /** Gives a new session. */
  register(usedAt: number, client = nobody): number {
    this.#last += 1;
    this.#sessions.set(this.#last, { client, usedAt, sequence: 0, result: noResult });
    if (this.#sessions.size > maxSessions) this.#forgetIdle();
    return this.#last;
  }

  /** Puts back a session of a snapshot; they come in the order of their numbers. */
  add(number: number, session: Session): void {
    this.#sessions.set(number, session);
  }

  [Symbol.iterator](): Iterator<readonly [number, Readonly<Session>]> {
    return this.#sessions.entries();
  }

  /**
   * The present state, to be read while it changes, in the order of registration. Takes no time; until the release the first
   * use of each session costs a copy of it.
   */
  freeze(): Frozen<number, Readonly<Session>> {
    const before = new Map<number, Session>();
    this.#before = before;
    return {
      size: this.#sessions.size,
      records: past(this.#sessions, before, this.#last),
      release: () => {
        if (this.#before === before) this.#before = undefined;
      },
    };
  }

  /** Into a new map: the one before may be frozen, and is then left as it is. */
  #forgetIdle(): void {
    const byUse = [...this.#sessions].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    const idle = new Set(byUse.slice(0, Math.ceil(maxSessions / 10)).map(([number]) => number));
    this.#sessions = new Map([...this.#sessions].filter(([number]) => !idle.has(number)));
  }
}

/** What `sessions` were up to the number `last`. None has gone; some were used since, and some came. */
function* past(
  sessions: ReadonlyMap<number, Session>,
  before: ReadonlyMap<number, Session>,
  last: number,
): Generator<readonly [number, Readonly<Session>]> {
  for (const [number, session] of sessions) {
    if (number > last) return;
    yield [number, before.get(number) ?? session];
  }
}
