/**
 * How fast a group is under its primary. Else a primary that delays each batch by a little less than the time that it has
 * would keep its place for ever: Clement and others, "Making Byzantine Fault Tolerant Systems Tolerate Byzantine Faults"
 * (NSDI 2009), where a primary has to do nine tenths of what the best of the last n did, and more the longer it leads.
 *
 * Here it has to do half, and more is not asked of it with time: a good primary keeps its place. And less is held against it
 * only where clients wait more than twice as long: that less is done where less is asked for says nothing of a primary. How long
 * they wait follows from how many do, looked at with each beat, by Little's law: no clock is needed, nor is a single wait
 * measured. Of n primaries n - f at least are honest. As long as no more than f of them are known, there may have been malicious
 * ones only, so that where clients wait long another is tried.
 *
 * Where the network itself has become slow no primary does what others did before, and each is tried until that is forgotten. To
 * come to another takes long there, too. So a view that is of use has a multiple of what it took to come to it before its primary
 * is judged, and most of the time is spent on what clients ask for. And where a group has stood still all that waited is done at
 * once: what was asked for before a stretch of time sets no standard for others.
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { GroupSizes } from './quorum.ts';

/** What was done while one primary led, over so many beats. */
export interface Stretch {
  /** Batches that clients of this replica have asked for, and that they wait for no more. */
  readonly done: number;
  /** How many waited, summed over the beats. Divided by `done` it is the mean wait of a batch, in beats. */
  readonly waited: number;
}

/** What is asked of a primary. */
export interface PaceNorm {
  readonly beatsAStretch: number;
  /** How many times that somebody led are remembered. */
  readonly remembered: number;
  /** So many primaries are to be known before it is left to what they have done. */
  readonly enough: number;
  /** A mean wait that is long, whoever leads, in beats. */
  readonly longWaitBeats: number;
}

/** Of one of a group with these settings. A stretch is as long as two requests of one client may take at most. */
export function paceNorm(
  {
    electionTimeoutMs: [min, max],
    heartbeatIntervalMs,
  }: Pick<ReplicaConfig, 'electionTimeoutMs' | 'heartbeatIntervalMs'>,
  { all, oneHonest }: GroupSizes,
): PaceNorm {
  return {
    beatsAStretch: Math.ceil((2 * max) / heartbeatIntervalMs),
    remembered: all,
    enough: oneHonest,
    longWaitBeats: min / 4 / heartbeatIntervalMs,
  };
}

/** How many times less may be done, with waits that are as many times longer. */
const slack = 2;

/** A view that is of use is given so many times what it took to come to it. */
const amends = 2;

export class Pace {
  readonly #norm: PaceNorm;
  /** The last times that anything was done under a primary, in their order: the stretch with the most done of each. */
  readonly #bests: { readonly primary: NodeId; readonly stretch: Stretch }[] = [];
  #primary: NodeId = '';
  #isPresentKnown = false;
  #stretch = 0;
  #beats = 0;
  #done = 0;
  /** Of these, those that were asked for in the same stretch. */
  #fresh = 0;
  #waited = 0;
  #isMeasured = false;
  /** Whether the present view has brought something about. */
  #isOfUse = false;
  /** For so many beats clients have waited since a view was of use. */
  #lost = 0;
  /** For so many beats more the present primary is not judged. */
  #owed = 0;

  constructor(norm: PaceNorm) {
    this.#norm = norm;
  }

  /** Another view has begun. */
  begin(): void {
    this.#isPresentKnown = false;
    this.#isOfUse = false;
    this.#owed = 0;
    this.#beginStretch();
  }

  /** One more beat without a view that is of use, with so many batches waiting. */
  lose(waiting: number): void {
    if (waiting > 0) this.#lost += 1;
  }

  /** The number of the present stretch. */
  get stretch(): number {
    return this.#stretch;
  }

  /** Nobody waits for one more batch. @param askedIn - the stretch in which it was asked for */
  done(askedIn: number): void {
    this.#done += 1;
    if (askedIn === this.#stretch) this.#fresh += 1;
  }

  /** The primary has brought something about: without that a stretch says nothing of it. */
  measure(primary: NodeId): void {
    this.#primary = primary;
    this.#isMeasured = true;
    if (this.#isOfUse) return;
    this.#isOfUse = true;
    this.#owed = amends * this.#lost;
    this.#lost = 0;
  }

  /** What was done since was not done under the primary alone: others have sent what this replica had missed. */
  spoil(): void {
    this.#beginStretch();
  }

  /**
   * One more beat, with so many batches waiting.
   *
   * @returns whether a stretch has ended in which the primary was too slow
   */
  beat(waiting: number): boolean {
    this.#beats += 1;
    this.#waited += waiting;
    if (!this.#isOfUse) this.lose(waiting);
    const isJudged = this.#owed === 0;
    if (!isJudged) this.#owed -= 1;
    if (this.#beats < this.#norm.beatsAStretch) return false;
    const stretch = { done: this.#done, waited: this.#waited };
    const isMeasured = this.#isMeasured && stretch.done > 0;
    if (isMeasured && this.#fresh > 0) this.#remember({ done: this.#fresh, waited: this.#waited });
    this.#beginStretch();
    return isMeasured && this.#isTooSlow(stretch) && isJudged;
  }

  #beginStretch(): void {
    this.#stretch += 1;
    this.#beats = 0;
    this.#done = 0;
    this.#fresh = 0;
    this.#waited = 0;
    this.#isMeasured = false;
  }

  #isTooSlow(stretch: Stretch): boolean {
    const { enough, longWaitBeats } = this.#norm;
    const bests = this.#bests.map((each) => each.stretch);
    if (bests.length > 0 && this.#isSlowerThan(bests.reduce(better), stretch)) return true;
    const known = new Set(this.#bests.map(({ primary }) => primary));
    return known.size < enough && stretch.waited > longWaitBeats * stretch.done;
  }

  #remember(stretch: Stretch): void {
    const before = this.#isPresentKnown ? this.#bests.pop() : undefined;
    const best = before === undefined ? stretch : better(before.stretch, stretch);
    this.#bests.push({ primary: this.#primary, stretch: best });
    if (this.#bests.length > this.#norm.remembered) this.#bests.shift();
    this.#isPresentKnown = true;
  }

  /** Of waits of less than a beat only so much is known: how many waited is taken to be one at each beat at least. */
  #isSlowerThan(best: Stretch, { done, waited }: Stretch): boolean {
    const bestWaited = Math.max(best.waited, this.#norm.beatsAStretch);
    return slack * done < best.done && waited * best.done > slack * bestWaited * done;
  }
}

function better(one: Stretch, other: Stretch): Stretch {
  return other.done > one.done ? other : one;
}
