/** A process of a replica that does what it is told, for tests; its disk takes 2 ms to sync. */

import type { Effect } from '../../../node/contract/effects.ts';
import type { Input } from '../../../node/contract/inputs.ts';
import { invariant } from '../../../node/contract/invariant.ts';
import type { Protocol } from '../../../node/contract/protocol.ts';
import { encodeBatch, encodeCommand } from '../../../node/machine/command.ts';
import { SessionMachine } from '../../../node/machine/sessions.ts';
import type { ClientReply } from '../../../node/ports.ts';
import type { LabFact } from '../../contracts/events.ts';
import { randomFor } from '../../random.ts';
import { SimClock } from './clock.ts';
import { SimDisk } from './disk.ts';
import { SimProcess } from './process.ts';

export const registration = encodeCommand({ op: 'register', session: 5, sequence: 0, key: '', a: null, b: null });

/**
 * Says what it hears; "write x" is written down and then confirmed to n2; "break" breaks it. It cannot transfer, and has no
 * answer to an order that nobody vote.
 */
function effectsOf(input: Input<unknown, unknown>): Effect<unknown, unknown>[] {
  if (input.kind === 'request') return [{ kind: 'reject', id: input.id }];
  if (input.kind === 'order') {
    if (input.order.kind === 'reconfigure' && input.order.voters.length === 0) return [];
    const error = input.order.kind === 'transfer' ? 'It cannot.' : undefined;
    return [{ kind: 'ordered', id: input.id, ...(error === undefined ? {} : { error }) }];
  }
  if (input.kind !== 'message') return [];
  const text = String(input.msg);
  invariant(text !== 'break', 'it broke');
  if (text.startsWith('write ')) {
    return [
      { kind: 'persist', record: text.slice(6) },
      { kind: 'send', to: 'n2', msg: `${text.slice(6)} is durable` },
    ];
  }
  if (text.startsWith('snapshot ')) return [{ kind: 'snapshot', index: Number(text.slice(9)), record: text }];
  if (text.startsWith('apply ')) {
    return [{ kind: 'apply', index: Number(text.slice(6)), payload: encodeBatch([registration]) }];
  }
  return text.startsWith('timer ') ? [{ kind: 'timer', timer: text, afterMs: [10, 10] }] : [];
}

export function processLab() {
  const clock = new SimClock();
  const disk = new SimDisk<unknown>(clock, { ...randomFor(1, 'disk'), integer: () => 0 }, [2, 2]);
  const seen: string[] = [];
  const facts: string[] = [];
  const say = (what: string) => void seen.push(`${what}@${clock.now()}`);
  const createProtocol = (): Protocol<unknown, unknown> => ({
    start: (durable) => {
      const snapshot = durable.snapshot === undefined ? '' : ` and ${durable.snapshot.record}`;
      say(`starts from [${durable.records.join(' ')}]${snapshot}${durable.lost !== undefined ? ', a lost disk' : ''}`);
      return [{ kind: 'timer', timer: 'election', afterMs: [100, 100] }];
    },
    step: (input) => {
      say(
        input.kind === 'message'
          ? `hears ${input.msg}`
          : input.kind === 'timeout'
            ? `timeout ${input.timer}`
            : input.kind,
      );
      return effectsOf(input);
    },
    view: () => ({ role: 'actor', epoch: 1, commitIndex: 0, lastIndex: 0 }),
  });
  const process = new SimProcess(
    'n1',
    {
      clock,
      random: randomFor(1, 'timers'),
      observe: (fact: LabFact) => void facts.push(fact.type),
      send: (to: string, msg: unknown) => say(`sends ${to} ${msg}`),
      hangUp: () => say('hangs up'),
      reply: (client: string, reply: ClientReply) => say(`replies ${client} ${reply.status}`),
      createProtocol,
      createMachine: () => new SessionMachine(),
      quorumReads: false,
    },
    disk,
  );
  const taken = () => seen.splice(0);
  return { clock, process, disk, facts, taken };
}
