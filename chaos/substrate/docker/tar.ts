/** As much of tar archives as the engine has to be told: it takes files in no other form. */

const blockBytes = 512;

/**
 * An archive that holds one empty file, which belongs to root and may be read by all.
 *
 * Source: POSIX.1-2017, pax, "ustar Interchange Format".
 *
 * @param name - at most 99 bytes
 */
export function tarOfEmptyFile(name: string): Buffer {
  if (Buffer.byteLength(name) > 99) throw new RangeError(`${name} is too long a name`);
  // Two empty blocks end an archive.
  const archive = Buffer.alloc(3 * blockBytes);
  const put = (text: string, at: number) => archive.write(text, at, 'utf8');
  put(name, 0);
  put('0000644\0', 100);
  put('0000000\0', 108);
  put('0000000\0', 116);
  put('00000000000\0', 124);
  put('00000000000\0', 136);
  // The sum of all bytes of the header, taken with blanks in its own place.
  put(' '.repeat(8), 148);
  put('0', 156);
  put('ustar\x0000', 257);
  const sum = archive.subarray(0, blockBytes).reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return archive;
}
