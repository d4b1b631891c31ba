/** What the tests of Multi-Paxos share: replicas in a given state, and short names for messages and effects. */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { Durable } from '../../contract/durable.ts';
import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Input, Order } from '../../contract/inputs.ts';
import type { Ballot } from '../paxos/ballot.ts';
import type { Value } from '../paxos/value.ts';
import type {
  Accept,
  Accepted,
  MultiPaxosMessage,
  MultiPaxosRecord,
  Prepare,
  Promised,
  Refuse,
  Run,
} from './messages.ts';
import { MultiPaxos } from './multi-paxos.ts';
import { correctRules } from './rules.ts';

export type MultiPaxosEffect = Effect<MultiPaxosMessage, MultiPaxosRecord>;
type MultiPaxosInput = Input<MultiPaxosMessage, MultiPaxosRecord>;

/** What is different from the group of n1, n2 and n3 with the settings below. */
export interface Setup extends Partial<ReplicaConfig> {
  readonly durable?: Durable<MultiPaxosRecord>;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const value = (text: string): Value => ({ payload: bytes(text) });

export const values = (...texts: readonly string[]): readonly Value[] => texts.map(value);

export function configOf(setup: Partial<ReplicaConfig> = {}): ReplicaConfig {
  return {
    id: 'n1',
    members: ['n1', 'n2', 'n3'],
    electionTimeoutMs: [150, 300],
    heartbeatIntervalMs: 50,
    maxEntriesPerMessage: 64,
    logCacheBytes: 1000,
    maxUncommittedBytes: 1e6,
    snapshotAfterBytes: 1e6,
    snapshotChunkBytes: 100,
    trace: false,
    ...setup,
  };
}

/** A replica whose disk takes no time: what it says to itself is heard at once. */
export class Replica {
  readonly id: NodeId;
  readonly #protocol: MultiPaxos;

  constructor({ durable = { records: [], firstPosition: 1 }, ...config }: Setup = {}) {
    this.id = config.id ?? 'n1';
    this.#protocol = new MultiPaxos(configOf(config), correctRules);
    this.#carryOut(this.#protocol.start(durable));
  }

  /** What comes of an input, and of what the replica says to itself after it, without those messages. */
  step(input: MultiPaxosInput): readonly MultiPaxosEffect[] {
    return this.#carryOut(this.#protocol.step(input));
  }

  #carryOut(effects: readonly MultiPaxosEffect[]): readonly MultiPaxosEffect[] {
    const others: MultiPaxosEffect[] = [];
    const toSelf: MultiPaxosMessage[] = [];
    const sort = (effect: MultiPaxosEffect): unknown =>
      effect.kind === 'send' && effect.to === this.id ? toSelf.push(effect.msg) : others.push(effect);
    effects.forEach(sort);
    for (let msg = toSelf.shift(); msg !== undefined; msg = toSelf.shift()) {
      this.#protocol.step({ kind: 'message', from: this.id, msg }).forEach(sort);
    }
    return others;
  }

  hear(from: NodeId, msg: MultiPaxosMessage): readonly MultiPaxosEffect[] {
    return this.step({ kind: 'message', from, msg });
  }

  timeout(timer: string): readonly MultiPaxosEffect[] {
    return this.step({ kind: 'timeout', timer });
  }

  write(id: number, text: string): readonly MultiPaxosEffect[] {
    return this.step({ kind: 'request', id, access: 'write', payload: bytes(text) });
  }

  read(id: number): readonly MultiPaxosEffect[] {
    return this.step({ kind: 'request', id, access: 'read', payload: bytes('') });
  }

  order(id: number, order: Order): readonly MultiPaxosEffect[] {
    return this.step({ kind: 'order', id, order });
  }

  view() {
    return this.#protocol.view();
  }
}

// --------------------------------------------------------------------------------------------------------- messages

export const ballot = (round: number, node: NodeId): Ballot => ({ round, node });

export const prepare = (of: Ballot, from = 1): Prepare => ({ type: 'prepare', ballot: of, from });

