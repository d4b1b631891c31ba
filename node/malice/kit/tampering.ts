import { type Command, encodeBatch, encodeCommand, forEachCommand } from '../../machine/command.ts';

/** What is written in place of every value. */
const otherValue = '"invented"';

/** The same batch, but every value that it writes is another one. */
export function withOtherValues(batch: Uint8Array): Uint8Array {
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

/** The sessions that a batch has commands of. */
export function sessionsIn(batch: Uint8Array): Set<number> {
  const sessions = new Set<number>();
  forEachCommand(batch, ({ session }) => void sessions.add(session));
  return sessions;
}
