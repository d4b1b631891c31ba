/**
 * The contract between a consensus protocol and the runtime that carries it out.
 *
 * A protocol is a pure, deterministic state machine: one `Input` in, a list of `Effect`s out. It sees no clock, no
 * generator, no socket, no disk and no promise. `docs/decisions/0001-protocol-contract.md` plays the contract through
 * for every protocol that the lab will host; change that page when you change this folder.
 */

import type { Durable } from './durable.ts';
import type { Effect } from './effects.ts';
import type { Input } from './inputs.ts';
import type { ProtocolView } from './view.ts';

/**
 * One replica of a protocol.
 *
 * @typeParam M - its messages, immutable values
 * @typeParam R - its durable records, immutable values
 */
export interface Protocol<M, R> {
  /** Begin from what survived. Called once, before any step. */
  start(durable: Durable<R>): readonly Effect<M, R>[];
  /** Take one input. Throws `InvariantViolation` when its own state is broken; the runtime then stops the replica. */
  step(input: Input<M, R>): readonly Effect<M, R>[];
  view(): ProtocolView;
  /** The bytes of payloads that memory holds, decided or not; absent where a protocol cannot tell. */
  heldBytes?(): number;
  /**
   * How many messages of other replicas came to nothing in this life, by why in a word or two; each counts once. Absent where
   * a protocol does not count. Counted and no facts: a flood of such messages must not become one of facts.
   */
  refused?(): Readonly<Record<string, number>>;
}
