/**
 * How a view begins: what a NEW-VIEW proposes again follows from its view changes alone. Castro and Liskov (1999), section 4.4;
 * for the fast path, see `selection-rules.ts`.
 *
 * The view changes are those of a quorum of different replicas, and valid, which is for others to check: the signatures and
 * those in the certificates hold; the slots of each are in order, one report a slot, and within the window behind its stable
 * checkpoint; certificates are of the kind and slot that they stand for; views that are reported are below the new one, but for
 * those of decisions, which may be any.
 */
import type { Digest, SlotReport, StableCheckpoint, ViewChange } from './messages.ts';
import type { GroupSizes } from './quorum.ts';
import type { SelectionRules } from './selection-rules.ts';

export interface Selection {
  /** The highest stable checkpoint that is proven. */
  readonly base: StableCheckpoint;
  /** What the slots behind the base begin with, one after the other, up to the last in which anything may have been decided. */
  readonly digests: readonly Digest[];
}

/** In which view a batch may have been decided at the latest. */
interface Candidate {
  readonly view: number;
  readonly digest: Digest;
}

/** What the view proposes that these view changes begin. A slot in which nothing may have been decided gets `nullDigest`. */
export function selectView(
  changes: readonly ViewChange[],
  sizes: GroupSizes,
  rules: SelectionRules,
  nullDigest: Digest,
): Selection {
  const base = highestOf(changes.map(({ stable }) => stable));
  const reports = reportsBehind(base.slot, changes);
  const last = [...reports.keys()].reduce((highest, slot) => Math.max(highest, slot), base.slot);
  const found = Array.from({ length: last - base.slot }, (_, offset) =>
    selectDigest(reports.get(base.slot + 1 + offset) ?? [], sizes, rules),
  );
  // Behind the last of them all slots are free. Else one replica could fill the window with null requests by a single report.
  const count = found.findLastIndex((digest) => digest !== undefined) + 1;
  return { base, digests: found.slice(0, count).map((digest) => digest ?? nullDigest) };
}

function highestOf(checkpoints: readonly StableCheckpoint[]): StableCheckpoint {
  return checkpoints.reduce((best, checkpoint) => (checkpoint.slot > best.slot ? checkpoint : best));
}

/** Whatever was decided up to the base is in its state. */
function reportsBehind(base: number, changes: readonly ViewChange[]): Map<number, SlotReport[]> {
  const bySlot = new Map<number, SlotReport[]>();
  for (const report of changes.flatMap(({ slots }) => slots)) {
    if (report.slot <= base) continue;
    const ofSlot = bySlot.get(report.slot);
    if (ofSlot === undefined) bySlot.set(report.slot, [report]);
    else ofSlot.push(report);
  }
  return bySlot;
}

/** The batch that must be proposed again in a slot: one that is decided, or the only one that may be. */
function selectDigest(reports: readonly SlotReport[], sizes: GroupSizes, rules: SelectionRules): Digest | undefined {
  const decided = reports.find((report) => report.decided !== undefined)?.decided;
  if (decided !== undefined) return decided.digest;
  const prepared = preparedLast(reports, rules);
  const shared = sharedLast(reports, sizes, rules);
  if (shared !== undefined && rules.prefersShared(shared.view, prepared?.view ?? -1)) return shared.digest;
  return prepared?.digest;
}

/** What the slow path may have decided: a quorum held certificates for it, hence an honest replica of this quorum does. */
function preparedLast(reports: readonly SlotReport[], rules: SelectionRules): Candidate | undefined {
  let best: Candidate | undefined;
  for (const { prepared } of reports) {
    if (prepared === undefined) continue;
    if (best === undefined || rules.supersedes(prepared.view, best.view)) best = prepared;
  }
  return best;
}

/**
 * What the fast path may have decided: all honest replicas have shared it, and shared nothing else since. By the correct
 * rules there is one such batch at most, for of 2f + 1 reports only one batch can have f + 1.
 */
function sharedLast(reports: readonly SlotReport[], sizes: GroupSizes, rules: SelectionRules): Candidate | undefined {
  const needed = rules.reportsNeeded(sizes);
  let best: Candidate | undefined;
  for (const [digest, views] of viewsByDigest(reports)) {
    const view = rules.sharedView(
      views.toSorted((a, b) => b - a),
      needed,
    );
    if (view !== undefined && (best === undefined || view > best.view)) best = { view, digest };
  }
  return best;
}

function viewsByDigest(reports: readonly SlotReport[]): Map<Digest, number[]> {
  const views = new Map<Digest, number[]>();
  for (const { share } of reports) {
    if (share === undefined) continue;
    const ofDigest = views.get(share.digest);
    if (ofDigest === undefined) views.set(share.digest, [share.view]);
    else ofDigest.push(share.view);
  }
  return views;
}
