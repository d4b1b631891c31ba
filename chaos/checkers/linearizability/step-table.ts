/** The model as the search uses it: states are small integers, and steps that are asked for often are remembered. */
import type { Operation } from '../../contracts/operations.ts';
import type { Model } from '../../contracts/workloads.ts';

/** What the table needs of an operation: its arguments and its outcome. */
export interface StepOperation extends Operation {
  readonly result: unknown;
  readonly type: 'ok' | 'fail' | 'info';
}

/** What `next` returns where a single copy could not have answered so. */
export const illegal = -1;

/** A state asked for this often gets a row of remembered steps; most states of an easy history never are. */
const visitsBeforeRow = 3;
/** The most cells of all rows together: 64 MiB. */
const maxCells = 16 * 1024 * 1024;

/** Steps between states that are small integers, 0 being the initial one; operations go by number. */
export interface Steps<S> {
  /** The model's state behind an id. */
  state(id: number): S;
  /** Tells that steps from this state are about to be asked for. */
  visit(state: number): void;
  /** The state after an operation with its outcome, or `illegal`. */
  next(state: number, operation: number): number;
}

export class StepTable<S> implements Steps<S> {
  private readonly model: Model<S>;
  private readonly operations: readonly StepOperation[];
  private readonly states: S[] = [];
  private readonly ids = new Map<string | number, number>();
  private readonly visits: number[] = [];
  /** A cell is 0 while unknown, else the next state + 2. */
  private readonly rows: (Int32Array | null)[] = [];
  private cells = 0;

  constructor(model: Model<S>, operations: readonly StepOperation[]) {
    this.model = model;
    this.operations = operations;
    this.intern(model.initial);
  }

  /** How many states have come up so far. */
  get count(): number {
    return this.states.length;
  }

  state(id: number): S {
    return this.states[id] as S;
  }

  visit(state: number): void {
    const visits = (this.visits[state] as number) + 1;
    this.visits[state] = visits;
    if (visits !== visitsBeforeRow || this.cells + this.operations.length > maxCells) return;
    this.cells += this.operations.length;
    this.rows[state] = new Int32Array(this.operations.length);
  }

  next(state: number, operation: number): number {
    const row = this.rows[state] as Int32Array | null;
    if (row === null) return this.compute(state, operation);
    const cell = row[operation] as number;
    if (cell !== 0) return cell - 2;
    const next = this.compute(state, operation);
    row[operation] = next + 2;
    return next;
  }

  private compute(state: number, operation: number): number {
    const asked = this.operations[operation] as StepOperation;
    const stepped = this.model.step(this.states[state] as S, asked, asked.result, asked.type === 'ok');
    return stepped === null ? illegal : this.intern(stepped.state);
  }

  private intern(state: S): number {
    const key = this.model.stateKey(state);
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.states.length;
    this.ids.set(key, id);
    this.states.push(state);
    this.visits.push(0);
    this.rows.push(null);
    return id;
  }
}
