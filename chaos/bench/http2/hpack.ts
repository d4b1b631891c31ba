/** Header blocks: RFC 7541. */
import { ConnectionError } from './frames.ts';
import { decodeHuffman } from './huffman.ts';

export type Header = readonly [name: string, value: string];

/** Appendix A; the first has the index 1. */
const staticTable: readonly Header[] = (
  ':authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|' +
  ':status=206|:status=304|:status=400|:status=404|:status=500|accept-charset|accept-encoding=gzip, deflate|' +
  'accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|' +
  'content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|' +
  'cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|' +
  'last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|' +
  'server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate'
)
  .split('|')
  .map((entry) => {
    const [name = '', value = ''] = entry.split('=');
    return [name, value] as const;
  });

/** The peer's table is as large as this until it says otherwise, in bytes. */
const defaultTableBytes = 4096;
/** What an entry takes of the table besides its text: section 4.1. */
const entryOverheadBytes = 32;

/** Section 6: the bits that tell how a header is written, and how many bits of that byte are left for a number. */
const indexed = { mark: 0x80, bits: 7 };
const literalIntoTable = { mark: 0x40, bits: 6 };
const tableSize = { mark: 0x20, bits: 5 };
const literal = { mark: 0x00, bits: 4 };
/** Section 5.2: the first bit of a text says whether it is in Huffman's code. */
const textLength = { mark: 0x00, bits: 7 };
const huffmanBit = 0x80;

/**
 * Writes the headers of requests. What was sent once stands in the peer's table from then on, so that each later request
 * says it with one byte a header: that is little to send, and little work for the server that is measured.
 *
 * The table is never full: a header that no longer fits is written out each time.
 */
export class HeaderEncoder {
  readonly #common: readonly Header[];
  #tableBytes = defaultTableBytes;
  #usedBytes = 0;
  #table: string[] = [];
  /** What must be told of the table's size before the next headers. */
  #sizeUpdate: number[] = [];
  /** Finished blocks by their path, good as long as the table is as it was. */
  #blocks = new Map<string, Buffer>();

  /** `common` are all headers but the path; those that begin with a colon come first (RFC 9113, section 8.3). */
  constructor(common: readonly Header[]) {
    this.#common = common;
  }

  /** The peer announced SETTINGS_HEADER_TABLE_SIZE. A larger table than the default is not made use of. */
  limitTable(bytes: number): void {
    if (bytes >= this.#tableBytes) return;
    this.#tableBytes = bytes;
    this.#usedBytes = 0;
    this.#table = [];
    this.#blocks.clear();
    // Empties the table, then says its new size: section 4.2.
    this.#sizeUpdate = [...number(tableSize, 0), ...number(tableSize, bytes)];
  }

  /** The block of a request with this path. Blocks must be sent in the order in which they were made. */
  encode(path: string): Buffer {
    const known = this.#blocks.get(path);
    if (known !== undefined) return known;
    const entries = this.#table.length;
    const headers: Header[] = [[':path', path], ...this.#common];
    const block = Buffer.from([...this.#sizeUpdate, ...headers.flatMap((header) => this.#encodeOne(header))]);
    // A new entry moves the others on by one.
    if (this.#table.length !== entries) this.#blocks.clear();
    else if (this.#sizeUpdate.length === 0) this.#blocks.set(path, block);
    this.#sizeUpdate = [];
    return block;
  }

  #encodeOne([name, value]: Header): number[] {
    const inStatic = staticTable.findIndex((entry) => entry[0] === name && entry[1] === value);
    if (inStatic >= 0) return number(indexed, inStatic + 1);
    const key = `${name}\n${value}`;
    const inTable = this.#table.indexOf(key);
    if (inTable >= 0) return number(indexed, staticTable.length + this.#table.length - inTable);
    const entryBytes = name.length + value.length + entryOverheadBytes;
    const fits = this.#usedBytes + entryBytes <= this.#tableBytes;
    const nameIndex = 1 + staticTable.findIndex((entry) => entry[0] === name);
    if (fits) {
      this.#usedBytes += entryBytes;
      this.#table.push(key);
    }
    const head = number(fits ? literalIntoTable : literal, nameIndex);
    return [...head, ...(nameIndex === 0 ? text(name) : []), ...text(value)];
  }
}

/** Section 5.1. */
function number({ mark, bits }: { mark: number; bits: number }, value: number): number[] {
  const full = 2 ** bits - 1;
  if (value < full) return [mark | value];
  const bytes = [mark | full];
  let rest = value - full;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** Without Huffman's code. */
function text(value: string): number[] {
  return [...number(textLength, value.length), ...Buffer.from(value, 'latin1')];
}

/**
 * Reads a block of a peer that was told that the dynamic table is empty (SETTINGS_HEADER_TABLE_SIZE = 0): each block then
 * speaks for itself, and those that nobody asks for need not be read.
 *
 * @throws ConnectionError where it is no such block
 */
export function decodeHeaders(block: Uint8Array): Header[] {
  const reader = new BlockReader(block);
  const headers: Header[] = [];
  while (reader.more) {
    const first = reader.peek();
    if (first >= indexed.mark) {
      headers.push(entryAt(reader.number(indexed.bits)));
    } else if (first >= tableSize.mark && first < literalIntoTable.mark) {
      if (reader.number(tableSize.bits) > 0) throw broken('a table that is larger than was allowed');
    } else {
      // With an empty table, all kinds of literals mean the same.
      const { bits } = first >= literalIntoTable.mark ? literalIntoTable : literal;
      const index = reader.number(bits);
      const name = index === 0 ? reader.text() : entryAt(index)[0];
      headers.push([name, reader.text()]);
    }
  }
  return headers;
}

function entryAt(index: number): Header {
  const entry = staticTable[index - 1];
  if (entry === undefined) throw broken(`the index ${index}`);
  return entry;
}

function broken(what: string): ConnectionError {
  return new ConnectionError('COMPRESSION_ERROR', `a header block with ${what}`);
}

class BlockReader {
  readonly #block: Uint8Array;
  #at = 0;

  constructor(block: Uint8Array) {
    this.#block = block;
  }

  get more(): boolean {
    return this.#at < this.#block.length;
  }

  peek(): number {
    const byte = this.#block[this.#at];
    if (byte === undefined) throw broken('its end missing');
    return byte;
  }

  number(bits: number): number {
    const full = 2 ** bits - 1;
    let value = this.#byte() & full;
    if (value < full) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw broken('a number past all bounds');
  }

  text(): string {
    const isHuffman = this.peek() >= huffmanBit;
    const length = this.number(textLength.bits);
    const bytes = this.#block.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw broken('its end missing');
    this.#at += length;
    const plain = isHuffman ? decodeHuffman(bytes) : bytes;
    if (plain === null) throw broken("text that is not in Huffman's code");
    return Buffer.from(plain).toString('latin1');
  }

  #byte(): number {
    const byte = this.peek();
    this.#at += 1;
    return byte;
  }
}
