/** The command that makes the same benchmark again. */
import type { BenchPlan } from '../contracts.ts';
import { isOwn } from '../own-systems.ts';

/** As a shell reads it. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function list(values: readonly (string | number)[]): string {
  return [...new Set(values)].join(',');
}

/**
 * The command that measures every point of a plan; more than those where the plan is no full grid of loads and drivers.
 * Every choice is a flag, whether or not it is the default: defaults may change.
 */
export function rerunCommand(plan: BenchPlan): string {
  const { settings } = plan;
  const points = plan.points.filter(({ system }) => isOwn(plan, system));
  const closed = points.filter(({ loop }) => loop.kind === 'closed');
  const flags: [string, string][] = [
    ['--protocol', list(plan.protocols)],
    ['--beside', plan.beside ?? 'none'],
    ['--nodes', String(plan.nodes)],
    ['--on', plan.on],
    ['--storage', list(plan.storages)],
    ['--mode', list(plan.modes)],
    ['--peer', list(plan.peers)],
    ['--driver', list(points.map(({ driver }) => driver))],
    ['--clients', list((closed.length > 0 ? closed : points).map(({ clients }) => clients))],
    ['--rate', list(points.flatMap(({ loop }) => (loop.kind === 'open' ? [loop.ratePerSecond] : [])))],
    ['--records', String(settings.records)],
    ['--value-bytes', String(settings.valueBytes)],
    ['--rounds', String(plan.rounds)],
    ['--warmup', `${plan.warmupMs}ms`],
    ['--duration', `${plan.durationMs}ms`],
    ['--check', plan.checkedKeys > 0 ? String(plan.checkedKeys) : ''],
    ['--seed', String(plan.seed)],
  ];
  const given = flags.filter(([, value]) => value !== '').flat();
  const workloads = [...new Set(points.map(({ workload }) => workload))];
  return ['npx', 'splitbrain', 'bench', ...workloads, ...given].map(quoted).join(' ');
}
