import { describe, expect, test } from 'vitest';
import { sampleFootprint, sampleRun } from './sample-plan.ts';
import { isFootprint, isResources, memoryBytes, peakSample, samplesByNode } from './samples.ts';

describe('the samples of each replica', () => {
  const used = { cpuPercent: 1, memoryBytes: 2, receivedBytes: 3, sentBytes: 4 };
  const recording = sampleRun({
    events: [
      sampleFootprint(0, { node: 'n3' }),
      sampleFootprint(10, { node: 'n2' }),
      { atMs: 15, type: 'resources', node: 'n1', ...used },
      sampleFootprint(20, { node: 'n3' }),
    ],
  });
  const times = (found: ReturnType<typeof samplesByNode>) =>
    [...found].map(([node, samples]) => [node, samples.map(({ atMs }) => atMs)]);

  test('are in the order of the plan, without replicas that have none, and of one kind', () => {
    expect(times(samplesByNode(recording, isFootprint))).toEqual([
      ['n2', [10]],
      ['n3', [0, 20]],
    ]);
    expect(times(samplesByNode(recording, isResources))).toEqual([['n1', [15]]]);
  });
});

describe('the highest sample', () => {
  const events = [
    sampleFootprint(0, { logBytes: 5, heldBytes: 9 }),
    sampleFootprint(10, { node: 'n2', logBytes: 7, stateBytes: 8 }),
    sampleFootprint(20, { node: 'n3', logBytes: 7, heldBytes: 4, stateBytes: 6 }),
  ];

  test('is the first of several, by the figure that is asked about', () => {
    expect(peakSample(sampleRun({ events }), ({ logBytes }) => logBytes)).toMatchObject({ node: 'n2', atMs: 10 });
    expect(peakSample(sampleRun({ events }), memoryBytes)).toMatchObject({ node: 'n3' });
  });

  test('is none where nothing was sampled', () => {
    expect(peakSample(sampleRun({}), memoryBytes)).toBeNull();
  });
});
