/**
 * A group of real replicas in one process: the runtime, the protocol, its codec and Ed25519 as in processes. What one sends to
 * another goes as the bytes of a frame; time, disks and the wire are the test's.
 */

import { genuineness } from '../../bundle.ts';
import type { BundleClient } from '../../bundle-client.ts';
import type { CallOutcome, ClientCommand, SessionClient } from '../../client.ts';
import { nothingDurable } from '../../contract/durable.ts';
import type { NodeId } from '../../contract/ids.ts';
import { ed25519Crypto } from '../../crypto/ed25519.ts';
import { SessionMachine } from '../../machine/sessions.ts';
import { ManualClock, ManualDisk, ManualSnapshots } from '../../manual-ports.ts';
import type { ReplicaFact } from '../../ports.ts';
import definition from '../../protocols/pbft/index.ts';
import type { PbftMessage, PbftRecord } from '../../protocols/pbft/messages.ts';
import { Replica } from '../../runtime.ts';
import { badFrame, decodeFrame, encodeFrame, type FrameFlaw, Reassembly } from '../peer-frames.ts';
import { keySettings, type RunKeys, signingClients } from '../run-keys.ts';
import type { Draws } from './draws-fixture.ts';

export const members = ['n1', 'n2', 'n3', 'n4'] as const;

/** A message on its way, as bytes. */
export interface Letter {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly type: PbftMessage['type'];
  readonly bytes: Uint8Array;
}

/** What became of one frame: it has a flaw, or so many messages, each of which was handed on or could not be decoded. */
export type Fate = FrameFlaw | { readonly handedOn: number; readonly undecodable: number };

/** A replica behind the receiving ends of its links. */
export class Receiver {
  readonly replica: Replica<PbftMessage, PbftRecord>;
  readonly disk: ManualDisk<PbftRecord>;
  readonly snapshots: ManualSnapshots<PbftRecord>;
  readonly #calls = new Map<string, { reassembly: Reassembly; sequence: number }>();

  constructor(parts: Pick<Receiver, 'replica' | 'disk' | 'snapshots'>) {
    this.replica = parts.replica;
    this.disk = parts.disk;
    this.snapshots = parts.snapshots;
  }

  /** The number of the next frame in a call. */
  nextSequence(name: string): number {
    return this.#call(name).sequence + 1;
  }

  /** Takes the bytes of a frame, as the links into a process do; after a flaw the call of this name begins anew. */
  take(from: NodeId, bytes: Buffer, name: string = from): Fate {
    const call = this.#call(name);
    const messages = call.reassembly.take(decodeFrame(bytes) ?? badFrame);
    if (typeof messages === 'string') {
      this.#calls.delete(name);
      return messages;
    }
    call.sequence += 1;
    let undecodable = 0;
    for (const message of messages) {
      const msg = definition.codec.decodeMessage(message);
      if (msg === null) undecodable += 1;
      else this.replica.receive(from, msg);
    }
    return { handedOn: messages.length - undecodable, undecodable };
  }

  #call(name: string) {
    const call = this.#calls.get(name) ?? { reassembly: new Reassembly(), sequence: 0 };
    this.#calls.set(name, call);
    return call;
  }
}

export class WireGroup {
  readonly clock = new ManualClock();
  readonly receivers: ReadonlyMap<NodeId, Receiver>;
  /** Sees each message before it is delivered. */
  onLetter: (letter: Letter) => void = () => {};
  /** Whether a message arrives. */
  passes: (letter: Letter) => boolean = () => true;
  /** Why replicas stopped by themselves. */
  readonly stopped: string[] = [];
  /** What was written and acknowledged. */
  readonly written = new Map<string, string>();
  #writes = 0;
  readonly #letters: Letter[] = [];
  readonly #draws: Draws;
  readonly #bundles: BundleClient;
  readonly #client: SessionClient;

