/** The command that makes the same benchmark again. */
import type { BenchPlan } from '../contracts.ts';

/** As a shell reads it. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function list(values: readonly (string | number)[]): string {
  return [...new Set(values)].join(',');
}

/** Every choice that the plan holds, as flags, whether or not it is the default: defaults may change. */
export function rerunCommand(plan: BenchPlan): string {
  const { points, settings } = plan;
  const closed = points.filter(({ loop }) => loop.kind === 'closed');
  const rates = points.flatMap(({ loop }) => (loop.kind === 'open' ? [loop.ratePerSecond] : []));
  const flags: [string, string][] = [
    ['--protocol', plan.protocol],
    ['--nodes', String(plan.nodes)],
    ['--on', plan.on],
    ['--peers', list(plan.peers)],
    ['--drivers', list(points.map(({ driver }) => driver))],
    ['--workloads', list(points.map(({ workload }) => workload))],
    ['--clients', list((closed.length > 0 ? closed : points).map(({ clients }) => clients))],
    ['--rates', list(rates)],
    ['--records', String(settings.records)],
    ['--value-bytes', String(settings.valueBytes)],
    ['--rounds', String(plan.rounds)],
    ['--warmup', `${plan.warmupMs}ms`],
    ['--duration', `${plan.durationMs}ms`],
    ['--checked-keys', String(plan.checkedKeys)],
    ['--seed', String(plan.seed)],
  ];
  const given = flags.filter(([, value]) => value !== '').flat();
  return ['npx', 'splitbrain', 'bench', ...given].map(quoted).join(' ');
}
