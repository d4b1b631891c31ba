/** What is shown of a play: one line for each happening. */
import type { Effect } from '../contract/effects.ts';
import type { ProtocolFact } from '../contract/facts.ts';
import type { ProtocolView } from '../contract/view.ts';
import type { Happening } from './actor.ts';
import { tell } from './tell.ts';

/** The kind of a message. */
export function wordFor(msg: unknown): string {
  return (tell(msg).split(' ')[0] as string).replace(/^(type|kind)=/, '');
}

/** What a replica looks like from outside. */
export function lookFor({ role, epoch, leader, commitIndex, lastIndex }: ProtocolView): string {
  return `${role} in epoch ${epoch}, leader ${leader ?? 'unknown'}, commit ${commitIndex} of ${lastIndex}`;
}

/** Who belongs to a group: `voters n4 n5 jointly with n1 n2 n3, learners n6`. */
export function groupInWords(group: Omit<Extract<ProtocolFact, { type: 'configuration' }>, 'type' | 'index'>): string {
  const { voters, outgoing, learners } = group;
  const old = outgoing.length > 0 ? ` jointly with ${outgoing.join(' ')}` : '';
  const others = learners.length > 0 ? `, learners ${learners.join(' ')}` : '';
  return `voters ${voters.join(' ')}${old}${others}`;
}

/** What is shown of a happening; null for what is not. */
export function lineFor(happening: Happening<unknown, unknown>): string | null {
  switch (happening.kind) {
    case 'written':
      return `writes ${tell(happening.record)}${happening.durable ? '' : ' (not durable yet)'}`;
    case 'synced':
      return 'has synced what it wrote';
    case 'restored':
      return `is now in ${tell(happening.state)}`;
    case 'performed':
      return lineForEffect(happening.effect);
  }
}

function lineForEffect(effect: Effect<unknown, unknown>): string | null {
  switch (effect.kind) {
    case 'apply':
      return `applies ${effect.index}: ${tell(effect.payload)}`;
    case 'read':
      return `answers read ${effect.id} at index ${effect.index}${withinWords(effect)}`;
    case 'mark':
      return `remembers the time as mark ${effect.mark}`;
    case 'reject':
      return `rejects request ${effect.id}${effect.leader === undefined ? '' : `, try ${effect.leader}`}`;
    case 'ordered':
      return effect.error === undefined ? `has done order ${effect.id}` : `answers order ${effect.id}: ${effect.error}`;
    case 'recall':
      return `reads record ${effect.position} again`;
    case 'snapshot':
      return `saves its state at ${effect.index}`;
    case 'load':
      return `reads its snapshot ${effect.index} from byte ${effect.offset} on`;
    case 'install':
      return `installs snapshot ${effect.index}`;
    case 'compact':
      return `gives up records before ${effect.position} and snapshots before ${effect.index}`;
    case 'ask':
      return `asks ${effect.service}: ${tell(effect.payload)}`;
    default:
      return null;
  }
}

function withinWords({ within }: Extract<Effect<unknown, unknown>, { kind: 'read' }>): string {
  return within === undefined ? '' : `, until ${Math.floor(within.ms)} ms after mark ${within.mark}`;
}
