import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from './crypto/sha256.ts';
import { HashedPieces } from './hashed-pieces.ts';

/** What passes through, and the digests of its pieces. */
function passed(chunks: readonly Uint8Array[], pieceBytes: number) {
  const pieces = new HashedPieces(chunks.values(), pieceBytes);
  const through: Uint8Array[] = [];
  for (let next = pieces.next(); !next.done; next = pieces.next()) through.push(next.value);
  return { through, digests: pieces.digests() };
}

test('all chunks pass as they are, and the digests are those of the pieces, however the chunks are cut', () => {
  const anyChunks = fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 8 });
  fc.assert(
    fc.property(anyChunks, fc.integer({ min: 1, max: 20 }), (chunks, pieceBytes) => {
      const { through, digests } = passed(chunks, pieceBytes);
      expect(through).toEqual(chunks);
      const all = Buffer.concat(chunks);
      const count = Math.ceil(all.length / pieceBytes);
      const expected = Array.from({ length: count }, (_, at) =>
        sha256(all.subarray(at * pieceBytes, (at + 1) * pieceBytes)),
      );
      expect(digests).toEqual(expected);
    }),
  );
});

test('who gives up reading gives up what was to be read', () => {
  let given = false;
  function* chunks(): Generator<Uint8Array> {
    try {
      yield new Uint8Array(3);
      yield new Uint8Array(3);
    } finally {
      given = true;
    }
  }
  const pieces = new HashedPieces(chunks(), 2);
  pieces.next();
  pieces.return();
  expect(given).toBe(true);
});
