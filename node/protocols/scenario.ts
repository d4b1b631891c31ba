/**
 * Plays a scenario: a text of commands, each with what came of it written below. The style is that of etcd-io/raft's
 * testdata. The same text played again gives the same text, or something has changed that wants an explanation.
 *
 *     replicas 3                 begins; every replica starts from an empty disk, and all are members (`replicas 3 1`: one
 *                                entry a message; `replicas 3 1 20`: no more than 20 bytes of what is decided stay in
 *                                memory; `replicas 3 1 20 100`: a snapshot after every 100 bytes, in pieces of 8; behind
 *                                those, `uncommitted=30`: more bytes that are not decided are turned away; `drift=0.01`:
 *                                a leader answers reads by its clock, where clocks differ by no more than a hundredth;
 *                                `quorums=4,2`: four promise before a leader proposes, and two accept what is chosen;
 *                                `mode=linear`: in this mode of the protocol)
 *     newcomers n4 n5            more replicas start from empty disks; they know who the members were at first
 *     timeout n1 election        a timer that n1 has set runs out
 *     deliver n1->n2             messages arrive, in the order in which they were sent (`*`: any; `all`: until silence)
 *     drop n1->*                 messages are lost
 *     isolate n1 / rejoin n1     all that n1 sends, or that is sent to it, is lost from now on / is carried again
 *     write n1 x / read n1       a client's request reaches n1; requests and orders are numbered together, from 1
 *     lapse n1 3                 the time is over in which n1 might have answered request 3, a read, by its clock
 *     suspect n1 n2              the stream of what n2 sends to n1 breaks off
 *     transfer n1 n2             the operator orders n1 to hand over its leadership to n2
 *     reconfigure n1 voters n1 n4 learners n5
 *                                the operator orders n1 to see to it that these are the members
 *     stall n1 / sync n1         n1's disk takes records, which are not durable / become durable now
 *     crash n1 / restart n1      n1 loses what was not durable / starts from what is, with a fast disk (`restart n1 3`: of
 *                                the records that it needed no more, the last three are still there)
 *     show                       what every replica looks like from outside, and the configuration that is in force there
 *                                where another one than the first ever was; of a joint one, both halves
 *     quietly deliver all        any command, shown only by how the replicas have changed after it
 *
 * A line that begins with `#` is prose. Timers that are set or cancelled are not shown: the unit tests assert them.
 */

import type { ReplicaConfig } from '../contract/config.ts';
import type { ProtocolDefinition } from '../contract/definition.ts';
import type { ProtocolFact } from '../contract/facts.ts';
import type { NodeId } from '../contract/ids.ts';
import type { Order } from '../contract/inputs.ts';
import { keyedHashCrypto } from '../crypto/keyed-hash.ts';
import { Actor, type Happening } from './actor.ts';
import { groupInWords, lineFor, lookFor, wordFor } from './scenario-lines.ts';
import { tell } from './tell.ts';

interface Letter {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly msg: unknown;
}

type Command = (...args: string[]) => void;

/** Puts what a protocol's messages and records hold as bytes into words. */
export type InWords = (value: unknown) => unknown;

/** What all replicas of a play are told alike. */
type Settings = Omit<ReplicaConfig, 'id'>;

/** Of the secrets with which replicas sign, alike in all plays; replicas know those who are there when they come. */
const seed = 1;

/** A `deliver all` that goes on for longer than this will not come to rest. */
const maxDeliveries = 1000;

