/**
 * A whole group of PBFT for tests: real replicas with disks of their own, between which a test decides what arrives. What a
 * malicious replica says a test says for it, under that replica's own key.
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { ProtocolFact } from '../../contract/facts.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Protocol } from '../../contract/protocol.ts';
import { MaliciousReplica, type NamedBehaviour } from '../../malice/kit/malicious-replica.ts';
import { Actor, type Happening } from '../actor.ts';
import { pbftCodec } from './codec.ts';
import { pbftForgery } from './forgery.ts';
import type {
  Choice,
  Digest,
  NewView,
  PbftMessage,
  PbftRecord,
  Phase,
  Propose,
  Signature,
  ViewChange,
  Vote,
} from './messages.ts';
import { Pbft } from './pbft.ts';
import { correctRules, type PbftRules } from './rules.ts';
import { bytes, cryptoOf, first } from './signed-fixture.ts';
import { newViewStatement, viewChangeStatement, voteStatement } from './statements.ts';

export interface Letter {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly msg: PbftMessage;
}

export type PbftActor = Actor<PbftMessage, PbftRecord>;

/** Whether a message arrives. */
type Passes = (letter: Letter) => boolean;

const all: Passes = () => true;

export function configOf(id: NodeId, nodes = 4): ReplicaConfig {
  return {
    id,
    members: first(nodes),
    electionTimeoutMs: [150, 300],
    heartbeatIntervalMs: 50,
    maxEntriesPerMessage: 64,
    logCacheBytes: 1e6,
    maxUncommittedBytes: 1e6,
    snapshotAfterBytes: 1e6,
    snapshotChunkBytes: 100,
    trace: false,
    crypto: cryptoOf(id),
    isGenuine: () => true,
  };
}

/** What one replica may sign: anything, in its own name. */
export class Signer {
  readonly id: NodeId;
  readonly #crypto;

  constructor(id: NodeId) {
    this.id = id;
    this.#crypto = cryptoOf(id);
  }

  digest(text: string): Digest {
    return this.#crypto.digest(bytes(text));
  }

  sign(statement: Uint8Array): Signature {
    return { signer: this.id, bytes: this.#crypto.sign(statement) };
  }

  choice(view: number, slot: number, text: string): Choice {
    return { view, slot, digest: this.digest(text) };
  }

  vote(phase: Phase, view: number, slot: number, text: string): Vote {
    const choice = this.choice(view, slot, text);
    return { type: 'vote', ...choice, phase, signature: this.sign(voteStatement(phase, choice)) };
  }

  propose(view: number, slot: number, text: string): Propose {
    const choice = this.choice(view, slot, text);
    return { type: 'propose', ...choice, payload: bytes(text), signature: this.sign(voteStatement('share', choice)) };
  }

  change({ view, stable, slots }: Omit<ViewChange, 'type' | 'signature'>): ViewChange {
    const content = { type: 'view-change', view, stable, slots } as const;
    return { ...content, signature: this.sign(viewChangeStatement(content)) };
  }

  newView(view: number, changes: readonly ViewChange[]): NewView {
    return { type: 'new-view', view, changes, signature: this.sign(newViewStatement({ view, changes })) };
  }
}

/** What is different from a group of four honest replicas with the settings above. */
export interface Setup
  extends Partial<
    Pick<ReplicaConfig, 'maxEntriesPerMessage' | 'maxUncommittedBytes' | 'mode' | 'snapshotAfterBytes' | 'trace'>
  > {
  readonly nodes?: number;
  /** Replicas that never start: malicious ones, for which the test speaks. */
  readonly absent?: readonly NodeId[];
  /** The rules that a planted bug overrides. */
  readonly rules?: Partial<PbftRules>;
  /** Replicas that behave so. */
  readonly malicious?: Readonly<Record<NodeId, NamedBehaviour>>;
}

type EvidenceFact = Extract<ProtocolFact, { readonly type: 'evidence' }>;

function replica(
  config: ReplicaConfig,
  rules: Partial<PbftRules>,
  behaviour: NamedBehaviour | undefined,
): Protocol<PbftMessage, PbftRecord> {
  const another = () => new Pbft(config, { ...correctRules, ...rules });
  if (behaviour === undefined) return another();
  const definition = { codec: pbftCodec, forgery: pbftForgery };
  const malicious = new MaliciousReplica({ config, definition, another });
  malicious.behave(behaviour);
  return malicious;
}

export class Group {
  readonly actors: readonly PbftActor[];
  /** On their way, in the order in which they were sent. */
  readonly letters: Letter[] = [];
  /** What each replica has applied in its present life, as text. */
  readonly applied = new Map<NodeId, string[]>();
  /** What each has reported of others, in any life. */
  readonly evidence: (EvidenceFact & { readonly by: NodeId })[] = [];
  #asked: { readonly id: number; readonly node: NodeId; readonly text: string }[] = [];
  #lastRequest = 0;

