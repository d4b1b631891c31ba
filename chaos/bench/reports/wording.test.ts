import { describe, expect, it } from 'vitest';
import type { Ratio } from '../contracts.ts';
import { rerunCommand } from './rerun.ts';
import { protocolsResult } from './sample-protocols-fixture.ts';
import { sampleResult } from './sample-result-fixture.ts';
import {
  aimWords,
  batchingOf,
  boundFigure,
  formatBytes,
  formatRange,
  formatSpread,
  formatTimes,
  ratioState,
  ratioWords,
  told,
} from './wording.ts';

const side = { system: 's', driver: 'd', value: 1, batching: '' };

function ratio(change: Partial<Ratio>): Ratio {
  return {
    name: 'puts/s',
    unit: 'ops/s',
    ours: side,
    theirs: side,
    ratio: 6,
    min: 5.5,
    max: 6.5,
    better: 'more',
    required: 5,
    aim: 10,
    ...change,
  };
}

describe('a ratio', () => {
  it.each([
    ['met', {}],
    ['met', { ratio: 5, min: 5 }],
    ['met, not in every round', { min: 4.9 }],
    ['not met', { ratio: 4.999, max: 5.1 }],
    ['met', { better: 'less', ratio: 0.4, max: 0.5, required: 0.5 }],
    ['met, not in every round', { better: 'less', ratio: 0.4, max: 0.51, required: 0.5 }],
    ['not met', { better: 'less', ratio: 0.51, min: 0.4, required: 0.5 }],
    ['no requirement', { required: null }],
    ['not told', { ratio: Number.NaN }],
    ['not told', { ratio: Number.POSITIVE_INFINITY }],
    ['not told', { better: 'less', ratio: Number.NEGATIVE_INFINITY }],
  ] as const)('is %s: %o', (words, change) => {
    expect(ratioWords(ratio(change))).toBe(words);
    expect(ratioState(ratio(change))).toBe(words.replace(/, .*/, ''));
  });

  it('says whether its aim is reached', () => {
    expect(aimWords(ratio({}))).toBe('10 ×, not reached');
    expect(aimWords(ratio({ ratio: 10 }))).toBe('10 ×, reached');
    expect(aimWords(ratio({ better: 'less', ratio: 0.2, aim: 0.1 }))).toBe('0.1 ×, not reached');
    expect(aimWords(ratio({ aim: null }))).toBe('none');
    expect(aimWords(ratio({ ratio: Number.NaN }))).toBe('10 ×, not told');
  });

  it.each([
    [4.9999, 'more', '4.99 ×'],
    [0.50001, 'less', '0.501 ×'],
    [1.15, 'more', '1.15 ×'],
    [7, 'more', '7 ×'],
    [12.34, 'more', '12.3 ×'],
    [1234.5, 'more', '1,230 ×'],
    [0, 'more', '0 ×'],
    [Number.NaN, 'more', 'not told'],
  ] as const)('of %d, where %s is better, is never written as more than it is', (value, better, text) => {
    expect(formatTimes(value, better)).toBe(text);
  });
});

describe('figures', () => {
  const ms = (value: number) => `${value} ms`;

  it('stand with the extremes of the rounds, and one unit', () => {
    expect(formatSpread({ median: 2, min: 1, max: 3 }, ms)).toBe('2 ms (1 to 3)');
    expect(formatSpread({ median: 2, min: 2, max: 2 }, ms)).toBe('2 ms');
    expect(formatSpread(null, ms)).toBe('not told');
    expect(formatRange({ median: 2, min: 1, max: 3 }, ms)).toBe('1 to 3 ms');
    const mixed = (value: number) => (value < 1000 ? `${value} ms` : `${value / 1000} s`);
    expect(formatSpread({ median: 999, min: 900, max: 2000 }, mixed)).toBe('999 ms (900 ms to 2 s)');
  });

  it('are not told where there are none', () => {
    for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY])
      expect(told(value, ms)).toBe('not told');
    expect(told(0, ms)).toBe('0 ms');
  });

  it.each([
    [5, 'more', '5'],
    [0.85, 'more', '0.85'],
    [0.5, 'less', '0.5'],
    [1 / 0.85, 'less', '1.176'],
    [0.123456, 'more', '0.1235'],
  ] as const)('of a bound of %d, where %s is better, are never wider than it: %s', (bound, better, text) => {
    expect(boundFigure(bound, better)).toBe(text);
  });

  it.each([
    [128, '128 bytes'],
    [1023, '1,023 bytes'],
    [1536, '1.5 KiB'],
    [16 * 2 ** 30, '16 GiB'],
  ])('of %d bytes read %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('batchingOf', () => {
  it('has the lines that batch the same together', () => {
    const result = sampleResult();
    const names = batchingOf(result).map(([lines]) => lines);
    expect(names).toContain('raft over streams');
    const side = { system: 'raft-lmdb', driver: 'streams', value: 1, batching: 'all of a turn' };
    const ratios = result.ratios.map((each) => ({ ...each, ours: side, theirs: { ...side, system: 'raft-wal' } }));
    expect(batchingOf({ ...result, ratios })).toEqual([
      ['raft-lmdb over streams, raft-wal over streams', 'all of a turn'],
    ]);
  });
});

describe('rerunCommand', () => {
  it('holds every choice of the plan', () => {
    expect(rerunCommand(sampleResult().plan)).toBe(
      'npx splitbrain bench put ycsb-b --protocol raft --beside none --nodes 3 --on local --peer etcd ' +
        '--driver streams,unary --clients 1,64,256,1000 --rate 10000 --records 10000 --value-bytes 128 --rounds 3 ' +
        '--warmup 3000ms --duration 10000ms --check 16 --seed 42',
    );
  });

  it('holds the storages, and the points of each', () => {
    const { plan } = sampleResult();
    const points = plan.points.map((point) => ({ ...point, system: point.system === 'raft' ? 'raft-lmdb' : 'x' }));
    expect(rerunCommand({ ...plan, storages: ['wal', 'lmdb'], peers: [], points })).toContain(
      'put ycsb-b --protocol raft --beside none --nodes 3 --on local --storage wal,lmdb --driver streams,unary --clients 1,',
    );
  });

  it('holds the modes, and the points of each', () => {
    const { plan } = sampleResult();
    const points = plan.points.map((point) => ({ ...point, system: 'raft-fast' }));
    expect(rerunCommand({ ...plan, modes: ['fast', 'plain'], peers: [], points })).toContain(
      'put ycsb-b --protocol raft --beside none --nodes 3 --on local --mode fast,plain --driver ',
    );
    expect(rerunCommand(plan)).not.toContain('--mode');
  });

  it('holds the protocols, the points of each, and what they are compared with', async () => {
    const { plan } = await protocolsResult(1);
    expect(rerunCommand(plan)).toContain(
      'bench put ycsb-b --protocol multi-paxos,raft --beside raft --nodes 3 --on local --driver streams --clients 1,64,',
    );
  });

  it('is one word a value for a shell, whatever a value says', () => {
    const { plan } = sampleResult();
    expect(rerunCommand({ ...plan, protocols: ["x'; rm -rf $HOME"] })).toContain(
      `--protocol 'x'\\''; rm -rf $HOME' --beside`,
    );
  });
});
