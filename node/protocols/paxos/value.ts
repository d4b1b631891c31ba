/** What is chosen in a slot. */

export interface Value {
  /** One batch of commands; empty where the slot is to be passed over. */
  readonly payload: Uint8Array;
  /** The payload is a group (see `group-codec.ts`), and not for the machine. */
  readonly kind?: 'group';
}

/** Fills a gap: "a special no-op command that leaves the state unchanged" (Paxos Made Simple, section 3). */
export const noOp: Value = { payload: new Uint8Array(0) };

/** What a value takes besides its payload, in bytes, where the length of a log is weighed. */
export const valueCostBytes = 32;
