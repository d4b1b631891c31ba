/**
 * The structures in the file of LMDB, which are those of its `mdb.c`, data version 2. All numbers are little-endian.
 *
 *     page     number u64 | transaction u64 | pad u16 | flags u16 | lower u16, upper u16 (of big data: pages u32)
 *     meta     magic u32 | version u32 | address u64 | map bytes u64 | free tree | main tree | last page u64 | transaction u64
 *     tree     page bytes u32 | flags u16 | depth u16 | branches u64 | leaves u64 | pages of big data u64 | entries u64 | root u64
 *     nodes    the offset of each, u16, after the page's head and counted from there; they stand at the end of the page
 *     in a leaf      data bytes u32 | flags u16 | key bytes u16 | key | data, or where it is big: page u64 | transaction u64 | pages u64
 *     in a branch    page u48 | key bytes u16 | key
 */

/** What is wrong with a page, as a clause. */
export class BadPage extends Error {}

export function requirePage(holds: boolean, page: number, what: string): void {
  if (!holds) throw new BadPage(`page ${page} ${what}`);
}

export const pageHeadBytes = 24;
const nodeHeadBytes = 8;
const bigDataBytes = 24;
const magic = 0xbeefc0de;
const version = 2;
const metaFlag = 8;
const integerKeyFlag = 8;
const bigDataFlag = 1;
const noPage = 2 ** 64;

export interface Tree {
  readonly depth: number;
  readonly entries: number;
  /** Undefined where the tree is empty. */
  readonly root: number | undefined;
}

export interface Meta {
  readonly pageBytes: number;
  readonly free: Tree;
  readonly main: Tree;
  readonly lastPage: number;
  readonly transaction: number;
}

export interface Node {
  readonly key: Buffer;
  /** Of a leaf, where it is small. */
  readonly data?: Buffer;
  /** Of a branch: its page; of a leaf: where its data begins. */
  readonly page?: number;
  /** How many pages the data takes. */
  readonly pages?: number;
}

/** May be past what a number holds exactly: then it is no page of any file. */
export function u64(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

function treeAt(bytes: Buffer, at: number): Tree {
  const root = u64(bytes, at + 40);
  return { depth: bytes.readUInt16LE(at + 6), entries: u64(bytes, at + 32), root: root === noPage ? undefined : root };
}

/** @throws BadPage where this is no meta page */
export function metaOf(page: number, bytes: Buffer): Meta {
  requirePage(u64(bytes, 0) === page && bytes.readUInt16LE(18) === metaFlag, page, 'is not marked as a meta page');
  const body = bytes.subarray(pageHeadBytes);
  const good = body.readUInt32LE(0) === magic && body.readUInt32LE(4) === version && u64(body, 8) === 0;
  requirePage(good, page, 'does not begin as a meta page does');
  const pageBytes = body.readUInt32LE(24);
  const sound = pageBytes >= 4096 && pageBytes <= 65536 && Number.isInteger(Math.log2(pageBytes));
  // The other flags of the free tree say how the file was opened.
  const known = (body.readUInt16LE(28) & 0xff) === integerKeyFlag && body.readUInt16LE(76) === 0;
  requirePage(sound && known, page, 'describes another kind of file');
  const [free, main] = [treeAt(body, 24), treeAt(body, 72)];
  return { pageBytes, free, main, lastPage: u64(body, 120), transaction: u64(body, 128) };
}

function nodeAt(page: number, bytes: Buffer, at: number, isLeaf: boolean): Node {
  const keyAt = at + nodeHeadBytes;
  requirePage(keyAt <= bytes.length, page, 'has a node beyond its end');
  const dataAt = keyAt + bytes.readUInt16LE(at + 6);
  requirePage(dataAt <= bytes.length, page, 'has a key beyond its end');
  const key = bytes.subarray(keyAt, dataAt);
  requirePage(key.length === 8 || (!isLeaf && key.length === 0), page, 'has a key that is none of ours');
  if (!isLeaf) return { key, page: bytes.readUIntLE(at, 6) };
  const dataBytes = bytes.readUInt32LE(at);
  const nodeFlags = bytes.readUInt16LE(at + 4);
  requirePage(nodeFlags === 0 || nodeFlags === bigDataFlag, page, 'has a node with flags that nobody has set');
  const isBig = nodeFlags === bigDataFlag;
  const data = bytes.subarray(dataAt, dataAt + (isBig ? bigDataBytes : dataBytes));
  requirePage(data.length === (isBig ? bigDataBytes : dataBytes), page, 'has data beyond its end');
  if (!isBig) return { key, data };
  const pages = u64(data, 16);
  requirePage(pages === Math.ceil((pageHeadBytes + dataBytes) / bytes.length), page, 'has data of another length');
  return { key, page: u64(data, 0), pages };
}

/** @throws BadPage where one reaches out of the page */
export function nodesOf(page: number, bytes: Buffer, isLeaf: boolean): Node[] {
  const [lower, upper] = [bytes.readUInt16LE(20), bytes.readUInt16LE(22)];
  const bounded = lower > 0 && lower % 2 === 0 && lower <= upper && pageHeadBytes + upper <= bytes.length;
  requirePage(bounded, page, 'has bounds that make no sense');
  return Array.from({ length: lower / 2 }, (_, index) => {
    const offset = bytes.readUInt16LE(pageHeadBytes + 2 * index);
    requirePage(offset >= upper && offset % 2 === 0, page, 'has a node where none stands');
    return nodeAt(page, bytes, pageHeadBytes + offset, isLeaf);
  });
}
