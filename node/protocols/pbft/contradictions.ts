/**
 * Which two statements of one signer contradict each other: no honest replica signs both, whatever it hears, loses or is told
 * by others, and however often it starts again. Pure, and of the texts alone (`statements.ts`), so that anybody can judge
 * with the public keys.
 *
 * A share, a prepared certificate and a checkpoint are durable before anything is said that rests on them, and a replica gives
 * one share and one COMMIT in a slot of a view. In its VIEW-CHANGE it reports the last share and the last certificate of each
 * slot in its window, and after it votes in no view before. Two VIEW-CHANGEs for one view may differ all the same: one that is
 * said again after a restart tells of what was decided meanwhile. A share and a COMMIT for different batches are no
 * contradiction either: who was given one batch by a malicious primary may see a quorum share the other.
 *
 * Sheng and others, "BFT Protocol Forensics" (CCS 2021), say what such statements prove of a broken agreement; Haeberlen,
 * Kouznetsov and Druschel, "PeerReview" (SOSP 2007), what evidence is: it convicts everywhere, and nobody who is honest.
 */
import { windowSlots } from './history.ts';
import type { Digest } from './messages.ts';

/** In one slot of one view. */
export interface VoteStatement {
  readonly kind: 'share' | 'commit';
  readonly view: number;
  readonly slot: number;
  readonly digest: Digest;
}

export interface StateStatement {
  readonly kind: 'checkpoint' | 'saved';
  readonly slot: number;
  readonly digest: Digest;
}

export interface ChangeStatement {
  readonly kind: 'view-change';
  readonly view: number;
  readonly text: string;
  /** The slot of its stable checkpoint. */
  readonly stable: number;
  /** By their slots. */
  readonly reports: ReadonlyMap<number, Report>;
}

export interface NewViewStatement {
  readonly kind: 'new-view';
  readonly view: number;
  readonly text: string;
}

/** The last that its signer says to have signed in a slot; nothing of that where it is decided. */
interface Report {
  readonly isDecided: boolean;
  readonly share?: VoteStatement;
  readonly commit?: VoteStatement;
}

export type Statement = VoteStatement | StateStatement | ChangeStatement | NewViewStatement;

/**
 * What the signer of both statements has done and no honest replica does, in words that follow its name; undefined where an
 * honest one may have signed both.
 */
export function contradiction(one: Statement, other: Statement): string | undefined {
  if (one.kind === 'view-change') return againstChange(one, other);
  if (other.kind === 'view-change') return againstChange(other, one);
  if (isVote(one) && isVote(other)) return twoVotes(one, other);
  if (isState(one) && isState(other)) return twoStates(one, other);
  if (one.kind !== 'new-view' || other.kind !== 'new-view') return undefined;
  return one.view === other.view && one.text !== other.text ? `began view ${one.view} in two ways` : undefined;
}

/** The same of two texts. One that is no statement of PBFT contradicts nothing. */
export function contradictionInTexts(one: string, other: string): string | undefined {
  const [first, second] = [readStatement(one), readStatement(other)];
  return first && second && contradiction(first, second);
}

function isVote(statement: Statement): statement is VoteStatement {
  return statement.kind === 'share' || statement.kind === 'commit';
}

function isState(statement: Statement): statement is StateStatement {
  return statement.kind === 'checkpoint' || statement.kind === 'saved';
}

const votesInWords = { share: 'shared', commit: 'committed to' } as const;
const statesInWords = { checkpoint: 'told two histories up to', saved: 'vouched for two snapshots of' } as const;

function twoVotes(one: VoteStatement, other: VoteStatement): string | undefined {
  const isSamePlace = one.kind === other.kind && one.view === other.view && one.slot === other.slot;
  if (!isSamePlace || one.digest === other.digest) return undefined;
  return `${votesInWords[one.kind]} two batches in slot ${one.slot} of view ${one.view}`;
}

function twoStates(one: StateStatement, other: StateStatement): string | undefined {
  if (one.kind !== other.kind || one.slot !== other.slot || one.digest === other.digest) return undefined;
  return `${statesInWords[one.kind]} slot ${one.slot}`;
}

function againstChange(change: ChangeStatement, other: Statement): string | undefined {
  if (isVote(other)) return voteAgainstChange(change, other);
  if (other.kind !== 'view-change') return undefined;
  return claimsAgainstChange(change, other) ?? claimsAgainstChange(other, change);
}

