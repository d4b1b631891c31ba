/** Resolves an experiment into the plan of one run, and refuses before boot what cannot be run. */
import { defaultEngine } from '../node/io/settings.ts';
import { refuseChosenMode, refuseSettings, refuseUnable } from './abilities.ts';
import {
  loadDefect,
  loadExperiment,
  loadFault,
  loadProtocol,
  loadStorage,
  loadWorkload,
  namesOf,
  unknownName,
} from './catalog.ts';
import type { Capability } from './contracts/cluster.ts';
import type { Plan, PlannedStrike } from './contracts/plan.ts';
import { IncapableError, UsageError } from './errors.ts';
import { type Experiment, experimentSchema } from './experiment.ts';
import { refuseSize, refuseStranger, usualNodeCount } from './group-size.ts';
import {
  behaving,
  hasMalice,
  type MaliciousChoice,
  planMalicious,
  plannedBehaviours,
  refuseBehaviours,
} from './malice.ts';
import { randomFor } from './random.ts';
import { planStrikes } from './schedule.ts';

/** What the command line may override. */
export interface PlanOptions {
  readonly seed: number;
  readonly substrate: Plan['substrate'];
  readonly capabilities: ReadonlySet<Capability>;
  readonly protocol?: string;
  readonly bug?: string;
  readonly storage?: string;
  /** In which way the replicas come to a decision, in the place of what the experiment's file says. */
  readonly mode?: string;
  readonly nodeCount?: number;
  readonly malicious?: MaliciousChoice;
  readonly durationMs?: number;
  readonly rate?: number;
}

/** Makes the plan of a run of an experiment of the library, or of the one in a file. */
export async function makePlan(nameOrPath: string, options: PlanOptions): Promise<Plan> {
  const { name, experiment: found } = loadExperiment(nameOrPath);
  const written = behaving(found, options.malicious);
  const protocol = options.protocol ?? written.protocol;
  const definition = await loadProtocol(protocol);
  if (options.bug !== undefined) await loadDefect(protocol, options.bug);
  await refuseStorage(options);
  refuseChosenMode(options.mode, { name: protocol, ...definition });
  const ownCount = written.nodes ?? definition.defaultNodeCount;
  const nodeCount = options.nodeCount ?? usualNodeCount(written, definition);
  const durationMs = options.durationMs ?? written.duration;
  const nodes = Array.from({ length: nodeCount }, (_, index) => `n${index + 1}`);
  const malicious = planMalicious(written, options.malicious, nodes, definition, options.seed);
  const stretch = stretchFor(options.substrate, ownCount, nodeCount);
  // Parsed, so that its parts stand in the same order as when it is read back: the same plan is the same bytes.
  const experiment = experimentSchema.parse({
    ...written,
    protocol,
    nodes: nodeCount,
    duration: durationMs,
    ...stretched(inMode(written, options), stretch, stretch * patienceWith(written, malicious)),
    load: { ...written.load, rate: options.rate ?? written.load.rate },
  });
  const members = firstMembers(experiment, nodes);
  const refusing = { ...options, protocol, malicious };
  await refuseImpossible(experiment, nodes, experiment.strikes, refusing);
  return {
    schemaVersion: 1,
    experimentName: name,
    seed: options.seed,
    substrate: options.substrate,
    system: 'replica',
    protocol,
    ...(options.bug === undefined ? {} : { bug: options.bug }),
    ...storageOf(options),
    nodes,
    ...(members === undefined ? {} : { members }),
    ...(malicious === undefined ? {} : { malicious }),
    durationMs,
    strikes: planStrikes(experiment, durationMs, randomFor(options.seed, 'schedule')),
    experiment,
  };
}

function inMode(written: Experiment, { mode }: PlanOptions): Experiment {
  return mode === undefined ? written : { ...written, settings: { ...written.settings, mode } };
}

/** The default stands in no plan: one that names it is the same as one that names none. */
function storageOf({ storage }: PlanOptions): Pick<Plan, 'storage'> {
  return storage === undefined || storage === defaultEngine ? {} : { storage };
}

async function refuseStorage({ storage, substrate }: Pick<Plan, 'storage' | 'substrate'>): Promise<void> {
  if (storage === undefined) return;
  await loadStorage(storage);
  if (substrate === 'docker') return;
  throw new UsageError(
    `the storage "${storage}" cannot be chosen in the simulator: its disk is simulated`,
    'Leave --storage out, or run it with: --on docker.',
  );
}

/** Who makes up the group at the beginning; undefined where that is all. */
function firstMembers({ members }: Experiment, nodes: readonly string[]): readonly string[] | undefined {
  if (members === undefined) return undefined;
  if (members <= nodes.length) return nodes.slice(0, members);
  throw new UsageError(
    `the group is to begin with ${members} members, and there are ${nodes.length} nodes`,
    'Give it more --nodes, or fewer members in the experiment file.',
  );
}

/** Up to so many replicas can do with the time-outs of any smaller group. */
const smallGroup = 5;

/** Reached by a group of 20. */
const maxStretch = 4;

