/** What a protocol replicates: a deterministic machine that applies decided batches in order. */
export interface Machine {
  /**
   * Applies decided commands; reports the result of each.
   *
   * @param client - who has signed them, where clients sign: a session belongs to whoever registered it, and to nobody else
   */
  apply(payload: Uint8Array, sink: ResultSink, client?: string): void;
  /** Answers one command that changes nothing, from the present state. */
  query(command: Uint8Array): Uint8Array;
  /** As `query`, and since when that is the answer. */
  datedQuery(command: Uint8Array): DatedAnswer;
  /** The result of a session's command that was applied before; null where this is not (or no longer) known. */
  recall(session: number, sequence: number): Uint8Array | null;
  /**
   * As `recall`, and also the result of a command that comes too late, whenever it is applied from now on: a later one of its
   * session was applied, or its session has ended or is another client's.
   */
  settledResult(session: number, sequence: number, client?: string): Uint8Array | null;
  /** How large the state is. Walks through all of it: for a sample now and then. */
  size(): MachineSize;
  /** A hash of the whole state, sessions included: equal states have equal hashes on every replica. */
  digest(): string;
  /**
   * The whole state as it is now, sessions included, in pieces of some tens of kilobytes; what is applied later does not
   * show in it. Each `next` does a bounded amount of work, so that a replica goes on working between two of them. One is
   * under way at a time, until it has ended or `return` gives it up.
   *
   * @throws Error where another is under way
   */
  snapshot(): Iterator<Uint8Array>;
  /** Takes the pieces of a snapshot, cut anywhere. The present state goes on meanwhile. */
  restore(): Restoration;
}

/** The answer to a query, and the state that it is of. */
export interface DatedAnswer {
  readonly result: Uint8Array;
  /**
   * A number of applied commands: after so many, and ever since, this was the answer. Two replicas that say the same with the
   * same number speak of one state, which neither has left behind.
   */
  readonly since: number;
}

/** How large the state of a machine is, at one moment. */
export interface MachineSize {
  readonly keys: number;
  readonly sessions: number;
  /** Of all keys and values in UTF-8 and of all results of sessions; what the heap needs for them besides is not counted. */
  readonly bytes: number;
}

/** A snapshot on its way into a machine. To give it up, forget it. */
export interface Restoration {
  /**
   * Takes the bytes that follow; they may be overwritten afterwards.
   *
   * @throws Error where they belong to no snapshot of this version
   */
  take(bytes: Uint8Array): void;
  /**
   * Puts the state that was taken in the place of the present one; the last call.
   *
   * @throws Error where the bytes are no whole snapshot of this version; the present state is then as before
   */
  finish(): void;
}

/**
 * Takes the result of a command.
 *
 * @param registers - whether the command asked for a session; `session` is then the number that the client drew
 */
export type ResultSink = (registers: boolean, session: number, sequence: number, result: Uint8Array) => void;
