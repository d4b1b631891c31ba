/** What happened in a run besides, and the record of all of it. */

import type { SignedText } from '../../node/contract/facts.ts';
import type { NodeId } from '../../node/contract/ids.ts';
import type { ProtocolView } from '../../node/contract/view.ts';
import type { VerificationKeys } from '../../node/crypto/verifier.ts';
import type { HistoryEvent } from './operations.ts';
import type { Plan } from './plan.ts';
import type { ReportFile } from './report.ts';

export type Phase = 'boot' | 'load' | 'heal' | 'settle' | 'read-back' | 'done';

/** A directed link between two replicas. */
export interface Link {
  readonly from: NodeId;
  readonly to: NodeId;
}

/** One line of `events.jsonl`. Times are milliseconds since load began; negative before. */
export type LabEvent = { readonly atMs: number } & LabFact;

export type LabFact =
  | { readonly type: 'phase'; readonly phase: Phase }
  /**
   * Everything is there that the replicas need, and they are being started; absent where nothing has to be started.
   * `engine` is its version, `images` the identity of each image by what it is for (`replica`, `toxiproxy`).
   */
  | { readonly type: 'booting'; readonly engine: string; readonly images: Readonly<Record<string, string>> }
  /** By what the signatures of the replicas can be verified; absent where the protocol does not sign. */
  | { readonly type: 'keys'; readonly keys: VerificationKeys }
  /** A strike was requested, with the target that was chosen. */
  | {
      readonly type: 'strike';
      readonly strike: string;
      readonly fault: string;
      readonly target: string;
      readonly nodes: readonly NodeId[];
      readonly links: readonly Link[];
    }
  /** Its commands are done: the fault should bite from here on. */
  | { readonly type: 'struck'; readonly strike: string }
  /** The heal was requested. */
  | { readonly type: 'heal'; readonly strike: string }
  | { readonly type: 'healed'; readonly strike: string }
  /** A strike came to nothing: there was no such target just then (nobody led, say). */
  | { readonly type: 'strike-skipped'; readonly strike: string; readonly why: string }
  /** A strike could not be carried out. */
  | { readonly type: 'strike-failed'; readonly strike: string; readonly error: string }
  // What the substrate observed of the processes and links, independent of what was requested.
  | { readonly type: 'node-up' | 'node-down' | 'node-paused' | 'node-resumed'; readonly node: NodeId }
  | { readonly type: 'disk-wiped' | 'disk-slow' | 'disk-fast'; readonly node: NodeId }
  /** A replica was told how to behave: a file of node/malice, or null for honestly. */
  | { readonly type: 'turned'; readonly node: NodeId; readonly behaviour: string | null }
  | {
      readonly type: 'link-dropped' | 'link-delayed';
      readonly from: NodeId;
      readonly to: NodeId;
      readonly strike: string;
      /** How long it had been so when it was noticed, in milliseconds; absent where it is noticed at once. */
      readonly lastedMs?: number;
    }
  /** What a replica's container uses. Bytes of the network count from its start; CPU is of one core, over the last second. */
  | {
      readonly type: 'resources';
      readonly node: NodeId;
      readonly cpuPercent: number;
      readonly memoryBytes: number;
      readonly receivedBytes: number;
      readonly sentBytes: number;
    }
  /** What a replica that runs holds; the log and the snapshot on its disk, the rest in its memory. */
  | {
      readonly type: 'footprint';
      readonly node: NodeId;
      /** The records of the log that were not given up, and their bytes as they are encoded. */
      readonly logRecords: number;
      readonly logBytes: number;
      /** Of the newest snapshot; 0 where there is none. */
      readonly snapshotBytes: number;
      /** Of the payloads of the log that are in memory, decided or not. */
      readonly heldBytes: number;
      /** Of the machine: keys, values, and the last result of each session. */
      readonly stateBytes: number;
      readonly keys: number;
      readonly sessions: number;
    }
  /** What a replica has done in all its lives, as it was counted when the load began, and when it ended. */
  | {
      readonly type: 'work';
      readonly node: NodeId;
      /** To other replicas, by their types. */
      readonly messages: Readonly<Record<string, number>>;
      /** Of these messages, about: a part of them is measured. */
      readonly bytes: number;
      readonly signatures: number;
      readonly verifications: number;
      /** Of its log. */
      readonly syncs: number;
    }
  // What the replicas report of themselves; a system that reports nothing has none of these.
  | { readonly type: 'role'; readonly node: NodeId; readonly role: string; readonly epoch: number }
  | {
      readonly type: 'append';
      readonly node: NodeId;
      readonly index: number;
      readonly epoch: number;
      readonly prevEpoch: number;
      readonly hash: number;
    }
  | { readonly type: 'apply'; readonly node: NodeId; readonly index: number; readonly hash: number }
  /** The configuration that is in force at this replica from `index` of its log on. */
  | {
      readonly type: 'configuration';
      readonly node: NodeId;
      readonly index: number;
      readonly voters: readonly NodeId[];
      readonly outgoing: readonly NodeId[];
      readonly learners: readonly NodeId[];
    }
  /** The state up to `index` is durable as a snapshot of so many bytes. */
  | { readonly type: 'snapshot'; readonly node: NodeId; readonly index: number; readonly bytes: number }
  /** The replica took over the state of a snapshot: its own at a start, or one that another replica sent. */
  | { readonly type: 'restore'; readonly node: NodeId; readonly index: number; readonly from: 'disk' | 'replica' }
  /** The log up to `index` is gone; so many entries are left, with so many bytes of payloads. */
  | {
      readonly type: 'compact';
      readonly node: NodeId;
      readonly index: number;
      readonly entries: number;
      readonly bytes: number;
    }
  /** A ballot (term, view) of this replica came to nothing: for `epoch`, from the slot `index` on; `by` is the later one. */
  | {
      readonly type: 'overtaken';
      readonly node: NodeId;
      readonly index: number;
      readonly epoch: number;
      readonly by: number;
    }
  /** A slot was decided, by a path that needs everybody or by one that goes on without some. Not where it was caught up with. */
  | { readonly type: 'decided'; readonly node: NodeId; readonly index: number; readonly path: 'fast' | 'slow' }
  /** A malicious replica has done for the first time what an honest one would not have done. */
  | { readonly type: 'deceived'; readonly node: NodeId; readonly behaviour: string }
  /** By these two statements `node` says that the culprit has contradicted itself. Anybody can verify it with the `keys`. */
  | {
      readonly type: 'evidence';
      readonly node: NodeId;
      readonly culprit: NodeId;
      readonly statements: readonly [SignedText, SignedText];
    }
  | { readonly type: 'stopped'; readonly node: NodeId; readonly reason: string }
  // The end.
  | { readonly type: 'settled'; readonly tookMs: number }
  | { readonly type: 'stalled'; readonly why: string }
  | { readonly type: 'interrupted' }
  /** The lab itself failed, as it noticed or as the substrate observed; nothing after it can be judged. */
  | { readonly type: 'lab-error'; readonly error: string }
  | {
      readonly type: 'final';
      readonly node: NodeId;
      readonly view: ProtocolView | null;
      readonly appliedIndex: number;
      readonly stateHash: string | null;
    };

/** Everything that a run left behind; `check` judges it again from its files alone. */
export interface Recording {
  readonly plan: Plan;
  readonly history: readonly HistoryEvent[];
  readonly events: readonly LabEvent[];
  /** What else the substrate left; not judged. */
  readonly artifacts?: readonly ReportFile[];
}