export const promise = (of: Ballot, chosenTo = 0, runs: readonly Run[] = []): Promised => ({
  type: 'promise',
  ballot: of,
  chosenTo,
  runs,
  loss: 0,
});

export const run = (of: Ballot, from: number, ...texts: readonly string[]): Run => ({
  ballot: of,
  from,
  values: values(...texts),
});

export const refuse = (of: Ballot, promised: Ballot): Refuse => ({ type: 'refuse', ballot: of, promised });

/** By default a heartbeat of somebody who sends from slot 1 on. */
export const accept = (of: Ballot, fields: Partial<Accept> = {}): Accept => ({
  type: 'accept',
  ballot: of,
  base: 1,
  from: fields.base ?? 1,
  values: [],
  chosenTo: 0,
  round: 0,
  ...fields,
});

export const accepted = (of: Ballot, fields: Partial<Accepted> = {}): Accepted => ({
  type: 'accepted',
  ballot: of,
  base: 1,
  to: 0,
  gap: false,
  chosenTo: 0,
  round: 0,
  loss: 0,
  ...fields,
});

// ---------------------------------------------------------------------------------------------------------- leaders

/** The ballot under which `leaderWith` leads. */
export const own = ballot(1, 'n1');

/** As a candidate under `own` that has promised it. */
export function candidateWith(setup: Setup = {}): Replica {
  const replica = new Replica(setup);
  replica.timeout('election');
  return replica;
}

/** As the leader under `own`, promised by n2 (and by so many others as a majority takes), which have accepted nothing. */
export function leaderWith(setup: Setup = {}): Replica {
  const replica = candidateWith(setup);
  const members = setup.members ?? ['n1', 'n2', 'n3'];
  for (const id of members.slice(1, 1 + Math.floor(members.length / 2))) replica.hear(id, promise(own));
  return replica;
}

/** What `from` answers that has accepted all that a leader which began at slot 1 proposed, up to slot `to`. */
export const upTo = (to: number, fields: Partial<Accepted> = {}): Accepted => accepted(own, { to, ...fields });

// ---------------------------------------------------------------------------------------------------------- effects

/** The messages among some effects, each with its receiver. */
export const sent = (effects: readonly MultiPaxosEffect[]): readonly (readonly [NodeId, MultiPaxosMessage])[] =>
  effects.flatMap((effect) => (effect.kind === 'send' ? [[effect.to, effect.msg] as const] : []));

/** The messages to one replica. */
export const sentTo = (id: NodeId, effects: readonly MultiPaxosEffect[]): readonly MultiPaxosMessage[] =>
  sent(effects).flatMap(([to, msg]) => (to === id ? [msg] : []));

export const ofKind = <K extends MultiPaxosEffect['kind']>(kind: K, effects: readonly MultiPaxosEffect[]) =>
  effects.filter((effect): effect is Extract<MultiPaxosEffect, { kind: K }> => effect.kind === kind);

export const persist = (record: MultiPaxosRecord): MultiPaxosEffect => ({ kind: 'persist', record });

/** Waits for all that was persisted before it. */
export const send = (to: NodeId, msg: MultiPaxosMessage): MultiPaxosEffect => ({ kind: 'send', to, msg });

/** Waits for nothing. */
export const sendNow = (to: NodeId, msg: MultiPaxosMessage): MultiPaxosEffect => ({
  kind: 'send',
  to,
  msg,
  eager: true,
});

export const timer = (name: string, min: number, max = min): MultiPaxosEffect => ({
  kind: 'timer',
  timer: name,
  afterMs: [min, max],
});

export const cancel = (name: string): MultiPaxosEffect => ({ kind: 'cancel', timer: name });

export const apply = (index: number, text: string): MultiPaxosEffect => ({
  kind: 'apply',
  index,
  payload: bytes(text),
  eager: true,
});

export const read = (id: number, index: number): MultiPaxosEffect => ({ kind: 'read', id, index, eager: true });

export const reject = (id: number, leader?: NodeId): MultiPaxosEffect =>
  leader === undefined ? { kind: 'reject', id } : { kind: 'reject', id, leader };
