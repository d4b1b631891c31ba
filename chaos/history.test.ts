import { describe, expect, test } from 'vitest';
import type { LabEvent } from './contracts/events.ts';
import type { HistoryEvent } from './contracts/operations.ts';
import { UsageError } from './errors.ts';
import { pairOperations, parseEvents, parseHistory, serialiseLines } from './history.ts';

const history: HistoryEvent[] = [
  { type: 'invoke', op: 0, process: 0, atMs: 1, f: 'write', key: 'k1', value: 5 },
  { type: 'invoke', op: 1, process: 1, atMs: 2, f: 'cas', key: 'k1', value: [5, 6] },
  { type: 'ok', op: 0, process: 0, atMs: 3, value: null },
  { type: 'info', op: 1, process: 1, atMs: 1002, value: null, error: 'timed out' },
  { type: 'invoke', op: 2, process: 0, atMs: 1003.5, f: 'read', key: 'k1', value: null },
];

describe('pairing', () => {
  test('joins both ends, in order of invocation; what has no known end may have happened at any time', () => {
    expect(pairOperations(history)).toMatchObject([
      { op: 0, f: 'write', value: 5, type: 'ok', invokeMs: 1, completeMs: 3 },
      { op: 1, f: 'cas', value: [5, 6], type: 'info', invokeMs: 2, completeMs: Number.POSITIVE_INFINITY },
      { op: 2, f: 'read', type: 'info', completeMs: Number.POSITIVE_INFINITY, result: null },
    ]);
  });

  test('refuses a completion without an invocation', () => {
    expect(() => pairOperations(history.slice(2))).toThrow('operation 0 completed without being open');
  });
});

describe('writing', () => {
  test('one line an event, with a newline after the last one', () => {
    const lines = serialiseLines(history).split('\n');
    expect(lines).toHaveLength(history.length + 1);
    expect(lines[1]).toBe('{"atMs":2,"type":"invoke","op":1,"process":1,"f":"cas","key":"k1","value":[5,6]}');
    expect(lines.at(-1)).toBe('');
    expect(serialiseLines([])).toBe('');
  });

  test('equal events are equal text, in whatever order they were built', () => {
    const a: LabEvent = { type: 'append', node: 'n1', index: 1, epoch: 2, prevEpoch: 1, hash: 9, atMs: 4 };
    const b: LabEvent = { atMs: 4, hash: 9, prevEpoch: 1, epoch: 2, index: 1, node: 'n1', type: 'append' };
    expect(serialiseLines([a])).toBe(serialiseLines([b]));
  });

  test('refuses numbers that JSON does not have', () => {
    expect(() => serialiseLines([{ type: 'settled', tookMs: Number.POSITIVE_INFINITY, atMs: 0 }])).toThrow('Infinity');
  });
});

/** The message of the refusal. */
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(error.advice).toContain('run the experiment again');
    return error.message;
  }
  throw new Error('it was accepted');
}

