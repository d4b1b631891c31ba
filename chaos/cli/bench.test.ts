import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { afterAll, describe, expect, test } from 'vitest';
import { eventually } from '../../node/io/fixture.ts';
import type { BenchResult } from '../bench/contracts.ts';
import { findEtcd } from '../bench/systems/etcd-binary.ts';
import { describeWithEtcd } from '../bench/systems/etcd-fixture.ts';
import { parseHistory } from '../history.ts';
import { onlyRun, runsIn, Scratch, type SpawnOptions, splitbrain, textOf } from './spawned.ts';

const scratch = new Scratch();
const isLinux = process.platform === 'linux';

/**
 * The processes that know of a folder, by their arguments or their environment: replicas keep their data in it, and the
 * command and its load generators bear it as a mark.
 */
function processesOf(folder: string): number[] {
  const numbers = isLinux ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  return numbers.map(Number).filter((pid) => {
    try {
      const known = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8'));
      return pid !== process.pid && known.join('\0').includes(`${folder}/`);
    } catch {
      // It has ended, or is somebody else's.
      return false;
    }
  });
}

const allGone = (folder: string) => eventually(() => processesOf(folder).length === 0, 'no process is left', 20_000);

afterAll(() => {
  for (const pid of processesOf(scratch.path)) process.kill(pid, 'SIGKILL');
  scratch.remove();
});

const bench = (out: string, args: readonly string[], options: SpawnOptions = {}) =>
  splitbrain(['bench', ...args, '--out', out], { env: { BENCH_TEST_OUT: `${out}/` }, ...options });

const short = ['--duration', '300ms', '--warmup', '100ms', '--records', '200', '--seed', '7'];
/** For a protocol that signs: on a busy machine a batch takes longer than all of the above. */
const patient = ['--duration', '2s', '--warmup', '500ms', '--records', '200', '--seed', '7'];
/** Surely under way when it is ended. */
const long = ['put', '--clients', '1,4', '--rounds', '1000', ...short];
const longAlone = [...long, '--nodes', '1'];

/** Does something once, when this is to be read on stderr. */
function once(words: string, act: (send: (signal: NodeJS.Signals) => void) => void): SpawnOptions {
  let done = false;
  return {
    onStderr: (text, send) => {
      if (done || !text.includes(words)) return;
      done = true;
      act(send);
    },
  };
}

describe.concurrent('a benchmark of our replicas', () => {
  test('measures, checks, reports, and leaves nothing else', async () => {
    const out = scratch.fresh();
    const flags = ['--clients', '4', '--rate', '50', '--driver', 'streams,unary', '--check', '20', '--json'];
    const { code, stdout, stderr } = await bench(out, ['put', 'ycsb-f', ...flags, ...short]);
    expect(code, stderr).toBe(0);
    const result = JSON.parse(stdout) as BenchResult;
    const loads = result.measurements.map(({ point }) => `${point.driver} ${point.workload} ${point.loop.kind}`);
    expect(loads).toEqual([
      ...['streams put closed', 'unary put closed', 'streams put open', 'unary put open'],
      ...['streams ycsb-f closed', 'unary ycsb-f closed', 'streams ycsb-f open', 'unary ycsb-f open'],
    ]);
    for (const { load, opsPerSecond, replicas, perOperation } of result.measurements) {
      expect(load.ok).toBeGreaterThan(0);
      expect(load).toMatchObject({ failed: 0, unknown: 0 });
      expect(opsPerSecond).toBeGreaterThan(0);
      expect(load.latency['all']?.corrected.p50).toBeGreaterThan(0);
      expect(replicas.map(({ node }) => node)).toEqual(['n1', 'n2', 'n3']);
      expect(replicas.filter(({ leads }) => leads)).toHaveLength(1);
      for (const counted of [perOperation.syncs, perOperation.messages, perOperation.bytes]) {
        expect(counted).toBeGreaterThan(0);
      }
    }
    const kinds = Object.keys(result.measurements[4]?.load.latency ?? {}).toSorted();
    expect(kinds).toEqual(['all', 'read', 'read-modify-write']);
    expect(stderr).toContain('[3/8] raft streams, put, 50 ops/s offered: ');
    expect(result.checks).toMatchObject([{ system: 'raft', verdict: 'valid', keys: 20, file: 'history-raft.jsonl' }]);
    expect(result.ratios).toEqual([]);
    const folder = onlyRun(out);
    expect(readdirSync(folder).sort()).toEqual(['bench.html', 'bench.json', 'bench.md', 'history-raft.jsonl']);
    expect(JSON.parse(textOf(folder, 'bench.json'))).toEqual(result);
    const history = parseHistory(textOf(folder, 'history-raft.jsonl'), 'history-raft.jsonl');
    // Each of the recorded keys is read or written after it was filled, too.
    expect(history.filter(({ type }) => type === 'invoke')).toHaveLength(result.checks[0]?.operations ?? 0);
    expect(history.filter((event) => event.type === 'invoke' && event.f === 'read').length).toBeGreaterThan(0);
    await allGone(out);
  });
});

