import { describe, expect, it } from 'vitest';
import { escapeHtml } from '../../reporters/html/escape.ts';
import { hash, parse, tagsOf } from '../../reporters/shared/page-fixture.ts';
import type { Comparison, Measured } from '../contracts.ts';
import { expectedOf } from '../expected.ts';
import { comparePage } from './page.ts';
import { rerunCommand } from './rerun.ts';

function measured(fields: Partial<Measured> & Pick<Measured, 'protocol' | 'mode'>): Measured {
  const contestant = { nodes: 4, tolerated: 1, faultModel: 'byzantine', ...fields } as const;
  const expected = expectedOf(contestant);
  return {
    load: 'calm',
    slow: null,
    commands: 9,
    slots: 9,
    commitMessages: expected?.messages ?? 7,
    expected,
    allMessages: 37.6,
    allMessagesByType: { vote: 37.6 },
    idlePerSecond: 30,
    bytes: 2943,
    signatures: 4.5,
    verifications: 13,
    syncs: 8.5,
    p50Ms: 81,
    p99Ms: 82,
    hops: 4.07,
    fastShare: 1,
    ...contestant,
  };
}

const raft = measured({ protocol: 'raft', mode: null, nodes: 3, faultModel: 'crash', signatures: 0, fastShare: null });
const fast = measured({ protocol: 'pbft', mode: 'fast' });
const slow = measured({ ...fast, load: 'slow replica', slow: 'n4', commitMessages: 27, fastShare: 0.0625 });

function comparison(all: readonly Measured[] = [raft, fast, slow], fields: Partial<Comparison> = {}): Comparison {
  return {
    schemaVersion: 1,
    startedAt: '2026-01-02T03:04:05.000Z',
    version: '0.1.0',
    commit: 'abc',
    settings: { seed: 7, slots: 9, payloadBytes: 100, hopMs: 20, slownessHops: 15 },
    heartbeatMs: 400,
    electionTimeoutMs: [1200, 2400],
    measured: all,
    ...fields,
  };
}

const markupOf = (...of: Parameters<typeof comparison>) => parse(comparePage(comparison(...of))).markup;
const textOf = (markup: string) => markup.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

/** The bars of a section: how long each is, and where its mark is. */
function barsOf(markup: string, id: string): [string | undefined, string | undefined][] {
  const section = new RegExp(`<section class="points" id="${id}">[\\s\\S]*?</section>`).exec(markup)?.[0] ?? '';
  return [...section.matchAll(/<svg class="bar[\s\S]*?<\/svg>/g)].map(([svg]) => [
    /<rect class="fill" y="2" width="([\d.]+)"/.exec(svg)?.[1],
    /class="whisker" d="M([\d.]+) /.exec(svg)?.[1],
  ]);
}

describe('compare.html', () => {
  it('says first whether what was counted is what the literature has, and how often the fast path was of use', () => {
    const markup = markupOf();
    expect(markup).toContain('<strong>AS EXPECTED</strong>');
    expect(textOf(markup)).toContain(
      'In calm all 2 groups send exactly the messages of the literature for a decision. pbft, fast decides 100 % by its fast path, and 6.25 % beside a slow replica.',
    );
    expect(textOf(markup)).toContain('each hop takes 20 ms');
  });

  it('says who sent other messages than the literature has, and shows nothing green for it', () => {
    const markup = markupOf([raft, { ...fast, commitMessages: 13 }]);
    expect(markup).toContain('<strong>NOT AS EXPECTED</strong>');
    expect(textOf(markup)).toContain('pbft, fast with 4 replicas sends 13 in place of 12.');
    expect(markup).toMatch(/<div class="tile bad">[\s\S]*?<span class="state">differs<\/span>/);
    expect(markup).not.toContain('class="verdict good"');
  });

  it('proves nothing of protocols of which the literature is not known', () => {
    const markup = markupOf([measured({ protocol: 'paxos', mode: null, fastShare: null })]);
    expect(markup).toContain('<strong>MEASURED</strong>');
    expect(markup).not.toMatch(/class="(?:verdict|tile) (?:good|bad)"/);
    expect(markup).not.toContain('id="fast-path"');
    expect(barsOf(markup, 'messages')).toEqual([['198', undefined]]);
  });

  it('draws bars with the marks of the literature, and has both in figures', () => {
    const markup = markupOf();
    expect(barsOf(markup, 'messages')).toEqual([
      ['66', '66'],
      ['198', '198'],
    ]);
    expect(barsOf(markup, 'signatures')).toEqual([
      ['0', '0'],
      ['198', '176'],
    ]);
    expect(barsOf(markup, 'hops')).toHaveLength(2);
    const text = textOf(markup);
    expect(text).toContain('pbft, fast 4 12 12 = n(n - 1)');
    expect(text).toContain('raft 3 4 4 = 2(n - 1)');
    expect(text).toContain('pbft, fast 4 4.5 4 = n');
    expect(text).toContain('pbft, fast 4 4.07 4 ');
  });

  it('has the fast path twice, and all figures of both loads', () => {
    const text = textOf(markupOf());
    expect(text).toContain('all are well one is slow pbft, fast 4 100 % 6.25 %');
    expect(text).toMatch(/Calm .* raft 3 1 4 4 = 2\(n - 1\) .* One replica is slow .* pbft, fast 4 1 27 –/);
  });

  it('says how to count again', () => {
    const command = rerunCommand(comparison());
    expect(command).toBe(
      'npx splitbrain compare --protocols raft,pbft --faults 1 --slots 9 --payload 100 --hop 20 --slow 15 --seed 7',
    );
    expect(markupOf()).toContain(command);
  });

  it('shows hostile text as text', () => {
    const hostile = `</script><img src=x onerror="alert('1')">`;
    const page = comparePage(comparison([{ ...fast, protocol: hostile }], { version: hostile, commit: hostile }));
    const { markup } = parse(page);
    expect(markup).toContain(escapeHtml(hostile));
    expect(markup).not.toMatch(/<img|<script/i);
  });

  it('loads nothing, and runs only its own scripts', () => {
    const { policy, scripts, styles, markup } = parse(comparePage(comparison()));
    const directives = new Map(policy.split('; ').map((each) => [each.split(' ')[0], each.split(' ').slice(1)]));
    expect(directives.get('default-src')).toEqual(["'none'"]);
    expect(directives.get('script-src')).toEqual(scripts.map(hash));
    expect(directives.get('style-src')).toEqual(styles.map(hash));
    expect(styles.join('')).toContain('prefers-color-scheme: dark');
    for (const { name, attributes } of tagsOf(markup)) {
      expect(['img', 'iframe', 'object', 'embed', 'link', 'base', 'script', 'style']).not.toContain(name);
      for (const [key] of attributes) expect(key).not.toMatch(/^on|^style$|^src$/i);
    }
  });
});
