/**
 * Walks through the file of LMDB before LMDB does, which follows what it reads in its memory map without a doubt: one flipped
 * bit in the head of a page can end the process, and nobody would learn why.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import {
  BadPage,
  type Meta,
  metaOf,
  type Node,
  nodesOf,
  pageHeadBytes,
  requirePage,
  type Tree,
  u64,
} from './lmdb-format.ts';

const pageFlags = { branch: 1, leaf: 2, bigData: 4 };

/** More pages than a commit takes and then does without. */
const maxUnwrittenPages = 2 ** 18;

/** What is true of all keys of a page: `low` or more, and less than `high`. */
interface Bounds {
  readonly low: bigint;
  readonly high: bigint;
}

/** The pages of the last commit. */
class Pages {
  readonly meta: Meta;
  readonly #fd: number;
  readonly #seen = new Set<number>();

  constructor(fd: number) {
    this.#fd = fd;
    const first = metaOf(0, this.#bytes(0, 0, 4096));
    const second = metaOf(1, this.#bytes(1, first.pageBytes, 4096));
    requirePage(first.pageBytes === second.pageBytes, 1, 'has another page size than page 0');
    // Transactions take turns: the newer one counts.
    this.meta = first.transaction >= second.transaction ? first : second;
    const { lastPage, pageBytes } = this.meta;
    // LMDB maps that many, and the process ends where there is no room. The last ones need not have been written.
    const likely = fstatSync(fd).size / pageBytes + maxUnwrittenPages;
    requirePage(lastPage < likely, this.meta === first ? 0 : 1, `says that the last page is ${lastPage}`);
  }

  /** A page that nobody else refers to; all of them, where its data fills more than one. */
  take(page: number, flags: number, count = 1): Buffer {
    const { pageBytes, lastPage, transaction } = this.meta;
    requirePage(page > 1 && page + count - 1 <= lastPage, page, `is referred to, and the last one is ${lastPage}`);
    requirePage(!this.#seen.has(page), page, 'is referred to twice');
    this.#seen.add(page);
    const bytes = this.#bytes(page, page * pageBytes, count * pageBytes);
    requirePage(u64(bytes, 0) === page && bytes.readUInt16LE(18) === flags, page, 'is not what is referred to');
    requirePage(u64(bytes, 8) <= transaction, page, 'says that it was written after the last commit');
    return bytes;
  }

  #bytes(page: number, at: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    requirePage(readSync(this.#fd, bytes, 0, length, at) === length, page, 'is beyond the end of the file');
    return bytes;
  }
}

/** One of the two trees. */
class TreeWalk {
  readonly #pages: Pages;
  readonly #tree: Tree;
  readonly #keyOf: (key: Buffer) => bigint;
  readonly #visit: (page: number, data: Buffer) => void;
  #entries = 0;

  constructor(pages: Pages, tree: Tree, keyOf: (key: Buffer) => bigint, visit: (page: number, data: Buffer) => void) {
    this.#pages = pages;
    this.#tree = tree;
    this.#keyOf = keyOf;
    this.#visit = visit;
  }

  check(): void {
    const { root, entries } = this.#tree;
    if (root !== undefined) this.#page(root, 1, { low: 0n, high: 2n ** 64n });
    requirePage(this.#entries === entries, root ?? 0, `is the root of ${this.#entries} entries, and not of ${entries}`);
  }

  #page(page: number, level: number, { low, high }: Bounds): void {
    const isLeaf = level === this.#tree.depth;
    const nodes = nodesOf(page, this.#pages.take(page, isLeaf ? pageFlags.leaf : pageFlags.branch), isLeaf);
    // The first key of a branch stands for all that come before the second.
    const keys = nodes.map(({ key }, index) => (isLeaf || index > 0 ? this.#keyOf(key) : low));
    const ordered = keys.every((key, index) => key >= low && key < (keys[index + 1] ?? high));
    requirePage(ordered, page, 'has keys out of order');
    for (const [index, node] of nodes.entries()) {
      if (isLeaf) this.#leafNode(page, node);
      else this.#page(node.page as number, level + 1, { low: keys[index] as bigint, high: keys[index + 1] ?? high });
    }
  }

  #leafNode(page: number, { data, page: dataPage = 0, pages = 0 }: Node): void {
    this.#entries += 1;
    if (data !== undefined) {
      this.#visit(page, data);
      return;
    }
    const bytes = this.#pages.take(dataPage, pageFlags.bigData, pages);
    requirePage(bytes.readUInt32LE(20) === pages, dataPage, 'has data of another length');
    this.#visit(dataPage, bytes.subarray(pageHeadBytes));
  }
}

/** A list of free pages: how many numbers follow, and a number each; a negative one says how many pages follow the next one. */
function checkFreePages(page: number, data: Buffer, lastPage: number): void {
  const count = data.length < 8 ? Number.NaN : u64(data, 0);
  requirePage(8 * (count + 1) <= data.length, page, 'has a list of free pages that is longer than it is');
  for (let index = 1; index <= count; index += 1) {
    const free = data.readBigInt64LE(8 * index);
    requirePage(
      (free < 0n ? -free : free) <= lastPage,
      page,
      `says that page ${free} is free, and the last is ${lastPage}`,
    );
  }
}

/** What is wrong with the file, as a clause that begins with its page; undefined where LMDB can be trusted with it. */
export function findBadPage(path: string): string | undefined {
  const fd = openSync(path, 'r');
  try {
    // It has its first two pages from one write, which the power may have cut.
    if (fstatSync(fd).size === 0) return undefined;
    const pages = new Pages(fd);
    const { free, main, lastPage } = pages.meta;
    new TreeWalk(
      pages,
      free,
      (key) => key.readBigUInt64LE(),
      (page, data) => checkFreePages(page, data, lastPage),
    ).check();
    new TreeWalk(
      pages,
      main,
      (key) => key.readBigUInt64BE(),
      () => {},
    ).check();
    return undefined;
  } catch (error) {
    if (error instanceof BadPage) return error.message;
    throw error;
  } finally {
    closeSync(fd);
  }
}
