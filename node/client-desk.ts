/** What the runtime needs of whoever deals with clients: `requests.ts`, or `bundle-desk.ts` where clients sign. */

import type { ClientId, NodeId } from './contract/ids.ts';
import type { ClientRequest } from './ports.ts';

/** Takes a batch to the protocol. */
export type Propose = (id: number, access: ClientRequest['access'], payload: Uint8Array) => void;

/** Is told that nobody waits for a result of a write batch any more. Called in the midst of other work. */
export type Settle = (id: number) => void;

/** The rules of the clients' side of a replica that a planted bug may break, as those of a protocol. */
export interface DeskRules {
  /** Whether clients are answered also for what this replica has only learned of, or took over with a state. */
  readonly answersForOthers: boolean;
}

export const correctDeskRules: DeskRules = {
  // Berger, Reiser and Bessani (2021): 2f + 1 must answer, and f honest ones may be kept from deciding themselves, for ever.
  answersForOthers: true,
};

export interface ClientDesk {
  /** Takes a request. Those that arrive in the same turn become one batch. */
  take(client: ClientId, request: ClientRequest): void;
  /** Has the machine apply the batch at `index`, which is decided, and answers whoever waited for that. @param learned - see `Effect` */
  apply(index: number, payload: Uint8Array, learned: boolean): void;
  /** The read batch `id` may be answered once `index` is applied. */
  read(id: number, index: number, appliedIndex: number): void;
  /** Tells the clients of a batch that it was not taken up. */
  reject(id: number, leader: NodeId | undefined): void;
  /** The machine took over a state: what was applied on the way to it had no results here. */
  onRestored(appliedIndex: number): void;
}
