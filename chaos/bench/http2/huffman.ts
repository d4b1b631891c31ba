/** The Huffman code of HPACK: RFC 7541, appendix B. Only errors are read with it, so it is short rather than fast. */

/**
 * The bits of each byte's code, and last those of EOS. The code is canonical: codes of one length count up in the order of
 * their bytes, and follow those of the next smaller length. So the lengths say it all.
 */
const bitsOf: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
];
const endOfString = 256;
const longest = 30;

const inOrder = bitsOf.map((_, byte) => byte).sort((a, b) => (bitsOf[a] ?? 0) - (bitsOf[b] ?? 0) || a - b);

/** For each length: its first code, how many there are, and where the first is in `inOrder`. */
const levels = makeLevels();

function makeLevels() {
  let code = 0;
  let index = 0;
  return Array.from({ length: longest + 1 }, (_, bits) => {
    const count = bitsOf.filter((each) => each === bits).length;
    const level = { first: code, count, index };
    index += count;
    code = (code + count) * 2;
    return level;
  });
}

/** What the bytes say; null where they are no code, or are not padded as section 5.2 asks. */
export function decodeHuffman(bytes: Uint8Array): Buffer | null {
  const text: number[] = [];
  let code = 0;
  let bits = 0;
  for (let at = 0; at < 8 * bytes.length; at += 1) {
    code = (code << 1) | (((bytes[at >> 3] as number) >> (7 - (at & 7))) & 1);
    bits += 1;
    const level = levels[bits];
    if (level === undefined) return null;
    if (code - level.first >= level.count) continue;
    const byte = inOrder[level.index + code - level.first];
    if (byte === undefined || byte === endOfString) return null;
    text.push(byte);
    code = 0;
    bits = 0;
  }
  // What is left over is the beginning of EOS, which is all ones, and less than a byte.
  return bits < 8 && code === 2 ** bits - 1 ? Buffer.from(text) : null;
}
