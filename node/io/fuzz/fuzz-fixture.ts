/** Damaged frames for the replicas of a group, and what becomes of each. */

import type { NodeId } from '../../contract/ids.ts';
import { keyPairOf } from '../../crypto/key-text.ts';
import { pbftCodec } from '../../protocols/pbft/codec.ts';
import type { PbftMessage, Signature } from '../../protocols/pbft/messages.ts';
import { decodeFrame } from '../peer-frames.ts';
import { type Corpus, type MessageType, record, recordAllKinds, without, write } from './corpus-fixture.ts';
import { Draws } from './draws-fixture.ts';
import { frameAround } from './frames-fixture.ts';
import { type Letter, members, type Receiver, WireGroup } from './group-fixture.ts';
import { Mutations } from './mutations-fixture.ts';

/** How many come between two beats of a replica. */
const framesABeat = 500;
/** How many slots a replica misses, about, before it gets what was made of their messages. */
const missedSlots = 12;

/** All that counts in them is signed by one replica, or is the digest of what is. */
const signedAsWhole: ReadonlySet<MessageType> = new Set(['propose', 'vote', 'checkpoint', 'saved']);

/** What became of all frames, and of the messages in them. */
export class Account {
  /** Frames of which nothing was taken, by why. */
  readonly flawed = new Map<string, number>();
  /** The others, and how many messages they brought to their end. */
  sound = 0;
  carried = 0;
  /** Of these messages. */
  undecodable = 0;
  /** By why. */
  readonly refused = new Map<string, number>();
  taken = 0;
  /** What was decoded, is signed as a whole, and was signed by nobody; and how much of it was taken. */
  forged = 0;
  forgedAndTaken = 0;
}

export const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, each) => all + each, 0);

function add(counts: Map<string, number>, key: string, count: number): void {
  if (count > 0) counts.set(key, (counts.get(key) ?? 0) + count);
}

export class Fuzz {
  readonly group: WireGroup;
  readonly account = new Account();
  readonly #draws: Draws;
  readonly #all: Corpus;
  /** What replicas have really signed. */
  readonly #signed = new Set<string>();

  constructor(seed: number, mode: string) {
    this.#draws = new Draws(seed);
    const drawPair = () => keyPairOf(this.#draws.bytes(32));
    const keys = { replicas: new Map(members.map((id) => [id, drawPair()])), client: drawPair() };
    this.group = new WireGroup(keys, this.#draws, mode);
    this.#all = recordAllKinds(this.group);
    this.#noteSigned(this.#all);
  }

  /**
   * While a replica is cut off from the others, it gets so many frames, most of them made of what it misses. Undamaged it gets
   * what one of the others has said, so that what it misses stays open, and all votes are looked at.
   */
  round(victim: NodeId, frames: number): void {
    const helper = this.#draws.pick(members.filter((id) => id !== victim));
    without(this.group, victim, () => {
      const fresh = record(this.group, () => write(this.group, missedSlots));
      this.#noteSigned(fresh);
      const corpus = new Map([...this.#all, ...fresh]);
      const isFresh = ({ type }: Letter) => fresh.has(type);
      const mutations = new Mutations(corpus, this.#draws, (letter) => letter.from === helper || !isFresh(letter));
      for (let frame = 1; frame <= frames; frame += 1) {
        this.#send(this.group.receiver(victim), mutations);
        if (frame % 50 === 0) this.group.settle();
        if (frame % framesABeat === 0) this.group.pass(50);
      }
    });
    this.group.pass(500);
  }

  #noteSigned(corpus: Corpus): void {
    for (const type of signedAsWhole) {
      for (const { bytes } of corpus.get(type) ?? []) this.#signed.add(signedPartOf(bytes) ?? '');
    }
  }

  #send(receiver: Receiver, mutations: Mutations): void {
    const { letter, bytes } = mutations.next();
    const from = this.#draws.chance(0.7) ? letter.from : this.#draws.pick(members);
    const call = `fuzz of ${from}`;
    const frame = frameAround(bytes, receiver.nextSequence(call), this.#draws);
    const before = receiver.replica.refused();
    const fate = receiver.take(from, frame, call);
    const { account } = this;
    if (typeof fate === 'string') {
      add(account.flawed, fate, 1);
      return;
    }
    const after = receiver.replica.refused();
    for (const [why, count] of Object.entries(after)) add(account.refused, why, count - (before[why] ?? 0));
    const refused = total(after) - total(before);
    if (refused > fate.handedOn) throw new Error(`${refused} of ${fate.handedOn} messages were refused`);
    account.sound += 1;
    account.carried += messagesIn(frame);
    account.undecodable += fate.undecodable;
    account.taken += fate.handedOn - refused;
    if (fate.handedOn !== 1 || !signedAsWhole.has(letter.type)) return;
    const part = signedPartOf(bytes);
    if (part === undefined || this.#signed.has(part)) return;
    account.forged += 1;
    account.forgedAndTaken += 1 - refused;
  }
}

/** How many messages end in a frame. */
function messagesIn(bytes: Buffer): number {
  const frame = decodeFrame(bytes);
  return frame === null ? 0 : frame.messages.length - (frame.unfinished ? 1 : 0);
}

/** What counts of a message that is signed as a whole, with the signature; undefined where it is none. */
function signedPartOf(bytes: Uint8Array): string | undefined {
  const msg = pbftCodec.decodeMessage(bytes);
  return msg === null ? undefined : textOfSigned(msg);
}

function textOfSigned(msg: PbftMessage): string | undefined {
  const signature = ({ signer, bytes }: Signature) => `${signer} ${Buffer.from(bytes).toString('base64')}`;
  switch (msg.type) {
    case 'propose':
      // The batch counts only where it is not known already, and has the digest then.
      return `share ${msg.view} ${msg.slot} ${msg.digest} ${signature(msg.signature)}`;
    case 'vote':
      return `${msg.phase} ${msg.view} ${msg.slot} ${msg.digest} ${signature(msg.signature)}`;
    case 'checkpoint':
    case 'saved':
      return `${msg.type} ${msg.slot} ${msg.digest} ${signature(msg.signature)}`;
    default:
      return undefined;
  }
}
