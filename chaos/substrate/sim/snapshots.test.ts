import { describe, expect, test } from 'vitest';
import { SimClock } from './clock.ts';
import { SimSnapshots } from './snapshots.ts';

/** Snapshots on a disk that takes 2 ms a sync. */
function lab() {
  const clock = new SimClock();
  const kept = new SimSnapshots<string>(clock, () => 2);
  const seen: string[] = [];
  const open = () => {
    const end = new AbortController();
    const snapshots = kept.open(end.signal);
    snapshots.onFailure = ({ message }) => void seen.push(message);
    return { snapshots, end };
  };
  const say = (what: string) => (bytes: number) => void seen.push(`${what} ${bytes}@${clock.now()}`);
  return { clock, kept, seen, open, say };
}

const piece = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const pieces = (...texts: string[]) => texts.map(piece).values();

describe('a snapshot that is saved', () => {
  test('is durable, whole, when it is said to be, and not before', async () => {
    const { clock, kept, seen, open, say } = lab();
    open().snapshots.save(7, 'seven', pieces('ab', 'c'), say('saved'));
    await clock.sleep(1.9);
    expect(kept.newest).toBeUndefined();
    await clock.sleep(0.2);
    expect(seen).toEqual(['saved 3@2.001']);
    expect(kept.newest).toEqual({ index: 7, record: 'seven', bytes: 3 });
  });

  test('takes the longer, the more there is of it', async () => {
    const { clock, seen, open, say } = lab();
    open().snapshots.save(7, 'seven', [new Uint8Array(1_000_000)].values(), say('saved'));
    await clock.sleep(50);
    expect(seen).toEqual(['saved 1000000@12']);
  });

  test.each(['saved', 'sealed'])('is not there after a crash in the middle, be it %s', async (how) => {
    const { clock, kept, seen, open, say } = lab();
    const { snapshots, end } = open();
    snapshots.save(3, 'three', pieces('old'), say('before'));
    await clock.sleep(3);
    snapshots.receive(7, 0, piece('new'));
    if (how === 'sealed') snapshots.seal(7, 'seven', say('never'));
    else snapshots.save(7, 'seven', pieces('new'), say('never'));
    await clock.sleep(1);
    end.abort();
    await clock.sleep(10);
    expect(seen).toHaveLength(1);
    expect(kept.newest).toEqual({ index: 3, record: 'three', bytes: 3 });
  });
});

describe('a snapshot that is received', () => {
  test('is there once it was sealed, with all of its pieces in their order', async () => {
    const { clock, kept, seen, open, say } = lab();
    const { snapshots } = open();
    snapshots.receive(9, 0, piece('ab'));
    snapshots.receive(9, 2, piece('cde'));
    await clock.sleep(10);
    expect(kept.newest).toBeUndefined();
    snapshots.seal(9, 'nine', say('sealed'));
    await clock.sleep(10);
    snapshots.read(9, 0, 100, (bytes) => void seen.push(textOf(bytes)));
    await clock.sleep(10);
    expect(seen).toEqual(['sealed 5@12.001', 'abcde']);
  });

  test('begins anew at offset 0, and holds nothing of what came before', async () => {
    const { clock, seen, open, say } = lab();
    const { snapshots } = open();
    snapshots.receive(9, 0, piece('given up'));
    snapshots.receive(12, 0, piece('x'));
    snapshots.receive(12, 1, piece('y'));
    snapshots.seal(12, 'twelve', say('sealed'));
    await clock.sleep(10);
    snapshots.read(12, 0, 100, (bytes) => void seen.push(textOf(bytes)));
    await clock.sleep(10);
    expect(seen).toEqual(['sealed 2@2.001', 'xy']);
  });

  test('cannot be mixed with another, have a gap, or be sealed twice', () => {
    const { snapshots } = lab().open();
    expect(() => snapshots.receive(9, 2, piece('b'))).toThrow('snapshot 9 is not the one that is received');
    snapshots.receive(9, 0, piece('ab'));
    expect(() => snapshots.receive(12, 2, piece('c'))).toThrow('snapshot 12 is not the one that is received');
    expect(() => snapshots.receive(9, 3, piece('d'))).toThrow('2 bytes of snapshot 9 are there, and those from 3 on');
    expect(() => snapshots.seal(12, 'twelve', () => {})).toThrow('snapshot 12 is not the one that was received');
    snapshots.seal(9, 'nine', () => {});
    expect(() => snapshots.seal(9, 'nine', () => {})).toThrow('snapshot 9 is not the one that was received');
  });

  test('is forgotten with the life that received it', () => {
    const { open } = lab();
    open().snapshots.receive(9, 0, piece('ab'));
    expect(() => open().snapshots.receive(9, 2, piece('c'))).toThrow('snapshot 9 is not the one that is received');
  });
});

describe('a snapshot that is durable', () => {
  async function withSnapshots(...indexes: number[]) {
    const made = lab();
    const { snapshots, end } = made.open();
    for (const index of indexes) snapshots.save(index, `of ${index}`, pieces(`state ${index}`), () => {});
    await made.clock.sleep(5);
    return { ...made, snapshots, end };
  }

  test('is read piece by piece, in later turns, and its last piece says so', async () => {
    const { clock, seen, snapshots } = await withSnapshots(7);
    const take = (bytes: Uint8Array, last: boolean) => void seen.push(`${textOf(bytes)} ${last}`);
    for (const offset of [0, 3, 6]) snapshots.read(7, offset, 3, take);
    expect(seen).toEqual([]);
    await clock.sleep(5);
    expect(seen).toEqual(['sta false', 'te  false', '7 true']);
  });

  test('is the newest by its index, whenever it was saved', async () => {
    const { kept } = await withSnapshots(12, 7);
    expect(kept.newest).toMatchObject({ index: 12 });
  });

  test('outlives the process, and is read by the next one', async () => {
    const { clock, seen, end, open } = await withSnapshots(7);
    end.abort();
    open().snapshots.read(7, 0, 100, (bytes) => void seen.push(textOf(bytes)));
    await clock.sleep(5);
    expect(seen).toEqual(['state 7']);
  });

  test('goes with those before an index; that one stays, and what is being read is read to its end', async () => {
    const { clock, kept, seen, snapshots } = await withSnapshots(5, 7, 9);
    snapshots.read(5, 0, 100, (bytes) => void seen.push(textOf(bytes)));
    snapshots.removeBefore(9);
    for (const index of [5, 7]) snapshots.read(index, 0, 100, () => expect.unreachable());
    await clock.sleep(5);
    expect(seen).toEqual(['state 5', 'there is no snapshot 5 to be read', 'there is no snapshot 7 to be read']);
    expect(kept.newest).toMatchObject({ index: 9 });
  });

  test('does not reach a life that is over', async () => {
    const { clock, seen, snapshots, end } = await withSnapshots(7);
    snapshots.read(7, 0, 100, () => expect.unreachable());
    snapshots.read(8, 0, 100, () => expect.unreachable());
    end.abort();
    await clock.sleep(5);
    expect(seen).toEqual([]);
  });

  test('is gone where the disk was wiped', async () => {
    const { kept } = await withSnapshots(7);
    kept.wipe();
    expect(kept.newest).toBeUndefined();
  });
});
