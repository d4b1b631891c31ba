/**
 * For tests of power cuts: a disk that follows the steps of a program, and what may be left of it at any moment.
 *
 * What was synced is left. Of what was not, any sectors of any write may be, and a write may end after any byte. New names
 * and renamings become durable in their order, and before a file is longer than it was when they were made: both are in the
 * journal of the file system. A removal may be undone.
 */
import { posix } from 'node:path';
import type { Draw } from '../../wal/fixture.ts';
import { type Image, markName } from './crash-fixture.ts';
import { sectorBytes } from './sample-fixture.ts';
import type { Step } from './system-calls-fixture.ts';

/** Of bytes that were written: these, and the file has at least this length then. */
interface Write {
  readonly at: number;
  readonly bytes: Buffer;
  readonly end: number;
}

type Change = Write | { readonly size: number };

interface File {
  synced: Buffer;
  /** Since then, in order, each with its moment. */
  changes: { readonly change: Change; readonly moment: number }[];
}

interface Folder {
  /** Each state of its names since its last sync, which is the first one, with the moment of the change that led to it. */
  history: { readonly names: ReadonlyMap<string, Node>; readonly moment: number }[];
  removed: [name: string, node: Node][];
}

type Node = File | Folder;

const isFolder = (node: Node): node is Folder => 'history' in node;
const newFolder = (): Folder => ({ history: [{ names: new Map(), moment: 0 }], removed: [] });

function applied(before: Buffer, changes: readonly Change[]): Buffer {
  const ends = changes.map((change) => ('size' in change ? change.size : change.end));
  const bytes = Buffer.alloc(Math.max(before.length, ...ends));
  before.copy(bytes);
  let { length } = before;
  for (const change of changes) {
    if ('size' in change) {
      bytes.fill(0, change.size);
      length = change.size;
    } else {
      change.bytes.copy(bytes, change.at);
      length = Math.max(length, change.end);
    }
  }
  return bytes.subarray(0, length);
}

/** What is left of a change. */
type Left = (change: Change) => readonly Change[];

/** What the power leaves. */
interface Cut {
  /** The names are those of this moment, or of the last sync where that was later. */
  readonly until: number;
  readonly undone: () => boolean;
  readonly left: Left;
}

const nothing: Cut = { until: 0, undone: () => false, left: () => [] };
const everything: Cut = { until: Number.POSITIVE_INFINITY, undone: () => false, left: (change) => [change] };

/** Any sectors. */
function sectorsOf(change: Change, draw: Draw): Change[] {
  const survives = () => draw() < 0.5;
  if ('size' in change) return survives() ? [change] : [];
  const { at, bytes, end } = change;
  const left: Change[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + sectorBytes - ((at + from) % sectorBytes));
    if (survives()) left.push({ at: at + from, bytes: bytes.subarray(from, to), end: survives() ? end : at + to });
    from = to;
  }
  return left;
}

export class TracedDisk {
  readonly #root = newFolder();
  /** How many steps there were. */
  #moment = 0;
  /** The last write, while it is not durable. */
  #last: { readonly file: File; readonly write: Write } | undefined;

  do(step: Step): void {
    this.#last = undefined;
    this.#moment += 1;
    switch (step.kind) {
      case 'say':
        break;
      case 'create':
        this.#name(step.path, (names, name) => names.set(name, { synced: Buffer.alloc(0), changes: [] }));
        break;
      case 'make-folder':
        this.#name(step.path, (names, name) => names.set(name, newFolder()));
        break;
      case 'remove':
        this.#remove(step.path);
        break;
      case 'rename':
        this.#rename(step.path, step.to);
        break;
      case 'truncate':
        this.#change(this.#file(step.path), { size: step.size });
        break;
      case 'sync':
        this.#sync(step.path);
        break;
      case 'write':
        this.#write(this.#file(step.path), { at: step.at, bytes: step.bytes, end: step.at + step.bytes.length });
    }
  }