describe.concurrent('a benchmark of storage engines', () => {
  test('has the rates side by side, and their ratios to that of the write-ahead log', async () => {
    const out = scratch.fresh();
    const flags = [
      '--storage',
      'wal,lmdb',
      '--nodes',
      '1',
      '--clients',
      '4',
      '--rounds',
      '2',
      '--check',
      '5',
      '--json',
    ];
    const { code, stdout, stderr } = await bench(out, ['put', ...flags, ...short]);
    expect(code, stderr).toBe(0);
    const { systems, measurements, ratios, checks } = JSON.parse(stdout) as BenchResult;
    expect(systems.map(({ name }) => name)).toEqual(['raft-wal', 'raft-lmdb']);
    const turns = measurements.map(({ point, round }) => `${round} ${point.system}`);
    expect(turns).toEqual(['0 raft-wal', '0 raft-lmdb', '1 raft-wal', '1 raft-lmdb']);
    expect(ratios).toMatchObject([{ name: 'put in lmdb, 4 clients', theirs: { system: 'raft-wal' }, required: null }]);
    expect(ratios[0]?.ratio).toBeGreaterThan(0);
    expect(checks.map(({ system, verdict }) => `${system} ${verdict}`)).toEqual(['raft-wal valid', 'raft-lmdb valid']);
    expect(stderr).toMatch(/\nraft-wal over streams +4 clients .*\nraft-lmdb over streams +4 clients /);
    expect(textOf(onlyRun(out), 'bench.md')).toContain('| put in lmdb, 4 clients |');
    expect(textOf(onlyRun(out), 'bench.html')).toContain('Benchmark: raft, logs in wal, lmdb');
    await allGone(out);
  });
});

describe.concurrent('a benchmark of a protocol that signs', () => {
  test('has as many replicas as it needs, clients that sign in either way, and tells what that takes', async () => {
    const out = scratch.fresh();
    const flags = ['--protocol', 'pbft', '--beside', 'none', '--driver', 'streams,unary', '--check', '20', '--json'];
    const { code, stdout, stderr } = await bench(out, ['ycsb-a', '--clients', '4', ...flags, ...patient]);
    expect(code, stderr).toBe(0);
    const { plan, measurements, checks } = JSON.parse(stdout) as BenchResult;
    expect(plan.nodes).toBe(4);
    expect(measurements.map(({ point }) => point.driver)).toEqual(['streams', 'unary']);
    for (const { load, operationsPerBatch, perOperation } of measurements) {
      expect(load.ok).toBeGreaterThan(0);
      expect(load).toMatchObject({ failed: 0, unknown: 0 });
      for (const told of [operationsPerBatch, perOperation.signatures, perOperation.verifications]) {
        expect(told).toBeGreaterThan(0);
      }
    }
    expect(checks).toMatchObject([{ system: 'pbft', verdict: 'valid' }]);
    expect(stderr).toMatch(/\neach ycsb-a +load +ops a batch +syncs +messages +signatures +verified\n/);
    // The keys are the run's, and no report tells a secret.
    for (const file of ['bench.json', 'bench.md', 'bench.html'])
      expect(textOf(onlyRun(out), file)).not.toContain('Key"');
    await allGone(out);
  });
});