  constructor({ nodes = 4, absent = [], rules = {}, malicious = {}, ...settings }: Setup = {}) {
    this.actors = first(nodes)
      .filter((id) => !absent.includes(id))
      .map((id) => {
        const actor: PbftActor = new Actor(id, {
          createProtocol: () => replica({ ...configOf(id, nodes), ...settings }, rules, malicious[id]),
          onHappening: (happening) => this.#onHappening(actor, happening),
        });
        return actor;
      });
    for (const actor of this.actors) this.start(actor.id);
  }

  actor(id: NodeId): PbftActor {
    const actor = this.actors.find((each) => each.id === id);
    if (actor === undefined) throw new Error(`there is no ${id} here`);
    return actor;
  }

  start(id: NodeId): void {
    this.applied.set(id, []);
    this.actor(id).start();
  }

  crash(id: NodeId): void {
    this.#asked = this.#asked.filter(({ node }) => node !== id);
    this.actor(id).crash();
  }

  /** Clients ask replicas for a batch. */
  write(text: string, at: readonly NodeId[] = this.actors.map(({ id }) => id)): void {
    for (const node of at) {
      this.#lastRequest += 1;
      const id = this.#lastRequest;
      this.#asked.push({ id, node, text });
      this.actor(node).step({ kind: 'request', id, access: 'write', payload: bytes(text) });
    }
  }

  hear(to: NodeId, from: NodeId, ...messages: readonly PbftMessage[]): void {
    for (const msg of messages) this.actor(to).step({ kind: 'message', from, msg });
  }

  /** Delivers all that is on its way, and all that comes of it; the rest is lost. */
  deliver(passes: Passes = all): void {
    for (let letter = this.letters.shift(); letter !== undefined; letter = this.letters.shift()) {
      const { from, to, msg } = letter;
      if (passes(letter)) this.actors.find(({ id }) => id === to)?.step({ kind: 'message', from, msg });
    }
  }

  /** Every replica says where it stands, so many times, and all that comes of it arrives. */
  beat(times = 1, passes: Passes = all): void {
    for (let time = 0; time < times; time += 1) {
      for (const actor of this.actors) actor.fire('beat');
      this.deliver(passes);
    }
  }

  /** A timer runs out wherever it is set. */
  fire(timer: string, passes: Passes = all): void {
    for (const actor of this.actors) actor.fire(timer);
    this.deliver(passes);
  }

  #onHappening(actor: PbftActor, happening: Happening<PbftMessage, PbftRecord>): void {
    if (happening.kind !== 'performed') return;
    const { effect } = happening;
    if (effect.kind === 'send' && effect.to !== actor.id) {
      this.letters.push({ from: actor.id, to: effect.to, msg: effect.msg });
    } else if (effect.kind === 'apply') {
      this.#onApply(actor, new TextDecoder().decode(effect.payload));
    } else if (effect.kind === 'note' && effect.fact.type === 'evidence') {
      this.evidence.push({ ...effect.fact, by: actor.id });
    }
  }

  #onApply(actor: PbftActor, text: string): void {
    this.applied.get(actor.id)?.push(text);
    const done = this.#asked.filter((each) => each.node === actor.id && each.text === text);
    this.#asked = this.#asked.filter((each) => !done.includes(each));
    for (const { id } of done) actor.stepLater({ kind: 'settled', id });
  }
}
