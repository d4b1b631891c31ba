import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { Scratch } from '../../cli/spawned.ts';
import { areaOf, shortFile } from './areas.ts';
import { formatSummary } from './format.ts';
import { profiled, withSourceLines } from './record.ts';
import { type CpuProfile, summarise } from './summarise.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const runtime = 'file:///app/node/runtime.ts';
const http2 = 'node:internal/http2/core';

/** A node of a profile: its place, and its children. */
function frame(id: number, functionName: string, url: string, lineNumber: number, ...children: number[]) {
  return { id, children, callFrame: { functionName, url, lineNumber, columnNumber: 0, scriptId: '0' } };
}

/**
 * (root) -> (program), (idle), (garbage collector), step -> [write -> writev, step again], and a native function that
 * nothing of ours called.
 */
const handMade: CpuProfile = {
  nodes: [
    frame(1, '(root)', '', -1, 2, 3, 4, 5, 9),
    frame(2, '(program)', '', -1),
    frame(3, '(idle)', '', -1),
    frame(4, '(garbage collector)', '', -1),
    frame(5, 'step', runtime, 9, 6, 8),
    frame(6, 'write', http2, 99, 7),
    frame(7, 'writev', '', -1),
    frame(8, 'step', runtime, 9),
    frame(9, 'structuredClone', '', -1),
  ],
  startTime: 1_000_000,
  endTime: 1_020_000,
  // Taken 1, 3, 4, 8, 9, 11, 16, 15 and 19 ms after the start: the last but one came out of order.
  samples: [5, 6, 7, 8, 4, 3, 9, 2, 5],
  timeDeltas: [1000, 2000, 1000, 4000, 1000, 2000, 5000, -1000, 4000],
};

describe('a profile with known answers', () => {
  const summary = summarise(handMade, areaOf);

  test('waiting, and what no function called, stand apart from the busy time', () => {
    expect(summary).toMatchObject({ totalMs: 19, idleMs: 4, programMs: 1, busyMs: 14 });
  });

  test('a native function counts as its caller, the garbage collector for itself', () => {
    // step 2 + 1 + 1; write 1 and writev 4; structuredClone 3; the collector 2.
    expect(summary.areas).toEqual([
      { area: 'node:http2', selfMs: 5, share: 5 / 14 },
      { area: 'runtime', selfMs: 4, share: 4 / 14 },
      { area: '(native)', selfMs: 3, share: 3 / 14 },
      { area: '(garbage collector)', selfMs: 2, share: 2 / 14 },
    ]);
  });

  test('a function is one, wherever it was called from', () => {
    expect(summary.functions).toEqual([
      { name: 'step', file: runtime, line: 10, selfMs: 4, share: 4 / 14 },
      { name: 'writev', file: '', line: null, selfMs: 4, share: 4 / 14 },
      { name: 'structuredClone', file: '', line: null, selfMs: 3, share: 3 / 14 },
      { name: '(garbage collector)', file: '', line: null, selfMs: 2, share: 2 / 14 },
      { name: 'write', file: http2, line: 100, selfMs: 1, share: 1 / 14 },
    ]);
  });

  test('as text, the most expensive first', () => {
    expect(formatSummary(summary, 2)).toBe(
      [
        'busy 14.0 ms, idle 4.0 ms, outside of any function 1.0 ms; shares are of the busy time',
        '  share    self ms  area',
        ' 35.7 %        5.0  node:http2',
        ' 28.6 %        4.0  runtime',
        '  share    self ms  function',
        ' 28.6 %        4.0  step  node/runtime.ts:10',
        ' 28.6 %        4.0  writev',
      ].join('\n'),
    );
  });

  test('the beginning can be left out', () => {
    // What was sampled 15 ms after the start and later: outside of any function, the native function, step.
    expect(summarise(handMade, areaOf, 15)).toMatchObject({
      totalMs: 5,
      idleMs: 0,
      programMs: 1,
      areas: [
        { area: '(native)', selfMs: 3 },
        { area: 'runtime', selfMs: 1 },
      ],
    });
  });

  test('a profile in which nothing was sampled has no areas', () => {
    const { samples: _, timeDeltas: __, ...empty } = handMade;
    expect(summarise(empty, areaOf)).toEqual({
      totalMs: 0,
      idleMs: 0,
      programMs: 0,
      busyMs: 0,
      areas: [],
      functions: [],
    });
  });
});

