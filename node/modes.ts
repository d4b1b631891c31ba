/** Whether a protocol can be run in a mode that somebody chose. */

/** The modes of a protocol with a summary of each; undefined where it has one way only. */
export type Modes = Readonly<Record<string, string>> | undefined;

/** What is wrong with a mode, in words that follow the name of the protocol; undefined where there is nothing. */
export function modeFlaw(mode: string, modes: Modes): string | undefined {
  if (modes === undefined) return `has one way to run, and no mode "${mode}"`;
  if (Object.hasOwn(modes, mode)) return undefined;
  return `has no mode "${mode}"; it has ${Object.keys(modes).join(', ')}`;
}
