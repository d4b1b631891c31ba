import type { NodeId } from '../../contract/ids.ts';

/**
 * How much each of the others may ask for between two beats of this replica: small questions can have large answers, and who
 * repeats them would have it do nothing else. Who asks for more is not answered until the next beat.
 */
export class Allowance {
  readonly #units: number;
  readonly #left = new Map<NodeId, number>();

  /** @param units - what one may ask for from beat to beat */
  constructor(units: number) {
    this.#units = units;
  }

  /** Whether a replica may have something of this cost. */
  take(node: NodeId, cost: number): boolean {
    const left = (this.#left.get(node) ?? this.#units) - cost;
    if (left < 0) return false;
    this.#left.set(node, left);
    return true;
  }

  /** A beat: all may ask for as much again. */
  renew(): void {
    this.#left.clear();
  }
}
