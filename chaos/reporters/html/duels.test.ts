import { describe, expect, it } from 'vitest';
import type { LabEvent } from '../../contracts/events.ts';
import type { ReportInput } from '../../contracts/report.ts';
import report from '../report.ts';
import { duelInput } from '../shared/duel-fixture.ts';
import { parse } from '../shared/page-fixture.ts';
import { sampleInput } from '../shared/sample-recording.ts';

async function render(input: ReportInput): Promise<ReturnType<typeof parse>> {
  const [file] = await report.render(input);
  return parse(file?.content ?? '');
}

const figureOf = (markup: string) => /<figure class="chart" id="overtaken"[\s\S]*?<\/figure>/.exec(markup)?.[0] ?? '';

describe('report.html of proposers that duelled', () => {
  it('draws what was overtaken, with a title, a description, a legend and a data table', async () => {
    const { markup, data, scripts } = await render(duelInput());
    const figure = figureOf(markup);
    expect(figure).toContain('<h3 id="overtaken-title">Ballots overtaken, by replica</h3>');
    expect(figure).toMatch(/id="overtaken-description">How many ballots of each replica [^<]+ in bins of 250 ms\./);
    expect(figure.match(/<svg class="key/g)).toHaveLength(5);
    expect(scripts.at(-1)).toMatch(/\bovertaken: report\.drawOvertaken\b/);
    const { overtaken, applied } = JSON.parse(data);
    expect(overtaken.atS).toEqual(applied.atS);
    const counts = overtaken.nodes.map(({ values }: { values: number[] }) => values.reduce((a, b) => a + b, 0));
    expect(counts).toEqual([0, 3, 0, 3, 1]);
    expect(overtaken.nodes[1].values.slice(47, 52)).toEqual([0, 1, 1, 1, 0]);
  });

  it('lists in its table every bin in which something was overtaken, and no other', async () => {
    const { markup } = await render(duelInput());
    const rows = [...figureOf(markup).matchAll(/<tr data-from[^>]*>([\s\S]*?)<\/tr>/g)].map(([, row = '']) =>
      [...row.matchAll(/<td[^>]*>([^<]*)</g)].map(([, cell]) => cell),
    );
    expect(rows).toEqual([
      ['12 – 12.3 s', '0', '1', '0', '0', '0'],
      ['12.3 – 12.5 s', '0', '1', '0', '1', '0'],
      ['12.5 – 12.8 s', '0', '1', '0', '1', '0'],
      ['12.8 – 13 s', '0', '0', '0', '1', '0'],
      ['25 – 25.3 s', '0', '0', '0', '0', '1'],
    ]);
  });

  it('has a tile that decides nothing', async () => {
    const { markup } = await render(duelInput());
    expect(markup).toMatch(/<div class="tile neutral"><dt>Duels<\/dt><dd><span class="value">7 ballots<\/span>/);
    expect(markup).toContain('<span class="limit">overtaken; slot 541 waited 912 ms; no limit</span>');
  });

  it('speaks as the protocol does', async () => {
    const { markup } = await render(duelInput('raft'));
    expect(markup).toContain('Terms overtaken, by replica');
    expect(markup).toContain('<span class="value">7 terms</span>');
  });

  it('has neither chart nor tile where nothing was overtaken', async () => {
    const { markup, data } = await render(sampleInput('PASS'));
    expect(markup).not.toMatch(/overtaken|Duels/);
    expect(JSON.parse(data).overtaken).toBeNull();
  });

  it('draws of many replicas those with the most, in the order of the plan, and says so', async () => {
    const input = duelInput();
    const nodes = Array.from({ length: 20 }, (_, i) => `n${i + 1}`);
    const events = nodes.flatMap((node, i): LabEvent[] =>
      Array.from({ length: i }, (_, n) => ({ atMs: 900, type: 'overtaken', node, index: 7, epoch: n, by: n + 1 })),
    );
    const recording = { ...input.recording, plan: { ...input.recording.plan, nodes }, events };
    const { markup, data } = await render({ ...input, recording });
    const drawn = JSON.parse(data).overtaken.nodes.map(({ node }: { node: string }) => node);
    expect(drawn).toEqual(nodes.slice(12));
    expect(markup.match(/Duels: showing 8 of 20 nodes, those with the most\./g)).toHaveLength(2);
  });
});
