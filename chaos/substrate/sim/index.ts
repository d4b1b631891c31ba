/** The simulator: a whole cluster in one process, in virtual time, decided by a seed alone. */
import { signerName, signing } from '../../../node/bundle.ts';
import { BundleClient, bundleQuorums } from '../../../node/bundle-client.ts';
import { SessionClient } from '../../../node/client.ts';
import type { ReplicaConfig } from '../../../node/contract/config.ts';
import type { Defect } from '../../../node/contract/defect.ts';
import type { ProtocolDefinition } from '../../../node/contract/definition.ts';
import type { NodeId } from '../../../node/contract/ids.ts';
import type { Order } from '../../../node/contract/inputs.ts';
import { keyedHashCrypto } from '../../../node/crypto/keyed-hash.ts';
import { behaviourNames } from '../../../node/io/behaviours.ts';
import { SessionMachine } from '../../../node/machine/sessions.ts';
import { MaliciousReplica, type NamedBehaviour } from '../../../node/malice/kit/malicious-replica.ts';
import type { ClientRequest } from '../../../node/ports.ts';
import { loadBehaviour, loadDefect, loadProtocol } from '../../catalog.ts';
import type { Capability, Cluster, Substrate } from '../../contracts/cluster.ts';
import type { LabFact } from '../../contracts/events.ts';
import type { RandomSource } from '../../contracts/faults.ts';
import type { Plan } from '../../contracts/plan.ts';
import { randomFor } from '../../random.ts';
import { labClient } from '../../systems/replica.ts';
import type { Work } from '../../work.ts';
import { SimClock } from './clock.ts';
import { SimDisk } from './disk.ts';
import { SimNetwork, type Weather } from './network.ts';
import { SimProcess } from './process.ts';
import { WorkMeter } from './work.ts';

const capabilities: readonly Capability[] = [
  'process.kill',
  'process.pause',
  'link.cut',
  'link.latency',
  'link.loss',
  'link.reorder',
  'disk.slow',
  'disk.wipe',
  'group.order',
  'replica.footprint',
  'replica.behave',
];

export const simSubstrate: Substrate = {
  name: 'sim',
  capabilities: new Set(capabilities),
  boot: async (plan, observe) => {
    const definition = await loadProtocol(plan.protocol);
    const defect = plan.bug === undefined ? undefined : await loadDefect(plan.protocol, plan.bug);
    // Loaded before boot: in virtual time nothing may wait for a real disk.
    const behaviours = await Promise.all(behaviourNames().map(loadBehaviour));
    return new SimCluster(plan, { definition, defect, behaviours }, observe);
  },
};

/** What a seed draws of the surroundings; whole kinds are off in some seeds, so that others are hit hard by one kind. */
function drawWeather(plan: Plan, random: RandomSource): Weather {
  const { delay, unruly } = plan.experiment.network;
  const reorders = random.chance(0.5);
  const duplicates = random.chance(0.5);
  return {
    delayMs: delay,
    reorderProbability: unruly && reorders ? 0.03 : 0,
    duplicateProbability: unruly && duplicates ? 0.03 : 0,
  };
}

/** A fast disk in some seeds, a slow one in others; milliseconds a sync. */
const syncTimesMs: readonly (readonly [number, number])[] = [
  [0.05, 0.2],
  [0.2, 1],
  [1, 6],
];

/** So that a long run is sampled no more often than can be drawn. */
const maxSamples = 600;
const shortestSampleMs = 1000;

/** How often a run of such a length is sampled, in milliseconds. */
export function sampleEveryMs(durationMs: number): number {
  return Math.max(shortestSampleMs, durationMs / maxSamples);
}

/** What is loaded before boot. */
interface SimParts {
  readonly definition: ProtocolDefinition<unknown, unknown>;
  readonly defect: Defect | undefined;
  readonly behaviours: readonly NamedBehaviour[];
}

/** A replica that does as it is told to; honest until then. */
function inMaliciousHands(
  { malicious = {} }: Plan,
  definition: ProtocolDefinition<unknown, unknown>,
  config: ReplicaConfig,
  defect: Defect | undefined,
): MaliciousReplica<unknown, unknown> {
  const another = () => definition.create(config, defect);
  const accomplices = Object.keys(malicious).filter((node) => node !== config.id);
  return new MaliciousReplica({ config, definition, accomplices, another });
}

