/**
 * When a group had no quorum left, told from what happened: who ran, whose word counts, and which links carried nothing.
 * Whoever measures how long service was gone leaves that time out, for no protocol can do anything about it.
 *
 * Nothing is excused that is not sure. A replica that went away while nothing struck it is a failure of its own, and counts as
 * one that runs. A link is cut from the moment in which the commands of its strike are done until its heal is asked for. While
 * members change, a configuration counts as long as any replica acts by it. Who was malicious once is not counted on again. Slow and lossy links, slow disks and a replica
 * that is yet to catch up take nothing away: there `outage` of a strike says that nothing can be asked (`experiment.ts`).
 */

import type { NodeId } from '../node/contract/ids.ts';
import { loadFault, loadProtocol } from './catalog.ts';
import type { LabEvent, Link, Recording } from './contracts/events.ts';
import type { Plan } from './contracts/plan.ts';
import { maliciousSince } from './malice.ts';
import { type FaultModel, type Half, hasQuorum } from './quorum.ts';
import { lengthMs, type Span, subtract } from './spans.ts';
import { loadSpan, type StrikeWindow, strikeWindows } from './statistics.ts';
import { clockToleranceMs } from './strike-effects.ts';

/** What a group asks of its replicas, and what strikes do to them. */
interface QuorumRule {
  readonly faultModel: FaultModel;
  /** How many of so many voters make a quorum of every phase. */
  readonly quorumOf: (voters: number) => number;
  /** The faults that let nothing pass on their links. */
  readonly cutting: ReadonlySet<string>;
}

/**
 * When no quorum was left while the load ran.
 *
 * @throws UsageError where the plan names a protocol or a fault that is not there any more
 */
export async function timeWithoutQuorum(recording: Recording): Promise<readonly Span[]> {
  // Several checkers want it of the same recording.
  let spans = known.get(recording);
  if (spans === undefined) {
    spans = spansWithoutQuorum(recording, await ruleFor(recording.plan));
    known.set(recording, spans);
  }
  return spans;
}

const known = new WeakMap<Recording, readonly Span[]>();

async function ruleFor({ protocol, experiment, strikes }: Plan): Promise<QuorumRule> {
  const { faultModel, tolerated } = await loadProtocol(protocol);
  const { quorums } = experiment.settings;
  const larger = quorums && Math.max(quorums.phase1, quorums.phase2);
  const cutting = new Set<string>();
  for (const name of new Set(strikes.map(({ fault }) => fault))) {
    if ((await loadFault(name)).needs.includes('link.cut')) cutting.add(name);
  }
  return { faultModel, cutting, quorumOf: (voters) => larger ?? voters - tolerated(voters) };
}

/** Whether no quorum was left for as long as a strike was in force, but for what two clocks may differ. */
export function leftNoQuorum({ struckMs, healRequestedMs }: StrikeWindow, withoutQuorum: readonly Span[]): boolean {
  if (struckMs === null || healRequestedMs === null) return false;
  const withMs = lengthMs(subtract({ fromMs: struckMs, toMs: healRequestedMs }, withoutQuorum));
  return withMs <= clockToleranceMs && withMs < healRequestedMs - struckMs;
}

function spansWithoutQuorum(recording: Recording, rule: QuorumRule): Span[] {
  const load = loadSpan(recording);
  const group = new GroupState(recording, rule);
  const spans: Span[] = [];
  let sinceMs: number | null = null;
  const note = (atMs: number, isLeft: boolean) => {
    if (!isLeft) sinceMs ??= Math.max(atMs, load.fromMs);
    else if (sinceMs !== null) {
      if (atMs > sinceMs) spans.push({ fromMs: sinceMs, toMs: atMs });
      sinceMs = null;
    }
  };
  note(load.fromMs, group.isQuorumLeft);
  for (const event of recording.events) {
    if (event.atMs >= load.toMs) break;
    if (group.take(event)) note(event.atMs, group.isQuorumLeft);
  }
  note(load.toMs, true);
  return joined(spans);
}