describe('reading a history', () => {
  const refused = (text: string): string => refusal(() => parseHistory(text, 'history.jsonl'));
  const invoke = (op: number, process: number): string =>
    serialiseLines([{ ...history[0], op, process } as HistoryEvent]);
  const ok = (op: number, process: number): string => serialiseLines([{ ...history[2], op, process } as HistoryEvent]);

  test('gives back what was written', () => {
    expect(parseHistory(serialiseLines(history), 'history.jsonl')).toEqual(history);
    expect(parseHistory('', 'history.jsonl')).toEqual([]);
  });

  test('takes a whole last line without its newline', () => {
    expect(parseHistory(serialiseLines(history).trimEnd(), 'history.jsonl')).toHaveLength(history.length);
  });

  test.each([
    [
      'a truncated line',
      `${invoke(0, 0)}{"type":"ok","op":0`,
      'line 2: the line is truncated: the file ends within it',
    ],
    ['a damaged line', `${invoke(0, 0)}{"type":"ok","op\n${ok(0, 0)}`, 'line 2: the line is not JSON'],
    ['an empty line', `${invoke(0, 0)}\n${ok(0, 0)}`, 'line 2: the line is not JSON'],
    ['an unknown type', '{"type":"done","op":0}\n', 'line 1: not an event of a history: type: '],
    ['an unknown field', `${invoke(0, 0).trim().slice(0, -1)},"x":1}\n`, 'Unrecognized key: "x"'],
    ['a missing value', '{"type":"ok","op":0,"process":0,"atMs":1}\n', 'value: '],
    ['a fraction for a number', invoke(0.5, 0), 'op: '],
    ['a completion before its invocation', `${ok(0, 0)}${invoke(0, 0)}`, 'operation 0 completes before it was invoked'],
    [
      'a number used twice',
      `${invoke(0, 0)}${ok(0, 0)}${invoke(0, 0)}`,
      'line 3: operation 0 is invoked a second time',
    ],
    ['time that goes back', `${invoke(0, 0)}${ok(0, 0)}${invoke(1, 1)}`, 'goes back in time'],
    ['two open operations', `${invoke(0, 3)}${invoke(1, 3)}`, 'process 3 invokes 1 while its operation 0 is open'],
    ['a second completion', `${invoke(0, 0)}${ok(0, 0)}${ok(0, 0)}`, 'operation 0 is not open in process 0'],
    ['a completion by another process', `${invoke(0, 0)}${ok(0, 1)}`, 'operation 0 is not open in process 1'],
  ])('refuses %s', (_, text, message) => {
    const said = refused(text);
    expect(said).toContain(message);
    expect(said).toMatch(/^history\.jsonl, line \d+: /);
  });

  test('reads 100,000 lines in seconds', () => {
    const text = Array.from({ length: 50_000 }, (_, op) => {
      const both = { op, process: op % 8, atMs: op };
      return serialiseLines([{ ...history[0], ...both } as HistoryEvent, { ...history[2], ...both } as HistoryEvent]);
    }).join('');
    const startedAt = performance.now();
    expect(parseHistory(text, 'history.jsonl')).toHaveLength(100_000);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

describe('reading events', () => {
  const events: LabEvent[] = [
    { atMs: -40, type: 'phase', phase: 'boot' },
    { atMs: -30, type: 'booting', engine: '27.3.1', images: { replica: 'sha256:ab', toxiproxy: 'sha256:cd' } },
    { atMs: 0, type: 'interrupted' },
    {
      atMs: 5,
      type: 'strike',
      strike: 's1',
      fault: 'kill',
      target: 'leader',
      nodes: ['n1'],
      links: [{ from: 'n1', to: 'n2' }],
    },
    { atMs: 6, type: 'node-down', node: 'n1' },
    { atMs: 7, type: 'link-dropped', from: 'n1', to: 'n2', strike: 's1' },
    { atMs: 8, type: 'link-delayed', from: 'n2', to: 'n1', strike: 's1', lastedMs: 2.5 },
    { atMs: 8, type: 'resources', node: 'n1', cpuPercent: 112.5, memoryBytes: 9, receivedBytes: 0, sentBytes: 7 },
    { atMs: 8, type: 'decided', node: 'n1', index: 88, path: 'fast' },
    { atMs: 8, type: 'overtaken', node: 'n1', index: 88, epoch: 7, by: 9 },
    {
      atMs: 8,
      type: 'evidence',
      node: 'n1',
      culprit: 'n4',
      statements: [
        { text: 'pbft new-view 1\nby n1', signature: 'ab' },
        { text: 'pbft new-view 1\nby n2', signature: 'cd' },
      ],
    },
    { atMs: 9, type: 'final', node: 'n1', view: null, appliedIndex: 0, stateHash: null },
    {
      atMs: 9,
      type: 'final',
      node: 'n2',
      view: { role: 'leader', epoch: 2, leader: 'n2', commitIndex: 3, lastIndex: 3 },
      appliedIndex: 3,
      stateHash: 'ab',
    },
  ];

  test('gives back what was written', () => {
    expect(parseEvents(serialiseLines(events), 'events.jsonl')).toEqual(events);
  });

  test.each([
    ['a truncated line', '{"atMs":1,"ty', 'line 1: the line is truncated'],
    ['an unknown type', '{"atMs":1,"type":"boom"}\n', 'line 1: not an event of the lab: its type is "boom"'],
    ['no type', '[]\n', 'its type is missing'],
    ['a name that every object has', '{"atMs":1,"type":"toString"}\n', 'its type is "toString"'],
    ['a wrong field', '{"atMs":1,"type":"node-up","node":7}\n', 'line 1: not a "node-up" event: node: '],
    [
      'an image that is not a name',
      '{"atMs":1,"type":"booting","engine":"27","images":{"replica":7}}\n',
      'images.replica: ',
    ],
    [
      'more images than a lab can have',
      `${JSON.stringify({ atMs: 1, type: 'booting', engine: '27', images: Object.fromEntries([...'abcdefghijklmnopqrstu'].map((use) => [use, 'sha256:ab'])) })}\n`,
      'images: there must be at most 20 images',
    ],
    [
      'an endless version',
      `${JSON.stringify({ atMs: 1, type: 'booting', engine: '2'.repeat(301), images: {} })}\n`,
      'engine: ',
    ],
    [
      'evidence of one statement',
      '{"atMs":1,"type":"evidence","node":"n1","culprit":"n2","statements":[{"text":"a","signature":"b"}]}\n',
      'statements',
    ],
    [
      'a negative duration',
      '{"atMs":1,"type":"link-dropped","from":"n1","to":"n2","strike":"s1","lastedMs":-1}\n',
      'lastedMs: ',
    ],
    [
      'a part of a byte',
      '{"atMs":1,"type":"resources","node":"n1","cpuPercent":1,"memoryBytes":0.5,"receivedBytes":0,"sentBytes":0}\n',
      'memoryBytes: ',
    ],
    [
      'less than no work',
      '{"atMs":1,"type":"resources","node":"n1","cpuPercent":-1,"memoryBytes":1,"receivedBytes":0,"sentBytes":0}\n',
      'cpuPercent: ',
    ],
    ['a third path', '{"atMs":1,"type":"decided","node":"n1","index":88,"path":"short"}\n', 'path: '],
    ['no ballot that overtook', '{"atMs":1,"type":"overtaken","node":"n1","index":88,"epoch":7}\n', 'by: '],
    ['an unknown phase', '{"atMs":1,"type":"phase","phase":"lunch"}\n', 'phase: '],
  ])('refuses %s', (_, text, message) => {
    expect(refusal(() => parseEvents(text, 'events.jsonl'))).toContain(message);
  });
});
