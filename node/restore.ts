/** Reads a snapshot that is durable into a machine. */
import type { Machine } from './machine/machine.ts';
import type { Snapshots } from './ports.ts';

/** How much is read at a time, in bytes. */
const pieceBytes = 1 << 20;

/**
 * Replaces the state of `machine` by that of the snapshot at `index`, piece by piece over many turns; the state changes
 * when all of it is there.
 *
 * @param guard - runs what may throw, because the bytes are no snapshot
 */
export function restoreMachine(
  machine: Machine,
  snapshots: Snapshots<unknown>,
  index: number,
  guard: (work: () => void) => void,
  done: () => void,
): void {
  const restoration = machine.restore();
  const readFrom = (offset: number) => {
    snapshots.read(index, offset, pieceBytes, (bytes, last) =>
      guard(() => {
        restoration.take(bytes);
        if (!last) {
          readFrom(offset + bytes.length);
          return;
        }
        restoration.finish();
        done();
      }),
    );
  };
  readFrom(0);
}