/** Where one ends as the next begins, nothing was there in between. */
function joined(spans: readonly Span[]): Span[] {
  const longer: Span[] = [];
  for (const span of spans) {
    const last = longer.at(-1);
    if (last?.toMs === span.fromMs) longer[longer.length - 1] = { fromMs: last.fromMs, toMs: span.toMs };
    else longer.push(span);
  }
  return longer;
}

/** A group at one moment of a run. */
class GroupState {
  readonly #rule: QuorumRule;
  readonly #strikes: ReadonlyMap<string, StrikeWindow>;
  /** From when on each was, that ever was. */
  readonly #malicious: ReadonlyMap<NodeId, number>;
  #nowMs = Number.NEGATIVE_INFINITY;
  readonly #absent = new Set<NodeId>();
  /** By the strike that cuts them. */
  readonly #cut = new Map<string, readonly Link[]>();
  /** What each replica acts by, as its name; the members of the beginning where it has said nothing. */
  readonly #configurations = new Map<NodeId, string>();
  /** By its name. */
  readonly #halves = new Map<string, readonly Half[]>();

  constructor(recording: Recording, rule: QuorumRule) {
    const { nodes, members = nodes } = recording.plan;
    this.#rule = rule;
    this.#strikes = new Map(strikeWindows(recording).map((window) => [window.strike, window]));
    this.#malicious = maliciousSince(recording);
    for (const node of members) this.#act(node, [members]);
  }

  /** False where the event changes nothing about who can work together. */
  take(event: LabEvent): boolean {
    this.#nowMs = event.atMs;
    switch (event.type) {
      case 'node-up':
      case 'node-resumed':
        return this.#absent.delete(event.node);
      case 'node-down':
      case 'node-paused':
        if (this.#isStruck(event.node, event.atMs)) this.#absent.add(event.node);
        return true;
      case 'struck':
        return this.#strike(event.strike);
      case 'turned':
        return true;
      case 'heal':
        return this.#cut.delete(event.strike);
      case 'configuration':
        return this.#act(
          event.node,
          [event.voters, event.outgoing].filter((half) => half.length > 0),
        );
      default:
        return false;
    }
  }

  /** Whether a strike on the replica was in force. */
  #isStruck(node: NodeId, atMs: number): boolean {
    return [...this.#strikes.values()].some(
      ({ nodes, requestedMs, healedMs }) =>
        nodes.includes(node) &&
        requestedMs !== null &&
        atMs >= requestedMs - clockToleranceMs &&
        atMs <= (healedMs ?? Number.POSITIVE_INFINITY),
    );
  }

  #strike(id: string): boolean {
    const window = this.#strikes.get(id);
    if (window === undefined || !this.#rule.cutting.has(window.fault)) return false;
    this.#cut.set(id, window.links);
    return true;
  }

  #act(node: NodeId, halves: readonly (readonly NodeId[])[]): boolean {
    // A replica that is to join, and knows nothing of any group yet.
    if (halves.length === 0) return this.#configurations.delete(node);
    const name = halves.map((half) => half.join()).join(' and ');
    if (this.#configurations.get(node) === name) return false;
    this.#configurations.set(node, name);
    const sized = halves.map((half) => ({ voters: new Set(half), quorum: this.#rule.quorumOf(half.length) }));
    this.#halves.set(name, sized);
    return true;
  }

  #isMalicious(node: NodeId): boolean {
    return (this.#malicious.get(node) ?? Number.POSITIVE_INFINITY) <= this.#nowMs;
  }

  get isQuorumLeft(): boolean {
    const cut = new Set([...this.#cut.values()].flat().map(nameOf));
    const surroundings = {
      counts: (node: NodeId) => !this.#absent.has(node) && !this.#isMalicious(node),
      talk: (one: NodeId, other: NodeId) =>
        cut.size === 0 || !(cut.has(nameOf({ from: one, to: other })) || cut.has(nameOf({ from: other, to: one }))),
    };
    return [...new Set(this.#configurations.values())].some((name) =>
      hasQuorum(this.#rule.faultModel, this.#halves.get(name) ?? [], surroundings),
    );
  }
}

function nameOf({ from, to }: Link): string {
  return `${from}->${to}`;
}