describe.concurrent('a benchmark of protocols', () => {
  const compared = ['put', '--protocol', 'multi-paxos', '--nodes', '1', '--clients', '1', ...short];

  test('has the one beside raft, round by round, with the ratios and what is required of them', async () => {
    const out = scratch.fresh();
    const { code, stdout, stderr } = await bench(out, [...compared, '--rounds', '2', '--check', '5', '--json']);
    expect(code, stderr).toBe(0);
    const { plan, systems, measurements, ratios, checks } = JSON.parse(stdout) as BenchResult;
    expect(plan).toMatchObject({ protocols: ['multi-paxos', 'raft'], beside: 'raft' });
    expect(systems.map(({ name }) => name)).toEqual(['multi-paxos', 'raft']);
    const turns = measurements.map(({ point, round }) => `${round} ${point.system}`);
    expect(turns).toEqual(['0 multi-paxos', '0 raft', '1 multi-paxos', '1 raft']);
    expect(ratios).toMatchObject([
      { name: 'puts/s by multi-paxos, 1 client', ours: { system: 'multi-paxos' }, required: 0.85 },
      { name: 'p50 of puts by multi-paxos, 1 client', theirs: { system: 'raft' }, required: 1 / 0.85 },
    ]);
    for (const { ratio } of ratios) expect(ratio).toBeGreaterThan(0);
    expect(checks.map(({ system, verdict }) => `${system} ${verdict}`)).toEqual(['multi-paxos valid', 'raft valid']);
    expect(stderr).toMatch(/\nputs\/s by multi-paxos, 1 client +[\d.]+ × .*at least 0\.85 × /);
    const folder = onlyRun(out);
    expect(folder).toMatch(/-bench-multi-paxos-raft-7$/);
    expect(textOf(folder, 'bench.md')).toContain('| puts/s by multi-paxos, 1 client |');
    expect(textOf(folder, 'bench.html')).toContain('Benchmark: multi-paxos beside raft');
    await allGone(out);
  });

  test('has one alone where it is asked for', async () => {
    const out = scratch.fresh();
    const { code, stdout, stderr } = await bench(out, [...compared, '--beside', 'none', '--enforce', '--json']);
    expect(code, stderr).toBe(0);
    const { systems, measurements, ratios } = JSON.parse(stdout) as BenchResult;
    expect(systems.map(({ name }) => name)).toEqual(['multi-paxos']);
    expect(measurements).toHaveLength(1);
    expect(ratios).toEqual([]);
    await allGone(out);
  });
});

describe.concurrent('refused before anything starts', () => {
  test.each<[readonly string[], number, RegExp, SpawnOptions]>([
    [['ycbs-a'], 4, /^error: there is no bench-workload "ycbs-a"\. Did you mean "ycsb-a"\?\n/, {}],
    [['put', '--storage', 'wal,lmbd'], 4, /^error: there is no storage "lmbd"\. Did you mean "lmdb"\?\n/, {}],
    [['put', '--protocol', 'raft,multi-paxso'], 4, /^error: there is no protocol "multi-paxso"\. Did you mean/, {}],
    [['put', '--protocol', 'raft,'], 4, /^error: option '--protocol <names>' .* wants names with commas between/, {}],
    [['put', '--beside', 'rafft'], 4, /^error: there is no protocol "rafft"\. Did you mean "raft"\?\n/, {}],
    [
      ['put', '--protocol', 'multi-paxos', '--beside', 'raft', '--peer', 'etcd'],
      4,
      /^error: a peer is compared with one protocol\nName one with --protocol, and --beside none, or leave out --peer\.\n$/,
      {},
    ],
    [
      ['put', '--protocol', 'raft,multi-paxos', '--storage', 'wal,lmdb'],
      4,
      /^error: protocols are compared in one storage\nName one with --protocol, and --beside none, or one with --storage\.\n$/,
      {},
    ],
    [['put', '--peer', 'ectd'], 4, /^error: there is no peer "ectd"\. Did you mean "etcd"\?\n/, {}],
    [
      ['--peer', 'etcd'],
      5,
      /^error: SPLITBRAIN_ETCD is \/nowhere\/etcd, which is no program\nInstall etcd/,
      { env: { SPLITBRAIN_ETCD: '/nowhere/etcd' } },
    ],
  ])('%j', async (args, expected, why, options) => {
    const out = scratch.fresh();
    const { code, stdout, stderr } = await bench(out, args, options);
    expect(code, stderr).toBe(expected);
    expect(stderr).toMatch(why);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(existsSync(out)).toBe(false);
  });
});

