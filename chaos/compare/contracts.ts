/** A comparison of protocols: the same load, one command to a slot, and what it cost each of them. */
import type { NodeId } from '../../node/contract/ids.ts';

/** A protocol in one of its modes, with so many replicas. */
export interface Contestant {
  readonly protocol: string;
  /** Null where the protocol has one way only. */
  readonly mode: string | null;
  readonly nodes: number;
  /** How many faulty replicas it tolerates; what it takes for faulty is its `faultModel`. */
  readonly tolerated: number;
  readonly faultModel: 'crash' | 'byzantine';
}

export interface CompareSettings {
  readonly seed: number;
  /** How many commands are decided, one after the other. */
  readonly slots: number;
  /** The length of a value that is written, in bytes. */
  readonly payloadBytes: number;
  /** From replica to replica, and between these and clients: the delay of each hop, in milliseconds. */
  readonly hopMs: number;
  /** How much longer each link of the slow replica takes, in hops. */
  readonly slownessHops: number;
}

/** `calm`: nothing is wrong. `slow replica`: the links of one that does not lead take longer. */
export type CompareLoad = 'calm' | 'slow replica';

/** What one contestant did under one load. */
export interface Measured extends Contestant {
  readonly load: CompareLoad;
  /** The slow one; null in calm. */
  readonly slow: NodeId | null;
  /** Commands that were decided, and slots that it took: without batches the same. */
  readonly commands: number;
  readonly slots: number;
  /** Messages between replicas in the middle slot, without what the group sends when there is nothing to do. */
  readonly commitMessages: number;
  /** By the literature, in calm; null where the comparison knows none. */
  readonly expected: Expected | null;
  /** All messages between replicas of the whole time, over the slots, checkpoints and heartbeats included. */
  readonly allMessages: number;
  readonly allMessagesByType: Readonly<Record<string, number>>;
  /** Messages a second when there is nothing to do. */
  readonly idlePerSecond: number;
  /** Over the slots; of all replicas together. */
  readonly bytes: number;
  readonly signatures: number;
  readonly verifications: number;
  readonly syncs: number;
  /** From a client's request to the answer that it takes. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The median in units of the delay of a hop; what disks take is in it. */
  readonly hops: number;
  /** The share of decisions by a fast path, from 0 to 1; null where replicas do not tell. */
  readonly fastShare: number | null;
}

/** What a decision takes by the literature. Formulae have `n` for the number of replicas. */
export interface Expected {
  /** Of `messages`. */
  readonly formula: string;
  readonly messages: number;
  readonly hops: number;
  readonly signaturesFormula: string;
  /** Of all replicas together; without those of checkpoints. */
  readonly signatures: number;
}

/** `compare.json`. */
export interface Comparison {
  readonly schemaVersion: 1;
  readonly startedAt: string;
  readonly version: string;
  readonly commit: string | null;
  readonly settings: CompareSettings;
  readonly heartbeatMs: number;
  readonly electionTimeoutMs: readonly [number, number];
  readonly measured: readonly Measured[];
}
