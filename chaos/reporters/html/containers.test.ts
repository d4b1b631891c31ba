import { describe, expect, it } from 'vitest';
import type { ReportInput } from '../../contracts/report.ts';
import report from '../report.ts';
import { dockerInput } from '../shared/docker-fixture.ts';
import { parse, tagsOf } from '../shared/page-fixture.ts';
import { hostile, sampleInput } from '../shared/sample-recording.ts';
import { escapeHtml } from './escape.ts';

/** The words of each tile: label, value and limit. */
function tilesOf(markup: string): string[][] {
  const tiles = markup.matchAll(
    /<dt>([^<]*)<\/dt><dd><span class="value">([^<]*)<\/span>[\s\S]*?<span class="limit">([^<]*)</g,
  );
  return [...tiles].map(([, ...words]) => words);
}

async function render(input: ReportInput): Promise<string> {
  const [file] = await report.render(input);
  return file?.content ?? '';
}

describe('report.html of containers', () => {
  it('has tiles for what is aimed at, which decide nothing', async () => {
    const { markup } = parse(await render(dockerInput('PASS')));
    expect(tilesOf(markup).slice(5)).toEqual([
      ['Boot to first write', '3.2 s', 'aim 5 s'],
      ['Strike to effect', '96 ms', 'crash 18 ms, cut 96 ms; aim 100 ms'],
    ]);
    expect(markup.match(/<div class="tile neutral"><dt>(?:Boot to|Strike to)/g)).toHaveLength(2);
  });

  it('has neither tile without its figure, and none of them in the simulator', async () => {
    const input = dockerInput('PASS');
    const { recording } = input;
    const labels = async (substrate: 'sim' | 'docker', figures: object) => {
      const statistics = { ...input.verdict.statistics, ...figures };
      const plan = { ...recording.plan, substrate };
      const page = await render({
        ...input,
        recording: { ...recording, plan },
        verdict: { ...input.verdict, statistics },
      });
      return tilesOf(parse(page).markup)
        .map(([label]) => label)
        .slice(5);
    };
    expect(await labels('docker', { bootToFirstWriteMs: null })).toEqual(['Strike to effect']);
    const slow = { fault: 'latency', strikes: 1, medianMs: 1, maxMs: 1 };
    expect(await labels('docker', { strikeEffects: [slow] })).toEqual(['Boot to first write']);
    expect(await labels('sim', {})).toEqual([]);
  });

  it('says what it ran on', async () => {
    const { markup } = parse(await render(dockerInput('PASS')));
    expect(markup).toContain('<dt>Engine</dt><dd>27.3.1</dd>');
    expect(markup).toContain('<dt>Image: replica</dt><dd>0a1b2c3d0a1b</dd>');
    expect(markup).toContain('<dt>Image: toxiproxy</dt><dd>9f8e7d6c9f8e</dd>');
    expect(parse(await render(sampleInput('PASS'))).markup).not.toMatch(/<dt>(?:Engine|Image)/);
  });

  it('shows hostile names of engines and images as text', async () => {
    const { markup } = parse(await render(dockerInput('PASS', hostile)));
    expect(markup).toContain(`<dt>Engine</dt><dd>${escapeHtml(`27.3.1${hostile}`)}</dd>`);
    expect(markup).toContain(
      `<dt>${escapeHtml(`Image: replica${hostile}`)}</dt><dd>${escapeHtml(hostile.slice(0, 12))}</dd>`,
    );
    for (const { name } of tagsOf(markup)) expect(['img', 'script']).not.toContain(name);
  });

  it('draws what each container used, with a title, a description, a legend and a data table', async () => {
    const { markup, data, scripts } = parse(await render(dockerInput('PASS')));
    expect(markup).toContain('Containers: CPU, memory and network by replica');
    const figures = [...markup.matchAll(/<figure class="chart small" id="([a-z]+)"[\s\S]*?<\/figure>/g)];
    expect(figures.map(([, id]) => id)).toEqual(['cpu', 'memory', 'network']);
    for (const [figure, id] of figures) {
      expect(figure).toContain(`<h4 id="${id}-title">`);
      expect(figure).toMatch(new RegExp(`id="${id}-description">[^<]+<`));
      expect(figure.match(/<svg class="key/g)).toHaveLength(5);
      expect(figure).toMatch(/<details class="data">[\s\S]*<th scope="col" class="figure">n5<\/th>/);
      const lines = JSON.parse(data).resources[id ?? ''];
      expect(lines.nodes.map(({ node }: { node: string }) => node)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
      for (const { values } of lines.nodes) expect(values).toHaveLength(lines.atS.length);
      // Nothing of n1 while it was killed, and all of n2.
      const at6s = lines.atS.indexOf(6);
      expect(lines.nodes[0].values[at6s]).toBeNull();
      expect(lines.nodes[1].values[at6s]).toBeGreaterThan(0);
    }
    for (const [, id] of markup.matchAll(/data-chart="([a-z]+)"/g)) {
      expect(scripts.at(-1)).toMatch(new RegExp(`\\b${id}: report\\.draw`));
    }
  });

  it('has no such panel where nothing was sampled', async () => {
    const { markup, data } = parse(await render(sampleInput('PASS')));
    expect(markup).not.toContain('Containers:');
    expect(JSON.parse(data).resources).toBeNull();
  });

  it('draws no more lines than can be told apart, and says so', async () => {
    const input = dockerInput('PASS');
    const nodes = Array.from({ length: 20 }, (_, i) => `n${i + 1}`);
    const [pattern] = input.recording.events.filter((event) => event.type === 'resources');
    if (pattern === undefined) throw new Error('the sample has changed');
    const events = nodes.map((node) => ({ ...pattern, node, atMs: 900 }));
    const recording = { ...input.recording, plan: { ...input.recording.plan, nodes }, events };
    const { markup, data } = parse(await render({ ...input, recording }));
    expect(JSON.parse(data).resources.cpu.nodes).toHaveLength(8);
    expect(markup.match(/Containers: showing 8 of 20 nodes\./g)).toHaveLength(2);
  });
});
