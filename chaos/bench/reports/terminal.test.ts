import { describe, expect, it } from 'vitest';
import { protocolsResult } from './sample-protocols-fixture.ts';
import { aloneResult, barrenResult, sampleResult, sampleWith } from './sample-result-fixture.ts';
import { costLines, ratioLines, tableLines, verdictLines } from './terminal.ts';

describe('verdictLines', () => {
  it('has the outcome and the sentence, broken between words', () => {
    expect(
      verdictLines(sampleResult())
        .map((line) => line.trim())
        .join(' '),
    ).toBe(
      'MET: Raft over streams: 130,824 puts/s at 1,000 clients, 7.14 times etcd 3.4.23 over etcd-put. All 3 required ratios are met.',
    );
  });
});

describe('verdictLines of storages side by side', () => {
  it('say which was the fastest, for nothing is required', () => {
    const sample = sampleResult();
    const point = <T extends { readonly system: string }>(each: T): T => ({ ...each, system: `${each.system}-wal` });
    const measurements = aloneResult().measurements.map((each) => ({ ...each, point: point(each.point) }));
    const ratios = sample.ratios.map((ratio) => ({ ...ratio, required: null, aim: null }));
    const plan = { ...sample.plan, peers: [], storages: ['wal'], points: measurements.map((each) => each.point) };
    expect(verdictLines({ ...sample, plan, measurements, ratios }).join(' ')).toMatch(
      /^MEASURED: Raft-wal over streams: up to [\d,]+ ops\/s \(put\), at 1,000 clients /,
    );
  });
});

describe('verdictLines of protocols side by side', () => {
  const sentenceOf = async (pace: number) =>
    verdictLines(await protocolsResult(pace))
      .map((line) => line.trim())
      .join(' ');

  it('say what the one reaches of the other under the heaviest load, and whether it is enough', async () => {
    expect(await sentenceOf(0.9)).toBe(
      'MET: Multi-paxos over streams: 115,786 puts/s at 1,000 clients, 0.9 times raft 0.1.0 over streams. All 6 required ratios are met.',
    );
  });

  it('name what is not met by protocol and load', async () => {
    expect(await sentenceOf(0.8)).toMatch(
      /^NOT MET: .* 0 of 6 required ratios are met; not met: puts\/s by multi-paxos, 1,000 clients \(0\.8 ×, required at least 0\.85 ×\); .* and 4 more\.$/,
    );
  });
});

describe('ratioLines', () => {
  it('has each ratio beside what it must be, both sides, and what they batch', () => {
    const lines = ratioLines(sampleResult());
    expect(lines[1]).toMatch(/^puts\/s, 1,000 clients +7\.14 × +6\.87 to 7\.31 × +at least 5 × +10 × +met$/);
    expect(lines[2]).toBe('  raft over streams 130,824 ops/s against etcd over etcd-put 18,306 ops/s');
    expect(lines[3]).toMatch(/ met, not in every round$/);
    expect(lines.slice(lines.indexOf('batched:')).join(' ').replace(/\s+/g, ' ')).toContain(
      'etcd over etcd-put: one operation a call; etcd shares a sync between the entries that wait',
    );
  });

  it('has the protocols side by side', async () => {
    const lines = ratioLines(await protocolsResult(0.8));
    expect(lines[1]).toMatch(/^puts\/s by multi-paxos, 1,000 clients +0\.8 × +at least 0\.85 × +none +not met$/);
    expect(lines[2]).toBe('  multi-paxos over streams 102,921 ops/s against raft over streams 128,651 ops/s');
    const p50 = lines.findIndex((line) => line.startsWith('p50 of puts by multi-paxos, 1 client '));
    expect(lines[p50]).toMatch(/ 1\.25 × +at most 1\.176 × +none +not met$/);
    expect(lines.join(' ')).not.toMatch(/ops\/s offered|10,000\/s/);
  });

  it('is empty where nothing was compared', () => {
    expect(ratioLines(aloneResult())).toEqual([]);
  });
});

describe('tableLines', () => {
  it('has a line per point, in aligned columns', () => {
    const lines = tableLines(sampleResult());
    expect(lines).toHaveLength(2 + 24);
    expect(lines[13]).toMatch(
      /^raft over streams +1,000 clients +128,651 +124,017 to 132,418 +7\.8 ms +18 ms +40 ms +61 % +78 %$/,
    );
    const ends = lines.slice(0, 21).map((line) => line.length);
    expect(new Set(ends).size).toBe(1);
  });

  it('shortens a name that leaves no room for the figures', () => {
    const long = 'a-driver-with-a-very-long-name'.repeat(5);
    const measurements = sampleResult().measurements.map((each) => ({
      ...each,
      point: { ...each.point, driver: long },
    }));
    const lines = tableLines(sampleWith({ measurements }));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(lines[1]).toMatch(/^raft over a-.*… +1 client .* 1\.2 %$/);
  });

  it('says what was not told', () => {
    expect(tableLines(barrenResult())[1]).toMatch(/1 client +0( +not told){5}$/);
    expect(tableLines(sampleWith({ measurements: [] }))).toEqual(['Nothing was measured.']);
  });
});

describe('costLines', () => {
  it('tell what an operation takes of a protocol that signs, and nothing where none does', () => {
    const sample = aloneResult();
    expect(costLines(sample)).toEqual([]);
    const signed = { syncs: 0.013, messages: 0.25, signatures: 0.042, verifications: 0.17 };
    const measurements = sample.measurements.map((each) => ({
      ...each,
      operationsPerBatch: 384,
      perOperation: { ...each.perOperation, ...signed },
    }));
    const lines = costLines({ ...sample, measurements });
    expect(lines[0]).toMatch(/^each put +load +ops a batch +syncs +messages +signatures +verified$/);
    expect(lines[1]).toMatch(/^raft over streams +1 client +384 +0\.013 +0\.25 +0\.042 +0\.17$/);
  });
});
