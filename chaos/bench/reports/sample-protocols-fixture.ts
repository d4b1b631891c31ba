/** A result of two protocols side by side, from the sample: its replicas over streams, and others of so much of their pace. */
import { ratiosOf } from '../contests.ts';
import type { BenchPlan, BenchResult, LatencyRecord, Measurement } from '../contracts.ts';
import { aloneResult } from './sample-result-fixture.ts';

/** The same measurement of a system that does `pace` times as much in a second. */
function paced(system: string, measured: Measurement, pace: number): Measurement {
  const slower = ({ corrected, raw, histogram }: LatencyRecord): LatencyRecord => {
    return { corrected, raw: { ...raw, p50: raw.p50 / pace }, histogram };
  };
  const latency = Object.entries(measured.load.latency).map(([kind, record]) => [kind, slower(record)]);
  return {
    ...measured,
    point: { ...measured.point, system },
    opsPerSecond: measured.opsPerSecond * pace,
    load: { ...measured.load, latency: Object.fromEntries(latency) },
  };
}

/** Multi-Paxos beside Raft. */
export async function protocolsResult(pace: number): Promise<BenchResult> {
  const alone = aloneResult();
  const measurements = alone.measurements
    .filter(({ point }) => point.driver === 'streams')
    .flatMap((measured) => [paced('multi-paxos', measured, pace), measured]);
  const points = measurements.filter(({ round }) => round === 0).map(({ point }) => point);
  const plan: BenchPlan = { ...alone.plan, protocols: ['multi-paxos', 'raft'], beside: 'raft', points };
  const systems = plan.protocols.map((name) => ({ name, version: '0.1.0' }));
  return { ...alone, plan, systems, measurements, ratios: await ratiosOf(plan, measurements) };
}
