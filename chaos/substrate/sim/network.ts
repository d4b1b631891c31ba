/** The simulated network: directed links with delay, cut, loss, doubled and reordered messages. */
import type { NodeId } from '../../../node/contract/ids.ts';
import type { Heal, Impairment } from '../../contracts/cluster.ts';
import type { LabFact, Link } from '../../contracts/events.ts';
import type { RandomSource } from '../../contracts/faults.ts';
import type { SimClock } from './clock.ts';

/** How the network behaves when nothing is struck; drawn once a seed, with whole kinds switched off at random. */
export interface Weather {
  readonly delayMs: readonly [number, number];
  readonly reorderProbability: number;
  readonly duplicateProbability: number;
}

interface ActiveImpairment {
  readonly strike: string;
  readonly impairment: Impairment;
  /** Whether it was seen to act on a message. */
  seen: boolean;
}

interface LinkState {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly random: RandomSource;
  impairments: ActiveImpairment[];
  /** When the last message arrives: a link is a stream, later messages do not overtake. */
  lastArrivalMs: number;
}

/** A message that was reordered is late by at most this much, in milliseconds. */
const reorderDelayMs = 20;

export class SimNetwork {
  readonly #clock: SimClock;
  readonly #weather: Weather;
  readonly #observe: (fact: LabFact) => void;
  readonly #randomFor: (purpose: string) => RandomSource;
  /** By sender, then by receiver. */
  readonly #links = new Map<NodeId, Map<NodeId, LinkState>>();

  constructor(
    clock: SimClock,
    weather: Weather,
    observe: (fact: LabFact) => void,
    randomFor: (purpose: string) => RandomSource,
  ) {
    this.#clock = clock;
    this.#weather = weather;
    this.#observe = observe;
    this.#randomFor = randomFor;
  }

  /** Carries a message from one end to another; `deliver` runs when it arrives, if it does. */
  send(from: NodeId, to: NodeId, deliver: () => void): void {
    const link = this.#link(from, to);
    const delayMs = this.#fate(link);
    if (delayMs === null) return;
    const { reorderProbability, duplicateProbability } = this.#weather;
    this.#arrive(link, delayMs, deliver);
    if (reorderProbability + duplicateProbability === 0) return;
    if (link.random.chance(duplicateProbability)) this.#arrive(link, delayMs, deliver);
  }

  /** What never doubles or reorders, and is lost to a cut only: between clients and replicas, and the end of a stream. */
  sendInOrder(from: string, to: string, deliver: () => void): void {
    const link = this.#link(from, to);
    const [min, max] = this.#weather.delayMs;
    this.#deliverAt(link, this.#inOrder(link, this.#clock.now() + link.random.between(min, max)), deliver);
  }

  impair(strike: string, links: readonly Link[], impairment: Impairment): Heal {
    const added: [LinkState, ActiveImpairment][] = links.map(({ from, to }) => {
      const link = this.#link(from, to);
      const active: ActiveImpairment = { strike, impairment, seen: false };
      link.impairments.push(active);
      return [link, active];
    });
    return async () => {
      for (const [link, active] of added) link.impairments = link.impairments.filter((other) => other !== active);
    };
  }

  healAll(): void {
    for (const links of this.#links.values()) for (const link of links.values()) link.impairments = [];
  }

  #link(from: NodeId, to: NodeId): LinkState {
    let links = this.#links.get(from);
    if (links === undefined) {
      links = new Map();
      this.#links.set(from, links);
    }
    let link = links.get(to);
    if (link === undefined) {
      link = { from, to, random: this.#randomFor(`network/${from}->${to}`), impairments: [], lastArrivalMs: 0 };
      links.set(to, link);
    }
    return link;
  }

  /** The delay of the next message, in milliseconds; null where it is lost. */
  #fate(link: LinkState): number | null {
    const [min, max] = this.#weather.delayMs;
    let delayMs = link.random.between(min, max);
    for (const active of link.impairments) {
      const { impairment } = active;
      if (impairment.kind === 'latency') {
        delayMs += Math.max(0, impairment.delayMs + link.random.between(-impairment.jitterMs, impairment.jitterMs));
        this.#see(link, active, 'link-delayed');
      } else if (impairment.kind === 'loss' && link.random.chance(impairment.probability)) {
        this.#see(link, active, 'link-dropped');
        return null;
      }
    }
    return this.#isCut(link) ? null : delayMs;
  }

  /** Whether a message that is on the link just now is lost with it. Each strike that cuts the link has that effect. */
  #isCut(link: LinkState): boolean {
    let cut = false;
    for (const active of link.impairments) {
      if (active.impairment.kind !== 'cut') continue;
      cut = true;
      this.#see(link, active, 'link-dropped');
    }
    return cut;
  }

  #see(link: LinkState, active: ActiveImpairment, type: 'link-dropped' | 'link-delayed'): void {
    if (active.seen) return;
    active.seen = true;
    this.#observe({ type, from: link.from, to: link.to, strike: active.strike });
  }

  #arrive(link: LinkState, delayMs: number, deliver: () => void): void {
    const atMs = this.#clock.now() + delayMs;
    const { reorderProbability } = this.#weather;
    const strays = reorderProbability > 0 && link.random.chance(reorderProbability);
    const arrivalMs = strays ? atMs + link.random.between(0, reorderDelayMs) : this.#inOrder(link, atMs);
    this.#deliverAt(link, arrivalMs, deliver);
  }

  #inOrder(link: LinkState, atMs: number): number {
    link.lastArrivalMs = Math.max(link.lastArrivalMs, atMs);
    return link.lastArrivalMs;
  }

  #deliverAt(link: LinkState, atMs: number, deliver: () => void): void {
    this.#clock.at(atMs, () => {
      // What was on its way when the link was cut is lost with it.
      if (!this.#isCut(link)) deliver();
    });
  }
}
