import type { Certificate, Digest, Phase, SlotReport } from './messages.ts';
import type { SentShare } from './rules.ts';
import { Tally } from './tally.ts';

/** A batch that a quorum has shared, while the shares of all are waited for. */
export interface Awaited {
  readonly digest: Digest;
  /** How often the timer of the fast path had run out before. */
  readonly since: number;
  isGivenUp: boolean;
}

/** What a replica knows of one slot that is behind the stable checkpoint. */
export class Slot {
  readonly number: number;
  /** What the primary of the present view has put here. */
  proposal: Digest | undefined;
  /** As its primary: the batches that were joined into that, where it is several. */
  parts: ReadonlySet<Digest> | undefined;
  /** Of the present view. */
  votes: Readonly<Record<Phase, Tally>> = { share: new Tally(), commit: new Tally() };
  /** Of the present view. */
  awaited: Awaited | undefined;
  /** The first share that this replica has given here, and the last; there is one a view. */
  sent: { readonly first: SentShare; readonly last: SentShare } | undefined;
  /** The certificate of the highest view. */
  prepared: Certificate | undefined;
  decided: Certificate | undefined;
  /** That it is decided another replica has told, and no votes here. */
  wasLearned = false;
  /** Of the records about it; Infinity where there is none. */
  firstPosition = Number.POSITIVE_INFINITY;

  constructor(number: number) {
    this.number = number;
  }

  /** Votes of one view are never counted in another. */
  beginView(): void {
    this.proposal = undefined;
    this.parts = undefined;
    this.awaited = undefined;
    this.votes = { share: new Tally(), commit: new Tally() };
  }

  /** A record at this position is about it. */
  needs(position: number): void {
    this.firstPosition = Math.min(this.firstPosition, position);
  }

  /** Views only grow, so that the last share tells. */
  hasShared(view: number): boolean {
    return this.sent?.last.view === view;
  }

  noteShare(last: SentShare): void {
    this.sent = { first: this.sent?.first ?? last, last };
  }

  /** Whether a batch was put here, as far as this replica knows. That somebody voted here is no proof of it. */
  get isTaken(): boolean {
    const { proposal, prepared, decided, sent } = this;
    return [proposal, prepared, decided, sent].some((each) => each !== undefined);
  }

  /** The digests of all batches that may be needed here. */
  *digests(): Generator<Digest> {
    if (this.proposal !== undefined) yield this.proposal;
    if (this.prepared !== undefined) yield this.prepared.digest;
    if (this.decided !== undefined) yield this.decided.digest;
    if (this.sent !== undefined) yield this.sent.last.digest;
  }

  /** What is said of it in a VIEW-CHANGE; undefined where there is nothing to say. */
  report(share: SentShare | undefined): SlotReport | undefined {
    const { number: slot, decided, prepared } = this;
    // What is decided says all.
    if (decided !== undefined) return { slot, decided };
    if (prepared === undefined && share === undefined) return undefined;
    return {
      slot,
      ...(prepared === undefined ? {} : { prepared }),
      ...(share === undefined ? {} : { share }),
    };
  }
}
