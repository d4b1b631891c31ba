/** From what was asked for to the points that are measured; what cannot be measured is refused before anything starts. */
import { refuseChosenMode } from '../abilities.ts';
import { loadBenchWorkload, loadDriver, loadProtocol, loadStorage, unknownName } from '../catalog.ts';
import { UsageError } from '../errors.ts';
import { refuseSize, usualBenchSize } from '../group-size.ts';
import { contestPoints, driversOf, peerNames, samePoint } from './contests.ts';
import type { BenchPlan, BenchPoint, Loop } from './contracts.ts';
import { ownSystems } from './own-systems.ts';

/** What a person chose. */
export interface BenchChoices {
  readonly seed: number;
  readonly on: BenchPlan['on'];
  readonly protocols: readonly string[];
  /** The protocol that the others are compared with, or `none`; see `besideOf` where absent. */
  readonly beside?: string;
  /** Of each system; see `usualBenchSize` where absent. */
  readonly nodes?: number;
  readonly storages: readonly string[];
  readonly modes: readonly string[];
  readonly peers: readonly string[];
  readonly workloads: readonly string[];
  readonly drivers: readonly string[];
  readonly clients: readonly number[];
  /** Operations per second of open loops; beside the closed ones. */
  readonly rates: readonly number[];
  readonly records: number;
  readonly valueBytes: number;
  /** 1 where absent, or 3 where systems are compared. */
  readonly rounds?: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly checkedKeys: number;
}

/** The driver of a peer that does what `driver` does for our replicas, where that is measured anyway. */
const peerDrivers: Readonly<Record<string, string>> = { etcd: 'etcd-put' };

/** What protocols are compared with where nothing else is said. */
const usualProtocol = 'raft';
/** The word for no protocol in its place. */
const noProtocol = 'none';
/** How often each point is measured where systems are compared: machines are noisy, and a ratio is of medians. */
const comparedRounds = 3;

/**
 * @throws UsageError for names that do not exist, for a protocol that cannot run with so many replicas or has not the mode, for a driver that cannot carry a workload, and for one of another system
 */
export async function benchPlan(choices: BenchChoices): Promise<BenchPlan> {
  const { seed, on, records, valueBytes, warmupMs, durationMs, checkedKeys } = choices;
  const peers = [...new Set(choices.peers)];
  const storages = [...new Set(choices.storages)];
  const modes = [...new Set(choices.modes)];
  const named = besideOf(choices);
  const protocols = [...new Set([...choices.protocols, ...(named === null ? [] : [named])])];
  const beside = protocols.length > 1 ? named : null;
  const definitions = await Promise.all(protocols.map(loadProtocol));
  const nodes = choices.nodes ?? usualBenchSize(definitions);
  for (const [at, definition] of definitions.entries()) {
    refuseSize(nodes, undefined, definition);
    const name = protocols[at] ?? '';
    if (name !== beside) for (const mode of modes) refuseChosenMode(mode, { name, ...definition });
  }
  for (const storage of storages) await loadStorage(storage);
  for (const peer of peers) {
    if (!peerNames.includes(peer)) throw unknownName('peer', peer, peerNames, 'npx splitbrain bench --help');
  }
  requireOneComparison({ on, protocols, storages, modes, peers });
  const own = ownSystems({ protocols, beside, storages, modes }).map(({ name }) => name);
  const asked = peers.length > 0 && choices.workloads.length === 0 ? [] : pointsAskedFor(choices, own);
  const compared = peers.flatMap((peer) => own.flatMap((system) => contestPoints(system, peer)));
  const points = distinct([...asked, ...compared]);
  for (const point of points) await requireCarried(point);
  for (const point of points) requireOwnDriver(point);
  const settings = { records, valueBytes };
  const rounds = choices.rounds ?? (own.length + peers.length > 1 ? comparedRounds : 1);
  return {
    ...{ schemaVersion: 2, seed, on, protocols, beside, nodes, storages, modes, peers, settings, points, rounds },
    ...{ warmupMs, durationMs, checkedKeys },
  };
}

/** What stands beside the protocols: what was asked for; where nothing was, raft, unless a peer or several storages do. */
function besideOf({ beside, peers, storages }: BenchChoices): string | null {
  if (beside === noProtocol) return null;
  if (beside !== undefined) return beside;
  return peers.length > 0 || new Set(storages).size > 1 ? null : usualProtocol;
}

/**
 * One run compares protocols with their modes, or storages, or a peer: each pair of systems then differs in one thing.
 *
 * @throws UsageError
 */
function requireOneComparison({
  on,
  protocols,
  storages,
  modes,
  peers,
}: Pick<BenchPlan, 'on' | 'protocols' | 'storages' | 'modes' | 'peers'>): void {
  if (on === 'docker' && peers.length > 0) {
    throw new UsageError('a peer runs on this machine only', 'Leave out --on docker, or --peer.');
  }
  if (storages.length > 1 && peers.length > 0) {
    throw new UsageError('a peer is compared with one storage', 'Name one with --storage, or leave out --peer.');
  }
  if (modes.length > 1 && peers.length > 0) {
    throw new UsageError('a peer is compared with one mode', 'Name one with --mode, or leave out --peer.');
  }
  if (modes.length > 1 && storages.length > 1) {
    throw new UsageError('modes are compared in one storage', 'Name one with --mode, or one with --storage.');
  }
  const oneProtocol = `Name one with --protocol, and --beside ${noProtocol}`;
  if (protocols.length > 1 && peers.length > 0) {
    throw new UsageError('a peer is compared with one protocol', `${oneProtocol}, or leave out --peer.`);
  }
  if (protocols.length > 1 && storages.length > 1) {
    throw new UsageError('protocols are compared in one storage', `${oneProtocol}, or one with --storage.`);
  }
}

/** Ours beside each other and those of the peers, so that what is compared is measured within seconds. */
function pointsAskedFor(
  { peers, workloads, drivers, clients, rates }: BenchChoices,
  own: readonly string[],
): BenchPoint[] {
  const loops: { clients: number; loop: Loop }[] = [
    ...clients.map((count) => ({ clients: count, loop: { kind: 'closed' as const } })),
    ...rates.map((ratePerSecond) => ({
      clients: Math.max(...clients),
      loop: { kind: 'open' as const, ratePerSecond },
    })),
  ];
  return workloads.flatMap((workload) =>
    loops.flatMap((load) => [
      ...drivers.flatMap((driver) => own.map((system) => ({ system, driver, workload, ...load }))),
      ...peers.map((peer) => ({ system: peer, driver: peerDrivers[peer] ?? peer, workload, ...load })),
    ]),
  );
}

function distinct(points: readonly BenchPoint[]): BenchPoint[] {
  return points.filter((point, index) => points.findIndex((other) => samePoint(other, point)) === index);
}

async function requireCarried({ driver, workload }: BenchPoint): Promise<void> {
  const { kinds } = await loadDriver(driver);
  const missing = (await loadBenchWorkload(workload)).kinds.filter((kind) => !kinds.includes(kind));
  if (missing.length === 0) return;
  throw new UsageError(
    `the driver "${driver}" cannot carry the workload "${workload}": it has no ${missing.join(' and no ')}`,
    'Choose another driver or workload. See: npx splitbrain list drivers',
  );
}

function requireOwnDriver({ system, driver }: BenchPoint): void {
  const peer = peerNames.find((name) => name !== system && driversOf(name).includes(driver));
  if (peer === undefined) return;
  throw new UsageError(
    `the driver "${driver}" speaks to ${peer}, not to ${system}`,
    `Leave it out, and measure ${peer} with --peer ${peer}.`,
  );
}
