/** With which batches a view can begin in a state of the model, whichever view changes are chosen and whatever lies are told. */
import type { NodeId } from '../../../contract/ids.ts';
import type { SlotReport, ViewChange } from '../messages.ts';
import type { PbftRules, SentShare } from '../rules.ts';
import { selectView } from '../selection.ts';
import { certificate, type Evidence, names, sizes, slot } from './evidence.ts';
import { type Batch, batches, type Casts, type Group, type Replica, unordered, viewCount } from './replica.ts';

type Report = Omit<SlotReport, 'slot'>;

/** Remembers what reports lead to. */
export class NewViews {
  readonly #rules: PbftRules;
  readonly #reports = new Map<number, number>();
  readonly #reportIds = new Map<string, number>();
  readonly #openings = new Map<string, Map<number, readonly Batch[]>>();

  constructor(rules: PbftRules) {
    this.#rules = rules;
  }

  /** The batches that a view may begin with: the first with what its primary likes, every other by the reports of a quorum. */
  openings(view: number, group: Group, evidence: Evidence): readonly Batch[] {
    if (view === 0) return batches;
    const proofs = evidence.proofs[view] ?? '';
    const ofProofs = this.#openings.get(proofs) ?? new Map<number, readonly Batch[]>();
    this.#openings.set(proofs, ofProofs);
    const reports = unordered(group, (replica) => this.#reportIdOf(view, replica));
    const known = ofProofs.get(reports);
    if (known !== undefined) return known;
    const found = selections(view, group, evidence, this.#rules);
    const openings = batches.filter((batch) => found.has(batch));
    ofProofs.set(reports, openings);
    return openings;
  }

  /** One number for one report, and 0 for none. */
  #reportIdOf(view: number, replica: Replica): number {
    if (replica.view < view) return 0;
    const key = replica.id * viewCount + view;
    const known = this.#reports.get(key);
    if (known !== undefined) return known;
    const text = JSON.stringify(honestReport(view, replica, this.#rules));
    const id = this.#reportIds.get(text) ?? this.#reportIds.size + 1;
    this.#reportIds.set(text, id);
    this.#reports.set(key, id);
    return id;
  }
}

/**
 * The batches that a view may begin with, each with view changes that lead to it. These come in the order of what they say:
 * by the correct rules any order leads to the same, and so each need be tried only once.
 */
export function selections(
  view: number,
  group: Group,
  evidence: Evidence,
  rules: PbftRules,
): Map<Batch, readonly ViewChange[]> {
  const honest = group
    .flatMap((replica, at) =>
      replica.view < view ? [] : [changeOf(view, names.honest[at] ?? '', honestReport(view, replica, rules))],
    )
    .sort((one, other) => JSON.stringify(one.slots).localeCompare(JSON.stringify(other.slots)));
  const lies = lyingReports(view, evidence).map((report) => changeOf(view, names.malicious, report));
  const found = new Map<Batch, readonly ViewChange[]>();
  for (const changes of quorums(honest, lies)) {
    const [selected] = selectView(changes, sizes, rules.selection, 'null').digests;
    for (const batch of batches) {
      // A slot that no report names is free for anything.
      const allowed = selected === undefined || selected === batch;
      if (allowed && !found.has(batch)) found.set(batch, changes);
    }
  }
  return found;
}

/** All honest replicas, or all but one of them and the malicious one. */
function quorums(honest: readonly ViewChange[], lies: readonly ViewChange[]): ViewChange[][] {
  const subsets = honest.length <= 2 ? [honest] : honest.map((_, left) => honest.filter((_, at) => at !== left));
  const mixed = subsets.flatMap((subset) => lies.map((lie) => [...subset, lie]));
  return [[...honest], ...mixed].filter((changes) => changes.length === sizes.quorum);
}

function changeOf(view: number, signer: NodeId, report: Report): ViewChange {
  const slots = Object.keys(report).length === 0 ? [] : [{ slot, ...report }];
  const signature = { signer, bytes: new Uint8Array() };
  return { type: 'view-change', view, stable: { slot: 0, digest: '', signatures: [] }, slots, signature };
}

/**
 * What an honest replica says when it leaves for a view. It may know of decisions as well, and of more certificates than
 * it has committed on; that it knows of none lets more happen, for the malicious one may still show them.
 */
function honestReport(view: number, replica: Replica, rules: PbftRules): Report {
  const prepared = sentBefore(view, replica.commit).at(-1);
  const shares = sentBefore(view, replica.share);
  const [first] = shares;
  const last = shares.at(-1);
  const share = first === undefined || last === undefined ? undefined : rules.reportedShare({ first, last }, view);
  return {
    ...(prepared === undefined ? {} : { prepared: certificate('prepared', prepared.view, prepared.digest) }),
    ...(share === undefined ? {} : { share }),
  };
}

/** What it had sent when it left for the view, by view. */
function sentBefore(view: number, casts: Casts): SentShare[] {
  return casts.flatMap((cast, at) =>
    cast === undefined || cast.whileIn >= view ? [] : [{ view: at, digest: cast.batch }],
  );
}

/** Everything that a malicious replica can say: any share, and whatever can be proven. */
function lyingReports(view: number, { prepared, decided }: Evidence): Report[] {
  const before = Array.from({ length: view }, (_, at) => at);
  const shares: Report[] = before.flatMap((at) => batches.map((digest) => ({ share: { view: at, digest } })));
  const certificates: Report[] = before.flatMap((at) => {
    const batch = prepared[at];
    return batch === undefined ? [] : [{ prepared: certificate('prepared', at, batch) }];
  });
  const undecided = [{}, ...shares].flatMap((share) => [{}, ...certificates].map((proof) => ({ ...share, ...proof })));
  return [...undecided, ...decided.map((proof) => ({ decided: proof }))];
}
