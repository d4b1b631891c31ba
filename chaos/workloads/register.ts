/** Registers: clients read, write and compare-and-set a few keys, each of which is a register of its own. */
import { z } from 'zod';
import type { RandomSource } from '../contracts/faults.ts';
import type { CompletedOperation, Completion, Operation } from '../contracts/operations.ts';
import type { Model, OperationSource, Workload } from '../contracts/workloads.ts';
import { UsageError } from '../errors.ts';
import { explainIssues } from '../experiment.ts';

/** What a register holds: a written number, or null before the first write. */
export type RegisterValue = number | null;

const weight = z.number().min(0).max(1_000_000);

const paramsSchema = z.strictObject({
  /** How many registers: `k1` to `kN`. */
  keys: z.int().min(1).max(10_000).default(5),
  /** How often each kind of operation is issued, relative to the others. */
  mix: z
    .strictObject({ read: weight.default(0), write: weight.default(0), cas: weight.default(0) })
    .refine((mix) => mix.read + mix.write + mix.cas > 0, 'wants at least one weight above 0')
    .default({ read: 4, write: 3, cas: 3 }),
});

export type RegisterParams = z.infer<typeof paramsSchema>;

/** How often a compare-and-set expects an old value on purpose, so that refusals are exercised too. */
const staleGuess = 0.15;
/** How many learned values per key are kept to guess from. */
const remembered = 8;

/**
 * Reads the parameters.
 *
 * @throws UsageError in words, where they are wrong
 */
function parse(params: unknown): RegisterParams {
  const parsed = paramsSchema.safeParse(params ?? {});
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `the parameters of workload "register" are wrong: ${explainIssues(parsed.error)}`,
    'It takes keys (a number) and mix (weights for read, write and cas); mend load.params in the experiment.',
  );
}

/** Both arguments of a compare-and-set. */
function casArguments(value: unknown): readonly [expected: RegisterValue, next: number] {
  const [expected, next] = Array.isArray(value) ? value : [];
  if ((expected !== null && typeof expected !== 'number') || typeof next !== 'number') {
    throw new TypeError(`a cas wants [expected, new], not ${JSON.stringify(value)}`);
  }
  return [expected, next];
}

class RegisterSource implements OperationSource {
  private readonly keys: readonly string[];
  private readonly params: RegisterParams;
  private readonly random: RandomSource;
  /** The values that the load learned of each key, the last one at the end; every register starts as null. */
  private readonly learned = new Map<string, RegisterValue[]>();
  private lastWritten = 0;

  constructor(params: RegisterParams, random: RandomSource) {
    this.params = params;
    this.random = random;
    this.keys = Array.from({ length: params.keys }, (_, index) => `k${index + 1}`);
    for (const key of this.keys) this.learned.set(key, [null]);
  }

  next(): Operation {
    const key = this.random.pick(this.keys);
    const { read, write, cas } = this.params.mix;
    const draw = this.random.between(0, read + write + cas);
    if (draw < read) return { f: 'read', key, value: null };
    if (draw < read + write) return { f: 'write', key, value: this.unique() };
    return { f: 'cas', key, value: [this.guess(key), this.unique()] };
  }

  learn(op: Operation, completion: Completion): void {
    if (completion.type !== 'ok') return;
    if (op.f === 'read') this.remember(op.key, completion.value as RegisterValue);
    if (op.f === 'write') this.remember(op.key, op.value as RegisterValue);
    if (op.f === 'cas' && completion.value === true) this.remember(op.key, casArguments(op.value)[1]);
  }

  readBack(): Operation[] {
    return this.keys.map((key) => ({ f: 'read', key, value: null }));
  }

  /** No value is written twice, by whichever client to whichever key, so a read names the write that it saw. */
  private unique(): number {
    this.lastWritten += 1;
    return this.lastWritten;
  }

  private guess(key: string): RegisterValue {
    const values = this.learned.get(key) ?? [null];
    return this.random.chance(staleGuess) ? this.random.pick(values) : (values.at(-1) ?? null);
  }

  private remember(key: string, value: RegisterValue): void {
    const values = this.learned.get(key);
    if (values === undefined || values.at(-1) === value) return;
    values.push(value);
    if (values.length > remembered) values.shift();
  }
}

/** A single copy of one register. A write or cas whose result is unknown may have done whatever it could have done. */
export const registerModel: Model<RegisterValue> = {
  initial: null,
  step(state, op, result, known) {
    switch (op.f) {
      case 'read':
        return !known || result === state ? { state } : null;
      case 'write':
        return { state: op.value as number };
      case 'cas': {
        const [expected, next] = casArguments(op.value);
        const matches = state === expected;
        if (known && result !== matches) return null;
        return { state: matches ? next : state };
      }
      default:
        throw new TypeError(`a register knows read, write and cas, not "${op.f}"`);
    }
  },
  stateKey: (state) => state ?? 'null',
  describe,
  describeState: (state) => String(state),
};

function describe(op: CompletedOperation): string {
  if (op.f === 'read') return `read ${op.key}${op.type === 'ok' ? ` -> ${op.result}` : ending(op)}`;
  if (op.f === 'write') return `write ${op.value} to ${op.key}${op.type === 'ok' ? '' : ending(op)}`;
  const [expected, next] = casArguments(op.value);
  const outcome = op.result === true ? ' succeeded' : ' was refused';
  return `cas ${op.key} ${expected} -> ${next}${op.type === 'ok' ? outcome : ending(op)}`;
}

function ending(op: CompletedOperation): string {
  return op.type === 'fail' ? ' (did not happen)' : ' (outcome unknown)';
}

const register: Workload<RegisterValue> = {
  summary: 'reads, unique writes and compare-and-sets over a few independent registers',
  kinds: (params) => {
    const { mix } = parse(params);
    return (['read', 'write', 'cas'] as const).filter((kind) => mix[kind] > 0);
  },
  parse,
  source: (params, random) => new RegisterSource(parse(params), random),
  model: registerModel,
};

export default register;
