import { type Bundle, bundleBytes, decodeBundles } from '../../bundle.ts';
import type { ReplicaConfig } from '../../contract/config.ts';
import { type Command, encodeBatch, encodeCommand, forEachCommand } from '../../machine/command.ts';

/** What is written in place of every value: a value of any workload that none ever writes. */
const otherValue = '-1';

/** What of a replica tells how a batch is laid out. */
type Layout = Pick<ReplicaConfig, 'isGenuine'>;

/** The same batch, but every value that it writes is another one. Where clients sign, that is under signatures that are not of it. */
export function withOtherValues(batch: Uint8Array, layout: Layout): Uint8Array {
  const bundles = bundlesIn(batch, layout);
  if (bundles === null) return withOtherCommands(batch);
  return Buffer.concat(
    bundles.map((bundle) => bundleBytes({ ...bundle, commands: withOtherCommands(bundle.commands) })),
  );
}

/** Null where clients do not sign. */
function bundlesIn(batch: Uint8Array, { isGenuine }: Layout): readonly Bundle[] | null {
  return isGenuine === undefined ? null : decodeBundles(batch);
}

function withOtherCommands(batch: Uint8Array): Uint8Array {
  const commands: Uint8Array[] = [];
  forEachCommand(batch, (_, command) => {
    if (command !== null) commands.push(encodeCommand(tampered(command)));
  });
  return encodeBatch(commands);
}

function tampered(command: Command): Command {
  if (command.op === 'put') return { ...command, a: otherValue };
  return command.op === 'cas' ? { ...command, b: otherValue } : command;
}

/** The same batch, without the commands of some sessions; where clients sign, without all that stands under one signature with them. */
export function withoutSessions(
  batch: Uint8Array,
  isLeftOut: (session: number) => boolean,
  layout: Layout,
): Uint8Array {
  const bundles = bundlesIn(batch, layout);
  if (bundles === null) return withoutCommands(batch, isLeftOut);
  const isKept = ({ commands }: Bundle) => ![...sessionsIn(commands, {})].some(isLeftOut);
  return Buffer.concat(bundles.filter(isKept).map(bundleBytes));
}

function withoutCommands(batch: Uint8Array, isLeftOut: (session: number) => boolean): Uint8Array {
  const commands: Uint8Array[] = [];
  forEachCommand(batch, ({ session }, command) => {
    if (command !== null && !isLeftOut(session)) commands.push(encodeCommand(command));
  });
  return encodeBatch(commands);
}

/** The sessions that a batch has commands of. */
export function sessionsIn(batch: Uint8Array, layout: Layout): Set<number> {
  const sessions = new Set<number>();
  const parts = bundlesIn(batch, layout)?.map(({ commands }) => commands) ?? [batch];
  for (const commands of parts) forEachCommand(commands, ({ session }) => void sessions.add(session));
  return sessions;
}
