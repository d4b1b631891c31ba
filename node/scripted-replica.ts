/** A replica whose protocol does what a test says, over ports that the test works by hand. */

import { encodeBundle, genuineness, signerName } from './bundle.ts';
import { type Durable, nothingDurable } from './contract/durable.ts';
import type { Effect } from './contract/effects.ts';
import type { Input } from './contract/inputs.ts';
import { keyedHashCrypto } from './crypto/keyed-hash.ts';
import { encodeCommand } from './machine/command.ts';
import { SessionMachine } from './machine/sessions.ts';
import { ManualClock, ManualDisk, ManualRandom, ManualSnapshots } from './manual-ports.ts';
import type { ClientReply } from './ports.ts';
import { Replica } from './runtime.ts';

export type TestEffect = Effect<string, string>;
export type TestInput = Input<string, string>;

export const persist = (record: string): TestEffect => ({ kind: 'persist', record });
export const send = (msg: string, to = 'n2'): TestEffect => ({ kind: 'send', to, msg });
export const sendNow = (msg: string): TestEffect => ({ kind: 'send', to: 'n2', msg, eager: true });
export const timer = (name: string, min: number, max = min): TestEffect => ({
  kind: 'timer',
  timer: name,
  afterMs: [min, max],
});
export const apply = (index: number): TestEffect => ({ kind: 'apply', index, payload: new Uint8Array(0) });

export const registration = encodeCommand({ op: 'register', session: 5, sequence: 0, key: '', a: null, b: null });
export const query = encodeCommand({ op: 'get', session: 0, sequence: 0, key: 'k', a: null, b: null });

/** What a client of a `stage` asks for where clients sign. */
export const bundleOf = (...commands: Uint8Array[]) =>
  encodeBundle('c1', commands, keyedHashCrypto(7, signerName('c1'), []));

interface StageOptions {
  /** Whether clients sign what they ask for. */
  readonly signs?: boolean;
  /** See `ReplicaConfig`. */
  readonly quorumReads?: boolean;
}

/** A replica whose protocol does what the test says: `wants` gives the effects of each input. */
export function stage(
  wants: (input: TestInput) => readonly TestEffect[] = () => [],
  { signs = false, quorumReads = false }: StageOptions = {},
) {
  const clock = new ManualClock();
  const disk = new ManualDisk<string>();
  const snapshots = new ManualSnapshots<string>();
  const random = new ManualRandom();
  const seen: string[] = [];
  const inputs: TestInput[] = [];
  const replies: { client: string; reply: ClientReply }[] = [];
  const end = new AbortController();
  let onStart: readonly TestEffect[] = [];
  /** What the protocol began from; empty before it did. */
  const begun: Durable<string>[] = [];
  const protocol = {
    start: (durable: Durable<string>) => {
      begun.push(durable);
      return onStart;
    },
    step: (input: TestInput) => {
      inputs.push(input);
      return wants(input);
    },
    view: () => ({ role: 'actor', epoch: 3, commitIndex: 0, lastIndex: 0 }),
  };
  const ports = {
    clock,
    random,
    storage: disk,
    snapshots,
    transport: { send: (to: string, msg: string) => void seen.push(`${to}: ${msg}`) },
    clients: { reply: (client: string, reply: ClientReply) => void replies.push({ client, reply }) },
    tracer: (fact: object) => void seen.push(JSON.stringify(fact)),
  };
  const signing = signs && { isGenuine: genuineness(keyedHashCrypto(7, 'n1', ['n1'])) };
  const options = { id: 'n1', signal: end.signal, quorumReads, ...signing };
  const replica = new Replica(protocol, new SessionMachine({}, signs, quorumReads), ports, options);
  const beginFrom = (durable: Durable<string>, ...effects: TestEffect[]) => {
    onStart = effects;
    replica.start(durable);
  };
  const begin = (...effects: TestEffect[]) => beginFrom(nothingDurable, ...effects);
  const taken = () => seen.splice(0);
  return { clock, disk, snapshots, random, inputs, replies, end, replica, begin, beginFrom, begun, taken };
}

/** Plays `script` one step after the other: message "1" gets the effects of the first entry. */
export const scripted = (script: Readonly<Record<string, readonly TestEffect[]>>) => (input: TestInput) =>
  input.kind === 'message' ? (script[input.msg] ?? []) : [];
