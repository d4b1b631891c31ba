/** Puts one replica together: settings in, a runtime over real ports out. */

import type { Codec } from '../contract/codec.ts';
import type { ReplicaConfig } from '../contract/config.ts';
import type { Defect } from '../contract/defect.ts';
import type { Durable } from '../contract/durable.ts';
import type { Protocol } from '../contract/protocol.ts';
import type { CryptoCounts } from '../crypto/counted.ts';
import type { Machine } from '../machine/machine.ts';
import { SessionMachine } from '../machine/sessions.ts';
import type { ReplicaFact } from '../ports.ts';
import { Replica } from '../runtime.ts';
import { ClientServer } from './client-server.ts';
import { systemClock, systemRandom } from './clock.ts';
import { ControlServer } from './control-server.ts';
import type { ReplicaFault, ReplicaStatus } from './control-service.ts';
import type { Journal } from './log.ts';
import { Metrics } from './metrics.ts';
import { MetricsServer } from './metrics-server.ts';
import { linkIntervalMsFor, PeerTransport } from './peer-transport.ts';
import { loadDefect, loadProtocol } from './protocols.ts';
import { replicaConfigOf } from './replica-config.ts';
import { type Disk, openDisk } from './replica-disk.ts';
import type { NodeSettings } from './settings.ts';
import type { StatusPage } from './status-page.ts';
import { FaultyStorage } from './storage-faults.ts';
import { TurnableReplica } from './turnable-replica.ts';
import { emptyWhereMarked } from './wipe-mark.ts';

/** How often a change of leader is looked for, in milliseconds. */
const sampleIntervalMs = 25;

export interface ReplicaProcessOptions {
  readonly settings: NodeSettings;
  readonly journal: Journal;
  /** The replica stopped by itself; the process should end. */
  readonly onStopped: (reason: string) => void;
}

interface Parts {
  readonly protocol: Protocol<unknown, unknown>;
  /** Present where replicas may be malicious. */
  readonly turnable?: TurnableReplica;
  readonly codec: Codec<unknown, unknown>;
  readonly machine: Machine;
  /** Present where the protocol signs, and clients do. */
  readonly isGenuine: ReplicaConfig['isGenuine'];
  readonly quorumReads: boolean;
  readonly deskRules: Defect['desk'];
  readonly counts: CryptoCounts | undefined;
}

async function loadParts(settings: NodeSettings): Promise<Parts> {
  const { protocol: name, bug } = settings;
  const definition = await loadProtocol(name);
  const { codec } = definition;
  const defect = bug === undefined ? undefined : await loadDefect(name, bug);
  const counts = { signatures: 0, verifications: 0 };
  const config = replicaConfigOf(settings, definition, counts);
  const another = () => definition.create(config, defect);
  const { quorumReads = false } = config;
  const machine = new SessionMachine(defect?.machine, definition.signs, quorumReads);
  const signing = { isGenuine: config.isGenuine, counts: definition.signs ? counts : undefined };
  const parts = { codec, machine, quorumReads, deskRules: defect?.desk, ...signing };
  if (settings.malice === undefined) return { ...parts, protocol: another() };
  const turnable = new TurnableReplica({ config, definition, accomplices: settings.malice.accomplices, another });
  await turnable.behave(settings.malice.behaviour ?? null);
  return { ...parts, protocol: turnable.protocol, turnable };
}

/** One replica with everything around it, from its start to its end. */
export class ReplicaProcess {
  readonly #options: ReplicaProcessOptions;
  readonly #disk: Disk;
  readonly #incarnation = new AbortController();
  readonly #storage: FaultyStorage<unknown>;
  readonly #replica: Replica<unknown, unknown>;
  readonly #transport: PeerTransport<unknown>;
  readonly #clients: ClientServer;
  readonly #turnable: TurnableReplica | undefined;
  readonly #control: ControlServer;
  readonly #metrics: Metrics;
  readonly #metricsServer: MetricsServer;
  #sampler: NodeJS.Timeout | undefined;
  #running = false;

