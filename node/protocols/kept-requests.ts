/**
 * What the replicas of a play were asked and have no results for yet, as their runtime would know it. For protocols that are
 * told what is settled.
 */
import type { NodeId } from '../contract/ids.ts';

interface Kept {
  readonly node: NodeId;
  readonly id: number;
  readonly text: string;
}

export class KeptRequests {
  #kept: Kept[] = [];

  /** Whether the replica is to be asked: what waits there already is asked for once only. */
  ask(node: NodeId, id: number, text: string): boolean {
    if (this.#kept.some((each) => each.node === node && each.text === text)) return false;
    this.#kept.push({ node, id, text });
    return true;
  }

  /** The replica has applied it; gives the request that is settled by that, if one is. */
  settle(node: NodeId, text: string): number | undefined {
    const at = this.#kept.findIndex((each) => each.node === node && each.text === text);
    return at < 0 ? undefined : this.#kept.splice(at, 1)[0]?.id;
  }

  /** The replica did not take it up. */
  reject(node: NodeId, id: number): void {
    this.#kept = this.#kept.filter((each) => each.node !== node || each.id !== id);
  }

  /** The replica lost its power. */
  forget(node: NodeId): void {
    this.#kept = this.#kept.filter((each) => each.node !== node);
  }
}