/** Plays the whole text and gives it back with the output of the present code. */
export function playScenario(
  text: string,
  definition: ProtocolDefinition<unknown, unknown>,
  inWords: InWords = (value) => value,
): string {
  const play = new Play(definition, inWords);
  const lines: string[] = [];
  const source = text.split('\n');
  for (let at = 0; at < source.length; at += 1) {
    const line = (source[at] as string).trimEnd();
    lines.push(line);
    if (line === '' || line.startsWith('#')) continue;
    lines.push('----', ...play.perform(line), '');
    // What was recorded under the command before, and the empty line that ends it.
    if (source[at + 1]?.trimEnd() === '----') while (at + 1 < source.length && source[at + 1]?.trim() !== '') at += 1;
    if (source[at + 1]?.trim() === '') at += 1;
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

class Play {
  readonly #definition: ProtocolDefinition<unknown, unknown>;
  readonly #inWords: InWords;
  readonly #actors = new Map<NodeId, Actor<unknown, unknown>>();
  #settings: Settings | undefined;
  /** The configurations that are in force, in words; of replicas that have only known the first, none. */
  readonly #groups = new Map<NodeId, string>();
  #letters: Letter[] = [];
  readonly #isolated = new Set<NodeId>();
  #lastRequest = 0;
  #output: string[] = [];
  readonly #commands: Readonly<Record<string, Command>> = {
    replicas: (count, ...words) => {
      this.#settings = settingsFor(Number(count), words);
      this.#raise(this.#settings.members);
    },
    newcomers: (...nodes) => this.#raise(nodes),
    timeout: (node, timer) => {
      if (!this.#actor(node).fire(timer ?? '')) throw new Error(`${node} has set no timer "${timer}"`);
    },
    deliver: (link) => this.#deliver(link),
    drop: (link) => this.#drop(link),
    isolate: (node) => this.#isolate(this.#actor(node).id, true),
    rejoin: (node) => this.#isolate(this.#actor(node).id, false),
    write: (node, ...words) => this.#request(node, 'write', words.join(' ')),
    read: (node) => this.#request(node, 'read', ''),
    lapse: (node, id) => this.#actor(node).step({ kind: 'lapsed', id: Number(id) }),
    suspect: (node, other) => this.#actor(node).step({ kind: 'suspected', node: this.#actor(other).id }),
    transfer: (node, to) => this.#order(node, { kind: 'transfer', to: this.#actor(to).id }),
    reconfigure: (node, ...words) => this.#order(node, { kind: 'reconfigure', ...membersIn(words) }),
    stall: (node) => {
      this.#actor(node).syncsAtOnce = false;
      this.#output.push(`${node}'s disk is slow`);
    },
    sync: (node) => {
      this.#actor(node).sync();
      this.#actor(node).syncsAtOnce = true;
    },
    crash: (node) => {
      const actor = this.#actor(node);
      const lost = actor.unsyncedCount;
      actor.crash();
      this.#output.push(`${actor.id} is down${lost > 0 ? ', with what was not durable' : ''}`);
    },
    restart: (node, leftOver = '0') => {
      const actor = this.#actor(node);
      actor.syncsAtOnce = true;
      this.#watched(actor, () => actor.start(Number(leftOver)));
    },
    show: () => {
      for (const actor of this.#actors.values()) this.#output.push(`${actor.id}: ${this.#lookOf(actor)}`);
    },
  };

  constructor(definition: ProtocolDefinition<unknown, unknown>, inWords: InWords) {
    this.#definition = definition;
    this.#inWords = inWords;
  }

  /** Carries out one command; gives back what is to be seen of it. */
  perform(line: string): string[] {
    const words = line.split(/\s+/);
    const quietly = words[0] === 'quietly';
    const [name = '', ...args] = quietly ? words.slice(1) : words;
    const before = new Map([...this.#actors.values()].map((actor) => [actor, this.#lookOf(actor)]));
    this.#output = [];
    this.#carryOut(name, args);
    if (quietly) this.#output = this.#output.filter((shown) => shown.startsWith('error: '));
    if (quietly || !['deliver', 'show', 'restart'].includes(name)) {
      for (const [actor, look] of before) if (actor.up && this.#lookOf(actor) !== look) this.#tellLook(actor);
    }
    return this.#output.length === 0 ? ['nothing happens'] : this.#output;
  }

  #carryOut(name: string, args: readonly string[]): void {
    try {
      const command = this.#commands[name];
      if (command === undefined) throw new Error(`there is no command "${name}"`);
      command(...args);
    } catch (error) {
      this.#output.push(`error: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #raise(nodes: readonly NodeId[]): void {
    const settings = this.#settings;
    if (settings === undefined) throw new Error('a play begins with "replicas"');
    const known = nodes.find((id) => this.#actors.has(id));
    if (known !== undefined) throw new Error(`there is a replica "${known}" already`);
    for (const id of nodes) {
      const signing = this.#definition.signs && {
        crypto: keyedHashCrypto(seed, id, [...this.#actors.keys(), ...nodes]),
        isGenuine: () => true,
      };
      const actor = new Actor(id, {
        createProtocol: () => this.#definition.create({ id, ...settings, ...signing }),
        onHappening: (happening) => this.#onHappening(id, happening),
      });
      this.#actors.set(id, actor);
      actor.start();
    }
    for (const id of nodes) this.#tellLook(this.#actor(id));
  }

  #actor(node: string | undefined): Actor<unknown, unknown> {
    const actor = this.#actors.get(node ?? '');
    if (actor === undefined) throw new Error(`there is no replica "${node}"`);
    return actor;
  }

  #isolate(node: NodeId, cut: boolean): void {
    if (cut) this.#isolated.add(node);
    else this.#isolated.delete(node);
    this.#output.push(`${node} is ${cut ? 'cut off from the others' : 'back among the others'}`);
  }

  #request(node: string | undefined, access: 'write' | 'read', text: string): void {
    const actor = this.#actor(node);
    this.#lastRequest += 1;
    actor.step({ kind: 'request', id: this.#lastRequest, access, payload: new TextEncoder().encode(text) });
  }

  #order(node: string | undefined, order: Order): void {
    const actor = this.#actor(node);
    this.#lastRequest += 1;
    actor.step({ kind: 'order', id: this.#lastRequest, order });
  }

  #onHappening(id: NodeId, happening: Happening<unknown, unknown>): void {
    if (happening.kind === 'performed') {
      const { effect } = happening;
      if (effect.kind === 'note') this.#onFact(id, effect.fact);
      if (effect.kind === 'send' && effect.to !== id) this.#send({ from: id, to: effect.to, msg: effect.msg });
    }
    const written = happening.kind === 'written';
    const line = lineFor(written ? { ...happening, record: this.#inWords(happening.record) } : happening);
    if (line !== null) this.#output.push(`${id} ${line}`);
  }

  #onFact(id: NodeId, fact: ProtocolFact): void {
    if (fact.type !== 'configuration') return;
    const first = groupInWords({ voters: this.#settings?.members ?? [], outgoing: [], learners: [] });
    const group = groupInWords(fact);
    if (group !== first || this.#groups.has(id)) this.#groups.set(id, group);
  }

  #send({ from, to, msg }: Letter): void {
    const lost = this.#isolated.has(from) || this.#isolated.has(to);
    this.#output.push(`${from} -> ${to}: ${tell(this.#inWords(msg))}${lost ? ' (lost)' : ''}`);
    if (!lost) this.#letters.push({ from, to, msg });
  }

  #deliver(link: string | undefined): void {
    const matches = matcher(link);
    if (link !== 'all') {
      // Only what is on its way now; what is sent in answer stays for a later command.
      const now = this.#letters.filter(matches);
      this.#letters = this.#letters.filter((letter) => !matches(letter));
      for (const letter of now) this.#handOver(letter);
      return;
    }
    for (let count = 0; this.#letters.length > 0; count += 1) {
      if (count >= maxDeliveries) throw new Error(`no rest after ${maxDeliveries} messages`);
      this.#handOver(this.#letters.shift() as Letter);
    }
  }

  #handOver({ from, to, msg }: Letter): void {
    const actor = this.#actor(to);
    if (!actor.up) {
      this.#output.push(`${to} is down and misses ${wordFor(msg)} of ${from}`);
      return;
    }
    this.#output.push(`${to} hears ${wordFor(msg)} of ${from}`);
    this.#watched(actor, () => actor.step({ kind: 'message', from, msg }));
  }

  #drop(link: string | undefined): void {
    const matches = matcher(link);
    for (const letter of this.#letters.filter(matches)) {
      this.#output.push(`lost: ${letter.from} -> ${letter.to}: ${wordFor(letter.msg)}`);
    }
    this.#letters = this.#letters.filter((letter) => !matches(letter));
  }

  /** Says afterwards how the replica has changed, indented below what made it so. */
  #watched(actor: Actor<unknown, unknown>, work: () => void): void {
    const before = this.#lookOf(actor);
    const from = this.#output.length;
    work();
    if (this.#lookOf(actor) !== before) this.#tellLook(actor);
    for (let at = from; at < this.#output.length; at += 1) this.#output[at] = `  ${this.#output[at]}`;
  }

  #lookOf(actor: Actor<unknown, unknown>): string {
    const view = actor.view();
    if (view === undefined) return 'down';
    const group = this.#groups.get(actor.id);
    return `${lookFor(view)}${group === undefined ? '' : `, ${group}`}`;
  }

  #tellLook(actor: Actor<unknown, unknown>): void {
    this.#output.push(`${actor.id} is now ${this.#lookOf(actor)}`);
  }
}

function matcher(link: string | undefined): (letter: Letter) => boolean {
  if (link === 'all') return () => true;
  const [from, to] = (link ?? '').split('->');
  if (from === undefined || to === undefined) throw new Error(`"${link}" is no link; write n1->n2`);
  return (letter) => (from === '*' || letter.from === from) && (to === '*' || letter.to === to);
}

/** @throws Error where a word names no setting, or gives it no number */
function settingsFor(count: number, words: readonly string[]): Settings {
  const numbers = words.filter((word) => !word.includes('=')).map(Number);
  const [maxEntriesPerMessage = 8, logCacheBytes = 1e6, snapshotAfterBytes = 1e6] = numbers;
  const named = new Map(words.filter((word) => word.includes('=')).map((word) => word.split('=') as [string, string]));
  const maxUncommittedBytes = Number(named.get('uncommitted') ?? 1e6);
  const drift = named.get('drift');
  const mode = named.get('mode');
  const [phase1, phase2] = (named.get('quorums') ?? '').split(',').map(Number);
  const unknown = [...named.keys()].find((name) => !['uncommitted', 'drift', 'quorums', 'mode'].includes(name));
  if (unknown !== undefined) throw new Error(`there is no setting "${unknown}"`);
  return {
    members: Array.from({ length: count }, (_, offset) => `n${offset + 1}`),
    electionTimeoutMs: [150, 300],
    heartbeatIntervalMs: 50,
    maxEntriesPerMessage,
    logCacheBytes,
    maxUncommittedBytes,
    snapshotAfterBytes,
    snapshotChunkBytes: 8,
    trace: true,
    ...(mode === undefined ? {} : { mode }),
    ...(drift === undefined ? {} : { leaseReads: { maxClockDrift: Number(drift) } }),
    ...(phase1 === undefined || phase2 === undefined ? {} : { quorums: { phase1, phase2 } }),
  };
}

/** `voters n1 n2 learners n3`, or without the learners. */
function membersIn(words: readonly string[]): {
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
} {
  if (words[0] !== 'voters') throw new Error('say who is to vote: voters n1 n2 learners n3');
  const at = words.indexOf('learners');
  return at < 0
    ? { voters: words.slice(1), learners: [] }
    : { voters: words.slice(1, at), learners: words.slice(at + 1) };
}
