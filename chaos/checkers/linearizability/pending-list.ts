/**
 * The events that are still to be explained, as a doubly linked list in the order of the history (Lowe, "Testing for
 * linearizability", 2017, section 3.1). Taking an operation out and putting it back are constant-time, provided that
 * they are nested like brackets. Operations are numbered: those with a known completion by the order of their
 * completions (their rank), the others after them by invocation.
 */
export interface Places {
  readonly invokeIndex: number;
  readonly completeIndex: number;
}

/** The numbering that the search works with: ranked operations first. */
export interface Ranking {
  /** Index in the input, by number. */
  readonly order: readonly number[];
  /** How many have a known completion. */
  readonly ranked: number;
}

/** Numbers operations, which come in order of invocation. */
export function rank(operations: readonly Places[]): Ranking {
  const known: number[] = [];
  const unknown: number[] = [];
  for (const [index, operation] of operations.entries()) {
    (Number.isFinite(operation.completeIndex) ? known : unknown).push(index);
  }
  const places = Float64Array.from(operations, (operation) => operation.completeIndex);
  known.sort((a, b) => (places[a] as number) - (places[b] as number));
  return { order: [...known, ...unknown], ranked: known.length };
}

/** Node 0 is both ends; node 1 + n is the invocation of operation n; then come the completions, by rank. */
export class PendingList {
  readonly size: number;
  /**
   * By rank: the highest rank among operations invoked before this completion. While this completion is the first one
   * left, every lower rank has been taken out, and nothing above the reach can have been.
   */
  readonly reach: Int32Array;
  private readonly ranked: number;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;

  constructor(operations: readonly Places[], { order, ranked }: Ranking) {
    this.size = order.length;
    this.ranked = ranked;
    this.reach = new Int32Array(ranked);
    this.next = new Int32Array(1 + order.length + ranked);
    this.previous = new Int32Array(1 + order.length + ranked);
    const numbers = new Int32Array(order.length);
    for (const [number, index] of order.entries()) numbers[index] = number;
    let highest = -1;
    let rankNow = 0;
    let last = 0;
    const append = (node: number): void => {
      this.next[last] = node;
      this.previous[node] = last;
      last = node;
    };
    for (let index = 0; index <= order.length; index++) {
      const invokedAt = operations[index]?.invokeIndex ?? Number.POSITIVE_INFINITY;
      while (rankNow < ranked && (operations[order[rankNow] as number] as Places).completeIndex < invokedAt) {
        this.reach[rankNow] = highest;
        append(1 + order.length + rankNow);
        rankNow += 1;
      }
      if (index === order.length) break;
      const number = numbers[index] as number;
      if (number < ranked && number > highest) highest = number;
      append(1 + number);
    }
    append(0);
  }

  first(): number {
    return this.next[0] as number;
  }

  after(node: number): number {
    return this.next[node] as number;
  }

  /** The operation that a node invokes, or -1 where the node is a completion or the end. */
  invoked(node: number): number {
    return node === 0 || node > this.size ? -1 : node - 1;
  }

  /** The rank that a node completes, or -1 at the end of the list. */
  completed(node: number): number {
    return node === 0 ? -1 : node - 1 - this.size;
  }

  /** The completion goes first, so that the invocation's own successor stays right for a walk that stands on it. */
  takeOut(operation: number): void {
    if (operation < this.ranked) this.unlink(1 + this.size + operation);
    this.unlink(1 + operation);
  }

  putBack(operation: number): void {
    this.relink(1 + operation);
    if (operation < this.ranked) this.relink(1 + this.size + operation);
  }

  private unlink(node: number): void {
    const before = this.previous[node] as number;
    const after = this.next[node] as number;
    this.next[before] = after;
    this.previous[after] = before;
  }

  private relink(node: number): void {
    this.next[this.previous[node] as number] = node;
    this.previous[this.next[node] as number] = node;
  }
}
