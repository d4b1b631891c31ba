import { describe, expect, it } from 'vitest';
import type { LabEvent } from '../contracts/events.ts';
import type { HistoryEvent } from '../contracts/operations.ts';
import type { ReportInput } from '../contracts/report.ts';
import { runStatistics } from '../statistics.ts';
import { escapeHtml } from './html/escape.ts';
import report from './report.ts';
import { hash, parse, tagsOf } from './shared/page-fixture.ts';
import { hostile, sampleInput } from './shared/sample-recording.ts';

async function render(input: ReportInput): Promise<string> {
  const [file] = await report.render(input);
  return file?.content ?? '';
}

const outcomes = ['PASS', 'FAIL (safety)', 'FAIL (liveness)', 'INCONCLUSIVE', 'LAB ERROR'] as const;

describe.each(outcomes)('report.html after %s', (outcome) => {
  it.each([
    ['plain', ''],
    ['hostile', hostile],
  ])('loads nothing and runs only its own scripts (%s)', async (_, text) => {
    const page = await render(sampleInput(outcome, text));
    const { policy, scripts, styles, markup } = parse(page);
    const directives = new Map(policy.split('; ').map((each) => [each.split(' ')[0], each.split(' ').slice(1)]));
    expect(directives.get('default-src')).toEqual(["'none'"]);
    expect(directives.get('script-src')).toEqual(scripts.map(hash));
    expect(directives.get('style-src')).toEqual(styles.map(hash));
    expect(scripts).toHaveLength(7);
    expect(styles.join('')).not.toMatch(/url\(|@import/);
    expect(scripts.slice(1).join('')).not.toMatch(/\bfetch\(|XMLHttpRequest|\bimport\b|innerHTML|\beval\(/);
    for (const { name, attributes } of tagsOf(markup)) {
      expect(['img', 'iframe', 'object', 'embed', 'link', 'base', 'script', 'style']).not.toContain(name);
      for (const [key, value] of attributes) {
        expect(key).not.toMatch(/^on|^style$|^src$|^srcset$|^action$|^formaction$/i);
        if (key === 'href') expect(value).toMatch(/^#/);
      }
    }
  });

  it('names the outcome in words, with its sentence and an icon', async () => {
    const input = sampleInput(outcome);
    const { markup } = parse(await render(input));
    expect(markup).toContain(`<strong>${outcome}</strong>`);
    expect(markup).toContain(escapeHtml(input.verdict.sentence));
    expect(markup).toMatch(/<div class="badge"><svg class="icon"/);
  });
});

describe('report.html', () => {
  it('shows hostile text as text', async () => {
    const { markup, data } = parse(await render(sampleInput('FAIL (safety)', hostile)));
    expect(markup).toContain(escapeHtml(hostile));
    expect(markup).not.toMatch(/<img/i);
    expect(data).not.toMatch(/[<>&\u2028]/);
    expect(JSON.parse(data).bands[0][2]).toBe(`kill${hostile} n1`);
  });

  it('is never green where the run proves nothing', async () => {
    for (const outcome of ['INCONCLUSIVE', 'LAB ERROR'] as const) {
      const { markup } = parse(await render(sampleInput(outcome)));
      expect(markup).not.toMatch(/class="(?:verdict|tile) good"/);
    }
  });

  it('gives each chart a title, a description, a legend and a data table', async () => {
    const { markup } = parse(await render(sampleInput('PASS')));
    const charts = [...markup.matchAll(/<figure class="chart" id="([a-z]+)"[\s\S]*?<\/figure>/g)];
    expect(charts.map(([, id]) => id)).toEqual(['hero', 'faults', 'throughput', 'latency', 'roles', 'applied']);
    for (const [figure, id] of charts) {
      expect(figure).toContain(`id="${id}-title"`);
      expect(figure).toContain(`id="${id}-description"`);
      expect(figure).toContain('class="legend"');
      expect(figure).toMatch(/<details class="data">[\s\S]*<table>/);
    }
  });

  it('draws the operations of the counter-example and names the fault that was in force', async () => {
    const { markup } = parse(await render(sampleInput('FAIL (safety)')));
    expect(markup).toContain('In force at the time: isolate n3 (strike s2, from 12.004 s to 16.003 s).');
    expect(markup).toContain('read k1 → 411');
    expect(markup.match(/class="bar ok named/g)).toHaveLength(3);
    expect(markup).toContain('data-range-from="13.2052" data-range-to="13.219"');
  });

  it('says so where a violation is what the experiment expects', async () => {
    const input = sampleInput('FAIL (safety)');
    const { plan } = input.recording;
    const expecting = { ...plan, experiment: { ...plan.experiment, expect: 'violated' as const } };
    const recording = { ...input.recording, plan: expecting };
    const { markup } = parse(await render({ ...input, recording, verdict: { ...input.verdict, outcome: 'PASS' } }));
    expect(markup).toContain('What was found, as expected');
    expect(markup).toContain('violated, as expected');
  });

  it('marks the time without a quorum, and the strikes that left none', async () => {
    const input = sampleInput('PASS');
    const withoutQuorum = [{ fromMs: 4018, toMs: 7050 }];
    const { markup, data } = parse(await render({ ...input, verdict: { ...input.verdict, withoutQuorum } }));
    expect(JSON.parse(data).withoutQuorum).toEqual([[4.018, 7.05]]);
    expect(markup).toContain('</svg>time without a quorum</li>');
    expect(markup).toContain('<td>time without a quorum</td><td class="figure">4.018 s</td>');
    expect(markup.match(/<span class="kind">time without a quorum<\/span>/g)).toHaveLength(1);
    expect(markup).toContain('<dt>Outage despite a quorum</dt>');
    const calm = parse(await render(input));
    expect(calm.markup).not.toContain('without a quorum');
    expect(calm.markup).toContain('<dt>Longest outage of writes</dt>');
  });

  it('copes with a run without strikes, roles or applied entries', async () => {
    const input = sampleInput('PASS');
    const events = input.recording.events.filter(({ type }) => type === 'phase');
    const recording = { ...input.recording, plan: { ...input.recording.plan, strikes: [] }, events };
    const { markup } = parse(await render({ ...input, recording }));
    expect(markup).toContain('No fault was aimed at a replica in this run.');
    expect(markup).toContain('This system reports neither leaders nor epochs.');
    expect(markup).toContain('Nothing was struck.');
  });
});

/** An hour with 200 replicas, a strike every 3 s and an election at each. */
function enormous(): ReportInput {
  const input = sampleInput('PASS');
  const { plan } = input.recording;
  const [pattern] = plan.strikes;
  if (pattern === undefined) throw new Error('the sample has changed');
  const nodes = Array.from({ length: 200 }, (_, i) => `n${i + 1}`);
  const strikes = Array.from({ length: 1200 }, (_, i) => ({ ...pattern, id: `s${i}` }));
  const events: LabEvent[] = [{ atMs: 0, type: 'phase', phase: 'load' }];
  const history: HistoryEvent[] = [];
  for (const [i, { id }] of strikes.entries()) {
    const atMs = i * 3000;
    const node = `n${(i % 4) + 1}`;
    events.push({
      atMs,
      type: 'strike',
      strike: id,
      fault: 'cut',
      target: 'all',
      nodes,
      links: [{ from: 'n1', to: 'n2' }],
    });
    events.push({ atMs, type: 'struck', strike: id });
    for (let j = 0; j < 6; j += 1)
      events.push({ atMs: atMs + j, type: 'link-dropped', from: node, to: 'n9', strike: id });
    events.push({ atMs: atMs + 500, type: 'role', node, role: 'leader', epoch: i });
    events.push({ atMs: atMs + 600, type: 'apply', node, index: i, hash: i });
    events.push({ atMs: atMs + 1000, type: 'healed', strike: id });
    history.push({ type: 'invoke', op: i, process: i, atMs, f: 'write', key: 'k', value: i });
    history.push({ type: 'ok', op: i, process: i, atMs: atMs + 900, value: null });
  }
  events.push({ atMs: 3_600_000, type: 'phase', phase: 'heal' });
  const recording = { plan: { ...plan, nodes, strikes }, history, events };
  return { ...input, recording, verdict: { ...input.verdict, statistics: runStatistics(recording) } };
}

describe('size', () => {
  it('is small for an ordinary run', async () => {
    expect((await render(sampleInput('FAIL (safety)'))).length).toBeLessThan(300_000);
  });

  it('is bounded for an enormous one, which says what it leaves out', async () => {
    const page = await render(enormous());
    expect(page.length).toBeLessThan(1_500_000);
    expect(page).toContain('Leader and epoch: showing 16 of 200 nodes.');
    expect(page).toContain('Fault bands: showing 200 of 1200 strikes.');
    expect(page).toContain('Showing 250 of 1,200 rows.');
  });
});
