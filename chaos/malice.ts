/** Which replicas of a run are malicious: as it is planned, and as it came about. */
import { z } from 'zod';
import type { ProtocolDefinition } from '../node/contract/definition.ts';
import type { NodeId } from '../node/contract/ids.ts';
import { lackingForgeries } from '../node/malice/kit/abilities.ts';
import { loadBehaviour, loadProtocol } from './catalog.ts';
import type { LabEvent, LabFact, Recording } from './contracts/events.ts';
import type { Plan, PlannedStrike } from './contracts/plan.ts';
import { IncapableError, UsageError } from './errors.ts';
import type { Experiment } from './experiment.ts';
import { randomFor } from './random.ts';
import { seconds } from './words.ts';

/** The fault that turns replicas while they run. */
const maliceFault = 'malice';

/** What a strike of it may say. */
export const maliceParams = z.strictObject({ behaviour: z.string().default('mute') });

/**
 * Who is to be malicious, as the command line says it: a behaviour of each; or one for those whom the experiment has malicious
 * itself, and where it has nobody for as many as the protocol stands.
 */
export type MaliciousChoice = Readonly<Record<NodeId, string>> | string;

/** A choice as the command line says it. */
export function maliciousWords(choice: MaliciousChoice): string {
  if (typeof choice === 'string') return choice;
  return Object.entries(choice)
    .map((pair) => pair.join('='))
    .join(',');
}

type Definition = Pick<ProtocolDefinition<unknown, unknown>, 'tolerated' | 'forgery'>;

/** Whether an experiment has malicious replicas, from the beginning on or by its strikes. */
export function hasMalice({ malicious, strikes }: Pick<Experiment, 'malicious' | 'strikes'>): boolean {
  return malicious !== undefined || strikes.some(({ fault }) => fault === maliceFault);
}

/** An experiment whose own malicious replicas behave as the command line says, where it names a behaviour alone. */
export function behaving(experiment: Experiment, choice: MaliciousChoice | undefined): Experiment {
  if (typeof choice !== 'string') return experiment;
  const { malicious, strikes } = experiment;
  return {
    ...experiment,
    ...(malicious === undefined ? {} : { malicious: { ...malicious, behaviour: choice } }),
    strikes: strikes.map((strike) =>
      strike.fault === maliceFault ? { ...strike, params: { ...strike.params, behaviour: choice } } : strike,
    ),
  };
}

/**
 * Who is malicious from the beginning on; undefined where nobody is.
 *
 * @throws UsageError where a replica is named that is not there, or more are asked for than there are
 */
export function planMalicious(
  experiment: Pick<Experiment, 'malicious' | 'members' | 'strikes'>,
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
  const { malicious, members } = experiment;
  const isLeftToChoice = choice !== undefined && !hasMalice(experiment);
  const asked = isLeftToChoice ? { count: 'f' as const, behaviour: choice, which: 'drawn' as const } : malicious;
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

/** How a replica behaved for a while. Times are in milliseconds since load began. */
export interface Spell {
  readonly node: NodeId;
  readonly behaviour: string;
  /** Null where it was so from the start. */
  readonly fromMs: number | null;
  /** Null where it was so to the end. */
  readonly toMs: number | null;
  /** Whether it ever did what an honest replica would not have done: it may have had no occasion. */
  readonly deceived: boolean;
}

/** How malicious replicas behaved, in the order in which they came to it. */
export function spellsOf({ plan, events }: Pick<Recording, 'plan' | 'events'>): Spell[] {
  const spells: Spell[] = [];
  const open = new Map<NodeId, Spell>();
  const close = (node: NodeId, toMs: number | null) => {
    const spell = open.get(node);
    if (spell === undefined) return;
    open.delete(node);
    spells.push({ ...spell, toMs });
  };
  for (const [node, behaviour] of Object.entries(plan.malicious ?? {})) {
    open.set(node, { node, behaviour, fromMs: null, toMs: null, deceived: false });
  }
  for (const event of events) {
    if (event.type === 'deceived') {
      const spell = open.get(event.node);
      if (spell?.behaviour === event.behaviour) open.set(event.node, { ...spell, deceived: true });
    }
    if (event.type !== 'turned' || open.get(event.node)?.behaviour === event.behaviour) continue;
    close(event.node, event.atMs);
    if (event.behaviour === null) continue;
    open.set(event.node, {
      ...{ node: event.node, behaviour: event.behaviour },
      ...{ fromMs: event.atMs, toMs: null, deceived: false },
    });
  }
  for (const node of [...open.keys()]) close(node, null);
  return spells.sort(
    (one, other) => (one.fromMs ?? Number.NEGATIVE_INFINITY) - (other.fromMs ?? Number.NEGATIVE_INFINITY),
  );
}

/** Who was malicious at any time of a run. Who was once, is not trusted again: what it has signed it has signed. */
export function maliciousNodes(recording: Pick<Recording, 'plan' | 'events'>): ReadonlySet<NodeId> {
  return new Set(spellsOf(recording).map(({ node }) => node));
}

/** From when on each of them was, in milliseconds since load began; negative infinity where it was so from the start. */
export function maliciousSince(recording: Pick<Recording, 'plan' | 'events'>): ReadonlyMap<NodeId, number> {
  const since = new Map<NodeId, number>();
  for (const { node, fromMs } of spellsOf(recording)) {
    if (!since.has(node)) since.set(node, fromMs ?? Number.NEGATIVE_INFINITY);
  }
  return since;
}

/** Who was malicious and how, in a sentence; null where nobody was. */
export function maliceInWords(recording: Pick<Recording, 'plan' | 'events'>): string | null {
  const spells = spellsOf(recording);
  if (spells.length === 0) return null;
  const nodes = [...new Set(spells.map(({ node }) => node))].sort();
  const ofNode = (node: NodeId) => spells.filter((spell) => spell.node === node).map(spellInWords);
  return `Malicious: ${nodes.map((node) => `${node} (${ofNode(node).join(', ')})`).join(', ')}.`;
}

function spellInWords({ behaviour, fromMs, toMs, deceived }: Spell): string {
  const from = fromMs === null ? '' : ` from ${seconds(fromMs)}`;
  const to = toMs === null || fromMs === null ? '' : ` to ${seconds(toMs)}`;
  return `${behaviour}${from}${to}${deceived ? '' : ', which had no occasion'}`;
}

/**
 * Replicas that the experiment itself has malicious, and that never did what an honest one would not have done. Those that
 * the command line names may well have no occasion in an experiment.
 */
export function idleMalice(recording: Pick<Recording, 'plan' | 'events'>): Spell[] {
  const own = recording.plan.experiment.malicious;
  if (own === undefined) return [];
  return spellsOf(recording).filter(
    ({ behaviour, fromMs, deceived }) => fromMs === null && behaviour === own.behaviour && !deceived,
  );
}

/**
 * Why an experiment has no place among all experiments: it has malicious replicas itself, and the protocol stands none. Asked
 * for by its name it is run, and judged to be outside of the fault model. Null where it has its place.
 */
export async function whyBesideModel({
  experiment,
  protocol,
}: Pick<Plan, 'experiment' | 'protocol'>): Promise<string | null> {
  if (!hasMalice(experiment) || (await loadProtocol(protocol)).faultModel !== 'crash') return null;
  return `it has malicious replicas, and "${protocol}" stands replicas that crash, and none that is malicious`;
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
