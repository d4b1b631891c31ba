/** One of the requirements of `conformance.ts`. */
import type { AnyProtocol } from './random-play.ts';

export interface Requirement {
  /** Completes the sentence "a protocol ...". */
  readonly name: string;
  /** @throws Error where the protocol does not meet it on the schedule of this seed */
  readonly check: (definition: AnyProtocol, seed: number) => void;
}

/** How many random events a schedule has before the network becomes calm. */
export const stormEvents = 6000;

export function demand(holds: boolean, message: () => string): void {
  if (!holds) throw new Error(message());
}
