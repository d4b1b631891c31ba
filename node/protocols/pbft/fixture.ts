/** What the tests of PBFT share: replicas of a group in a given state, and short names for effects. What is signed: `signed-fixture.ts`. */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { Durable } from '../../contract/durable.ts';
import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Input } from '../../contract/inputs.ts';
import { configOf } from './group-fixture.ts';
import type {
  Certificate,
  Checkpoint,
  Choice,
  NewView,
  PbftMessage,
  PbftRecord,
  Propose,
  SlotReport,
  ViewChange,
  Vote,
} from './messages.ts';
import { Pbft } from './pbft.ts';
import { sizesOf } from './quorum.ts';
import { correctRules, type PbftRules } from './rules.ts';
import { batches, bytes, change, decided, first, newViewWith } from './signed-fixture.ts';

export type PbftEffect = Effect<PbftMessage, PbftRecord>;

/** What is different from n1 in a group of four with the settings below. */
export interface Setup extends Partial<Omit<ReplicaConfig, 'members' | 'crypto'>> {
  /** How many there are in the group. */
  readonly nodes?: number;
  readonly durable?: Durable<PbftRecord>;
  /** What a planted bug overrides. */
  readonly rules?: Partial<PbftRules>;
}

/** A replica whose disk takes no time: what it says to itself is heard at once. */
export class Replica {
  readonly config: ReplicaConfig;
  /** What it began with. */
  readonly begun: readonly PbftEffect[];
  /** All that it has written, in this life and before. */
  readonly records: PbftRecord[];
  /** While this is set, what it says to itself waits. */
  isDiskSlow = false;
  readonly #protocol: Pbft;
  #toSelf: PbftMessage[] = [];

  constructor({ nodes = 4, durable = { records: [], firstPosition: 1 }, rules, ...config }: Setup = {}) {
    const id = config.id ?? 'n1';
    this.config = {
      ...configOf(id, nodes),
      ...config,
    };
    this.records = [...durable.records];
    this.#protocol = new Pbft(this.config, { ...correctRules, ...rules });
    this.begun = this.#carryOut(this.#protocol.start(durable));
  }

  /** What comes of an input, and of what the replica says to itself after it, without those messages. */
  step(input: Input<PbftMessage, PbftRecord>): readonly PbftEffect[] {
    return this.#carryOut(this.#protocol.step(input));
  }

  /** The disk has all that was written: what the replica says to itself is heard. */
  sync(): readonly PbftEffect[] {
    this.isDiskSlow = false;
    return this.#carryOut([]);
  }

  #carryOut(effects: readonly PbftEffect[]): readonly PbftEffect[] {
    const others: PbftEffect[] = [];
    const sort = (effect: PbftEffect): void => {
      if (effect.kind === 'persist') this.records.push(effect.record);
      if (effect.kind === 'send' && effect.to === this.config.id) this.#toSelf.push(effect.msg);
      else others.push(effect);
    };
    effects.forEach(sort);
    while (!this.isDiskSlow) {
      const msg = this.#toSelf.shift();
      if (msg === undefined) break;
      this.#protocol.step({ kind: 'message', from: this.config.id, msg }).forEach(sort);
    }
    return others;
  }

  hear(from: NodeId, ...messages: readonly PbftMessage[]): readonly PbftEffect[] {
    return messages.flatMap((msg) => this.step({ kind: 'message', from, msg }));
  }

  /** Votes, checkpoints or view changes, each of whoever signed it. */
  hearSigned(...messages: readonly (Propose | Vote | Checkpoint | ViewChange | NewView)[]): readonly PbftEffect[] {
    return messages.flatMap((msg) => this.hear(msg.signature.signer, msg));
  }

  timeout(timer: string): readonly PbftEffect[] {
    return this.step({ kind: 'timeout', timer });
  }

  write(id: number, text: string): readonly PbftEffect[] {
    return this.step({ kind: 'request', id, access: 'write', payload: bytes(text) });
  }

  settle(id: number): readonly PbftEffect[] {
    return this.step({ kind: 'settled', id });
  }

  suspect(node: NodeId): readonly PbftEffect[] {
    return this.step({ kind: 'suspected', node });
  }

  view() {
    return this.#protocol.view();
  }

  heldBytes(): number {
    return this.#protocol.heldBytes();
  }

  /** Why messages came to nothing, and how often, without what never was. */
  refused(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.#protocol.refused()).filter(([, count]) => count > 0));
  }

  /** The next life of this replica, from what it has written, or from a part of that. */
  restarted(records: readonly PbftRecord[] = this.records): Replica {
    const { members, crypto, ...config } = this.config;
    return new Replica({ ...config, nodes: members.length, durable: { records, firstPosition: 1 } });
  }
}

