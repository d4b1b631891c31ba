/** For tests of crashes and damage: which bytes are tried, where an ordinary run cannot try all of them. */
import { drawsOf } from '../../wal/crash-fixture.ts';
import type { Draw } from '../../wal/fixture.ts';

/** Tries every byte: takes many minutes. */
export const everyByte = process.env['SPLITBRAIN_EVERY_BYTE'] === '1';
/** Of what is drawn; tests name it in their titles. */
export const seed = Number(process.env['SPLITBRAIN_BYTES_SEED'] ?? 1);
/** The limit of a test that tries every byte, where it does; else the usual one. */
export const sweepLimitMs = everyByte ? 3_600_000 : undefined;
/** What a disk writes whole or not at all. */
export const sectorBytes = 512;

export const seededDraw = (): Draw => drawsOf(seed);

/** The bytes beside each edge of a sector. */
export const besideSectorEdge = (at: number): boolean => (at + 1) % sectorBytes < 3;

/** So many draws, or all bytes. */
export const drawnOrAll = (drawn: number): number => (everyByte ? Number.POSITIVE_INFINITY : drawn);

/** Which bytes of a stretch are tried. */
export interface Sample {
  /** So many, anywhere. */
  readonly drawn: number;
  /** So many at each end. */
  readonly nearEnds: number;
  /** All of which this is true. */
  readonly always?: (at: number) => boolean;
}

/** The offsets that are tried from `from` up to and without `to`, in order. */
export function offsetsIn(
  from: number,
  to: number,
  { drawn, nearEnds, always = () => false }: Sample,
  draw: Draw,
): number[] {
  const all = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
  if (drawn >= all.length) return all;
  const some = new Set(Array.from({ length: drawn }, () => from + Math.floor(draw() * all.length)));
  return all.filter((at) => at < from + nearEnds || at >= to - nearEnds || always(at) || some.has(at));
}