  private constructor(options: ReplicaProcessOptions, parts: Parts, disk: Disk) {
    this.#options = options;
    this.#turnable = parts.turnable;
    const { settings, journal } = options;
    const { protocol, codec, machine, isGenuine, quorumReads, deskRules } = parts;
    const { id, runId, members, peers, token } = settings;
    this.#disk = disk;
    this.#storage = new FaultyStorage(disk.storage);
    this.#transport = new PeerTransport({
      id,
      runId,
      peers,
      codec,
      intervalMs: settings.linkIntervalMs ?? linkIntervalMsFor(members.length),
      receive: (from, msg) => {
        if (this.#running) this.#replica.receive(from, msg);
      },
      onBroken: (from) => {
        if (this.#running) this.#replica.suspect(from);
      },
      onLinkFact: journal.note,
      log: (sentence) => journal.log.info(sentence),
    });
    this.#metrics = this.#createMetrics(parts);
    disk.syncs.took = (seconds) => this.#metrics.syncTook(seconds);
    this.#clients = new ClientServer({
      onRequest: (client, request) => this.#replica.request(client, request),
      observer: this.#metrics,
    });
    this.#control = new ControlServer({
      token,
      status: (withStateHash) => this.#status(withStateHash),
      setFault: (fault) => this.#setFault(fault),
      setBehaviour: (name) => this.#behave(name),
      replicas: members,
      order: (order, done) => this.#replica.order(order, done),
    });
    this.#metricsServer = new MetricsServer({
      metrics: this.#metrics,
      status: () => this.#statusPage(),
      healthy: () => this.#running,
    });
    const ports = {
      clock: systemClock,
      random: systemRandom(),
      transport: this.#transport,
      storage: this.#storage,
      snapshots: disk.snapshots,
      clients: this.#clients,
      tracer: (fact: ReplicaFact) => this.#onFact(fact),
    };
    this.#replica = new Replica(protocol, machine, ports, {
      id,
      signal: this.#incarnation.signal,
      trace: settings.trace,
      quorumReads,
      ...(deskRules && { deskRules }),
      ...(isGenuine && { isGenuine }),
    });
  }

  /**
   * Reads the log, listens, and begins to take part.
   *
   * @throws SettingsError where there is no such protocol, bug or engine; the errors of the log and of the sockets as they are
   */
  static async start(options: ReplicaProcessOptions): Promise<ReplicaProcess> {
    const { settings, journal } = options;
    const parts = await loadParts(settings);
    if (await emptyWhereMarked(settings.dataFolder)) journal.note({ type: 'wiped' });
    const { disk, durable } = await openDisk(settings, parts.codec);
    let process: ReplicaProcess | undefined;
    try {
      process = new ReplicaProcess(options, parts, disk);
      await process.#open(durable);
      return process;
    } catch (error) {
      if (process === undefined) await disk.close();
      else await process.stop();
      throw error;
    }
  }

  /** Ends the incarnation, makes durable what was written, and closes every port. May be called again. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#incarnation.abort();
    clearInterval(this.#sampler);
    this.#clients.close();
    this.#transport.close();
    this.#control.close();
    this.#metricsServer.close();
    await this.#disk.close();
  }

  async #open(durable: Durable<unknown>): Promise<void> {
    const { listen } = this.#options.settings;
    // The replica begins before clients and the lab can reach it, and after its peers can: no step comes before `start`.
    const peer = await this.#transport.open(listen.peer);
    this.#running = true;
    this.#replica.start(durable);
    const bound = {
      peer,
      client: await this.#clients.open(listen.client),
      control: await this.#control.open(listen.control),
      metrics: await this.#metricsServer.open(listen.metrics),
    };
    this.#sampler = setInterval(() => this.#metrics.sample(this.#replica.view()), sampleIntervalMs);
    this.#options.journal.note({ type: 'started', pid: process.pid, listen: bound });
    const behaviour = this.#options.settings.malice?.behaviour;
    if (behaviour !== undefined) this.#options.journal.note({ type: 'turned', behaviour });
  }

  #onFact(fact: ReplicaFact): void {
    const { journal, onStopped } = this.#options;
    journal.note(fact);
    if (fact.type !== 'stopped') return;
    this.#running = false;
    onStopped(fact.reason);
  }

  #status(withStateHash: boolean): ReplicaStatus {
    const { id, runId, protocol } = this.#options.settings;
    return {
      id,
      runId,
      protocol,
      pid: process.pid,
      uptimeMs: performance.now(),
      view: this.#replica.view(),
      appliedIndex: this.#replica.appliedIndex,
      stateHash: withStateHash ? this.#replica.stateHash() : null,
      inbound: this.#transport.inbound(),
      refused: this.#refused(),
      faults: this.#faults(),
    };
  }

  #statusPage(): StatusPage {
    const { runId, id, protocol, members } = this.#options.settings;
    const { role, epoch, leader = null, group = null, commitIndex, lastIndex } = this.#replica.view();
    return {
      schemaVersion: 3,
      runId,
      id,
      protocol,
      members,
      group,
      role,
      epoch,
      leader,
      commitIndex,
      lastIndex,
      appliedIndex: this.#replica.appliedIndex,
      uptimeMs: Math.floor(performance.now()),
      refused: this.#refused(),
    };
  }

  /** Of what came from other replicas nothing became of so much, by why: on its links, in the runtime, in the protocol. */
  #refused(): Readonly<Record<string, number>> {
    return { ...this.#transport.refused(), ...this.#replica.refused() };
  }

  #setFault(fault: ReplicaFault): void {
    this.#storage.slowBy(fault.kind === 'slow-disk' ? fault.ms : 0);
    this.#options.journal.note({ type: 'fault', faults: this.#faults() });
  }

  async #behave(behaviour: string | null): Promise<void> {
    if (this.#turnable === undefined) throw new Error('this replica was started where none is to be malicious');
    await this.#turnable.behave(behaviour);
    this.#options.journal.note({ type: 'turned', behaviour });
  }

  #faults(): string[] {
    const { delayMs } = this.#storage;
    return delayMs > 0 ? [`slow-disk ${delayMs} ms`] : [];
  }

  #createMetrics({ counts }: Parts): Metrics {
    const { id, protocol } = this.#options.settings;
    return new Metrics(
      { protocol, node: id },
      {
        view: () => this.#replica.view(),
        appliedIndex: () => this.#replica.appliedIndex,
        traffic: () => this.#transport.traffic(),
        inbound: () => this.#transport.inbound(),
        refused: () => this.#refused(),
        faults: () => (this.#storage.delayMs > 0 ? ['slow-disk'] : []),
        ...(counts && { crypto: () => counts }),
      },
    );
  }
}
