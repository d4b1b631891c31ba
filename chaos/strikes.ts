/** Carries out the schedule of a run: waits for each strike's time or event, chooses its target, strikes, and heals. */
import { setMaxListeners } from 'node:events';
import type { NodeId } from '../node/contract/ids.ts';
import type { Cluster, Heal } from './contracts/cluster.ts';
import type { LabEvent, LabFact } from './contracts/events.ts';
import type { RandomSource } from './contracts/faults.ts';
import type { Plan, PlannedStrike, TriggerEvent } from './contracts/plan.ts';
import type { Parts } from './parts.ts';
import { isElecting, isLeading } from './roles.ts';

export interface StrikesOptions {
  readonly plan: Plan;
  readonly parts: Parts;
  readonly cluster: Cluster;
  readonly tolerated: number;
  readonly random: RandomSource;
  readonly relative: (atMs: number) => number;
  readonly note: (fact: LabFact) => void;
  readonly listen: (listener: (event: LabEvent) => void) => () => void;
  readonly signal: AbortSignal;
}

/** A strike that finds no target (nobody leads just now) looks again this often, and this long. */
const lookAgainMs = 10;
const lookForMs = 2000;

/** Which role a replica takes up in an event. */
const isRoleOf: Readonly<Record<TriggerEvent, (role: string) => boolean>> = {
  'election-started': isElecting,
  'leader-elected': isLeading,
};

/** Resolves when every strike is over and healed, or the signal is aborted. */
export async function runStrikes(options: StrikesOptions): Promise<void> {
  const struck = new Map<NodeId, number>();
  const triggers = new Triggers();
  // Every strike waits on it.
  setMaxListeners(0, options.signal);
  const deaf = options.listen((event) => triggers.hear(event));
  await Promise.all(options.plan.strikes.map((strike) => new StrikeRun(strike, options, triggers, struck).run()));
  deaf();
}

/** Strikes that wait for an event. Each event sets off one of them: the one that has waited longest. */
class Triggers {
  readonly #waiting: { readonly event: TriggerEvent; readonly setOff: () => void }[] = [];

  hear(heard: LabEvent): void {
    if (heard.type !== 'role') return;
    const first = this.#waiting.findIndex(({ event }) => isRoleOf[event](heard.role));
    if (first !== -1) this.#waiting.splice(first, 1)[0]?.setOff();
  }

  wait(event: TriggerEvent, setOff: () => void): void {
    this.#waiting.push({ event, setOff });
  }
}

class StrikeRun {
  readonly #strike: PlannedStrike;
  readonly #options: StrikesOptions;
  readonly #triggers: Triggers;
  /** How often each node was hit, over all strikes. */
  readonly #struck: Map<NodeId, number>;

  constructor(strike: PlannedStrike, options: StrikesOptions, triggers: Triggers, struck: Map<NodeId, number>) {
    this.#strike = strike;
    this.#options = options;
    this.#triggers = triggers;
    this.#struck = struck;
  }

  async run(): Promise<void> {
    const { signal, cluster } = this.#options;
    if (!(await this.#moment())) {
      if (!signal.aborted)
        this.#options.note({ type: 'strike-skipped', strike: this.#strike.id, why: 'its event did not come' });
      return;
    }
    const nodes = await this.#chooseTarget();
    if (nodes.length === 0 || signal.aborted) return;
    const heal = await this.#hit(nodes);
    if (heal === null) return;
    await cluster.clock.sleep(this.#strike.durationMs, signal);
    await this.#heal(heal);
  }

  /** Waits until the strike is due; false where its event never came. */
  async #moment(): Promise<boolean> {
    const { cluster, relative, signal, plan } = this.#options;
    const { trigger } = this.#strike;
    const now = () => relative(cluster.clock.now());
    if ('atMs' in trigger) {
      await cluster.clock.sleep(trigger.atMs - now(), signal);
      return !signal.aborted;
    }
    await cluster.clock.sleep(trigger.notBeforeMs - now(), signal);
    const came = await this.#event(trigger.on, plan.durationMs - now());
    if (came) await cluster.clock.sleep(trigger.afterMs, signal);
    return came && !signal.aborted;
  }

  /** Waits until it happens; false where that did not happen in time. */
  async #event(event: TriggerEvent, forMs: number): Promise<boolean> {
    const { cluster, signal } = this.#options;
    const came = new AbortController();
    this.#triggers.wait(event, () => came.abort());
    await cluster.clock.sleep(Math.max(0, forMs), AbortSignal.any([signal, came.signal]));
    return came.signal.aborted;
  }

  async #chooseTarget(): Promise<readonly NodeId[]> {
    const { cluster, random, tolerated, signal, parts } = this.#options;
    const { target } = this.#strike;
    const choose = parts.target(target)?.choose;
    if (choose === undefined) return [target];
    // What an event set off is about that moment; later it would hit something else.
    const patienceMs = 'on' in this.#strike.trigger ? 0 : lookForMs;
    for (let waitedMs = 0; waitedMs <= patienceMs && !signal.aborted; waitedMs += lookAgainMs) {
      const statuses = cluster.nodes.map((node) => cluster.status(node));
      const nodes = choose({ statuses, tolerated, struck: this.#struck, random });
      if (nodes.length > 0) return nodes;
      await cluster.clock.sleep(lookAgainMs, signal);
    }
    this.#options.note({ type: 'strike-skipped', strike: this.#strike.id, why: `there was no ${target} to strike` });
    return [];
  }

  async #hit(nodes: readonly NodeId[]): Promise<Heal | null> {
    const { cluster, note, parts } = this.#options;
    const { id, fault: name, target, params } = this.#strike;
    const fault = parts.fault(name);
    const parsed = fault.parse(params);
    const links = fault.links(nodes, cluster.nodes, parsed);
    for (const node of nodes) this.#struck.set(node, (this.#struck.get(node) ?? 0) + 1);
    note({ type: 'strike', strike: id, fault: name, target, nodes, links });
    try {
      const heal = await fault.strike({ cluster, strike: id, nodes, links }, parsed);
      note({ type: 'struck', strike: id });
      return heal;
    } catch (error) {
      note({ type: 'strike-failed', strike: id, error: (error as Error).message });
      return null;
    }
  }

  async #heal(heal: Heal): Promise<void> {
    const { note } = this.#options;
    const { id } = this.#strike;
    note({ type: 'heal', strike: id });
    try {
      await heal();
      note({ type: 'healed', strike: id });
    } catch (error) {
      note({ type: 'strike-failed', strike: id, error: `its heal failed: ${(error as Error).message}` });
    }
  }
}
