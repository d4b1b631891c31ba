import { describe, expect, it } from 'vitest';
import { growth, resourceSeries, type Sample } from './resources.ts';

function sample(atMs: number, over: Partial<Sample> = {}): Sample {
  return {
    atMs,
    type: 'resources',
    node: 'n1',
    cpuPercent: 0,
    memoryBytes: 0,
    receivedBytes: 0,
    sentBytes: 0,
    ...over,
  };
}

describe('growth', () => {
  it('is the increment, or the whole value where a counter began again', () => {
    expect(growth([5, 5, 12, 3, 4])).toEqual([5, 0, 7, 3, 1]);
    expect(growth([])).toEqual([]);
  });
});

describe('resourceSeries', () => {
  const series = (samples: readonly Sample[], endMs: number) => resourceSeries(new Map([['n1', samples]]), endMs);

  it('weighs what was sampled by how long it held', () => {
    const samples = [1300, 2300, 3300].map((atMs, i) =>
      sample(atMs, { cpuPercent: 10 * (i + 1), memoryBytes: (i + 1) * 2 ** 20 }),
    );
    const { cpu, memory } = series(samples, 3300);
    expect(cpu.atMs).toEqual([1000, 2000, 3000, 3300]);
    expect(cpu.perNode.get('n1')).toEqual([10, 17, 27, 30]);
    expect(memory.perNode.get('n1')).toEqual([1, 1.7, 2.7, 3]);
  });

  it('has nothing where a container was gone, and is not broken by a sample that comes late', () => {
    const samples = [1000, 2400, 4300, 9000].map((atMs) => sample(atMs, { cpuPercent: 5 }));
    expect(series(samples, 9000).cpu.perNode.get('n1')).toEqual([5, 5, 5, 5, 5, null, null, 5, 5]);
  });

  it('has nothing of the time before load', () => {
    const samples = [-500, 500].map((atMs) => sample(atMs, { cpuPercent: atMs }));
    expect(series(samples, 1000).cpu.perNode.get('n1')).toEqual([500]);
    expect(series([sample(-500)], 1000).cpu.perNode.get('n1')).toEqual([null]);
  });

  it('has what was received and sent in KiB per second, from the second sample on, over restarts too', () => {
    const counted = [
      [1000, 9000, 9000],
      [2000, 9000 + 2048, 9000 + 1024],
      [3000, 512, 0],
    ] as const;
    const samples = counted.map(([atMs, receivedBytes, sentBytes]) => sample(atMs, { receivedBytes, sentBytes }));
    expect(series(samples, 3000).network.perNode.get('n1')).toEqual([null, 3, 0.5]);
  });

  it('is bounded for a long run', () => {
    const samples = Array.from({ length: 3600 }, (_, i) => sample(i * 1000, { cpuPercent: 4 }));
    const { atMs, perNode } = series(samples, 3_600_000).cpu;
    expect(atMs.length).toBeLessThanOrEqual(160);
    expect(perNode.get('n1')?.slice(0, 3)).toEqual([4, 4, 4]);
  });
});