// Only Linux tells of every process what it was started with.
describe.runIf(isLinux).concurrent('a benchmark that does not come to its end', () => {
  test.each([
    ['starts', 'starting raft'],
    ['measures', '[1/2000]'],
  ])('ends with 130 where it is interrupted while it %s, and leaves nothing', async (_, words) => {
    const out = scratch.fresh();
    let under = 0;
    const interrupt = once(words, (send) => {
      under = processesOf(out).length;
      send('SIGINT');
    });
    const { code, stdout, stderr } = await bench(out, longAlone, interrupt);
    expect(code, stderr).toBe(130);
    expect(under).toBeGreaterThan(0);
    expect(stderr).toMatch(/\nerror: interrupted: the benchmark was ended by its user\nNothing is left running\.\n$/);
    expect(stdout).toBe('');
    await allGone(out);
    expect(runsIn(out)).toEqual([]);
  });

  test('leaves no replica and no generator where it is killed', async () => {
    const out = scratch.fresh();
    let under = 0;
    const kill = once('[1/2000]', (send) => {
      under = processesOf(out).length;
      send('SIGKILL');
    });
    const { code, stderr } = await bench(out, longAlone, kill);
    expect(code, stderr).toBeNull();
    // The command, its generator and the replica.
    expect(under).toBeGreaterThanOrEqual(3);
    await allGone(out);
  });

  test('says what failed, and keeps the logs but not the data', async () => {
    const out = scratch.fresh();
    const failing = once('[1/2000]', () => {
      for (const pid of processesOf(out)) {
        if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('generator')) process.kill(pid, 'SIGKILL');
      }
    });
    const { code, stderr } = await bench(out, longAlone, failing);
    expect(code, stderr).toBe(5);
    expect(stderr).toMatch(
      /\nerror: the load generator failed: its process ended with a signal\nLook at the logs of .*\n$/,
    );
    const data = join(onlyRun(out), 'data', 'raft');
    expect(readdirSync(data)).toEqual(['n1.log']);
    expect(textOf(data, 'n1.log')).toContain('n1 runs raft');
    await allGone(out);
  });
});

describeWithEtcd('a benchmark beside etcd', () => {
  test('has all five ratios, each with what is batched on both sides', async () => {
    const out = scratch.fresh();
    const flags = ['--duration', '500ms', '--warmup', '200ms', '--rounds', '1', '--records', '100', '--clients', '2'];
    const env = { SPLITBRAIN_ETCD: findEtcd() };
    const { code, stdout, stderr } = await bench(out, ['--peer', 'etcd', '--json', ...flags], { env });
    expect(code, stderr).toBe(0);
    const { ratios, systems, measurements } = JSON.parse(stdout) as BenchResult;
    expect(ratios.map(({ ours, theirs }) => `${ours.driver} ${theirs.driver}`)).toEqual([
      ...['streams etcd-put', 'streams etcd-txn', 'unary etcd-put', 'streams etcd-put', 'streams etcd-put'],
    ]);
    for (const { ours, theirs } of ratios) {
      expect([ours.system, theirs.system]).toEqual(['raft', 'etcd']);
      for (const { batching } of [ours, theirs]) {
        expect(batching).toMatch(/share/);
        expect(stderr.replace(/\s+/g, ' ')).toContain(batching);
      }
    }
    expect(measurements).toHaveLength(8);
    // A client is charged for the calls that it would have sent, not for each of the hundred puts in them.
    const { ok = 0, latency } = measurements.find(({ point }) => point.driver === 'etcd-txn')?.load ?? {};
    const charged = decodeFromCompressedBase64(latency?.['all']?.histogram ?? '').totalCount;
    expect(charged).toBeGreaterThanOrEqual(ok / 100);
    expect(charged).toBeLessThan((4 * ok) / 100);
    expect(systems.map(({ name }) => name)).toEqual(['raft', 'etcd']);
    expect(systems[1]?.version).toMatch(/^3\.\d+\.\d+/);
    expect(readdirSync(onlyRun(out)).sort()).toEqual(['bench.html', 'bench.json', 'bench.md']);
    await allGone(out);
  });
});
