/**
 * PBFT with its fast path, in one slot and three views, among three honest replicas and a malicious one. Messages take any
 * time and none is ever too late, so that a state is what the honest replicas have signed and which views they have left:
 * whatever can be put together from that can reach anybody. The malicious replica signs everything.
 */
import type { Phase } from '../messages.ts';
import type { PbftRules } from '../rules.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import { NewViews } from './new-views.ts';
import { type Batch, type Group, type Replica, Replicas, viewCount } from './replica.ts';

/** The place of an honest replica in the group. */
export type Place = 0 | 1 | 2;

/** What honest replicas do. */
export type Step =
  | { readonly kind: 'leave'; readonly by: readonly Place[]; readonly view: number }
  | { readonly kind: Phase; readonly by: readonly Place[]; readonly view: number; readonly batch: Batch };

/** A step that was taken. */
export interface Move {
  readonly step: Step;
  readonly before: Group;
  readonly after: Group;
}

type Visit = (step: Step, after: Group) => void;

export interface Freedom {
  /**
   * In how many views the primary may propose different batches to different replicas. One malicious replica leads one of
   * three successive views.
   */
  readonly lyingPrimaries: number;
  /** Whether each replica leaves a view when it likes, or all at once. */
  readonly leaves: 'each' | 'together';
}

const places: readonly Place[] = [0, 1, 2];

export class Model {
  readonly replicas = new Replicas();
  readonly rules: PbftRules;
  readonly #freedom: Freedom;
  readonly #newViews: NewViews;
  readonly #evidence = new Map<number, Evidence>();

  constructor(rules: PbftRules, freedom: Freedom) {
    this.rules = rules;
    this.#freedom = freedom;
    this.#newViews = new NewViews(rules);
  }

  get initial(): Group {
    const { initial } = this.replicas;
    return [initial, initial, initial];
  }

  evidence(group: Group): Evidence {
    const tally = group[0].tally + group[1].tally + group[2].tally;
    const known = this.#evidence.get(tally);
    if (known !== undefined) return known;
    const evidence = evidenceOf(group, this.rules);
    this.#evidence.set(tally, evidence);
    return evidence;
  }

  /** Calls back with every step that can be taken, and where it leads. */
  eachStep(group: Group, evidence: Evidence, visit: Visit): void {
    this.#eachDeparture(group, visit);
    for (let view = 0; view < viewCount; view += 1) {
      const voters = places.filter((at) => this.#votesIn(view, group[at]));
      if (voters.length > 0) this.#eachVote(view, voters, group, evidence, visit);
    }
  }

  #eachDeparture(group: Group, visit: Visit): void {
    const departures = this.#freedom.leaves === 'each' ? places.map((at) => [at]) : [places];
    for (const by of departures) {
      const view = Math.max(...by.map((at) => group[at].view));
      if (view + 1 === viewCount) continue;
      visit(
        { kind: 'leave', by, view },
        by.reduce((after, at) => replaced(after, at, this.replicas.left(group[at])), group),
      );
    }
  }

  #votesIn(view: number, replica: Replica): boolean {
    return replica.view === view || (replica.view > view && this.rules.votesInLeftViews);
  }

  /**
   * A replica shares what the view may begin with, once; and commits on any certificate. It need not have shared the same
   * before, and what it hears of a view in which it takes no part yet it may as well hear later.
   */
  #eachVote(view: number, voters: readonly Place[], group: Group, evidence: Evidence, visit: Visit): void {
    const vote = (kind: Phase, at: Place, batch: Batch) =>
      visit({ kind, by: [at], view, batch }, replaced(group, at, this.replicas.voted(group[at], kind, view, batch)));
    const sharers = voters.filter((at) => group[at].share[view] === undefined);
    if (sharers.length > 0) {
      for (const batch of this.#newViews.openings(view, group, evidence)) {
        if (this.#canPropose(view, batch, group)) for (const at of sharers) vote('share', at, batch);
      }
    }
    const prepared = evidence.prepared[view];
    if (prepared === undefined) return;
    for (const at of voters) if (group[at].commit[view] === undefined) vote('commit', at, prepared);
  }

  /** Whether the primary of a view can propose a batch there that has proposed what the replicas have shared. */
  #canPropose(view: number, batch: Batch, group: Group): boolean {
    const { lyingPrimaries } = this.#freedom;
    if (lyingPrimaries >= viewCount) return true;
    let liars = 0;
    for (let at = 0; at < viewCount; at += 1) if (proposals(at, group, at === view ? batch : undefined) > 1) liars += 1;
    return liars <= lyingPrimaries;
  }
}

function replaced([one, two, three]: Group, at: Place, by: Replica): Group {
  return [at === 0 ? by : one, at === 1 ? by : two, at === 2 ? by : three];
}

/** How many batches the primary of a view must have proposed, if it has also proposed this one. */
function proposals(view: number, group: Group, batch: Batch | undefined): number {
  const shared = group.map(({ share }) => share[view]?.batch);
  return new Set([...shared, batch].filter((other) => other !== undefined)).size;
}
