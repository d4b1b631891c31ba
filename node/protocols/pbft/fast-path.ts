/**
 * How long a replica waits for the shares of all where a quorum has shared, before it goes on to the second phase: Gueta and
 * others, "SBFT" (DSN 2019), whose collectors also go by how it went before.
 *
 * It waits for between a quarter and half of a heartbeat interval: a tick is a quarter, one timer ticks for all slots, and a
 * slot is given up at the second tick. Where the fast path has come to nothing in three slots more than it was of use in
 * lately, nothing waits for it: both phases go on as without it, and the shares of all decide where they are there first. Each
 * slot in which they are makes up for one in which they were not. So one slow replica costs a few slots this time, and not all.
 */
import type { Certificate, Digest } from './messages.ts';
import type { Slot } from './slot.ts';
import type { PbftState } from './state.ts';

export const fastTimer = 'fast';
const ticksInABeat = 4;
/** At so many ticks after a quorum has shared a slot is given up. */
const lastTick = 2;
/** From so many doubts on nothing waits for the fast path. */
const enoughDoubts = 3;
/** More are not kept, so that a replica that was slow for long is not held to be slow for long after. */
const maxDoubts = 6;

/** What a replica has come to think of the fast path. */
export class FastPath {
  /** How often the timer has run out. */
  ticks = 0;
  isTicking = false;
  #doubts = 0;

  get isWorthWaiting(): boolean {
    return this.#doubts < enoughDoubts;
  }

  /** A slot was decided, in one way or the other. */
  note(kind: Certificate['kind']): void {
    this.#doubts = kind === 'fast' ? Math.max(0, this.#doubts - 1) : Math.min(maxDoubts, this.#doubts + 1);
  }
}

/**
 * Whether a slot of which a quorum has shared a batch puts its second phase off. Not where an honest replica is known to have
 * given the fast path up there: it needs the commits of others.
 */
export function awaitsAll(state: PbftState, slot: Slot, digest: Digest): boolean {
  const { fastPath, sizes } = state;
  if (state.mode === 'all-to-all' || slot.awaited?.isGivenUp === true || !fastPath.isWorthWaiting) return false;
  if (slot.votes.commit.count(digest) >= sizes.oneHonest) return false;
  slot.awaited ??= { digest, since: fastPath.ticks, isGivenUp: false };
  tickOn(state);
  return true;
}

function tickOn({ fastPath, config, out }: PbftState): void {
  if (fastPath.isTicking) return;
  fastPath.isTicking = true;
  const tickMs = config.heartbeatIntervalMs / ticksInABeat;
  out.emit({ kind: 'timer', timer: fastTimer, afterMs: [tickMs, tickMs] });
}

/** The timer has run out: the slots that have waited long enough, and for which batches. */
export function onTick(state: PbftState): readonly { readonly slot: Slot; readonly digest: Digest }[] {
  const { fastPath } = state;
  fastPath.ticks += 1;
  fastPath.isTicking = false;
  const over: { slot: Slot; digest: Digest }[] = [];
  for (const slot of state.slotsInOrder()) {
    const { awaited } = slot;
    if (awaited === undefined || awaited.isGivenUp || slot.decided !== undefined) continue;
    if (!state.isInWindow(slot.number)) continue;
    if (fastPath.ticks < awaited.since + lastTick) tickOn(state);
    else {
      awaited.isGivenUp = true;
      over.push({ slot, digest: awaited.digest });
    }
  }
  return over;
}
