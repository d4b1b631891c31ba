import { describe, expect, it } from 'vitest';
import { hash, parse, tagsOf } from '../../reporters/shared/page-fixture.ts';
import type { BenchResult, Ratio } from '../contracts.ts';
import { benchReports, ratioLines, tableLines, verdictLines } from './bench-reports.ts';
import { protocolsResult } from './sample-protocols-fixture.ts';
import { aloneResult, barrenResult, hostile, sampleResult, sampleWith, singleResult } from './sample-result-fixture.ts';

const empty = sampleWith({ measurements: [], ratios: [], checks: [], systems: [] });

/** The ratio of zero by zero, and of something by nothing. */
const undividable = sampleWith({
  ratios: sampleResult().ratios.map((ratio, i): Ratio => {
    const broken = i === 0 ? Number.NaN : Number.POSITIVE_INFINITY;
    return { ...ratio, ratio: broken, min: broken, max: broken, theirs: { ...ratio.theirs, value: broken } };
  }),
});

const side = await protocolsResult(0.8);

const results: readonly (readonly [string, BenchResult])[] = [
  ['the sample', sampleResult()],
  ['a hostile peer', sampleResult(hostile)],
  ['no peers', aloneResult()],
  ['one point only', singleResult()],
  ['nothing acknowledged', barrenResult()],
  ['nothing measured', empty],
  ['ratios that cannot be told', undividable],
  ['protocols side by side', side],
];

function content(result: BenchResult, name: string): string {
  const file = benchReports(result).find((each) => each.name === name);
  if (file === undefined) throw new Error(`there is no ${name}`);
  return file.content;
}

describe.each(results)('the reports of %s', (_, result) => {
  it('are three files, the same for the same result', () => {
    expect(benchReports(result).map(({ name }) => name)).toEqual(['bench.json', 'bench.md', 'bench.html']);
    expect(benchReports(result)).toEqual(benchReports(result));
  });

  it('show no value that is none', () => {
    const { markup, data } = parse(content(result, 'bench.html'));
    const lines = [...verdictLines(result), ...ratioLines(result), ...tableLines(result)].join('\n');
    for (const text of [markup, data, content(result, 'bench.md'), content(result, 'bench.json'), lines]) {
      expect(text).not.toMatch(/\b(NaN|undefined|Infinity|null ms|\[object)\b/);
    }
    expect(markup).not.toMatch(/\bnull\b/);
  });

  it('hold a page that loads nothing and runs only its own scripts', () => {
    const { policy, scripts, styles, markup } = parse(content(result, 'bench.html'));
    const directives = new Map(policy.split('; ').map((each) => [each.split(' ')[0], each.split(' ').slice(1)]));
    expect(directives.get('default-src')).toEqual(["'none'"]);
    expect(directives.get('script-src')).toEqual(scripts.map(hash));
    expect(directives.get('style-src')).toEqual(styles.map(hash));
    expect(scripts).toHaveLength(7);
    expect(styles.join('')).not.toMatch(/url\(|@import/);
    expect(scripts.slice(1).join('')).not.toMatch(/\bfetch\(|XMLHttpRequest|\bimport\b|innerHTML|\beval\(|https?:/);
    for (const { name, attributes } of tagsOf(markup)) {
      expect(['img', 'iframe', 'object', 'embed', 'link', 'base', 'script', 'style']).not.toContain(name);
      for (const [key, value] of attributes) {
        expect(key).not.toMatch(/^on|^style$|^src$|^srcset$|^action$|^formaction$|^xlink/i);
        expect(value).not.toMatch(/^\s*(https?:|\/\/|data:|javascript:)/i);
        if (key === 'href') expect(value).toMatch(/^#/);
      }
    }
  });

  it('hold JSON that is read back as the result', () => {
    expect(JSON.parse(content(result, 'bench.json'))).toEqual(JSON.parse(JSON.stringify(result)));
  });

  it('fit a terminal', () => {
    for (const line of [...verdictLines(result), ...ratioLines(result), ...tableLines(result)]) {
      expect([...line].length).toBeLessThanOrEqual(120);
      expect(line).not.toMatch(/[\p{C}\u2028\u2029]/u);
    }
  });
});

describe('bench.json', () => {
  it('keeps what is written on a few lines readable, and text as it is', () => {
    const text = '[\n  1,\n  2\n]';
    const json = content(sampleWith({ version: text }), 'bench.json');
    expect(json).toMatch(/"perSecond": \[\d+(, \d+){9}\]/);
    expect(JSON.parse(json).version).toBe(text);
  });
});

describe('bench.md', () => {
  it.each([
    ['unknown', 'UNDECIDED', 'undecided: not passed'],
    ['invalid', 'WRONG ANSWERS', 'not passed'],
  ] as const)('never passes where a check says %s', (verdict, outcome, words) => {
    const [check] = sampleResult().checks;
    if (check === undefined) throw new Error('the sample has changed');
    const md = content(sampleWith({ checks: [check, { ...check, verdict }] }), 'bench.md');
    expect(md).toMatch(new RegExp(`^# ${outcome}: `));
    expect(md).toContain(`| **${words}** |`);
  });

  it('does not pass a required ratio that cannot be told', () => {
    expect(content(undividable, 'bench.md')).toMatch(/^# UNDECIDED: [\s\S]*\| \*\*not told\*\* \|/);
  });

  it('has every ratio beside what it must be, with what is batched', () => {
    const md = content(sampleResult(), 'bench.md');
    expect(md).toMatch(/^# MET: Raft over streams: 130,824 puts\/s/);
    for (const ratio of sampleResult().ratios) expect(md).toContain(`| ${ratio.name} |`);
    expect(md).toContain('| 7.14 × | 6.87 to 7.31 × | at least 5 × | 10 ×, not reached | **met** |');
    expect(md).toContain('etcd over etcd-txn: a hundred puts a transaction');
    expect(md).toContain('**met, not in every round**');
    expect(md).toContain('**no requirement**');
  });

  it('has the ratios of protocols, and what is required of each', () => {
    const md = content(side, 'bench.md');
    expect(md).toMatch(/^# NOT MET: Multi-paxos over streams: [\d,.]+ puts\/s at 1,000 clients, 0\.8 times raft/);
    for (const { name } of side.ratios) expect(md).toContain(`| ${name} |`);
    expect(md).toMatch(/\| 0\.8 × \| +\| at least 0\.85 × \| none \| \*\*not met\*\* \|/);
    expect(md).toMatch(/\| 1\.25 × \| +\| at most 1\.176 × \| none \| \*\*not met\*\* \|/);
  });

  it('has tables whose rows are all as wide as their header, whatever the text says', () => {
    for (const [, result] of results) {
      const blocks = content(result, 'bench.md').match(/(?:^\|.*\n?)+/gm) ?? [];
      for (const block of blocks) {
        const widths = block
          .trim()
          .split('\n')
          .map((line) => line.match(/(?<!\\)\|/g)?.length);
        expect(new Set(widths).size).toBe(1);
      }
    }
  });

  it('shows hostile text as text', () => {
    const address = `${hostile} https://example.org @somebody www.example.org`;
    const md = content(sampleResult(address), 'bench.md');
    expect(md).not.toMatch(/<script|<img|https:\/\/|@somebody|www\./i);
    expect(md).toContain('&lt;script&gt;');
  });
});
