/**
 * PBFT with its fast path, in one slot and three views, among three honest replicas and a malicious one. Messages take any
 * time and none is ever too late, so that a state is what the honest replicas have signed and which views they have left:
 * whatever can be put together from that can reach anybody. The malicious replica signs everything.
 */
import type { Phase } from '../messages.ts';
import type { PbftRules } from '../rules.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import { NewViews } from './new-views.ts';
import { type Batch, batches, type Replica, Replicas, viewCount } from './replica.ts';

/** The honest replicas. */
export type Group = readonly Replica[];

/** What an honest replica does; `by` is its place in the group. */
export type Step =
  | { readonly kind: 'leave'; readonly by: readonly number[]; readonly view: number }
  | { readonly kind: Phase; readonly by: number; readonly view: number; readonly batch: Batch };

export interface Freedom {
  /**
   * In how many views the primary may propose different batches to different replicas. One malicious replica leads one of
   * three successive views.
   */
  readonly lyingPrimaries: number;
  /** Whether each replica leaves a view when it likes, or all at once. */
  readonly leaves: 'each' | 'together';
}

export class Model {
  readonly replicas = new Replicas();
  readonly rules: PbftRules;
  readonly #freedom: Freedom;
  readonly #newViews: NewViews;

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
    return evidenceOf(group, this.rules);
  }

  /** Calls back with every step that can be taken, and where it leads. */
  eachStep(group: Group, evidence: Evidence, visit: (step: Step, after: Group) => void): void {
    this.#eachDeparture(group, visit);
    const highest = Math.max(...group.map(({ view }) => view));
    for (let view = 0; view <= highest; view += 1) {
      const voters = [...group.keys()].filter((at) => this.#votesIn(view, group[at]));
      if (voters.length > 0) this.#eachVote(view, voters, group, evidence, visit);
    }
  }

  #votesIn(view: number, replica: Replica | undefined): boolean {
    if (replica === undefined || replica.view < view) return false;
    return replica.view === view || this.rules.votesInLeftViews;
  }

  #eachDeparture(group: Group, visit: (step: Step, after: Group) => void): void {
    for (const [at, replica] of group.entries()) {
      const { view } = replica;
      if (view + 1 === viewCount) continue;
      if (this.#freedom.leaves === 'each') {
        visit({ kind: 'leave', by: [at], view }, group.with(at, this.replicas.left(replica)));
      } else if (at === 0) {
        const after = group.map((other) => this.replicas.left(other));
        visit({ kind: 'leave', by: [...group.keys()], view }, after);
      }
    }
  }

  /**
   * A replica shares what the view may begin with, once; and commits on any certificate. It need not have shared the same
   * before, and what it hears of a view in which it takes no part yet it may as well hear later.
   */
  #eachVote(
    view: number,
    voters: readonly number[],
    group: Group,
    evidence: Evidence,
    visit: (step: Step, after: Group) => void,
  ): void {
    const openings = this.#newViews.openings(view, group, evidence);
    const proposed = batches.filter((batch) => openings.has(batch) && this.#canPropose(view, batch, group));
    const prepared = evidence.prepared[view];
    const vote = (kind: Phase, by: number, replica: Replica, batch: Batch) =>
      visit({ kind, by, view, batch }, group.with(by, this.replicas.voted(replica, kind, view, batch)));
    for (const by of voters) {
      const replica = group[by];
      if (replica === undefined) continue;
      if (replica.share[view] === undefined) for (const batch of proposed) vote('share', by, replica, batch);
      if (replica.commit[view] === undefined && prepared !== undefined) vote('commit', by, replica, prepared);
    }
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

/** How many batches the primary of a view must have proposed, if it has also proposed this one. */
function proposals(view: number, group: Group, batch: Batch | undefined): number {
  const shared = group.map(({ share }) => share[view]?.batch);
  return new Set([...shared, batch].filter((other) => other !== undefined)).size;
}
