/** Messages that a real group exchanged: in calm, while one replica misses something, and while the primary is gone. */
import type { NodeId } from '../../contract/ids.ts';
import type { PbftMessage } from '../../protocols/pbft/messages.ts';
import type { Letter, WireGroup } from './group-fixture.ts';

export type MessageType = PbftMessage['type'];
export type Corpus = ReadonlyMap<MessageType, readonly Letter[]>;

/** How many of one kind are kept: the last ones, for those of long ago are refused by their numbers. */
const mostOfEach = 400;

/** What the group sends while it works. */
export function record(group: WireGroup, work: () => void): Corpus {
  const letters = new Map<MessageType, Letter[]>();
  group.onLetter = (letter) => {
    const others = letters.get(letter.type) ?? [];
    letters.set(letter.type, others);
    others.push(letter);
    if (others.length > mostOfEach) others.shift();
  };
  work();
  group.onLetter = () => {};
  return letters;
}

/** While the group works, one replica hears nobody, and nobody hears it. */
export function without(group: WireGroup, id: NodeId, work: () => void): void {
  group.passes = ({ from, to }) => from !== id && to !== id;
  work();
  group.passes = () => true;
}

/** Lets clients write so often, under keys of their own each time. */
export function write(group: WireGroup, times: number): void {
  for (let time = 0; time < times; time += 1) group.write();
}

/** Plays to the group what makes each kind of message necessary. */
export function recordAllKinds(group: WireGroup): Corpus {
  return record(group, () => {
    write(group, 20);
    // Its state comes from the others, piece by piece.
    without(group, 'n4', () => write(group, 80));
    group.pass(1000);
    // What it missed is still in the logs of the others.
    without(group, 'n3', () => write(group, 10));
    group.pass(1000);
    // The next primary begins a view.
    without(group, 'n1', () => write(group, 3));
    group.pass(1000);
    // n4 knows what is decided, and has no batch of it.
    group.passes = ({ to, type }) => to !== 'n4' || type !== 'propose';
    write(group, 3);
    group.pass(200);
    group.passes = () => true;
    group.pass(1000);
  });
}
