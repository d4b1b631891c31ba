/**
 * The proposer: has values chosen, several slots at a time, each by both phases. Lamport, Paxos Made Simple, section 2.2 to 2.4.
 *
 * Any replica may propose at any time, so that proposers overtake each other. Whoever is overtaken before it has proposed
 * anything leaves the slot to the other, and goes to the next one with what it wants. Later it cannot: what it proposed may be
 * chosen. Then it waits before it takes a higher ballot, for a random time out of a range that doubles with each ballot that
 * it loses in the slot; and it waits anew where it sees a prepare of another there.
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import { Agenda, type AgendaParts } from './agenda.ts';
import { type Attempt, acceptOf, beginBallot, beginProposal, heed, newAttempt, prepareOf } from './attempt.ts';
import { Backoff } from './backoff.ts';
import { type Ballot, epochOf, isSameBallot, laterOf, noBallot } from './ballot.ts';
import type { Accepted, PaxosMessage, PaxosRecord, Promised, Refuse } from './messages.ts';
import type { Out } from './outbox.ts';
import { isQuorum, votesFromNowOn } from './quorum.ts';
import type { PaxosRules } from './rules.ts';
import { noOp, type Value } from './value.ts';
import { type Wish, Wishes } from './wishes.ts';

/** How many batches may wait, over the square of how many slots it begins in at a time. */
const maxWaiting = 4;

export interface ProposerHost {
  /** A quorum has accepted what this replica proposed. */
  readonly onChosen: (slot: number, ballot: Ballot, value: Value) => void;
  /** What this replica wished was chosen in a slot; undefined where nobody can tell any more whether it was. */
  readonly onGranted: (wish: Wish, slot: number | undefined) => void;
}

export class Proposer {
  readonly #config: ReplicaConfig;
  readonly #rules: PaxosRules;
  readonly #out: Out<PaxosMessage, PaxosRecord>;
  readonly #parts: AgendaParts;
  readonly #host: ProposerHost;
  readonly #agenda: Agenda;
  readonly #backoff: Backoff;
  readonly wishes: Wishes;

  /** The latest ballot that this replica heard of in any slot, its own included. Rounds grow over all slots. */
  seen: Ballot = noBallot;
  /** Its own last one. */
  ballot: Ballot = noBallot;
  readonly #attempts = new Map<number, Attempt>();

  constructor(
    config: ReplicaConfig,
    rules: PaxosRules,
    out: Out<PaxosMessage, PaxosRecord>,
    parts: AgendaParts,
    host: ProposerHost,
  ) {
    this.#config = config;
    this.#rules = rules;
    this.#out = out;
    this.#parts = parts;
    this.#host = host;
    this.#agenda = new Agenda(parts);
    this.#backoff = new Backoff(config, out);
    this.wishes = new Wishes(config.maxUncommittedBytes);
  }

  /** Whether a ballot of this replica is under way that is not chosen yet. */
  get isAtWork(): boolean {
    return [...this.#attempts.values()].some(({ phase }) => phase !== 'told');
  }

  /**
   * Whether it takes up a batch. The more ballots it has lost lately, the fewer may wait: who waits for long asks elsewhere as
   * well, and a queue of what was given up long ago would have all the slots.
   */
  hasRoom(payload: Uint8Array): boolean {
    return this.wishes.waitingCount < maxWaiting * this.#agenda.room ** 2 && this.wishes.hasRoom(payload);
  }

  hear(ballot: Ballot): void {
    this.seen = laterOf(this.seen, ballot);
  }

  /** Who has no vote in any group that decides from now on does not propose, nor one whose state is about to be replaced. */
  mayPropose(): boolean {
    const { learner } = this.#parts;
    return !learner.installing && votesFromNowOn(learner, this.#config.id);
  }

  // ------------------------------------------------------------------------------------------------------ which slots

  /** Every slot up to here is to be chosen soon, whoever began in it and may have ended since. */
  finish(slot: number): void {
    this.#agenda.finish(slot);
    for (const attempt of this.#attempts.values()) {
      if (attempt.phase === 'told' && attempt.slot <= slot) this.#prepare(attempt);
    }
  }

  /** Every slot up to here is to be chosen soon, by no-ops where nobody wants anything. */
  fill(slot: number): void {
    this.#agenda.fill(slot);
  }

  /** Begins in as many slots as there is need and room for. */
  pump(): void {
    if (!this.mayPropose()) return;
    for (let slot = this.#nextSlot(); slot !== undefined; slot = this.#nextSlot()) this.#begin(slot);
  }

  #nextSlot(): number | undefined {
    return this.#agenda.next(this.#attempts, this.wishes.waitingCount > this.#unclaimed());
  }

  /** How many attempts are likely to propose something that waits. */
  #unclaimed(): number {
    let count = 0;
    for (const { phase, wish } of this.#attempts.values()) if (phase === 'prepare' && wish === undefined) count += 1;
    return count;
  }

  #begin(slot: number): void {
    const attempt = newAttempt(slot);
    this.#attempts.set(slot, attempt);
    this.#prepare(attempt);
  }

  // ---------------------------------------------------------------------------------------------------------- phase 1

  /** Under a ballot of its own. Its own acceptor is asked first: the ballot must be durable before it is used. */
  #prepare(attempt: Attempt): void {
    this.hear(this.#parts.acceptor.promisedAt(attempt.slot) ?? noBallot);
    const { id } = this.#config;
    this.ballot = { round: this.seen.round + 1, node: id };
    this.hear(this.ballot);
    beginBallot(attempt, this.ballot);
    this.#out.sendEagerly(id, prepareOf(attempt));
  }

  #votersOf({ slot }: Attempt): readonly NodeId[] {
    return this.#parts.learner.groups.at(slot).voters;
  }