  image({ until, undone, left }: Cut): Image {
    const image = new Map<string, Buffer>();
    const add = (path: string, node: Node) => {
      if (isFolder(node)) {
        const state = new Map(node.history.findLast(({ moment }, index) => index === 0 || moment <= until)?.names);
        for (const [name, other] of node.removed) if (!state.has(name) && undone()) state.set(name, other);
        for (const [name, child] of state) add(posix.join(path, name), child);
      } else image.set(path, this.#left(path, node, until, left));
    };
    add('', this.#root);
    return image;
  }

  #left(path: string, { synced, changes }: File, until: number, left: Left): Buffer {
    const isInPlace = (change: Change) => 'end' in change && change.end <= synced.length;
    const kept = changes.filter(({ change, moment }) => moment <= until || isInPlace(change));
    const pieces = kept.flatMap(({ change }) => {
      const some = left(change);
      // The mark takes one sector.
      return path === markName && !some.includes(change) ? [] : some;
    });
    return applied(synced, pieces);
  }

  /** What may be left at this moment: with the names of each moment since they were synced, and a few draws of all. */
  *whole(draw: Draw, draws: number): Generator<Image> {
    yield this.image(nothing);
    yield this.image(everything);
    yield this.image({ ...everything, undone: () => true });
    const moments = [...this.#unsyncedMoments(this.#root), this.#moment];
    for (const until of moments) {
      yield this.image({ ...everything, until });
      yield this.image({ ...nothing, until });
    }
    for (let index = 0; index < draws; index += 1) {
      const until = moments[Math.floor(draw() * moments.length)] ?? this.#moment;
      const share = draw();
      const undone = () => draw() < share;
      yield this.image({ until, undone, left: (change) => sectorsOf(change, draw) });
      yield this.image({ until, undone, left: (change) => [change] });
    }
  }

  /** The moments just before each change of a name that is not durable. */
  #unsyncedMoments({ history }: Folder): number[] {
    const own = history.slice(1).map(({ moment }) => moment - 1);
    const inside = [...(history.at(-1)?.names.values() ?? [])].filter(isFolder);
    return [...own, ...inside.flatMap((folder) => this.#unsyncedMoments(folder))];
  }

  /** The call has returned: a write that is durable by itself is. */
  returned(step: Step): void {
    const last = this.#last;
    this.#last = undefined;
    if (step.kind !== 'write' || !step.durable || last === undefined) return;
    const { file, write } = last;
    if (file.changes.length > 1) throw new Error(`of ${step.path} other writes are not durable when one by itself is`);
    file.synced = applied(file.synced, [write]);
    file.changes = [];
  }

  /** How long the last write is, which may be torn; 0 where the last step was no write. */
  get lastBytes(): number {
    return this.#last?.write.bytes.length ?? 0;
  }

  /** The last write up to one of its bytes: the file ends there, or what follows has not come; with all before it, or alone. */
  *torn(length: number): Generator<Image> {
    const last = this.#last;
    if (last === undefined) return;
    const { at, bytes, end } = last.write;
    const begun = { at, bytes: bytes.subarray(0, length), end: at + length };
    for (const write of [begun, { ...begun, end }]) {
      const piece: Left = (change) => (change === last.write ? [write] : [change]);
      yield this.image({ ...everything, left: piece });
    }
    yield this.image({ ...everything, left: (change) => (change === last.write ? [begun] : []) });
  }

  #change(file: File, change: Change): void {
    file.changes.push({ change, moment: this.#moment });
  }

  #write(file: File, write: Write): void {
    this.#change(file, write);
    this.#last = { file, write };
  }

  #sync(path: string): void {
    const node = path === '' ? this.#root : this.#node(path);
    if (isFolder(node)) {
      node.history = [{ names: this.#names(node), moment: this.#moment }];
      node.removed = [];
    } else {
      node.synced = applied(
        node.synced,
        node.changes.map(({ change }) => change),
      );
      node.changes = [];
    }
  }

  #names(folder: Folder): ReadonlyMap<string, Node> {
    return folder.history.at(-1)?.names ?? new Map();
  }

  #node(path: string): Node {
    let node: Node | undefined = this.#root;
    for (const name of path.split('/'))
      node = node !== undefined && isFolder(node) ? this.#names(node).get(name) : undefined;
    if (node === undefined) throw new Error(`there is no ${path} on the disk`);
    return node;
  }

  #file(path: string): File {
    const node = this.#node(path);
    if (isFolder(node)) throw new Error(`${path} is a folder`);
    return node;
  }

  #folderOf(path: string): Folder {
    const parent = posix.dirname(path);
    const node = parent === '.' ? this.#root : this.#node(parent);
    if (!isFolder(node)) throw new Error(`${parent} is no folder`);
    return node;
  }

  #name(path: string, change: (names: Map<string, Node>, name: string) => unknown): void {
    const folder = this.#folderOf(path);
    const names = new Map(this.#names(folder));
    change(names, posix.basename(path));
    folder.history.push({ names, moment: this.#moment });
  }

  #remove(path: string): void {
    const node = this.#node(path);
    this.#folderOf(path).removed.push([posix.basename(path), node]);
    this.#name(path, (names, name) => names.delete(name));
  }

  #rename(from: string, to: string): void {
    if (posix.dirname(from) !== posix.dirname(to)) throw new Error(`${from} goes to another folder`);
    const node = this.#node(from);
    this.#name(from, (names, name) => {
      names.delete(name);
      names.set(posix.basename(to), node);
    });
  }
}
