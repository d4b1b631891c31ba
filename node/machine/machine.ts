/** What a protocol replicates: a deterministic machine that applies decided batches in order. */
export interface Machine {
  /** Applies a decided batch; reports each command's result. */
  apply(payload: Uint8Array, sink: ResultSink): void;
  /** Answers one command that changes nothing, from the present state. */
  query(command: Uint8Array): Uint8Array;
  /** The result of a session's command that was applied before; null where this is not (or no longer) known. */
  recall(session: number, sequence: number): Uint8Array | null;
  /** A hash of the whole state, sessions included: equal states have equal hashes on every replica. */
  digest(): string;
}

/**
 * Takes the result of a command.
 *
 * @param registers - whether the command asked for a session; `session` is then the number that the client drew
 */
export type ResultSink = (registers: boolean, session: number, sequence: number, result: Uint8Array) => void;
