import { describe, expect, it } from 'vitest';
import { escapeHtml } from '../../reporters/html/escape.ts';
import { parse } from '../../reporters/shared/page-fixture.ts';
import type { BenchResult, CheckedHistory } from '../contracts.ts';
import { benchPage } from './page.ts';
import { rerunCommand } from './rerun.ts';
import { protocolsResult } from './sample-protocols-fixture.ts';
import { aloneResult, barrenResult, hostile, sampleResult, sampleWith } from './sample-result-fixture.ts';

const pageOf = (result: BenchResult) => parse(benchPage(result, rerunCommand(result.plan)));
const markupOf = (result: BenchResult) => pageOf(result).markup;
const textOf = (markup: string) => markup.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

function checked(verdict: CheckedHistory['verdict']): CheckedHistory {
  return { system: 'raft', verdict, summary: 'In words.', operations: 5, keys: 1, file: 'history-raft.jsonl' };
}

describe('bench.html', () => {
  it('says in the first lines what was reached and whether it is enough', () => {
    const text = textOf(markupOf(sampleResult()));
    expect(text).toContain(
      'Raft over streams: 130,824 puts/s at 1,000 clients, 7.14 times etcd 3.4.23 over etcd-put. All 3 required ratios are met.',
    );
    expect(text).toMatch(/puts\/s, 1,000 clients 7\.14 × required 5 ×, aim 10 × met/);
    expect(text).toMatch(/p99 of puts, 1,000 clients 0\.141 × required ≤ 0\.5 ×, aim 0\.1 × met/);
    expect(text).toMatch(/puts\/s, 1 client 2\.18 × required 2 ×, aim 2 × met, not in every round/);
  });

  it('names what is not met in words, and shows nothing green for it', () => {
    const missed = sampleResult().ratios.map((ratio) => ({ ...ratio, ratio: 4.996, min: 4.2, max: 5.3 }));
    const markup = markupOf(sampleWith({ ratios: missed.slice(0, 1) }));
    expect(markup).toContain('<strong>NOT MET</strong>');
    expect(textOf(markup)).toContain(
      '0 of 1 required ratios are met; not met: puts/s, 1,000 clients (4.99 ×, required at least 5 ×).',
    );
    expect(markup).toMatch(/<div class="tile bad">[\s\S]*?<span class="state">not met<\/span>/);
    expect(markup).toMatch(/<span class="chip bad"><svg class="icon"[\s\S]*?<\/svg>not met<\/span>/);
  });

  it.each([
    ['unknown', 'UNDECIDED', 'undecided: not passed'],
    ['invalid', 'WRONG ANSWERS', 'not passed'],
  ] as const)('never passes where a check says %s', (verdict, outcome, words) => {
    const result = sampleWith({ checks: [checked('valid'), checked(verdict)] });
    const markup = markupOf(result);
    expect(markup).toContain(`<strong>${outcome}</strong>`);
    expect(markup).toContain(`${words}</span>`);
    expect(markup).not.toMatch(/class="(?:verdict|tile) good"/);
    expect(textOf(markup)).toContain('1 of 2');
  });

  it('shows hostile text as text', () => {
    const { markup, data } = pageOf(sampleResult(hostile));
    expect(markup).toContain(escapeHtml(hostile));
    expect(markup).not.toMatch(/<img|<script/i);
    expect(data).not.toMatch(/[<>&\u2028]/);
  });

  it('gives each chart a title, a description, a legend and a data table', () => {
    const markup = markupOf(sampleResult());
    const drawn = [...markup.matchAll(/data-chart="([a-z]+)"/g)].map(([, name]) => name);
    expect(drawn).toEqual(['curves', 'curves', 'rates', 'rates', 'rates']);
    expect([...markup.matchAll(/role="img" aria-labelledby="([^"]+)" aria-describedby="([^"]+)"/g)]).toHaveLength(5);
    for (const [, title, description] of markup.matchAll(/aria-labelledby="([^"]+)" aria-describedby="([^"]+)"/g)) {
      expect(markup).toMatch(new RegExp(`id="${title}">[^<]+<`));
      expect(markup).toMatch(new RegExp(`id="${description}">[^<]+<`));
    }
    const frames = markup.match(
      /<div class="panel curves"[\s\S]*?<\/details><\/div>|<figure class="chart"[\s\S]*?<\/figure>/g,
    );
    expect(frames).toHaveLength(4);
    for (const frame of frames ?? []) {
      expect(frame).toContain('class="legend"');
      expect(frame).toMatch(/<details class="data">[\s\S]*<table>/);
    }
  });

  it('tells lines apart by marker and dash as well as by colour', () => {
    const { data } = pageOf(sampleResult());
    const { lines, markers } = JSON.parse(data);
    expect(new Set(lines.map(({ marker }: { marker: string }) => markers[marker])).size).toBe(4);
    const legend = /<ul class="legend"[\s\S]*?<\/ul>/.exec(markupOf(sampleResult()))?.[0] ?? '';
    expect([...legend.matchAll(/stroke-dasharray="([^"]*)"/g)].map(([, dash]) => dash)).toEqual([
      '',
      '7 4',
      '2 3',
      '10 3 2 3',
    ]);
  });

  it('draws a curve from the lightest load to the heaviest, and rates in a curve of their own', () => {
    const { curves } = JSON.parse(pageOf(sampleResult()).data);
    expect(Object.keys(curves)).toEqual(['curves-0']);
    const own = curves['curves-0'].filter(({ line }: { line: number }) => line === 0);
    const labels = own.map(({ open, points }: { open: boolean; points: { label: string }[] }) => [
      open,
      ...points.map(({ label }) => label),
    ]);
    expect(labels).toEqual([
      [false, '1', '64', '256', '1,000'],
      [true, '10,000/s'],
    ]);
  });

  it('lays the seconds of the rounds end to end, with a gap between two', () => {
    const { rates, endS, roundS } = JSON.parse(pageOf(sampleResult()).data);
    expect([endS, roundS]).toEqual([30, 10]);
    const { atS, lines } = rates['rates-0'];
    expect(atS).toHaveLength(32);
    expect(atS.filter((_: number, i: number) => lines[0].values[i] === null)).toEqual([10, 20]);
    const stalled = sampleResult().measurements.find(({ round, point }) => round === 1 && point.clients === 1000);
    expect(lines[0].values[atS.indexOf(16.5)]).toBe(stalled?.load.perSecond[6]);
  });

  it('draws no second that was not counted: a round that ended early is no stall', () => {
    const measurements = sampleResult().measurements.map((each) =>
      each.round === 1 ? { ...each, load: { ...each.load, perSecond: each.load.perSecond.slice(0, 4) } } : each,
    );
    const { rates } = JSON.parse(pageOf(sampleWith({ measurements })).data);
    const { atS, lines } = rates['rates-0'];
    expect([13.5, 14.5].map((at) => lines[0].values[atS.indexOf(at)])).toEqual([expect.any(Number), null]);
  });

  it('shows medians with the extremes of the rounds, corrected beside raw, who leads, and what is not told', () => {
    const text = textOf(markupOf(sampleResult()));
    expect(text).toContain('128,651 ops/s (124,017 to 132,418)');
    expect(text).toMatch(/7\.8 ms \(7\.6 to 8\.1\) raw 7\.5 ms/);
    expect(text).toContain('coordinated omission');
    expect(text).toContain('n1 61 % (leads)');
    expect(text).toContain('etcd1 65 % (led in 2 of 3 rounds)');
    expect(text).toMatch(/0\.11 syncs not told 1\.15 KiB/);
  });

  it('says what makes the comparison fair, and how to repeat it', () => {
    const text = textOf(markupOf(sampleResult()));
    for (const { ours, theirs } of sampleResult().ratios) {
      expect(text).toContain(ours.batching);
      expect(text).toContain(theirs.batching);
    }
    expect(text).toContain('10,000 records of 128 bytes each');
    expect(text).toContain('synced it to disk');
    expect(text).toContain('the systems take turns');
    expect(text).toContain('AMD EPYC 7B13, 4 cores, 16 GiB');
    expect(text).toContain(
      'npx splitbrain bench put ycsb-b --protocol raft --beside none --nodes 3 --on local --peer etcd --driver streams,unary',
    );
    expect(text).toContain('--seed 42');
  });

  it('has protocols side by side, and what each must reach of the other', async () => {
    const result = await protocolsResult(0.8);
    const markup = markupOf(result);
    const text = textOf(markup);
    expect(markup).toContain('Benchmark: multi-paxos beside raft');
    expect(text).toMatch(/puts\/s by multi-paxos, 1,000 clients 0\.8 × required 0\.85 × not met/);
    expect(text).toMatch(/p50 of puts by multi-paxos, 1 client 1\.25 × required ≤ 1\.176 × not met/);
    expect(text).toContain('Is it a fair comparison?');
    expect(text).toContain('Protocols multi-paxos, compared with raft');
    expect(textOf(markupOf(sampleResult()))).not.toContain('compared with');
  });

  it('does not say that a peer is missing where systems ran beside each other and none is compared', async () => {
    const result = await protocolsResult(1);
    const plan = { ...result.plan, beside: null };
    const text = textOf(markupOf({ ...result, plan, ratios: [] }));
    expect(text).toContain('Nothing was compared.');
    expect(text).toContain('Benchmark: multi-paxos, raft');
    expect(textOf(markupOf(aloneResult()))).toContain('Nothing was compared: no peer ran beside it.');
  });

  it('shows the best of each line where nothing is compared', () => {
    const text = textOf(markupOf(aloneResult()));
    expect(text).toContain('MEASURED Nothing was required of these figures.');
    expect(text).toContain(
      'Raft over streams: up to 128,651 ops/s (put), at 1,000 clients with a latency of 7.8 ms at p50 and 18 ms at p99. No peer ran.',
    );
    expect(text).toContain('whether the answers were right is not known');
    expect(text).toContain('all on one machine of 4 cores. No history was checked.');
    expect(textOf(markupOf(sampleResult()))).not.toContain('No history was checked');
  });

  it('says so where nothing was acknowledged', () => {
    const text = textOf(markupOf(barrenResult()));
    expect(text).toContain('NOTHING MEASURED');
    expect(text).toContain('No operation of put was acknowledged');
    expect(text).toContain('not told');
  });

  it('does not pass a required ratio that cannot be told', () => {
    const ratios = sampleResult().ratios.map((ratio) => ({ ...ratio, ratio: Number.POSITIVE_INFINITY }));
    expect(markupOf(sampleWith({ ratios }))).toContain('<strong>UNDECIDED</strong>');
  });

  it('is small', () => {
    expect(benchPage(sampleResult(), '').length).toBeLessThan(300_000);
  });
});
