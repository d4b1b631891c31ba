/**
 * Plays a scenario: a text of commands, each with what came of it written below. The style is that of etcd-io/raft's
 * testdata. The same text played again gives the same text, or something has changed that wants an explanation.
 *
 *     replicas 3                 begins; every replica starts from an empty disk (`replicas 3 1`: one entry a message;
 *                                `replicas 3 1 20`: no more than 20 bytes of what is decided stay in memory; `replicas
 *                                3 1 20 100`: a snapshot after every 100 bytes, in pieces of 8)
 *     timeout n1 election        a timer that n1 has set runs out
 *     deliver n1->n2             messages arrive, in the order in which they were sent (`*`: any; `all`: until silence)
 *     drop n1->*                 messages are lost
 *     isolate n1 / rejoin n1     all that n1 sends, or that is sent to it, is lost from now on / is carried again
 *     write n1 x / read n1       a client's request reaches n1
 *     stall n1 / sync n1         n1's disk takes records, which are not durable / become durable now
 *     crash n1 / restart n1      n1 loses what was not durable / starts from what is, with a fast disk (`restart n1 3`: of
 *                                the records that it needed no more, the last three are still there)
 *     show                       what every replica looks like from outside
 *     quietly deliver all        any command, shown only by how the replicas have changed after it
 *
 * A line that begins with `#` is prose. Timers that are set or cancelled are not shown: the unit tests assert them.
 */
import type { NodeId, ProtocolDefinition } from '../protocol.ts';
import { Actor, type Happening } from './actor.ts';
import { tell } from './tell.ts';

interface Letter {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly msg: unknown;
}

type Command = (...args: string[]) => void;

/** A `deliver all` that goes on for longer than this will not come to rest. */
const maxDeliveries = 1000;

/** Plays the whole text and gives it back with the output of the present code. */
export function playScenario(text: string, definition: ProtocolDefinition<unknown, unknown>): string {
  const play = new Play(definition);
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
  readonly #actors = new Map<NodeId, Actor<unknown, unknown>>();
  #letters: Letter[] = [];
  readonly #isolated = new Set<NodeId>();
  #lastRequest = 0;
  #output: string[] = [];
  readonly #commands: Readonly<Record<string, Command>> = {
    replicas: (count, maxEntries = '8', cacheBytes = '1000000', snapshotAfterBytes = '1000000') =>
      this.#raise(Number(count), Number(maxEntries), Number(cacheBytes), Number(snapshotAfterBytes)),
    timeout: (node, timer) => {
      if (!this.#actor(node).fire(timer ?? '')) throw new Error(`${node} has set no timer "${timer}"`);
    },
    deliver: (link) => this.#deliver(link),
    drop: (link) => this.#drop(link),
    isolate: (node) => this.#isolate(this.#actor(node).id, true),
    rejoin: (node) => this.#isolate(this.#actor(node).id, false),
    write: (node, ...words) => this.#request(node, 'write', words.join(' ')),
    read: (node) => this.#request(node, 'read', ''),
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
      for (const actor of this.#actors.values()) this.#output.push(`${actor.id}: ${lookOf(actor)}`);
    },
  };

  constructor(definition: ProtocolDefinition<unknown, unknown>) {
    this.#definition = definition;
  }

  /** Carries out one command; gives back what is to be seen of it. */
  perform(line: string): string[] {
    const words = line.split(/\s+/);
    const quietly = words[0] === 'quietly';
    const [name = '', ...args] = quietly ? words.slice(1) : words;
    const before = new Map([...this.#actors.values()].map((actor) => [actor, lookOf(actor)]));
    this.#output = [];
    this.#carryOut(name, args);
    if (quietly) this.#output = this.#output.filter((shown) => shown.startsWith('error: '));
    if (quietly || !['deliver', 'show', 'restart'].includes(name)) {
      for (const [actor, look] of before) if (actor.up && lookOf(actor) !== look) this.#tellLook(actor);
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

  #raise(count: number, maxEntriesPerMessage: number, logCacheBytes: number, snapshotAfterBytes: number): void {
    const members = Array.from({ length: count }, (_, offset) => `n${offset + 1}`);
    const settings = {
      electionTimeoutMs: [150, 300],
      heartbeatIntervalMs: 50,
      maxEntriesPerMessage,
      logCacheBytes,
      maxUncommittedBytes: 1e6,
      snapshotAfterBytes,
      snapshotChunkBytes: 8,
    } as const;
    for (const id of members) {
      const actor = new Actor(id, {
        createProtocol: () => this.#definition.create({ id, members, trace: false, ...settings }),
        onHappening: (happening) => this.#onHappening(id, happening),
      });
      this.#actors.set(id, actor);
      actor.start();
    }
    for (const actor of this.#actors.values()) this.#tellLook(actor);
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

  #onHappening(id: NodeId, happening: Happening<unknown, unknown>): void {
    if (happening.kind === 'performed' && happening.effect.kind === 'send' && happening.effect.to !== id) {
      const { to, msg } = happening.effect;
      const lost = this.#isolated.has(id) || this.#isolated.has(to);
      this.#output.push(`${id} -> ${to}: ${tell(msg)}${lost ? ' (lost)' : ''}`);
      if (!lost) this.#letters.push({ from: id, to, msg });
      return;
    }
    const line = lineFor(happening);
    if (line !== null) this.#output.push(`${id} ${line}`);
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
    const before = lookOf(actor);
    const from = this.#output.length;
    work();
    if (lookOf(actor) !== before) this.#tellLook(actor);
    for (let at = from; at < this.#output.length; at += 1) this.#output[at] = `  ${this.#output[at]}`;
  }

  #tellLook(actor: Actor<unknown, unknown>): void {
    this.#output.push(`${actor.id} is now ${lookOf(actor)}`);
  }
}

function matcher(link: string | undefined): (letter: Letter) => boolean {
  if (link === 'all') return () => true;
  const [from, to] = (link ?? '').split('->');
  if (from === undefined || to === undefined) throw new Error(`"${link}" is no link; write n1->n2`);
  return (letter) => (from === '*' || letter.from === from) && (to === '*' || letter.to === to);
}

/** The kind of a message. */
function wordFor(msg: unknown): string {
  return (tell(msg).split(' ')[0] as string).replace(/^(type|kind)=/, '');
}

function lookOf(actor: Actor<unknown, unknown>): string {
  const view = actor.view();
  if (view === undefined) return 'down';
  const { role, epoch, leader, commitIndex, lastIndex } = view;
  return `${role} in epoch ${epoch}, leader ${leader ?? 'unknown'}, commit ${commitIndex} of ${lastIndex}`;
}

/** What is shown of a happening; null for what is not. */
function lineFor(happening: Happening<unknown, unknown>): string | null {
  if (happening.kind === 'written') {
    return `writes ${tell(happening.record)}${happening.durable ? '' : ' (not durable yet)'}`;
  }
  if (happening.kind === 'synced') return 'has synced what it wrote';
  if (happening.kind === 'restored') return `is now in ${tell(happening.state)}`;
  const { effect } = happening;
  switch (effect.kind) {
    case 'apply':
      return `applies ${effect.index}: ${tell(effect.payload)}`;
    case 'read':
      return `answers read ${effect.id} at index ${effect.index}`;
    case 'reject':
      return `rejects request ${effect.id}${effect.leader === undefined ? '' : `, try ${effect.leader}`}`;
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
