/**
 * Duels of proposers: replicas that overtake each other's ballots (terms, views), so that none of them gets a value chosen
 * for a while. Safety never depends on who wins; how long it takes does (Lamport, "Paxos Made Simple", 2001, section 2.4).
 */
import type { LabEvent, Recording } from './contracts/events.ts';
import type { DuelledSlot, Duels } from './contracts/statistics.ts';
import { roundMs } from './percentiles.ts';

/** That a ballot of a replica came to nothing. */
export type Overtaken = Extract<LabEvent, { readonly type: 'overtaken' }>;

/** What was overtaken since load began; before that nobody waits for a value. */
export function overtakenUnderLoad({ events }: Recording): Overtaken[] {
  return events.filter((event): event is Overtaken => event.type === 'overtaken' && event.atMs >= 0);
}

/** What proposers took from each other; null where no ballot was overtaken. */
export function duels(recording: Recording): Duels | null {
  const overtaken = overtakenUnderLoad(recording);
  const bySlot = new Map<number, Overtaken[]>();
  for (const event of overtaken) {
    const ballots = bySlot.get(event.index);
    if (ballots === undefined) bySlot.set(event.index, [event]);
    else ballots.push(event);
  }
  const appliedMs = firstApplied(recording, bySlot);
  const slots = [...bySlot].map(([index, ballots]) => duelledSlot(index, ballots, appliedMs.get(index) ?? null));
  const endMs = recording.events.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
  const most = highest(slots, (slot) => slot.overtaken);
  // A slot that nobody applied was held up at least until the end.
  const longest = highest(slots, ({ heldUpMs, fromMs }) => heldUpMs ?? endMs - fromMs);
  return most === null || longest === null ? null : { overtaken: overtaken.length, most, longest };
}

/** When any replica had first applied each of the slots; one that none did is left out. */
function firstApplied({ events }: Recording, slots: ReadonlyMap<number, unknown>): Map<number, number> {
  const firstMs = new Map<number, number>();
  for (const event of events) {
    if (event.type !== 'apply' || !slots.has(event.index)) continue;
    firstMs.set(event.index, Math.min(event.atMs, firstMs.get(event.index) ?? Number.POSITIVE_INFINITY));
  }
  return firstMs;
}

function duelledSlot(index: number, ballots: readonly Overtaken[], appliedMs: number | null): DuelledSlot {
  const fromMs = ballots.reduce((first, { atMs }) => Math.min(first, atMs), Number.POSITIVE_INFINITY);
  const toMs = ballots.reduce((last, { atMs }) => Math.max(last, atMs), fromMs);
  const heldUpMs = appliedMs === null ? null : roundMs(Math.max(0, appliedMs - fromMs));
  return { index, overtaken: ballots.length, fromMs, toMs, heldUpMs };
}

/** The first of those with the highest figure; null where there are none. */
function highest(slots: readonly DuelledSlot[], figure: (slot: DuelledSlot) => number): DuelledSlot | null {
  return slots.reduce<DuelledSlot | null>(
    (found, slot) => (found === null || figure(slot) > figure(found) ? slot : found),
    null,
  );
}