// --------------------------------------------------------------------------------------------------------- replicas

/** A replica that was told of so many decided slots, of `batches`, and has applied them. */
export function appliedTo(slot: number, setup: Setup = {}): Replica {
  const replica = new Replica(setup);
  replica.hear('n3', decided(1, batches(slot), first(sizesOf(replica.config.members.length).quorum)));
  return replica;
}

/** A replica of four in a view that began with what three others, or the same, have reported. */
export function inView(view: number, setup: Setup = {}, slots: readonly SlotReport[] = []): Replica {
  const replica = new Replica(setup);
  replica.hearSigned(newViewWith(view, slots));
  return replica;
}

/** A replica that has left for a view because f + 1 others have; waits for it to begin, unless it is to begin it. */
export function leftFor(view: number, setup: Setup = {}): Replica {
  const replica = new Replica(setup);
  const { id, members } = replica.config;
  const others = members.filter((member) => member !== id);
  replica.hearSigned(...others.slice(0, sizesOf(members.length).oneHonest).map((by) => change(by, view)));
  return replica;
}

// ---------------------------------------------------------------------------------------------------------- effects

export const persist = (record: PbftRecord): PbftEffect => ({ kind: 'persist', record });

export const leaving = (view: number): PbftEffect => persist({ kind: 'leave', view });

/** Waits for all that was persisted before it. */
export const send = (to: NodeId, msg: PbftMessage): PbftEffect => ({ kind: 'send', to, msg });

/** Waits for nothing. */
export const sendNow = (to: NodeId, msg: PbftMessage): PbftEffect => ({ kind: 'send', to, msg, eager: true });

export const toOthers = ({ config: { id, members } }: Replica, msg: PbftMessage): PbftEffect[] =>
  members.filter((member) => member !== id).map((member) => send(member, msg));

export const toOthersNow = ({ config: { id, members } }: Replica, msg: PbftMessage): PbftEffect[] =>
  members.filter((member) => member !== id).map((member) => sendNow(member, msg));

/** A vote that does not fit what was proposed goes to all others, and what was proposed to whoever gave it. */
export const handedOn = ({ config: { id, members } }: Replica, odd: Vote, proposed?: Vote): PbftEffect[] => {
  const { signer } = odd.signature;
  const others = members.filter((member) => member !== id && member !== signer);
  return [...others.map((to) => sendNow(to, odd)), ...(proposed === undefined ? [] : [sendNow(signer, proposed)])];
};

/** A share, beside the batch; `text` is absent where a record before holds that. */
export const sharing = (of: Choice, text?: string): PbftEffect =>
  persist({ kind: 'share', ...of, ...(text === undefined ? {} : { payload: bytes(text) }) });

export const preparing = (proof: Certificate): PbftEffect => persist({ kind: 'prepared', certificate: proof });

/** Decided and applied; `text` is written where no record before holds it. */
export const applying = (proof: Certificate, text: string, written: 'written' | 'known' = 'known'): PbftEffect[] => [
  persist({ kind: 'decided', certificate: proof, ...(written === 'written' ? { payload: bytes(text) } : {}) }),
  { kind: 'apply', index: proof.slot, payload: bytes(text), eager: true },
];

/** As `applying`, of what another replica has told of. */
export const learning = (proof: Certificate, text: string): PbftEffect[] => [
  persist({ kind: 'decided', certificate: proof, payload: bytes(text) }),
  { kind: 'apply', index: proof.slot, payload: bytes(text), learned: true, eager: true },
];

export const timer = (name: string, delayMs: number): PbftEffect => ({
  kind: 'timer',
  timer: name,
  afterMs: [delayMs, delayMs],
});

export const cancel = (name: string): PbftEffect => ({ kind: 'cancel', timer: name });

export const reject = (id: number): PbftEffect => ({ kind: 'reject', id });

/** The effects of one kind. */
export const ofKind = <K extends PbftEffect['kind']>(kind: K, effects: readonly PbftEffect[]) =>
  effects.filter((effect): effect is Extract<PbftEffect, { kind: K }> => effect.kind === kind);
