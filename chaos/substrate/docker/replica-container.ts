/** One replica in its container: process control through the engine, and what is known of its state. */

import type { NodeId } from '../../../node/contract/ids.ts';
import type { Order } from '../../../node/contract/inputs.ts';
import { wipeMark } from '../../../node/io/wipe-mark.ts';
import type { NodeStatus } from '../../contracts/cluster.ts';
import { EnvironmentError } from '../../errors.ts';
import { isLeading } from '../../roles.ts';
import { realClock } from './clock.ts';
import type { Engine } from './engine.ts';
import { dataFolder, replicaPorts } from './layout.ts';
import { demultiplexed } from './log-frames.ts';
import { followFacts, followResources, type LoggedFact, type Observer } from './observer.ts';
import { ReplicaLine } from './replica-line.ts';
import type { Vantage } from './vantage.ts';

const stopLimitMs = 10_000;
/** The engine tells of an exit when it has cleaned up after it, but knows when it was; never this much earlier. */
const mostLateMs = 5000;
const askAgainMs = 50;
/** To look at a container costs the engine more than to ask the replica costs it. */
const lookAgainMs = 500;
const maxLogLines = 200_000;

export interface ReplicaContainerParts {
  readonly engine: Engine;
  readonly vantage: Vantage;
  readonly token: string;
  readonly observer: Observer;
  /** How it behaves from its start on: a file of node/malice; honestly where absent. */
  readonly behaviour?: string;
  /** Opens the links into it, or shuts them. */
  readonly setReachable: (reachable: boolean) => Promise<void>;
}

export class ReplicaContainer {
  readonly node: NodeId;
  readonly #id: string;
  readonly #parts: ReplicaContainerParts;
  readonly #line: ReplicaLine;
  #stopFollowing: (() => void)[] = [];
  #followedToMs = 0;
  #asking = false;
  #turn: Promise<void> = Promise.resolve();
  #onDeath: (() => void) | undefined;
  #status: NodeStatus;

  constructor(node: NodeId, id: string, parts: ReplicaContainerParts) {
    this.node = node;
    this.#id = id;
    this.#parts = parts;
    this.#line = new ReplicaLine(node, parts.token, parts.behaviour ?? null);
    this.#status = { node, state: 'up', view: null, appliedIndex: 0 };
  }

  get status(): NodeStatus {
    return this.#status;
  }