/** What a VIEW-CHANGE reports of its signer's own votes, its signer has said as well as by the votes. */
function claimsAgainstChange(change: ChangeStatement, { reports }: ChangeStatement): string | undefined {
  for (const { share, commit } of reports.values()) {
    for (const claim of [share, commit]) {
      const words = claim && voteAgainstChange(change, claim);
      if (words !== undefined) return words;
    }
  }
  return undefined;
}

function voteAgainstChange({ view, stable, reports }: ChangeStatement, vote: VoteStatement): string | undefined {
  const report = reports.get(vote.slot);
  const claim = report?.[vote.kind];
  const place = `slot ${vote.slot} of view ${vote.view}`;
  if (claim !== undefined && twoVotes(claim, vote) !== undefined) {
    return `asked for view ${view} with another vote in ${place} than it had given`;
  }
  const isInWindow = vote.slot > stable && vote.slot <= stable + windowSlots;
  if (vote.view >= view || !isInWindow || report?.isDecided === true) return undefined;
  if (claim !== undefined && claim.view >= vote.view) return undefined;
  return `asked for view ${view} as if it had not ${votesInWords[vote.kind]} a batch in ${place}`;
}

// ------------------------------------------------------------------------------------------------------------- texts

const number = '(0|[1-9][0-9]{0,14})';
const digest = '([0-9a-f]{64})';
const choice = `view ${number} batch ${digest}`;
const votePattern = new RegExp(`^pbft (share|commit) slot ${number} ${choice}$`);
const checkpointPattern = new RegExp(`^pbft checkpoint slot ${number} history ${digest}$`);
const savedPattern = new RegExp(`^pbft saved slot ${number} snapshot ${digest}$`);
const changePattern = new RegExp(`^pbft view-change ${number} stable ${number} history ${digest}$`);
const newViewPattern = new RegExp(`^pbft new-view ${number}$`);
const reportPattern = new RegExp(
  `^slot ${number}( decided (?:slow|fast) ${choice})?(?: prepared ${choice})?(?: share ${choice})?$`,
);

/** What a text says; undefined where it is nothing that a replica of PBFT signs, to the last character. */
export function readStatement(text: string): Statement | undefined {
  const [head = '', ...lines] = text.split('\n');
  if (head.startsWith('pbft new-view ')) {
    const [, view] = newViewPattern.exec(head) ?? [];
    return view === undefined ? undefined : { kind: 'new-view', view: Number(view), text };
  }
  if (head.startsWith('pbft view-change ')) return readChange(head, lines);
  return lines.length > 0 ? undefined : (readVote(head) ?? readState(head));
}

function readVote(line: string): VoteStatement | undefined {
  const [, kind, slot, view, batch] = votePattern.exec(line) ?? [];
  if (batch === undefined) return undefined;
  return { kind: kind === 'share' ? 'share' : 'commit', view: Number(view), slot: Number(slot), digest: batch };
}

function readState(line: string): StateStatement | undefined {
  const [, checkpoint, history] = checkpointPattern.exec(line) ?? [];
  if (history !== undefined) return { kind: 'checkpoint', slot: Number(checkpoint), digest: history };
  const [, saved, snapshot] = savedPattern.exec(line) ?? [];
  return snapshot === undefined ? undefined : { kind: 'saved', slot: Number(saved), digest: snapshot };
}

function readChange(head: string, lines: readonly string[]): ChangeStatement | undefined {
  const [, view, stable, history] = changePattern.exec(head) ?? [];
  if (history === undefined) return undefined;
  const reports = new Map<number, Report>();
  let before = Number(stable);
  for (const line of lines) {
    const [slot, report] = readReport(line) ?? [0];
    if (report === undefined || slot <= before) return undefined;
    reports.set(slot, report);
    before = slot;
  }
  return {
    kind: 'view-change',
    view: Number(view),
    text: [head, ...lines].join('\n'),
    stable: Number(stable),
    reports,
  };
}

function readReport(line: string): readonly [slot: number, report: Report] | undefined {
  const found = reportPattern.exec(line);
  if (found === null) return undefined;
  const [, slotText, decided, , , preparedView, prepared, shareView, share] = found;
  const slot = Number(slotText);
  return [
    slot,
    {
      isDecided: decided !== undefined,
      ...(prepared && { commit: { kind: 'commit', view: Number(preparedView), slot, digest: prepared } }),
      ...(share && { share: { kind: 'share', view: Number(shareView), slot, digest: share } }),
    },
  ];
}
