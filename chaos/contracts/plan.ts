/** A run, resolved before it boots. */
import type { NodeId } from '../../node/contract/ids.ts';
import type { Experiment } from '../experiment.ts';

/** When a strike begins: at a time since load began, or some time after an event. */
export type StrikeTrigger =
  | { readonly atMs: number }
  | { readonly on: TriggerEvent; readonly notBeforeMs: number; readonly afterMs: number };

/** `election-started`: a replica stands for election. `leader-elected`: one has won. */
export type TriggerEvent = 'election-started' | 'leader-elected';

/** A strike with all of its random choices drawn, but for its target, which depends on who leads when it begins. */
export interface PlannedStrike {
  /** `s2.3`: the third repetition of the second strike of the experiment. */
  readonly id: string;
  readonly trigger: StrikeTrigger;
  readonly durationMs: number;
  readonly fault: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly target: string;
  /** True where nothing can succeed before the heal, for a reason that cannot be told from who runs and who reaches whom. */
  readonly outage: boolean;
}

/** An experiment resolved for one run; with the seed in it, all that is needed to run it again. `schedule.json`. */
export interface Plan {
  readonly schemaVersion: 1;
  readonly experiment: Experiment;
  readonly experimentName: string;
  readonly substrate: 'sim' | 'docker';
  readonly system: string;
  readonly protocol: string;
  readonly bug?: string;
  /** The storage engine that keeps the replicas' logs, on docker; the default of a replica where absent. */
  readonly storage?: string;
  readonly nodes: readonly NodeId[];
  /** Who belongs to the group at the beginning; all nodes where absent. */
  readonly members?: readonly NodeId[];
  /** Who is malicious from the beginning on, and how each behaves: files of node/malice. */
  readonly malicious?: Readonly<Record<NodeId, string>>;
  readonly seed: number;
  readonly durationMs: number;
  /** Ends the load early, with the schedule as it is; to look at the first part of a run. */
  readonly untilMs?: number;
  readonly strikes: readonly PlannedStrike[];
}