/**
 * By how much time-outs grow where the group is larger than the experiment's own. Containers share the machine, and each
 * election and each heartbeat is a message to everybody: a larger group takes longer to come to an end with it. In the
 * simulator that takes no time. Strikes do not grow: beyond the bound an election would outlast them.
 */
function stretchFor(substrate: Plan['substrate'], ownCount: number, nodeCount: number): number {
  if (substrate !== 'docker') return 1;
  return Math.min(maxStretch, Math.max(1, nodeCount / Math.max(smallGroup, ownCount)));
}

/**
 * By how much limits grow where an experiment that knows of no malicious replicas has some. Each may be the next to lead, and cost
 * a time-out more before an honest one does.
 */
function patienceWith(written: Experiment, chosen: Plan['malicious']): number {
  return hasMalice(written) ? 1 : 1 + Object.keys(chosen ?? {}).length;
}

/**
 * Limits are about how many elections it takes: they grow with the time of one.
 *
 * @param timeouts - by how much time-outs grow
 * @param patience - by how much limits do
 */
function stretched(
  { settings, limits }: Experiment,
  timeouts: number,
  patience: number,
): Pick<Experiment, 'settings' | 'limits'> {
  const [min, max] = settings.electionTimeout;
  return {
    settings: {
      ...settings,
      electionTimeout: [min * timeouts, max * timeouts],
      heartbeatInterval: settings.heartbeatInterval * timeouts,
    },
    limits: {
      recovery: limits.recovery * patience,
      outage: limits.outage * patience,
      settle: limits.settle * patience,
      ...(limits.slowdown === undefined ? {} : { slowdown: limits.slowdown }),
      ...(limits.footprint === undefined ? {} : { footprint: limits.footprint }),
    },
  };
}

/**
 * Refuses a plan that was read from a file and cannot be run, as `makePlan` refuses an experiment.
 *
 * @throws UsageError before anything boots
 */
export async function refuseImpossiblePlan(plan: Plan, capabilities: ReadonlySet<Capability>): Promise<void> {
  await loadProtocol(plan.protocol);
  if (plan.bug !== undefined) await loadDefect(plan.protocol, plan.bug);
  await refuseStorage(plan);
  const { experiment, nodes, strikes, substrate, protocol, malicious } = plan;
  await refuseImpossible(experiment, nodes, strikes, { capabilities, substrate, protocol, malicious });
}

/** A protocol that wakes without any time in between would never let the simulator's clock move on. */
const shortestIntervalMs = 1;

function refuseNoTime({ duration, settings }: Experiment): void {
  const intervals: [string, number][] = [
    ['duration', duration],
    ['settings.electionTimeout', settings.electionTimeout[0]],
    ['settings.heartbeatInterval', settings.heartbeatInterval],
  ];
  for (const [name, ms] of intervals) {
    if (ms >= shortestIntervalMs) continue;
    throw new UsageError(
      `${name} is ${ms} ms, and wants at least ${shortestIntervalMs} ms`,
      name === 'duration' ? 'Give it a longer --duration.' : 'Mend the experiment file.',
    );
  }
}

/** Names, parameters and abilities are checked before anything boots. */
async function refuseImpossible(
  experiment: Experiment,
  nodes: readonly string[],
  strikes: readonly Pick<PlannedStrike, 'fault' | 'params' | 'target'>[],
  options: Pick<PlanOptions, 'capabilities' | 'substrate'> & {
    readonly protocol: string;
    readonly malicious: Plan['malicious'];
  },
): Promise<void> {
  refuseNoTime(experiment);
  if (experiment.limits.footprint !== undefined && !options.capabilities.has('replica.footprint')) {
    throw new IncapableError(
      `a limit of what replicas hold needs replica.footprint, which "${options.substrate}" cannot do`,
      'Run the experiment on another substrate (--on), or leave limits.footprint out of its file.',
    );
  }
  const definition = await loadProtocol(options.protocol);
  const protocol = { name: options.protocol, ...definition };
  refuseSettings(experiment, nodes, protocol);
  const workload = await loadWorkload(experiment.load.workload);
  workload.parse(experiment.load.params);
  for (const strike of strikes) {
    const fault = await loadFault(strike.fault);
    fault.parse(strike.params);
    const lacking = fault.needs.filter((need) => !options.capabilities.has(need));
    if (lacking.length > 0) {
      throw new IncapableError(
        `the fault "${strike.fault}" needs ${lacking.join(' and ')}, which "${options.substrate}" cannot do`,
        'Run the experiment on another substrate (--on), or choose another fault.',
      );
    }
    refuseUnable(protocol, fault.needsOfProtocol ?? [], `the fault "${strike.fault}"`);
    if (nodes.includes(strike.target)) continue;
    const targets = namesOf('target');
    if (targets.includes(strike.target)) continue;
    refuseStranger(strike.target, nodes.length, definition);
    throw unknownName('target', strike.target, [...targets, ...nodes], 'npx splitbrain list targets');
  }
  await refuseBehaviours(plannedBehaviours(options.malicious, strikes), options.protocol, definition);
  // Last: another number of replicas mends nothing of the above.
  refuseSize(nodes.length, experiment.members, definition);
}