  /** @param mode - in which they come to decisions; the usual one where absent */
  constructor(keys: RunKeys, draws: Draws, mode?: string) {
    this.#draws = draws;
    this.receivers = new Map(members.map((id) => [id, this.#create(id, keys, mode)]));
    this.#bundles = signingClients(keys.client.privateKey, definition.client, {
      ...{ members, clock: this.clock },
      send: (to, request) => this.receiver(to).replica.request('client', request),
    });
    this.#client = this.#bundles.session(draws);
    for (const { replica } of this.receivers.values()) replica.start(nothingDurable);
    this.pass(100);
  }

  receiver(id: NodeId): Receiver {
    const receiver = this.receivers.get(id);
    if (receiver === undefined) throw new RangeError(`there is no ${id}`);
    return receiver;
  }

  get replicas(): Replica<PbftMessage, PbftRecord>[] {
    return [...this.receivers.values()].map(({ replica }) => replica);
  }

  /** Lets time pass, and all arrive that is sent meanwhile. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 10) {
      this.clock.pass(Math.min(10, left));
      this.settle();
    }
  }

  /** All that is on its way arrives, and all that comes of it; disks have what was written. */
  settle(): void {
    let busy = true;
    while (busy) {
      this.clock.endTurn();
      for (const { disk, snapshots } of this.receivers.values()) {
        disk.sync();
        disk.finishReads();
        snapshots.finish();
      }
      busy = this.#letters.length > 0;
      for (const letter of this.#letters.splice(0)) this.#deliver(letter);
    }
  }

  /** The answer of the group to a client; undefined where none came in some seconds. */
  call(command: Pick<ClientCommand, 'op' | 'key'> & Partial<ClientCommand>): CallOutcome | undefined {
    let outcome: CallOutcome | undefined;
    this.#client.call({ a: null, b: null, ...command }, 20_000, (told) => {
      outcome = told;
    });
    this.settle();
    for (let step = 0; outcome === undefined && step < 2000; step += 1) this.pass(10);
    return outcome;
  }

  /**
   * A client writes something new.
   *
   * @throws Error where the group does not answer
   */
  write(): void {
    this.#writes += 1;
    const [key, a] = [`k${this.#writes % 20}`, `value ${this.#writes}`];
    const outcome = this.call({ op: 'put', key, a });
    if (outcome?.kind !== 'answered') throw new Error(`a write came to nothing: ${outcome?.error ?? 'no answer'}`);
    this.written.set(key, a);
  }

  #deliver(letter: Letter): void {
    this.onLetter(letter);
    if (!this.passes(letter)) return;
    const { from, to, bytes } = letter;
    const receiver = this.receiver(to);
    receiver.take(
      from,
      encodeFrame({ sequence: receiver.nextSequence(from), sentAtMs: 1, messages: [bytes], unfinished: false }),
    );
  }

  #create(id: NodeId, keys: RunKeys, mode: string | undefined): Receiver {
    const disk = new ManualDisk<PbftRecord>();
    const snapshots = new ManualSnapshots<PbftRecord>();
    const own = keySettings(keys, id).keys;
    if (own === undefined) throw new RangeError(`there are no keys of ${id}`);
    const crypto = ed25519Crypto({ ...own, clientKeys: own.clientKeys ?? {} });
    const signing = { crypto, isGenuine: genuineness(crypto) };
    const protocol = definition.create({
      ...{ id, members, electionTimeoutMs: [150, 300], heartbeatIntervalMs: 50, maxEntriesPerMessage: 64 },
      ...{ logCacheBytes: 4096, maxUncommittedBytes: 1e6, snapshotAfterBytes: 8192, snapshotChunkBytes: 256 },
      ...{ trace: false, ...signing },
      ...(mode === undefined ? {} : { mode }),
    });
    const ports = {
      ...{ clock: this.clock, random: this.#draws, storage: disk, snapshots },
      transport: {
        send: (to: NodeId, msg: PbftMessage) =>
          void this.#letters.push({ from: id, to, type: msg.type, bytes: definition.codec.encodeMessage(msg) }),
      },
      clients: {
        reply: (_: string, reply: Parameters<BundleClient['receive']>[1]) => this.#bundles.receive(id, reply),
      },
      tracer: (fact: ReplicaFact) => {
        if (fact.type === 'stopped') this.stopped.push(`${id}: ${fact.reason}`);
      },
    };
    const { signal } = new AbortController();
    const machine = new SessionMachine(undefined, definition.signs);
    const { isGenuine: ofClients } = signing;
    const options = { id, signal, trace: false, isGenuine: ofClients };
    const replica = new Replica(protocol, machine, ports, options);
    return new Receiver({ replica, disk, snapshots });
  }
}
