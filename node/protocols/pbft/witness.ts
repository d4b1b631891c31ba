import type { NodeId } from '../../contract/ids.ts';
import { isSigned, type Verifier } from './certificates.ts';
import { contradiction, type Statement, type VoteStatement } from './contradictions.ts';
import { bytesOf, type Heard, type HeardVote } from './heard.ts';

/** Two statements of one signer, both verified, that contradict each other. */
export type Proof = readonly [Heard, Heard];

/** How many votes and states of one signer are remembered; and how many of its view changes, and of its new views, which are long. */
const maxKept = 512;
const maxLong = 4;
const maxShown = 1024;

interface Known {
  /** By what an honest signer says one thing of. */
  readonly kept: Map<string, Heard>;
  readonly newViews: Map<string, Heard>;
  changes: readonly Heard[];
}

/**
 * Remembers what others have signed, and finds what contradicts it. Signatures are verified only where that would convict
 * somebody, so that an honest group pays next to nothing. Memory is bounded: what is old is forgotten.
 */
export class Witness {
  readonly #verifier: Verifier;
  readonly #known = new Map<NodeId, Known>();
  /** Signers, with the kinds of statements that they are convicted by: once is enough. */
  readonly #convicted = new Map<NodeId, Set<Statement['kind']>>();
  /** The votes that were shown to others, by what they are. */
  readonly #shown = new Set<string>();

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
  }

  /**
   * A proof, where what is heard contradicts what was heard before.
   *
   * @param isDirect - it came from its signer; of what others hand on, nothing is kept that is not verified
   */
  hear(heard: Heard, isDirect: boolean): Proof | undefined {
    const known = this.#knownOf(heard.signature.signer);
    if (known === undefined) return undefined;
    const proof = this.#opposing(known, heard);
    if (isDirect && !this.#isHidden(known, heard)) keep(known, heard);
    return proof;
  }

  /** Keeps what is known to be good, from whoever it came. */
  keep(heard: Heard): void {
    const known = this.#knownOf(heard.signature.signer);
    if (known !== undefined) keep(known, heard);
  }

  /** The vote of a signer in a slot of a view; not verified. */
  voteOf(signer: NodeId, place: Omit<VoteStatement, 'digest'>): HeardVote | undefined {
    const heard = this.#known.get(signer)?.kept.get(voteKey(place));
    if (heard === undefined) return undefined;
    const { statement, signature } = heard;
    return statement.kind === 'share' || statement.kind === 'commit' ? { statement, signature } : undefined;
  }

  /** Whether a vote was not shown to others before; from now on it was. */
  isFirstShown({ statement, signature }: HeardVote): boolean {
    const key = `${signature.signer} ${voteKey(statement)}`;
    if (this.#shown.has(key)) return false;
    if (this.#shown.size >= maxShown) this.#shown.clear();
    this.#shown.add(key);
    return true;
  }

  hasConvicted(signer: NodeId, kind: Statement['kind']): boolean {
    return this.#convicted.get(signer)?.has(kind) === true;
  }

  isGood({ statement, signature }: Heard): boolean {
    return isSigned(this.#verifier, bytesOf(statement), signature);
  }

  #knownOf(signer: NodeId): Known | undefined {
    const known = this.#known.get(signer);
    if (known !== undefined || !this.#verifier.members.includes(signer)) return known;
    const none: Known = { kept: new Map(), newViews: new Map(), changes: [] };
    this.#known.set(signer, none);
    return none;
  }

  #opposing(known: Known, heard: Heard): Proof | undefined {
    const { statement, signature } = heard;
    for (const before of candidates(known, statement)) {
      const kind = before.statement.kind === 'view-change' ? 'view-change' : statement.kind;
      if (this.hasConvicted(signature.signer, kind)) continue;
      if (contradiction(before.statement, statement) === undefined) continue;
      if (!this.isGood(heard)) return undefined;
      if (this.isGood(before)) {
        this.#convict(signature.signer, kind);
        return [before, heard];
      }
      forget(known, before);
    }
    return undefined;
  }

  /** What was said first stays, but for what is signed otherwise and good: one that is none is to hide nothing. */
  #isHidden(known: Known, heard: Heard): boolean {
    const { statement, signature } = heard;
    const before = statement.kind === 'view-change' ? undefined : saidOf(known, statement);
    if (before === undefined) return false;
    if (Buffer.compare(before.signature.bytes, signature.bytes) === 0) return true;
    return this.hasConvicted(signature.signer, statement.kind) || !this.isGood(heard);
  }

  #convict(signer: NodeId, kind: Statement['kind']): void {
    const kinds = this.#convicted.get(signer) ?? new Set();
    this.#convicted.set(signer, kinds.add(kind));
  }
}

function voteKey({ kind, view, slot }: Omit<VoteStatement, 'digest'>): string {
  return `${kind} ${view} ${slot}`;
}

function keyOf(statement: Statement): string {
  switch (statement.kind) {
    case 'share':
    case 'commit':
      return voteKey(statement);
    case 'checkpoint':
    case 'saved':
      return `${statement.kind} ${statement.slot}`;
    case 'view-change':
    case 'new-view':
      return `${statement.kind} ${statement.view}`;
  }
}

function placesFor({ kept, newViews }: Known, { kind }: Statement): Map<string, Heard> {
  return kind === 'new-view' ? newViews : kept;
}

/** What is remembered in the place of a statement that is no view change. */
function saidOf(known: Known, statement: Statement): Heard | undefined {
  return placesFor(known, statement).get(keyOf(statement));
}

/** What of all that is known can contradict a statement. */
function candidates(known: Known, statement: Statement): readonly Heard[] {
  const { kept, changes } = known;
  if (statement.kind === 'view-change') return [...changes, ...kept.values()];
  const same = saidOf(known, statement);
  return same === undefined ? changes : [same, ...changes];
}

function keep(known: Known, heard: Heard): void {
  if (heard.statement.kind === 'view-change') {
    known.changes = [...known.changes, heard].slice(-maxLong);
    return;
  }
  const places = placesFor(known, heard.statement);
  places.set(keyOf(heard.statement), heard);
  if (places.size <= (places === known.newViews ? maxLong : maxKept)) return;
  const [oldest] = places.keys();
  if (oldest !== undefined) places.delete(oldest);
}

function forget(known: Known, heard: Heard): void {
  known.changes = known.changes.filter((each) => each !== heard);
  if (saidOf(known, heard.statement) === heard) placesFor(known, heard.statement).delete(keyOf(heard.statement));
}
