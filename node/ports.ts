/**
 * What a replica needs of the world. The simulator implements these ports over virtual time, `node/io` over real
 * sockets, disks and clocks; the runtime in between is the same.
 */

import type { ProtocolFact } from './contract/facts.ts';
import type { ClientId, NodeId } from './contract/ids.ts';

/** Ends a pending wait. Safe to call at any time, more than once. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since some fixed start; never goes back. */
  now(): number;
  /** Calls `fn` once, after `delayMs`. */
  after(delayMs: number, fn: () => void): Cancel;
  /** Calls `fn` after what is being handled now; commands that arrive together are thus batched together. */
  soon(fn: () => void): void;
}

export interface Random {
  /** A number in [min, max]. */
  between(min: number, max: number): number;
}

export interface Transport<M> {
  /** Sends without waiting. May lose, delay, repeat or reorder; never blocks, never throws. */
  send(to: NodeId, msg: M): void;
}

/** An append-only log of records. */
export interface Storage<R> {
  /**
   * Writes a record; returns its position: one more than the last, counted from 1, with those that survived earlier lives.
   * Not durable until `onDurable` has named that position.
   */
  append(record: R): number;
  /**
   * Reads a record that is durable, by its position; `take` gets it in a later turn. Where it cannot be read back as it was
   * written, `onFailure` is called and `take` never.
   */
  read(position: number, take: (record: R) => void): void;
  /**
   * The records before this durable position are needed no more, and are not read again in this life; what is being read
   * when it is given up is read to its end. Some or all of them are removed at some later time; the next start may still find
   * them, and then they can be read.
   */
  removeBefore(position: number): void;
  /** Called with the position up to which all is durable; one sync may cover many records. */
  onDurable: (position: number) => void;
  /** Called when a sync or a `read` failed. The replica must stop: what the disk holds is no longer known. */
  onFailure: (error: Error) => void;
}

/**
 * Snapshots of the machine, each under the index up to which it has applied, with a record of the protocol that describes
 * it. The bytes are the machine's own affair.
 */
export interface Snapshots<R> {
  /**
   * Keeps a snapshot of this replica's own machine. `pieces` is asked for the next one when there is room for it, over many
   * turns. `done` gets its length in bytes in a later turn, once all of it is durable. One is saved at a time.
   */
  save(index: number, record: R, pieces: Iterator<Uint8Array>, done: (bytes: number) => void): void;
  /**
   * Keeps a piece of a snapshot that another replica has saved. Pieces come in order, without gaps; one at offset 0 begins
   * anew and gives up what was received before, whatever its index. Not durable until `seal` has said so.
   */
  receive(index: number, offset: number, bytes: Uint8Array): void;
  /** All of it was received: `done` is called in a later turn, with its length in bytes, once all is durable. */
  seal(index: number, record: R, done: (bytes: number) => void): void;
  /**
   * Reads up to `maxBytes` bytes, at least one if any are left, of a snapshot that is durable; `take` gets them in a later turn, `last` is
   * true where none follow.
   */
  read(index: number, offset: number, maxBytes: number, take: (bytes: Uint8Array, last: boolean) => void): void;
  /** The snapshots before this index are needed no more. */
  removeBefore(index: number): void;
  /** Called when anything of this failed. The replica must stop. */
  onFailure: (error: Error) => void;
}

/** The request of a client, as it reaches a replica. */
export interface ClientRequest {
  /** Chosen by the client; comes back in the reply. */
  readonly id: number;
  readonly access: 'write' | 'read';
  /** One encoded command, see `machine/command.ts`; or many in a bundle, where clients sign, see `bundle.ts`. */
  readonly command: Uint8Array;
}

export type ClientReply =
  | { readonly id: number; readonly status: 'ok'; readonly result: Uint8Array }
  /** Not taken up, and never will be by this replica. */
  | { readonly id: number; readonly status: 'rejected'; readonly leader?: NodeId };

/** The way back to the clients. */
export interface ClientPort {
  reply(client: ClientId, reply: ClientReply): void;
}

/** Facts about a running replica, for the observers of an experiment. */
export type ReplicaFact =
  | ProtocolFact
  /** The batches from `index` on were applied; a hash of each. */
  | { readonly type: 'apply'; readonly index: number; readonly hash: number }
  /** The state up to `index` was saved as a snapshot of so many bytes, which is durable. */
  | { readonly type: 'snapshot'; readonly index: number; readonly bytes: number }
  /** The machine's state is now that of a snapshot: a saved one at a start, or one that another replica sent. */
  | { readonly type: 'restore'; readonly index: number; readonly from: 'disk' | 'replica' }
  /** The replica stopped by itself, and why. */
  | { readonly type: 'stopped'; readonly reason: string };

export type Tracer = (fact: ReplicaFact) => void;

export interface Ports<M, R> {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport<M>;
  readonly storage: Storage<R>;
  readonly snapshots: Snapshots<R>;
  readonly clients: ClientPort;
  readonly tracer?: Tracer;
}