  /**
   * Takes up the connections, and waits until the replica answers for the first time.
   *
   * @throws EnvironmentError where it ends instead, or does not answer in `limitMs`
   */
  async ready(limitMs: number, signal: AbortSignal): Promise<void> {
    const untilMs = performance.now() + limitMs;
    await this.#attach();
    for (let lookAtMs = performance.now() + lookAgainMs; ; ) {
      await this.poll();
      if (this.#status.view !== null) return;
      await realClock.sleep(askAgainMs, signal);
      signal.throwIfAborted();
      if (performance.now() < lookAtMs) continue;
      lookAtMs = performance.now() + lookAgainMs;
      const state = (await this.#parts.engine.inspect(this.#id))?.State;
      if (state?.Running !== true || performance.now() > untilMs) {
        const what = state?.Running ? `did not answer in ${limitMs / 1000} s` : `ended with ${state?.ExitCode}`;
        const said = (await this.log()).trim().split('\n').slice(-2).join(' ').slice(-600);
        throw new EnvironmentError(
          `the replica ${this.node} ${what}: ${said || 'it said nothing'}`,
          'Run it again; where it stays, see: npx splitbrain doctor',
        );
      }
    }
  }

  /** Takes up the connections to a container that has just started: its published ports are new with each start. */
  async #attach(): Promise<void> {
    const { engine, vantage, observer } = this.#parts;
    this.close();
    const container = await engine.container(this.#id);
    // It may have ended again at once, and has no ports then.
    if (container === undefined || container.state !== 'running') return;
    this.#line.open(vantage.address(container, replicaPorts.control));
    this.#status = { ...this.#status, state: 'up' };
    const onFact = (fact: LoggedFact) => {
      this.#followedToMs = Math.max(this.#followedToMs, fact.atMs);
      this.#learn(fact);
      observer.onFact(fact);
    };
    const facts = { ...observer, onFact };
    this.#stopFollowing.push(await followFacts(engine, this.#id, this.node, this.#followedToMs, facts));
    this.#stopFollowing.push(await followResources(engine, this.#id, this.node, observer));
  }

  /** Who aims at the leader wants to know of it before it is asked the next time. */
  #learn({ fact }: LoggedFact): void {
    const { role, epoch } = fact;
    if (fact.type !== 'role' || typeof role !== 'string' || typeof epoch !== 'number') return;
    if (this.#status.state !== 'up') return;
    const { leader: _, ...known } = this.#status.view ?? { commitIndex: 0, lastIndex: 0 };
    const leader = isLeading(role) ? { leader: this.node } : {};
    this.#status = { ...this.#status, view: { ...known, role, epoch, ...leader } };
  }

  /** Asks the replica how it is; keeps the last answer where it gives none. Asks nothing while it waits for an answer. */
  async poll(): Promise<void> {
    if (this.#status.state !== 'up' || this.#asking) return;
    this.#asking = true;
    const answer = await this.#line.status();
    this.#asking = false;
    if (answer === null || this.#status.state !== 'up') return;
    const { view, appliedIndex } = answer;
    this.#status = { ...this.#status, view, appliedIndex };
  }

  /** Null where it does not answer, too. */
  async stateHash(): Promise<string | null> {
    if (this.#status.state !== 'up') return null;
    return (await this.#line.status({ withStateHash: true }))?.stateHash ?? null;
  }

  /** The engine saw its process begin or end, whoever wanted that. Its events come in the order of what happened. */
  noticed(change: 'start' | 'die'): void {
    if (change === 'start') {
      if (this.#line.isOpen) this.#status = { ...this.#status, state: 'up' };
      return;
    }
    this.#gone('down');
    this.#onDeath?.();
  }

  /** When its process really ended; the time of the event where the engine does not say, or it runs again. */
  async exitMs(eventMs: number): Promise<number> {
    try {
      const state = (await this.#parts.engine.inspect(this.#id))?.State;
      const finishedMs = new Date(state?.FinishedAt ?? '').getTime();
      return finishedMs <= eventMs && finishedMs > eventMs - mostLateMs ? finishedMs : eventMs;
    } catch {
      return eventMs;
    }
  }

  kill(): Promise<void> {
    return this.#inTurn(async () => {
      const { engine } = this.#parts;
      // Nobody aims at it any more from here on.
      this.#gone('down');
      if ((await engine.inspect(this.#id))?.State.Running !== true) return;
      const over = new AbortController();
      // The engine's own event: a call that waits for the exit may get there after it.
      const dead = new Promise<void>((resolve) => {
        this.#onDeath = resolve;
      });
      try {
        await Promise.all([engine.kill(this.#id), this.#shut()]);
        await Promise.race([dead, realClock.sleep(stopLimitMs, over.signal)]);
        if ((await engine.inspect(this.#id))?.State.Running === true) {
          throw new EnvironmentError(
            `${this.node} runs on ${stopLimitMs / 1000} s after it was killed`,
            'See: docker ps',
          );
        }
      } finally {
        over.abort();
        this.#onDeath = undefined;
      }
    });
  }

  /**
   * Toxiproxy connects to a replica while it takes the next connection of a link: to an address that comes or goes this takes
   * seconds, in which nobody else gets through. Where a link is not shut in time that is all that happens.
   */
  #shut(): Promise<void> {
    return this.#parts.setReachable(false).catch(() => {});
  }

  /** Starts one that does not run; one that is paused stays so. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      const { engine } = this.#parts;
      const state = (await engine.inspect(this.#id))?.State;
      if (state?.Running !== true) await engine.start(this.#id);
      await this.#parts.setReachable(true);
      if (state?.Running !== true || !this.#line.isOpen) await this.#attach();
      else if (!state.Paused) this.#status = { ...this.#status, state: 'up' };
    });
  }

  /** Pauses one that runs. */
  pause(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#status.state !== 'up') return;
      await this.#parts.engine.pause(this.#id);
      // It may have died on its own meanwhile.
      if (this.#status.state === 'up') this.#gone('paused');
    });
  }

  resume(): Promise<void> {
    return this.#inTurn(async () => {
      const { engine } = this.#parts;
      const state = (await engine.inspect(this.#id))?.State;
      if (state?.Paused === true) await engine.unpause(this.#id);
      if (state?.Running === true) this.#status = { ...this.#status, state: 'up' };
    });
  }

  /** See `Cluster.order`. It may take long, and nothing waits for its turn behind it. */
  async order(order: Order): Promise<void> {
    if (this.#status.state !== 'up') throw new Error(`${this.node} is ${this.#status.state}`);
    await this.#line.order(order);
  }

  /**
   * Nothing can run in a container that is stopped; so it is marked, and empties its disk itself before it starts the next
   * time. That it has done so is seen in its log then.
   */
  wipe(): Promise<void> {
    return this.#inTurn(async () => {
      const { engine } = this.#parts;
      if ((await engine.inspect(this.#id))?.State.Running === true) {
        throw new Error(`${this.node} runs, and its disk cannot be wiped`);
      }
      await engine.putEmptyFile(this.#id, dataFolder, wipeMark);
    });
  }

  slowDisk(delayMs: number): Promise<void> {
    return this.#line.slowDisk(delayMs);
  }

  behave(behaviour: string | null): Promise<void> {
    return this.#line.behave(behaviour);
  }

  /** As it did from its start on. */
  behaveAsBorn(): Promise<void> {
    return this.#line.behaveAsBorn();
  }

  #gone(state: 'down' | 'paused'): void {
    this.#status = { node: this.node, state, view: null, appliedIndex: 0 };
  }

  /** Strikes may overlap: what is done to a container is done one after the other. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Its log, but for the facts, which are in the record already; the last part where it is long. */
  async log(): Promise<string> {
    return demultiplexed(await this.#parts.engine.log(this.#id, maxLogLines))
      .split('\n')
      .filter((line) => !line.includes('"fact":'))
      .join('\n');
  }

  close(): void {
    for (const stop of this.#stopFollowing) stop();
    this.#stopFollowing = [];
    this.#line.close();
  }
}
