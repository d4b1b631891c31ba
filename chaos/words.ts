import type { Plan } from './contracts/plan.ts';

/** A number with thin groups of thousands: `12,355`. */
export function figure(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number and what it counts: `1 strike`, `2 strikes`, `12,355 entries`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${figure(value)} ${value === 1 ? one : many}`;
}

/** Milliseconds as seconds, for people: `12.345 s`. */
export function seconds(ms: number): string {
  return `${(Math.round(ms) / 1000).toFixed(3)} s`;
}

/** What replicas of a run speak: `pbft`, or `pbft (linear)` where the mode was chosen. */
export function protocolInWords({ protocol, experiment }: Pick<Plan, 'protocol' | 'experiment'>): string {
  const { mode } = experiment.settings;
  return mode === undefined ? protocol : `${protocol} (${mode})`;
}