describe('areas', () => {
  test.each([
    ['file:///work/main/chaos/substrate/sim/clock.ts', 'simulator clock'],
    ['file:///work/main/chaos/substrate/sim/process.ts?tsx-namespace=1', 'simulator processes'],
    ['file:///home/node/app/dist/node/protocols/raft/replication.js', 'protocol'],
    ['/app/dist/node/io/wal/segment.js', 'write-ahead log'],
    ['file:///work/main/node/io/outbox.ts', 'links'],
    ['file:///work/main/node/io/client-server.ts', 'client API'],
    ['file:///work/main/node/machine/sessions.ts', 'machine'],
    ['file:///work/main/chaos/checkers/linearizability/judge.ts', 'checkers'],
    ['file:///work/main/node_modules/@grpc/grpc-js/build/src/call.js', '@grpc/grpc-js'],
    ['file:///app/node_modules/a/node_modules/pure-rand/lib/node/runtime.js', 'pure-rand'],
    ['node:internal/http2/core', 'node:http2'],
    ['node:net', 'node:net'],
    ['node:fs', 'node:fs'],
    ['node:internal/fs/promises', 'node:fs'],
    ['node:internal/timers', 'node:timers'],
    ['node:internal/streams/writable', 'node:stream'],
    ['node:_http_outgoing', 'node:http_outgoing'],
    ['node:internal/process/task_queues', 'node:process'],
    ['wasm://wasm/000564c6', 'WebAssembly'],
    ['file:///tmp/script.mjs', 'elsewhere'],
  ])('%s is %s', (url, area) => {
    expect(areaOf(url, 'any')).toBe(area);
  });

  test('what tsx adds is not ours, and native functions have no place', () => {
    expect(areaOf(runtime, '__name')).toBe('tsx');
    expect(areaOf('', 'writev')).toBeNull();
  });

  test('files are named from the package root, or from the package', () => {
    expect(shortFile('file:///home/node/app/dist/node/runtime.js')).toBe('node/runtime.js');
    expect(shortFile('file:///work/main/node_modules/pino/lib/tools.js')).toBe('pino/lib/tools.js');
  });
});

/** Keeps the processor busy for some time, and looks at the clock only now and then. */
function spin(): number {
  let sum = 0;
  for (const endMs = performance.now() + 200; performance.now() < endMs; ) {
    for (let count = 0; count < 100_000; count += 1) sum += Math.sqrt(sum + count);
  }
  return sum;
}

test('a real profile: what keeps this process busy is found', async () => {
  const profile = await profiled(async () => {
    spin();
  });
  const summary = summarise(profile, areaOf);
  const [first] = summary.functions;
  expect(first?.name).toBe('spin');
  expect(shortFile(first?.file ?? '')).toBe('chaos/bench/profile/profile.test.ts');
  expect(summary.areas[0]?.area).toBe('benchmark');
  const shares = summary.areas.reduce((sum, { share }) => sum + share, 0);
  expect(shares).toBeCloseTo(1);
});

test('lines are those of the sources, where the process has a source map', () => {
  // One mapping: line 1, column 13 of the file is line 6, column 2 of the source.
  const map = { version: 3, sources: ['source.ts'], names: [], mappings: 'aAKE' };
  const inline = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
  const file = scratch.write(
    'transformed.cjs',
    `'use strict';;exports.work = () => 1;\n//# sourceMappingURL=${inline}\n`,
  );
  process.setSourceMapsEnabled(true);
  createRequire(import.meta.url)(file);
  const profile: CpuProfile = {
    nodes: [frame(1, 'work', pathToFileURL(file).href, 0), frame(2, 'native', '', -1), frame(3, 'other', http2, 7)],
    startTime: 0,
    endTime: 1,
  };
  const located = { ...profile.nodes[0], callFrame: { ...profile.nodes[0]?.callFrame, columnNumber: 22 } };
  const lines = withSourceLines({ ...profile, nodes: [located as CpuProfile['nodes'][0], ...profile.nodes.slice(1)] });
  expect(lines.nodes.map(({ callFrame }) => callFrame.lineNumber)).toEqual([5, -1, 7]);
});
