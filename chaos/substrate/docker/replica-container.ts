/** One replica in its container: process control through the engine, and what is known of its state. */
import { ReplicaControl } from '../../../node/io/control-client.ts';
import type { NodeId, NodeStatus } from '../../contracts.ts';
import { realClock } from './clock.ts';
import type { Engine, LabContainer } from './engine.ts';
import { replicaPorts } from './layout.ts';
import { followFacts, type Observer } from './observer.ts';

const stopLimitMs = 10_000;
const maxLogLines = 200_000;

export class ReplicaContainer {
  readonly node: NodeId;
  readonly #engine: Engine;
  readonly #id: string;
  readonly #token: string;
  readonly #observer: Observer;
  #control: ReplicaControl | undefined;
  #stopFollowing: (() => void) | undefined;
  #followedToMs = 0;
  #status: NodeStatus;

  constructor(engine: Engine, container: LabContainer, node: NodeId, token: string, observer: Observer) {
    this.node = node;
    this.#engine = engine;
    this.#id = container.id;
    this.#token = token;
    this.#observer = observer;
    this.#status = { node, state: 'up', view: null, appliedIndex: 0 };
  }

  get status(): NodeStatus {
    return this.#status;
  }

  /** Takes up the connections to a container that has just started: its published ports are new with each start. */
  async attach(): Promise<void> {
    const { NetworkSettings } = await this.#container().inspect();
    const port = NetworkSettings.Ports[`${replicaPorts.control}/tcp`]?.[0]?.HostPort;
    this.#control?.close();
    this.#control = port === undefined ? undefined : new ReplicaControl(`127.0.0.1:${port}`, this.#token);
    this.#stopFollowing?.();
    this.#stopFollowing = await followFacts(this.#container(), this.node, this.#followedToMs, {
      ...this.#observer,
      onFact: (fact) => {
        this.#followedToMs = Math.max(this.#followedToMs, fact.atMs);
        this.#observer.onFact(fact);
      },
    });
    this.#status = { ...this.#status, state: 'up' };
  }

  /** Asks the replica how it is; keeps the last answer where it gives none. */
  async poll(): Promise<void> {
    if (this.#status.state !== 'up' || this.#control === undefined) return;
    try {
      const { view, appliedIndex } = await this.#control.status();
      if (this.#status.state === 'up') this.#status = { ...this.#status, view, appliedIndex };
    } catch {
      // It may be starting, stopping or stuck; what is observed of it says which.
    }
  }

  async stateHash(): Promise<string | null> {
    if (this.#control === undefined || this.#status.state !== 'up') return null;
    return (await this.#control.status({ withStateHash: true })).stateHash ?? null;
  }

  async kill(): Promise<void> {
    const container = this.#container();
    // Waiting begins first: a container that is dead already would never exit again.
    const dead = container.wait({ condition: 'next-exit' });
    dead.catch(() => {});
    try {
      await container.kill({ signal: 'SIGKILL' });
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 409) throw error;
      this.#gone('down');
      return;
    }
    await Promise.race([dead, realClock.sleep(stopLimitMs)]);
    this.#gone('down');
  }

  #gone(state: 'down' | 'paused'): void {
    this.#status = { node: this.node, state, view: null, appliedIndex: 0 };
  }

  async start(): Promise<void> {
    const { State } = await this.#container().inspect();
    if (State.Paused) await this.resume();
    if (State.Running) return;
    await this.#container().start();
    await this.attach();
  }

  async pause(): Promise<void> {
    // A second pause is refused by the engine, and means the same.
    if (this.#status.state === 'paused') return;
    await this.#container().pause();
    this.#gone('paused');
  }

  async resume(): Promise<void> {
    const { State } = await this.#container().inspect();
    if (State.Paused) await this.#container().unpause();
    if (State.Running) this.#status = { ...this.#status, state: 'up' };
  }

  /** Its log, but for the facts, which are in the record already; the last part where it is long. */
  async log(): Promise<string> {
    const stream = (await this.#container().logs({
      follow: false,
      stdout: true,
      stderr: true,
      tail: maxLogLines,
    })) as unknown as Buffer;
    return demultiplexed(stream)
      .split('\n')
      .filter((line) => !line.includes('"fact":'))
      .join('\n');
  }

  close(): void {
    this.#stopFollowing?.();
    this.#control?.close();
  }

  #container() {
    return this.#engine.docker.getContainer(this.#id);
  }
}

/**
 * The engine sends both streams in one: frames of a type byte, three zeros, and the length as u32. The modem's own way
 * recurses once per frame of a chunk, and a whole log is one chunk.
 */
function demultiplexed(bytes: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4);
    parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}