class SimCluster implements Cluster {
  readonly clock = new SimClock();
  readonly nodes: readonly NodeId[];
  readonly #definition: ProtocolDefinition<unknown, unknown>;
  readonly #network: SimNetwork;
  readonly #processes = new Map<NodeId, SimProcess>();
  readonly #clients = new Map<string, Pick<SessionClient, 'receive'>>();
  readonly #seed: number;
  readonly #quorumReads: boolean;
  /** What each replica has done so far. */
  readonly #meters = new Map<NodeId, () => Work>();
  /** How each behaves from the beginning on; honestly where absent. */
  readonly #born: Readonly<Record<NodeId, string>>;
  readonly #behaviours: ReadonlyMap<string, NamedBehaviour>;
  readonly #random: (purpose: string) => RandomSource;

  constructor(
    plan: Plan,
    { definition, defect, behaviours }: SimParts,
    observe: (atMs: number, fact: LabFact) => void,
  ) {
    this.nodes = plan.nodes;
    this.#definition = definition;
    this.#seed = plan.seed;
    this.#quorumReads = plan.experiment.settings.quorumReads ?? false;
    this.#born = plan.malicious ?? {};
    this.#behaviours = new Map(behaviours.map((named) => [named.name, named]));
    this.#random = (purpose) => randomFor(plan.seed, purpose);
    const tell = (fact: LabFact) => observe(this.clock.now(), fact);
    this.#network = new SimNetwork(this.clock, drawWeather(plan, this.#random('weather')), tell, this.#random);
    // Whoever knows the seed of a run can verify what was signed in it.
    if (definition.signs) tell({ type: 'keys', keys: { scheme: 'keyed-hash', seed: plan.seed, members: plan.nodes } });
    const syncMs = this.#random('disk').pick(syncTimesMs);
    const snapshotAfterBytes =
      plan.experiment.settings.snapshotAfterBytes ?? this.#random('snapshots').pick(logLengths);
    const maxUncommittedBytes = this.#random('limits').pick(roomsForUncommitted);
    for (const node of plan.nodes) {
      const disk = new SimDisk<unknown>(this.clock, this.#random(`disk/${node}`), syncMs);
      const meter = new WorkMeter(definition.codec.encodeMessage);
      this.#meters.set(node, () => meter.work(node, disk.syncs));
      const config = counted(replicaConfig(plan, definition, node, { snapshotAfterBytes, maxUncommittedBytes }), meter);
      const world = {
        clock: this.clock,
        random: this.#random(`timers/${node}`),
        observe: tell,
        send: (to: NodeId, msg: unknown) => {
          meter.onSent(msg);
          this.#network.send(node, to, () => this.#processes.get(to)?.receive(node, msg));
        },
        hangUp: () => {
          for (const to of plan.nodes) {
            if (to !== node) this.#network.sendInOrder(node, to, () => this.#processes.get(to)?.suspect(node));
          }
        },
        reply: (client: string, reply: Parameters<SessionClient['receive']>[1]) => {
          this.#network.sendInOrder(node, client, () => this.#clients.get(client)?.receive(node, reply));
        },
        createProtocol: () => inMaliciousHands(plan, definition, config, defect),
        createMachine: () => new SessionMachine(defect?.machine, definition.signs, this.#quorumReads),
        quorumReads: this.#quorumReads,
        ...(defect?.desk && { deskRules: defect.desk }),
        ...(config.isGenuine && { isGenuine: config.isGenuine }),
      };
      const process = new SimProcess(node, world, disk);
      this.#processes.set(node, process);
      this.#turn(process, this.#born[node] ?? null);
      this.clock.after(this.#random(`boot/${node}`).between(0, 20), () => process.start());
    }
    this.#sampleFootprints(sampleEveryMs(plan.durationMs), tell);
  }

  /** Draws nothing and tells no replica: a run goes as it would without. */
  #sampleFootprints(everyMs: number, tell: (fact: LabFact) => void): void {
    const { encodeRecord } = this.#definition.codec;
    const sizeOf = (record: unknown) => encodeRecord(record).reduce((bytes, piece) => bytes + piece.length, 0);
    const sample = () => {
      for (const process of this.#processes.values()) {
        const footprint = process.footprint(sizeOf);
        if (footprint !== null) tell(footprint);
      }
      this.clock.after(everyMs, sample);
    };
    this.clock.after(everyMs, sample);
  }

  client(name: string) {
    const send = (to: NodeId, request: ClientRequest) => {
      this.#network.sendInOrder(name, to, () => this.#process(to).request(name, request));
    };
    const random = this.#random(`client/${name}`);
    const { client: policy, signs } = this.#definition;
    if (!signs) {
      const session = new SessionClient({ clock: this.clock, random, send }, this.nodes, policy);
      this.#clients.set(name, session);
      return labClient(session);
    }
    const crypto = keyedHashCrypto(this.#seed, signerName(name), this.nodes);
    const quorums = bundleQuorums(policy, this.nodes.length, this.#quorumReads);
    const bundles = new BundleClient({ name, members: this.nodes, ...quorums, crypto, clock: this.clock, send });
    this.#clients.set(name, bundles);
    return labClient(bundles.session(random));
  }

  status(node: NodeId) {
    return this.#process(node).status();
  }

  async kill(node: NodeId) {
    this.#process(node).kill();
  }

  async start(node: NodeId) {
    this.#process(node).start();
  }

  async pause(node: NodeId) {
    this.#process(node).pause();
  }

  async resume(node: NodeId) {
    this.#process(node).resume();
  }

  async order(node: NodeId, order: Order) {
    await this.#process(node).order(order);
  }

  async wipe(node: NodeId) {
    this.#process(node).wipe();
  }

  async slowDisk(node: NodeId, delayMs: number) {
    this.#process(node).slowDisk(delayMs);
  }

  async impair(
    strike: string,
    links: Parameters<SimNetwork['impair']>[1],
    impairment: Parameters<SimNetwork['impair']>[2],
  ) {
    return this.#network.impair(strike, links, impairment);
  }

  async behave(node: NodeId, behaviour: string | null) {
    this.#turn(this.#process(node), behaviour);
  }

  #turn(process: SimProcess, behaviour: string | null): void {
    if (behaviour === null) {
      process.behave();
      return;
    }
    const named = this.#behaviours.get(behaviour);
    if (named === undefined) throw new RangeError(`there is no malicious behaviour "${behaviour}"`);
    process.behave(named);
  }

  async healAll() {
    this.#network.healAll();
    for (const process of this.#processes.values()) {
      this.#turn(process, this.#born[process.node] ?? null);
      process.slowDisk(0);
      process.resume();
      process.start();
    }
  }

  async stateHash(node: NodeId) {
    return this.#process(node).stateHash();
  }

  work() {
    return [...this.#meters.values()].map((work) => work());
  }

  async artifacts() {
    return [];
  }

  async close() {
    for (const process of this.#processes.values()) process.kill();
  }

  #process(node: NodeId): SimProcess {
    const process = this.#processes.get(node);
    if (process === undefined) throw new RangeError(`there is no replica ${node}`);
    return process;
  }
}

function counted(config: ReplicaConfig, meter: WorkMeter): ReplicaConfig {
  return config.crypto === undefined ? config : { ...config, crypto: meter.counting(config.crypto) };
}

/** So little that replicas which fall behind are brought up to date from the disks of others, too. */
const logCacheBytes = 4096;
/** A log that is hardly ever cut in some seeds, and all the time in others; see `snapshotAfterBytes`. */
const logLengths = [2 ** 30, 65_536, 8192] as const;
/** So little that a snapshot takes many pieces. */
const snapshotChunkBytes = 64;
/** So little in some seeds that what is not decided soon is turned away. */
const roomsForUncommitted = [2 ** 24, 2 ** 24, 2048] as const;

type Limits = Pick<ReplicaConfig, 'snapshotAfterBytes' | 'maxUncommittedBytes'>;

/** What a replica of a plan is told; the limits are drawn by its seed, and what replicas sign with follows from it. */
export function replicaConfig(
  plan: Plan,
  { signs }: Pick<ProtocolDefinition<unknown, unknown>, 'signs'>,
  id: NodeId,
  limits: Limits,
): ReplicaConfig {
  const { electionTimeout, heartbeatInterval, maxEntriesPerMessage, leaseReads, quorumReads, quorums, mode } =
    plan.experiment.settings;
  return {
    id,
    members: plan.members ?? plan.nodes,
    electionTimeoutMs: electionTimeout,
    heartbeatIntervalMs: heartbeatInterval,
    maxEntriesPerMessage,
    logCacheBytes,
    snapshotChunkBytes,
    ...limits,
    ...(leaseReads === undefined ? {} : { leaseReads }),
    ...(quorumReads === undefined ? {} : { quorumReads }),
    ...(quorums === undefined ? {} : { quorums }),
    ...(mode === undefined ? {} : { mode }),
    ...(signs && signing(keyedHashCrypto(plan.seed, id, plan.nodes))),
    trace: true,
  };
}
