/**
 * Requests that nobody waits for any more: a session asks for one thing after the other, and has gone on to the next. Where a
 * group has stood still it finds more of these than of all others, and what clients wait for now would have to wait behind them
 * (Castro and Liskov, 1999, section 4.1: of each client a replica keeps the last request alone).
 */
import type { Bundle } from './bundle.ts';
import { headsIn } from './machine/command.ts';

/** Who waits for a bundle. */
interface Waiting {
  readonly bundle: Pick<Bundle, 'client' | 'commands'>;
}

/** Those of whose commands each session asks for a later one in another. Never one that registers a session. */
export function superseded<T extends Waiting>(all: Iterable<T>): T[] {
  const waiting = [...all];
  const last = new Map<string, number>();
  for (const each of waiting) {
    for (const [session, sequence] of asked(each)) last.set(session, Math.max(sequence, last.get(session) ?? 0));
  }
  return waiting.filter((each) => [...asked(each)].every(([session, sequence]) => sequence < (last.get(session) ?? 0)));
}

/** Whose session asks for which of its commands; a session that is not there yet for the last that there could be. */
function* asked({ bundle: { client, commands } }: Waiting): Generator<readonly [session: string, sequence: number]> {
  for (const { op, session, sequence } of headsIn(commands)) {
    // Sessions belong to clients: nobody gives up what another one has asked for.
    yield op === 'register' ? [`new ${session} ${client}`, Infinity] : [`${session} ${client}`, sequence];
  }
}
