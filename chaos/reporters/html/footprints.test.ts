import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../contracts/operations.ts';
import type { ReportInput } from '../../contracts/report.ts';
import { sampleFootprint, successes } from '../../sample-plan.ts';
import report from '../report.ts';
import { parse } from '../shared/page-fixture.ts';
import { sampleInput } from '../shared/sample-recording.ts';

async function render(input: ReportInput): Promise<ReturnType<typeof parse>> {
  const [file] = await report.render(input);
  return parse(file?.content ?? '');
}

/** A log that grows and is cut again and again: so many samples of each replica. */
function soaked(count: number): ReportInput {
  const input = sampleInput('PASS');
  const { recording } = input;
  const samples = recording.plan.nodes.flatMap((node) =>
    Array.from({ length: count }, (_, i) =>
      sampleFootprint((30_000 * i) / count, { node, logBytes: 1024 * (1 + (i % 5)), heldBytes: 512 }),
    ),
  );
  const events = [...recording.events, ...samples].sort((a, b) => a.atMs - b.atMs);
  return { ...input, recording: { ...recording, events } };
}

describe('report.html of replicas that were sampled', () => {
  it('draws what each held, with a title, a description, a legend and a data table', async () => {
    const { markup, data, scripts } = await render(soaked(30));
    const { footprints } = JSON.parse(data);
    const figures = [...markup.matchAll(/<figure class="chart small" id="([a-z]+)"[\s\S]*?<\/figure>/g)];
    expect(figures.map(([, id]) => id)).toEqual(['log', 'held', 'snapshot']);
    for (const [figure, id] of figures) {
      expect(figure).toContain(`<h4 id="${id}-title">`);
      expect(figure).toMatch(new RegExp(`id="${id}-description">[^<]+<`));
      expect(figure.match(/<svg class="key/g)).toHaveLength(5);
      expect(scripts.at(-1)).toMatch(new RegExp(`\\b${id}: report\\.draw`));
    }
    expect(footprints.log.nodes[2].values.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 1]);
    expect(footprints.memory.nodes[0].values[0]).toBe(0.5);
  });

  it('has no such panel where nothing was sampled', async () => {
    const { markup, data } = await render(sampleInput('PASS'));
    expect(markup).not.toContain('Log and memory by replica');
    expect(JSON.parse(data).footprints).toBeNull();
  });

  it('stays small, with as many samples as the longest run has', async () => {
    const { data } = await render(soaked(600));
    expect(JSON.stringify(JSON.parse(data).footprints).length).toBeLessThan(100_000);
  });
});

describe('stretches without a write', () => {
  /** A write every so often, but for a silence. */
  const gapsOf = async (rate: number, everyMs: number, silence: readonly [number, number]) => {
    const input = sampleInput('PASS');
    const { recording } = input;
    const times = Array.from({ length: Math.floor(30_000 / everyMs) }, (_, i) => i * everyMs);
    const history: HistoryEvent[] = successes(
      times.filter((ms) => ms <= silence[0] || ms >= silence[1]).map((ms) => ['write', ms] as const),
    );
    const { experiment } = recording.plan;
    const plan = { ...recording.plan, experiment: { ...experiment, load: { ...experiment.load, rate } } };
    const { data } = await render({ ...input, recording: { ...recording, plan, history } });
    return JSON.parse(data).gaps;
  };

  it('are marked where they are longer than the rhythm of the load', async () => {
    expect(await gapsOf(100, 100, [10_000, 11_000])).toEqual([[10.001, 11.001]]);
    expect(await gapsOf(1, 1000, [5000, 20_000])).toEqual([[5.001, 20.001]]);
    expect(await gapsOf(1, 1000, [5000, 6000])).toEqual([]);
  });
});
