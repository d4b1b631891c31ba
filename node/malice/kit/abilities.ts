import type { ProtocolDefinition } from '../../contract/definition.ts';
import type { Behaviour } from './behaviour.ts';

/** What a behaviour has to forge of a protocol, and cannot: there are no such messages, or nobody has said how. */
export function lackingForgeries(
  { needs }: Behaviour,
  { forgery }: Pick<ProtocolDefinition<unknown, unknown>, 'forgery'>,
): string[] {
  return needs.filter((need) => forgery?.[need] === undefined);
}
