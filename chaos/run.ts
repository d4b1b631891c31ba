/**
 * Runs a plan: boot -> load and strikes -> heal -> settle -> read back. What happened becomes a recording; nothing is
 * judged and nothing is written here. The same code drives every substrate.
 */

import type { NodeId } from '../node/contract/ids.ts';
import type { Cluster, NodeStatus, Substrate } from './contracts/cluster.ts';
import type { LabEvent, LabFact, Phase, Recording } from './contracts/events.ts';
import type { Plan } from './contracts/plan.ts';
import type { ReportFile } from './contracts/report.ts';
import { Journal } from './journal.ts';
import { type Load, startLoad } from './load.ts';
import { loadParts, type Parts } from './parts.ts';
import { roundMs } from './percentiles.ts';
import { randomFor } from './random.ts';
import { recordingEndMs } from './statistics.ts';
import { runStrikes } from './strikes.ts';
import { whyUnsettled } from './unsettled.ts';

/** What a person sees while a run goes on. */
export interface Progress {
  readonly phase: Phase;
  readonly elapsedMs: number;
  readonly durationMs: number;
  readonly statuses: readonly NodeStatus[];
  readonly operations: { readonly ok: number; readonly fail: number; readonly info: number };
}

export interface RunOptions {
  /** Ends the load early; what was struck is healed, and the recording is complete. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onEvent?: (event: LabEvent) => void;
  /** Leaves the system running at the end, healed. */
  readonly keepUp?: boolean;
}

/** How long a cluster may take to answer its first request. */
const bootLimitMs = 30_000;
const progressEveryMs = 500;
const pollEveryMs = 20;
/** Where replicas are malicious no log tells what is under way: nothing was applied for so long, then. */
const stillMs = 500;

/**
 * Runs `plan` on `substrate` and returns all that was seen. Where the lab itself fails after boot, the record ends with a
 * `lab-error`.
 *
 * @throws SplitbrainError where the plan cannot be booted
 */
