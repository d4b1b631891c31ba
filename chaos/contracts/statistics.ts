/** What is counted and measured of a run. */

/** Figures of a run, for tiles and tables. */
export interface RunStatistics {
  readonly operations: { readonly ok: number; readonly fail: number; readonly info: number };
  readonly perKind: Readonly<Record<string, { readonly ok: number; readonly fail: number; readonly info: number }>>;
  readonly throughputPerSecond: number;
  /** Milliseconds; null where nothing succeeded. */
  readonly latencyCalmMs: Percentiles | null;
  readonly latencyFaultMs: Percentiles | null;
  /** The longest stretch of the load without a successful write. */
  readonly longestOutageMs: number;
  /** From the last heal to 95 % of the calm throughput; null where it was not reached. */
  readonly recoveryTo95Ms: number | null;
  readonly leaderChanges: number;
  /** Null where no ballot was overtaken since load began, as by a protocol that reports none. */
  readonly duels: Duels | null;
  /** From the start of the containers to the first acknowledged write; null where nothing had to be started. */
  readonly bootToFirstWriteMs: number | null;
  /** How often a replica cut its log. */
  readonly compactions: number;
  /** The most that any replica held; null where that was not sampled. */
  readonly peakFootprint: PeakFootprint | null;
  /** What was done under load; null where that was not counted, or nothing was decided. */
  readonly work: WorkDone | null;
  /** Per fault, from a strike's command to the last of its targets that was observed to feel it; see `strike-effects.ts`. */
  readonly strikeEffects: readonly StrikeEffects[];
}

/** What proposers that compete took from each other since load began; see `duels.ts`. */
export interface Duels {
  /** How many ballots (terms, views) came to nothing, because a later one stood against them. */
  readonly overtaken: number;
  /** The slot that took the most of them, the first of several. */
  readonly most: DuelledSlot;
  /** The slot that waited longest to be applied, from the first of its overtaken ballots on. */
  readonly longest: DuelledSlot;
}

/** A slot of the log for which ballots came to nothing. */
export interface DuelledSlot {
  readonly index: number;
  /** How many, and when the first and the last of them, in milliseconds since load began. */
  readonly overtaken: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** From the first of them until any replica had applied the slot, 0 where one had before; null where none ever did. */
  readonly heldUpMs: number | null;
}

/** The most that any one replica held of each at one of its samples, in bytes. */
export interface PeakFootprint {
  /** Of the log on its disk. */
  readonly logBytes: number;
  /** Of the newest snapshot on its disk. */
  readonly snapshotBytes: number;
  /** In memory: payloads of the log, and the machine's state. */
  readonly memoryBytes: number;
}

/** What all replicas together did from the begin of the load to its end; see `work.ts`. */
export interface WorkDone {
  /** How many slots of the log were decided: one may hold many commands, or none. */
  readonly slots: number;
  /** How many operations succeeded. */
  readonly operations: number;
  /** Between replicas. */
  readonly messages: number;
  readonly messagesByType: Readonly<Record<string, number>>;
  /** Of the messages, about. */
  readonly bytes: number;
  readonly signatures: number;
  readonly verifications: number;
  readonly syncs: number;
  /** The share of decisions that came about by a fast path, from 0 to 1; null where replicas do not tell. */
  readonly fastShare: number | null;
}

/** How fast the strikes of one fault took effect. */
export interface StrikeEffects {
  readonly fault: string;
  /** How many strikes of it were observed to take effect on every target. */
  readonly strikes: number;
  /** Milliseconds. */
  readonly medianMs: number;
  readonly maxMs: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}
