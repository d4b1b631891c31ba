import { describe, expect, it } from 'vitest';
import type { LabEvent } from '../contracts/events.ts';
import type { ReportInput } from '../contracts/report.ts';
import { sampleFootprint } from '../sample-plan.ts';
import metrics from './metrics.ts';
import { dockerInput } from './shared/docker-fixture.ts';
import { sampleInput } from './shared/sample-recording.ts';

function sample(node: string, atMs: number, cpuPercent: number, receivedBytes: number, sentBytes: number): LabEvent {
  return { atMs, type: 'resources', node, cpuPercent, memoryBytes: cpuPercent * 1000, receivedBytes, sentBytes };
}

async function render(events: readonly LabEvent[], input: ReportInput = dockerInput('PASS')) {
  const [file] = await metrics.render({ ...input, recording: { ...input.recording, events } });
  return file === undefined ? null : JSON.parse(file.content);
}

describe('metrics.json', () => {
  it('has the samples of each replica in columns', async () => {
    const { schemaVersion, units, nodes } = await render([
      sample('n2', -500, 3, 10, 20),
      sample('n1', 0, 5, 100, 200),
      sample('n2', 500, 2.5, 30, 20),
    ]);
    expect(schemaVersion).toBe(1);
    expect(nodes).toEqual({
      n1: {
        atMs: [0],
        cpuPercent: [5],
        memoryBytes: [5000],
        receivedBytes: [100],
        sentBytes: [200],
        peak: { cpuPercent: 5, memoryBytes: 5000 },
        total: { receivedBytes: 100, sentBytes: 200 },
      },
      n2: {
        atMs: [-500, 500],
        cpuPercent: [3, 2.5],
        memoryBytes: [3000, 2500],
        receivedBytes: [10, 30],
        sentBytes: [20, 20],
        peak: { cpuPercent: 3, memoryBytes: 3000 },
        total: { receivedBytes: 30, sentBytes: 20 },
      },
    });
    expect(Object.keys(nodes)).toEqual(['n1', 'n2']);
    expect(Object.keys(units)).toEqual(Object.keys(nodes.n1));
  });

  it('adds up what was sent and received over restarts, which begin at 0 again', async () => {
    const { nodes } = await render([
      sample('n1', 0, 1, 100, 10),
      sample('n1', 1000, 1, 250, 10),
      sample('n1', 5000, 1, 40, 4),
      sample('n1', 6000, 1, 60, 9),
      sample('n1', 9000, 1, 0, 9),
    ]);
    expect(nodes.n1.total).toEqual({ receivedBytes: 250 + 60, sentBytes: 10 + 9 });
  });

  it('has what replicas held in columns of their own, also where there are no containers', async () => {
    const { nodes, footprints, footprintUnits } = await render([
      sampleFootprint(500, { node: 'n2', logBytes: 90, heldBytes: 5, stateBytes: 6, keys: 1 }),
      sampleFootprint(900, { node: 'n2', logBytes: 30, heldBytes: 9, stateBytes: 6, snapshotBytes: 4, sessions: 2 }),
    ]);
    expect(nodes).toEqual({});
    expect(footprints).toEqual({
      n2: {
        atMs: [500, 900],
        logRecords: [0, 0],
        logBytes: [90, 30],
        snapshotBytes: [0, 4],
        heldBytes: [5, 9],
        stateBytes: [6, 6],
        keys: [1, 0],
        sessions: [0, 2],
        peak: { logBytes: 90, snapshotBytes: 4, memoryBytes: 15 },
      },
    });
    expect(Object.keys(footprintUnits)).toEqual(Object.keys(footprints.n2));
  });

  it('has a line per replica', async () => {
    const [file] = await metrics.render(dockerInput('PASS'));
    const lines = file?.content.split('\n').filter((line) => line.startsWith('    "n')) ?? [];
    expect(lines).toHaveLength(5);
  });

  it('is not there where nothing was sampled', async () => {
    expect(await metrics.render(sampleInput('PASS'))).toEqual([]);
  });
});