  #sizesFor(attempt: Attempt) {
    return this.#rules.quorumSizes(this.#votersOf(attempt).length, this.#config.quorums);
  }

  /** Asks all others that have not promised. */
  #askForPromises(attempt: Attempt): void {
    const { id } = this.#config;
    // Its own promise is durable, and with it the ballot.
    if (!attempt.promises.has(id)) return;
    for (const voter of this.#votersOf(attempt)) {
      if (voter !== id && !attempt.promises.has(voter)) this.#out.send(voter, prepareOf(attempt));
    }
  }

  /** Phase 1b. */
  onPromise(from: NodeId, { slot, ballot, accepted }: Promised): void {
    const attempt = this.#attempts.get(slot);
    if (attempt?.phase !== 'prepare' || !isSameBallot(ballot, attempt.ballot)) return;
    const first = !attempt.promises.has(from);
    attempt.promises.add(from);
    if (accepted !== undefined) heed(attempt, accepted);
    if (first && from === this.#config.id) this.#askForPromises(attempt);
    if (!attempt.promises.has(this.#config.id)) return;
    if (isQuorum(this.#votersOf(attempt), attempt.promises, this.#sizesFor(attempt).phase1)) this.#propose(attempt);
  }

  // ---------------------------------------------------------------------------------------------------------- phase 2

  #propose(attempt: Attempt): void {
    const found = this.#rules.adoptsFound ? attempt.found : undefined;
    if (found === undefined) attempt.wish ??= this.wishes.take();
    // A gap that nobody wants anything in: nothing can have been chosen there.
    beginProposal(attempt, found?.value ?? attempt.wish?.value ?? noOp);
    this.#askToAccept(attempt);
  }

  /** The ballot became durable before anybody promised it: nothing else has to be, and acceptors count for themselves. */
  #askToAccept(attempt: Attempt): void {
    const accept = acceptOf(attempt);
    if (accept === undefined) return;
    for (const voter of this.#votersOf(attempt)) {
      if (!attempt.accepts.has(voter)) this.#out.sendEagerly(voter, accept);
    }
  }

  /** Phase 2b. It counts also where another ballot has come between. */
  onAccepted(from: NodeId, { slot, ballot }: Accepted): void {
    const attempt = this.#attempts.get(slot);
    if (attempt?.value === undefined || !isSameBallot(ballot, attempt.ballot)) return;
    attempt.accepts.add(from);
    if (!isQuorum(this.#votersOf(attempt), attempt.accepts, this.#sizesFor(attempt).phase2)) return;
    this.#agenda.onChosen();
    this.#host.onChosen(slot, ballot, attempt.value);
  }

  // -------------------------------------------------------------------------------------------------- what was chosen

  /** Somebody knows what was chosen up to a slot. */
  onKnown(chosenTo: number): void {
    for (const attempt of this.#attempts.values()) if (attempt.slot <= chosenTo) attempt.phase = 'told';
  }

  /** A slot was chosen; the value has to be learned, and nothing is to be proposed meanwhile. */
  onToldOf(slot: number): void {
    const attempt = this.#attempts.get(slot);
    if (attempt !== undefined) attempt.phase = 'told';
  }

  /**
   * A slot was chosen: what this replica wished there is granted, or has to go elsewhere.
   *
   * @param value - undefined where nobody can tell any more
   */
  onDecided(slot: number, value: Value | undefined): void {
    const attempt = this.#attempts.get(slot);
    if (attempt === undefined) return;
    this.#attempts.delete(slot);
    if (!this.#waitsToRetry) this.#backoff.end();
    const { wish } = attempt;
    if (wish === undefined) return;
    if (value !== undefined && !isSameValue(value, wish.value) && !wish.withdrawn) {
      this.wishes.giveBack(wish);
      return;
    }
    this.wishes.settle(wish);
    this.#host.onGranted(wish, value === undefined || wish.withdrawn ? undefined : slot);
  }

  /** All slots up to here are known to be chosen, and in memory as far as they are not in a snapshot. */
  onChosenTo(chosenTo: number): void {
    const { log } = this.#parts.learner;
    for (const slot of [...this.#attempts.keys()].sort((a, b) => b - a)) {
      if (slot <= chosenTo) this.onDecided(slot, log.holds(slot) ? log.entry(slot) : undefined);
    }
  }

  // ------------------------------------------------------------------------------------------------- duels, and loss

  /** A higher ballot was promised. */
  onRefuse({ slot, ballot, promised }: Refuse): void {
    this.hear(promised);
    const attempt = this.#attempts.get(slot);
    if (attempt !== undefined && isSameBallot(ballot, attempt.ballot)) this.#lose(attempt, promised);
  }

  /** The acceptor beside it has promised a ballot of another: what this replica would begin there has to wait. */
  onPromisedTo(slot: number, ballot: Ballot): void {
    this.hear(ballot);
    this.#agenda.yieldTo(slot);
    const attempt = this.#attempts.get(slot);
    if (attempt === undefined) return;
    if (attempt.phase === 'backoff') this.#holdBack();
    else this.#lose(attempt, ballot);
  }

  #lose(attempt: Attempt, by: Ballot): void {
    if (attempt.phase !== 'prepare' && attempt.phase !== 'accept') return;
    this.#noteOvertaken(attempt, by);
    this.#agenda.onLost();
    if (this.#mayLeave(attempt)) {
      this.#attempts.delete(attempt.slot);
      return;
    }
    attempt.phase = 'backoff';
    attempt.lost += 1;
    if (!this.#backoff.running) this.#holdBack();
  }

  #noteOvertaken({ slot: index, ballot }: Attempt, later: Ballot): void {
    const { trace, members } = this.#config;
    if (!trace) return;
    const [epoch, by] = [epochOf(ballot, members), epochOf(later, members)];
    this.#out.emit({ kind: 'note', fact: { type: 'overtaken', index, epoch, by } });
  }

  /** Nothing was proposed here, and the slot is in other hands: what waits goes to another. */
  #mayLeave({ slot, phase, lost, wish }: Attempt): boolean {
    return phase === 'prepare' && lost === 0 && wish === undefined && !this.#agenda.isToFinish(slot);
  }

  get #waitsToRetry(): boolean {
    return [...this.#attempts.values()].some(({ phase }) => phase === 'backoff');
  }

  #holdBack(): void {
    let lost = 0;
    for (const attempt of this.#attempts.values()) if (attempt.phase === 'backoff') lost = Math.max(lost, attempt.lost);
    this.#backoff.begin(lost);
  }

  /** The back-off is over. */
  onRetry(): void {
    this.#backoff.onTimeout();
    if (!this.mayPropose()) return;
    for (const attempt of this.#attempts.values()) if (attempt.phase === 'backoff') this.#prepare(attempt);
  }

  /** A heartbeat is due: what was not answered since the last one goes again. */
  onBeat(): void {
    for (const attempt of this.#attempts.values()) {
      if (attempt.fresh) attempt.fresh = false;
      else if (attempt.phase === 'prepare') this.#askForPromises(attempt);
      else if (attempt.phase === 'accept') this.#askToAccept(attempt);
    }
    if (!this.#backoff.running && this.#waitsToRetry) this.#holdBack();
  }
}

function isSameValue(one: Value, other: Value): boolean {
  return one.kind === other.kind && Buffer.compare(one.payload, other.payload) === 0;
}