export async function record(plan: Plan, substrate: Substrate, options: RunOptions): Promise<Recording> {
  const journal = new Journal();
  if (options.onEvent !== undefined) journal.listen(options.onEvent);
  // Everything is loaded before boot: in virtual time nothing may wait for a real disk.
  const parts = await loadParts(plan);
  const cluster = await substrate.boot(plan, journal.add, {
    keepUp: options.keepUp === true,
    signal: options.signal,
  });
  const recording = await new Run(plan, parts, cluster, journal, options).record();
  try {
    await cluster.close();
    return recording;
  } catch (error) {
    // What was seen is worth keeping even so.
    const failed = {
      type: 'lab-error',
      error: `it could not be taken down (npx splitbrain down does it later): ${messageOf(error)}`,
    } as const;
    return { ...recording, events: [...recording.events, { atMs: recordingEndMs(recording), ...failed }] };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

class Run {
  readonly #plan: Plan;
  readonly #parts: Parts;
  readonly #cluster: Cluster;
  readonly #journal: Journal;
  readonly #options: RunOptions;
  /** Aborted when the substrate observes that the lab itself is broken. */
  readonly #broken = new AbortController();
  /** Ends what is going on: somebody asked for it, or the lab is broken. */
  readonly #over: AbortSignal;
  #load: Load | undefined;
  /** Who was malicious at any time. Nobody waits for them. */
  readonly #malicious: Set<NodeId>;

  constructor(plan: Plan, parts: Parts, cluster: Cluster, journal: Journal, options: RunOptions) {
    this.#plan = plan;
    this.#parts = parts;
    this.#cluster = cluster;
    this.#journal = journal;
    this.#options = options;
    this.#over = AbortSignal.any([options.signal, this.#broken.signal]);
    this.#malicious = new Set(Object.keys(plan.malicious ?? {}));
    const hear = (event: LabEvent) => {
      if (event.type === 'lab-error') this.#broken.abort();
      if (event.type === 'turned' && event.behaviour !== null) this.#malicious.add(event.node);
    };
    // It may have broken while it came up.
    journal.events.forEach(hear);
    journal.listen(hear);
  }

  async record(): Promise<Recording> {
    try {
      await this.#go();
    } catch (error) {
      // What follows from a broken lab says nothing new.
      if (!this.#isBroken) this.#note({ type: 'lab-error', error: messageOf(error) });
    }
    this.#journal.close();
    const record = { plan: this.#plan, history: this.#load?.history ?? [], events: this.#journal.events };
    return { ...record, artifacts: await this.#artifacts() };
  }

  /** Logs help to understand a failure; that they cannot be had must not hide it. */
  async #artifacts(): Promise<ReportFile[]> {
    try {
      return await this.#cluster.artifacts();
    } catch (error) {
      return [{ name: 'logs/missing.txt', content: `${(error as Error).message}\n` }];
    }
  }

  async #go(): Promise<void> {
    this.#enter('boot');
    if (await this.#boot()) {
      await this.#driveAndStrike();
      await this.#healAndReadBack();
    } else if (!this.#isBroken) {
      this.#journal.begin(this.#cluster.clock.now());
      if (this.#options.signal.aborted) this.#note({ type: 'interrupted' });
      else this.#note({ type: 'stalled', why: `no request was answered within ${bootLimitMs / 1000} s of boot` });
    }
    if (this.#isBroken) return;
    await this.#noteFinalStates();
    this.#enter('done');
  }

  async #healAndReadBack(): Promise<void> {
    if (this.#isBroken) return;
    this.#enter('heal');
    await this.#cluster.healAll();
    this.#enter('settle');
    if (!(await this.#settle())) return;
    this.#enter('read-back');
    await this.#load?.readBack(this.#broken.signal);
    // Where reads are commands like others, the last of them have yet to be applied everywhere.
    await this.#comeToRest('read-back');
  }

  get #isBroken(): boolean {
    return this.#broken.signal.aborted;
  }

  #note(fact: LabFact): void {
    this.#journal.add(this.#cluster.clock.now(), fact);
  }

  #enter(phase: Phase): void {
    this.#note({ type: 'phase', phase });
    this.#tell(phase);
  }

  #tell(phase: Phase): void {
    const elapsedMs = phase === 'boot' ? 0 : this.#journal.relative(this.#cluster.clock.now());
    this.#options.onProgress?.({
      phase,
      elapsedMs,
      durationMs: this.#plan.durationMs,
      statuses: this.#cluster.nodes.map((node) => this.#cluster.status(node)),
      operations: this.#load?.counts ?? { ok: 0, fail: 0, info: 0 },
    });
  }

  /** Waits until the cluster answers a read: true of any system, whatever it tells of itself. */
  async #boot(): Promise<boolean> {
    const { clock } = this.#cluster;
    const probe = this.#cluster.client('probe');
    const untilMs = clock.now() + bootLimitMs;
    let answered = false;
    let asking = false;
    while (!answered && clock.now() < untilMs && !this.#over.aborted) {
      if (!asking) {
        asking = true;
        probe.submit({ f: 'read', key: 'probe', value: null }, 1000, (completion) => {
          asking = false;
          answered ||= completion.type === 'ok';
        });
      }
      await clock.sleep(pollEveryMs, this.#over);
    }
    return answered;
  }

  async #driveAndStrike(): Promise<void> {
    const { clock } = this.#cluster;
    const { load: settings } = this.#plan.experiment;
    const { workload, tolerated } = this.#parts;
    this.#journal.begin(clock.now());
    this.#enter('load');
    this.#noteWork();
    const source = workload.source(workload.parse(settings.params), randomFor(this.#plan.seed, 'workload'));
    this.#load = startLoad({
      cluster: this.#cluster,
      source,
      random: randomFor(this.#plan.seed, 'load'),
      clients: settings.clients,
      ratePerSecond: settings.rate,
      timeoutMs: settings.timeout,
      relative: (atMs) => this.#journal.relative(atMs),
    });
    const over = new AbortController();
    const striking = runStrikes({
      plan: this.#plan,
      cluster: this.#cluster,
      parts: this.#parts,
      tolerated,
      random: randomFor(this.#plan.seed, 'targets'),
      relative: (atMs) => this.#journal.relative(atMs),
      note: (fact) => this.#note(fact),
      listen: (listener) => this.#journal.listen(listener),
      signal: AbortSignal.any([this.#over, over.signal]),
    });
    // Awaited below; until then a failure must not pass for one that nobody handles.
    striking.catch(() => {});
    await this.#wait(Math.min(this.#plan.durationMs, this.#plan.untilMs ?? Number.POSITIVE_INFINITY));
    over.abort();
    if (this.#options.signal.aborted) this.#note({ type: 'interrupted' });
    await this.#load.stop();
    await striking;
    this.#noteWork();
  }

  #noteWork(): void {
    for (const work of this.#cluster.work?.() ?? []) this.#note(work);
  }

  /** Waits for the end of the load, and shows progress meanwhile. */
  async #wait(durationMs: number): Promise<void> {
    const { clock } = this.#cluster;
    const endMs = clock.now() + durationMs;
    while (clock.now() < endMs && !this.#over.aborted) {
      await clock.sleep(Math.min(progressEveryMs, endMs - clock.now()), this.#over);
      this.#tell('load');
    }
  }

  /** Waits until all replicas run, follow one leader, and have applied the same. */
  async #settle(): Promise<boolean> {
    const { clock } = this.#cluster;
    const beganMs = clock.now();
    const limitMs = this.#plan.experiment.limits.settle;
    const why = await this.#comeToRest('settle');
    if (this.#isBroken) return false;
    if (why === null) this.#note({ type: 'settled', tookMs: roundMs(clock.now() - beganMs) });
    else this.#note({ type: 'stalled', why: `after ${limitMs / 1000} s without any fault, ${why}` });
    return why === null;
  }

  /** Gives the reason where the time for it did not do. */
  async #comeToRest(phase: Phase): Promise<string | null> {
    const { clock } = this.#cluster;
    const untilMs = clock.now() + this.#plan.experiment.limits.settle;
    const neededMs = this.#malicious.size === 0 ? 0 : stillMs;
    let why = this.#whyUnsettled();
    let [applied, sinceMs] = [this.#appliedByAll(), clock.now()];
    while ((why !== null || clock.now() < sinceMs + neededMs) && clock.now() < untilMs && !this.#isBroken) {
      await clock.sleep(pollEveryMs, this.#broken.signal);
      this.#tell(phase);
      why = this.#whyUnsettled();
      const now = this.#appliedByAll();
      if (now !== applied) [applied, sinceMs] = [now, clock.now()];
    }
    return why;
  }

  /** How far each replica has come. */
  #appliedByAll(): string {
    return this.#cluster.nodes.map((node) => this.#cluster.status(node).appliedIndex).join();
  }

  #whyUnsettled(): string | null {
    const honest = this.#cluster.nodes.filter((node) => !this.#malicious.has(node));
    return whyUnsettled(
      honest.map((node) => this.#cluster.status(node)),
      this.#malicious.size === 0,
    );
  }

  async #noteFinalStates(): Promise<void> {
    for (const node of this.#cluster.nodes) {
      const { view, appliedIndex } = this.#cluster.status(node);
      this.#note({ type: 'final', node, view, appliedIndex, stateHash: await this.#cluster.stateHash(node) });
    }
  }
}
