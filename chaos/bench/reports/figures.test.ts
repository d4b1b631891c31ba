import { describe, expect, it } from 'vitest';
import {
  kindsOf,
  latencyOf,
  linesOf,
  lostOf,
  pointsOf,
  replicasOf,
  slowestSecondOf,
  spreadOf,
  workloadsOf,
} from './figures.ts';
import { sampleResult, sampleWith } from './sample-result-fixture.ts';

const points = pointsOf(sampleResult());

function pointOf(driver: string, clients: number, workload = 'put') {
  const found = points.find(
    ({ point }) =>
      point.driver === driver &&
      point.clients === clients &&
      point.workload === workload &&
      point.loop.kind === 'closed',
  );
  if (found === undefined) throw new Error('the sample has changed');
  return found;
}

describe('spreadOf', () => {
  it('is the median and the extremes, of an odd and of an even number of rounds', () => {
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
    expect(spreadOf([10, 9, 100, 1])).toEqual({ median: 9.5, min: 1, max: 100 });
  });

  it('passes over what was not told, and is nothing where nothing was', () => {
    expect(spreadOf([null, 2, Number.NaN, undefined, 4])).toEqual({ median: 3, min: 2, max: 4 });
    expect(spreadOf([null, Number.POSITIVE_INFINITY])).toBeNull();
  });
});

describe('points', () => {
  it('put the rounds together, and stand by load and then by line', () => {
    expect(points).toHaveLength(24);
    expect(points.every(({ rounds }) => rounds.map(({ round }) => round).join() === '0,1,2')).toBe(true);
    const [, own] = workloadsOf(sampleResult())[0] ?? ['', []];
    expect(own.slice(0, 5).map(({ line, point }) => `${line.driver} ${point.clients}`)).toEqual([
      'streams 1',
      'unary 1',
      'etcd-put 1',
      'etcd-txn 1',
      'streams 64',
    ]);
    expect(own.slice(-4).every(({ point }) => point.loop.kind === 'open')).toBe(true);
  });

  it('do not depend on the order in which they were measured', () => {
    const { measurements } = sampleResult();
    const backwards = sampleWith({ measurements: [...measurements].reverse() });
    expect(workloadsOf(backwards)).toEqual(workloadsOf(sampleResult()));
  });

  it('have the lines of the plan, and the workload with the most points first', () => {
    expect(linesOf(sampleResult()).map(({ driver }) => driver)).toEqual(['streams', 'unary', 'etcd-put', 'etcd-txn']);
    expect(workloadsOf(sampleResult()).map(([workload]) => workload)).toEqual(['put', 'ycsb-b']);
  });

  it('tell latencies by kind, corrected and raw', () => {
    const figures = pointOf('streams', 64, 'ycsb-b');
    expect(kindsOf(figures)).toEqual(['read', 'update']);
    expect(latencyOf(figures, 'p50', 'raw')?.median).toBeLessThan(latencyOf(figures, 'p50')?.median ?? 0);
    expect(latencyOf(figures, 'p50', 'corrected', 'read')?.max).toBeLessThan(latencyOf(figures, 'p50')?.min ?? 0);
    expect(latencyOf(figures, 'p50', 'corrected', 'scan')).toBeNull();
  });

  it('tell what was lost, the slowest second, and how often each replica led', () => {
    expect(lostOf(pointOf('etcd-txn', 1000))).toEqual({ failed: 12, unknown: 3 });
    const seconds = pointOf('streams', 64).rounds.flatMap(({ load }) => load.perSecond);
    expect(slowestSecondOf(pointOf('streams', 64))).toBe(Math.min(...seconds));
    expect(replicasOf(pointOf('etcd-put', 64)).map(({ node, led }) => [node, led])).toEqual([
      ['etcd1', 2],
      ['etcd2', 1],
      ['etcd3', 0],
    ]);
  });
});
