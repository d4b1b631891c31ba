/** How many replicas a run has: not every protocol can do with any number (`ProtocolDefinition.sizeFlaw`). */
import type { ProtocolDefinition } from '../node/contract/definition.ts';
import { IncapableError, UsageError } from './errors.ts';
import type { Experiment } from './experiment.ts';

type Sized = Pick<ProtocolDefinition<unknown, unknown>, 'defaultNodeCount' | 'sizeFlaw'>;

/** The largest group that anybody may ask for. */
const maxNodes = 200;

/**
 * How many replicas an experiment has where nobody asked for a number: as many as its file says, or else as the protocol has by
 * default. The protocol's default also stands in for a number of the file that the protocol cannot run with: most experiments
 * are about a leader and a minority, whatever their number. What names a replica beyond it is refused (`refuseStranger`).
 */
export function usualNodeCount({ nodes, members }: Experiment, { defaultNodeCount, sizeFlaw }: Sized): number {
  if (nodes === undefined) return defaultNodeCount;
  return members === undefined && sizeFlaw?.(nodes) !== undefined ? defaultNodeCount : nodes;
}

/** How many replicas each system of a benchmark has where nobody asks for a number. */
const benchNodes = 3;

/**
 * How many replicas each system of a benchmark has where nobody asked for a number: as few as stand the loss of one, or, where one
 * of the protocols cannot run with so many, as that has by default. All have the same, or their figures could not be compared.
 */
export function usualBenchSize(protocols: readonly Sized[]): number {
  const unfit = protocols.find(({ sizeFlaw }) => sizeFlaw?.(benchNodes) !== undefined);
  return unfit?.defaultNodeCount ?? benchNodes;
}

/**
 * Refuses a target that is the name of a replica of a larger group.
 *
 * @throws IncapableError
 */
export function refuseStranger(target: string, nodeCount: number, protocol: Sized): void {
  const number = Number(/^n([1-9]\d{0,3})$/.exec(target)?.[1] ?? 0);
  if (number <= nodeCount) return;
  const [enough] = sizesFrom(number, protocol, 1);
  throw new IncapableError(
    `there is no target "${target}": the group has ${nodeCount} replicas`,
    `${enough === undefined ? 'Choose' : `Give it --nodes ${enough}, or choose`} another target (see: npx splitbrain list targets).`,
  );
}

/**
 * Refuses a group of a size that its protocol cannot have.
 *
 * @param members - how many of the nodes make up the group at the beginning, where an experiment says so
 * @throws UsageError
 */
export function refuseSize(nodeCount: number, members: number | undefined, protocol: Sized): void {
  const flaw = protocol.sizeFlaw?.(members ?? nodeCount);
  if (flaw === undefined) return;
  if (members !== undefined) {
    throw new IncapableError(
      clause(flaw),
      'Mend the members in the experiment file, or run it with another --protocol (see: npx splitbrain list protocols).',
    );
  }
  const choices = nearestSizes(nodeCount, protocol).map((size) => `--nodes ${size}`);
  throw new UsageError(clause(flaw), `Give it ${choices.join(' or ') || 'another --protocol'}.`);
}

/** The first so many sizes of at least `from` that a group of a protocol can have. */
export function sizesFrom(from: number, { sizeFlaw }: Sized, count: number): number[] {
  const sizes: number[] = [];
  for (let size = from; size <= maxNodes && sizes.length < count; size += 1) {
    if (sizeFlaw?.(size) === undefined) sizes.push(size);
  }
  return sizes;
}

/** The next smaller and the next larger one. */
function nearestSizes(count: number, protocol: Sized): number[] {
  const smaller = sizesFrom(1, protocol, maxNodes).filter((size) => size < count);
  return [...smaller.slice(-1), ...sizesFrom(count, protocol, 1)];
}

/** Errors end without a full stop. */
function clause(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
