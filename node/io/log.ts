/**
 * What a replica tells the world on stdout: JSON lines, each either `{"time", "level", "msg", ...}` or a fact
 * `{"time", "fact"}`. Written synchronously, so that a kill -9 loses nothing that was noted. `time` is in milliseconds
 * since 1970, with a fraction.
 */
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { ReplicaFact } from '../ports.ts';
import { wallClockMs } from './clock.ts';
import type { LinkFact } from './link-watch.ts';

/** A fact of the process itself. */
export type ProcessFact =
  /** It serves, at these addresses. */
  | { readonly type: 'started'; readonly pid: number; readonly listen: Readonly<Record<string, string>> }
  /** The folder of its data was emptied before it started, as a mark in it asked for; see `wipe-mark.ts`. */
  | { readonly type: 'wiped' }
  /** It behaves so from now on: a file of node/malice, or null for honestly. */
  | { readonly type: 'turned'; readonly behaviour: string | null }
  /** A fault was set or ended through the control API. */
  | { readonly type: 'fault'; readonly faults: readonly string[] };

export type NotedFact = ReplicaFact | LinkFact | ProcessFact;

export interface Journal {
  readonly log: Logger;
  readonly note: (fact: NotedFact) => void;
}

/** @param out - stdout where absent */
export function openJournal(out: DestinationStream = destination({ dest: 1, sync: true })): Journal {
  const log = pino(
    {
      base: null,
      timestamp: () => `,"time":${wallClockMs()}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    out,
  );
  // Past the logger: a traced replica notes thousands of facts a second, and a fact has no level.
  const note = (fact: NotedFact) => out.write(`{"time":${wallClockMs()},"fact":${JSON.stringify(fact)}}\n`);
  return { log, note };
}
