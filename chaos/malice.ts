/** Which replicas of a run are malicious: as it is planned, and as it came about. */
import { z } from 'zod';
import { lackingForgeries } from '../node/malice/kit/abilities.ts';
import type { ProtocolDefinition } from '../node/protocol.ts';
import { loadBehaviour } from './catalog.ts';
import type { LabEvent, LabFact, NodeId, Plan, PlannedStrike, Recording } from './contracts.ts';
import { IncapableError, UsageError } from './errors.ts';
import type { Experiment } from './experiment.ts';
import { randomFor } from './random.ts';

/** The fault that turns replicas while they run. */
const maliceFault = 'malice';

/** What a strike of it may say. */
export const maliceParams = z.strictObject({ behaviour: z.string().default('mute') });

/** Who is to be malicious, as the command line says it: a behaviour of each, or one for as many as the protocol stands. */
export type MaliciousChoice = Readonly<Record<NodeId, string>> | string;

type Definition = Pick<ProtocolDefinition<unknown, unknown>, 'tolerated' | 'forgery'>;

/**
 * Who is malicious from the beginning on; undefined where nobody is.
 *
 * @throws UsageError where a replica is named that is not there, or more are asked for than there are
 */
export function planMalicious(
  { malicious, members }: Pick<Experiment, 'malicious' | 'members'>,
  choice: MaliciousChoice | undefined,
  nodes: readonly NodeId[],
  { tolerated }: Definition,
  seed: number,
): Plan['malicious'] {
  if (typeof choice === 'object') {
    const stranger = Object.keys(choice).find((node) => !nodes.includes(node));
    if (stranger === undefined) return choice;
    throw new UsageError(`there is no replica "${stranger}" to be malicious`, `There are: ${nodes.join(', ')}.`);
  }
  const asked = choice === undefined ? malicious : { count: 'f' as const, behaviour: choice, which: 'drawn' as const };
  if (asked === undefined) return undefined;
  const group = nodes.slice(0, members ?? nodes.length);
  const count = countOf(asked.count, tolerated(group.length));
  if (count > group.length) {
    throw new UsageError(`${count} malicious replicas are more than there are`, 'Give it more --nodes.');
  }
  const chosen =
    asked.which === 'first' ? group.slice(0, count) : randomFor(seed, 'malicious').sample(group, count).sort();
  return Object.fromEntries(chosen.map((node) => [node, asked.behaviour]));
}

function countOf(count: 'f' | 'f+1' | number, tolerated: number): number {
  if (typeof count === 'number') return count;
  return count === 'f' ? tolerated : tolerated + 1;
}

/** The behaviours that a plan names, each once. */
export function plannedBehaviours(
  malicious: Plan['malicious'],
  strikes: readonly Pick<PlannedStrike, 'fault' | 'params'>[],
): string[] {
  const struck = strikes
    .filter(({ fault }) => fault === maliceFault)
    .map(({ params }) => maliceParams.parse(params).behaviour);
  return [...new Set([...Object.values(malicious ?? {}), ...struck])];
}

/**
 * Refuses a behaviour that is none, or that needs forgeries which the protocol does not know.
 *
 * @throws UsageError, IncapableError
 */
export async function refuseBehaviours(
  names: readonly string[],
  protocol: string,
  definition: Definition,
): Promise<void> {
  for (const name of names) {
    const lacking = lackingForgeries((await loadBehaviour(name)).behaviour, definition);
    if (lacking.length === 0) continue;
    throw new IncapableError(
      `the malicious behaviour "${name}" forges what "${protocol}" has not (${lacking.join(', ')})`,
      'Choose another behaviour (see: npx splitbrain list behaviours), or another --protocol.',
    );
  }
}

/** Who was malicious at any time of a run, in the order in which they became so; who was once, is not trusted again. */
export function maliciousNodes({ plan, events }: Pick<Recording, 'plan' | 'events'>): ReadonlyMap<NodeId, Malicious> {
  const found = new Map<NodeId, Malicious>();
  for (const [node, behaviour] of Object.entries(plan.malicious ?? {})) {
    found.set(node, { behaviour, sinceMs: Number.NEGATIVE_INFINITY });
  }
  for (const event of events) {
    if (event.type !== 'turned' || event.behaviour === null || found.has(event.node)) continue;
    found.set(event.node, { behaviour: event.behaviour, sinceMs: event.atMs });
  }
  return found;
}

export interface Malicious {
  /** The first one, where it had several. */
  readonly behaviour: string;
  /** In milliseconds since load began; negative infinity where it was so from the start. */
  readonly sinceMs: number;
}

/** What a replica tells of itself; of a malicious one it proves nothing. */
const ownFacts: ReadonlySet<LabFact['type']> = new Set([
  ...(['role', 'append', 'apply', 'configuration', 'snapshot', 'restore', 'compact'] as const),
  ...(['overtaken', 'decided', 'stopped', 'footprint', 'final'] as const),
]);

/** The recording without what malicious replicas tell of themselves: what a protocol promises, it promises of honest ones. */
export function honestRecording(recording: Recording): Recording {
  const malicious = maliciousNodes(recording);
  if (malicious.size === 0) return recording;
  const isTold = (event: LabEvent) => ownFacts.has(event.type) && 'node' in event && malicious.has(event.node);
  return { ...recording, events: recording.events.filter((event) => !isTold(event)) };
}

/** The replicas that were honest all the time. */
export function honestNodes(recording: Pick<Recording, 'plan' | 'events'>): NodeId[] {
  const malicious = maliciousNodes(recording);
  return recording.plan.nodes.filter((node) => !malicious.has(node));
}
