/**
 * The engine sends both streams in one: frames of a type byte, three zeros, and the length as u32. The modem's own way
 * recurses once per frame of a chunk, and a whole log is one chunk.
 */
export function demultiplexed(bytes: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4);
    parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}
