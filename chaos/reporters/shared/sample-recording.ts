/**
 * Recordings for the tests of reporters: a small run in which three faults strike a five-node cluster, made by hand and
 * equal every time.
 */
import type { LabEvent, Recording } from '../../contracts/events.ts';
import type { HistoryEvent } from '../../contracts/operations.ts';
import type { Plan, PlannedStrike } from '../../contracts/plan.ts';
import type { ReportInput } from '../../contracts/report.ts';
import type { CheckResult, Outcome } from '../../contracts/verdict.ts';
import { experimentSchema } from '../../experiment.ts';
import { runStatistics } from '../../statistics.ts';

/** Markup, quotes and separators that must never reach a report unescaped. */
export const hostile = '</script><img src=x onerror=alert(1)>"\'`|&\u2028<!--';

const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'];
const loadMs = 30_000;

const strikes: PlannedStrike[] = [
  strike('s1', 4000, 3000, 'kill', 'leader'),
  strike('s2', 12_000, 4000, 'isolate', 'leader'),
  { ...strike('s3', 21_000, 2500, 'latency', 'follower'), params: { delayMs: 80 } },
];

/** When nobody answers: from the strike on a leader to the election of the next one. */
const leaderless: readonly (readonly [number, number])[] = [
  [4030, 5240],
  [12_020, 13_110],
];

function strike(id: string, atMs: number, durationMs: number, fault: string, target: string): PlannedStrike {
  return { id, trigger: { atMs }, durationMs, fault, params: {}, target, outage: false };
}

function plan(text: string): Plan {
  return {
    schemaVersion: 1,
    experiment: experimentSchema.parse({
      question: text === '' ? 'Does every acknowledged write survive when leaders are struck in turn?' : text,
      why: text === '' ? 'A leader that was cut off may still believe that it leads.' : text,
      duration: loadMs,
    }),
    experimentName: text === '' ? 'rolling-failures' : `rolling ${text}`,
    substrate: 'sim',
    system: 'replica',
    protocol: 'raft',
    ...(text === '' ? {} : { bug: text }),
    nodes,
    seed: 42,
    durationMs: loadMs,
    strikes: text === '' ? strikes : strikes.map((each) => ({ ...each, fault: `${each.fault}${text}`, target: text })),
  };
}

/** A small generator, so that the sample looks like a run and is the same every time. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** A read, a write or a cas every 10 ms, from whichever process is idle; what falls in a leaderless gap times out. */
function sampleHistory(text: string): HistoryEvent[] {
  const random = noise(7);
  const events: HistoryEvent[] = [];
  const registers = new Map<string, number>();
  const busyUntilMs: number[] = [];
  let op = 0;
  for (let atMs = 5; atMs < loadMs; atMs += 10) {
    const idle = busyUntilMs.findIndex((untilMs) => untilMs <= atMs);
    const process = idle < 0 ? busyUntilMs.length : idle;
    const f = ['read', 'write', 'read', 'cas'][Math.floor(random() * 4)] ?? 'read';
    const key = `k${Math.floor(random() * 4)}`;
    const now = registers.get(key) ?? null;
    const value = f === 'read' ? null : f === 'write' ? op : [now, op];
    events.push({ type: 'invoke', op, process, atMs, f, key: `${key}${text}`, value: text === '' ? value : text });
    const gap = leaderless.find(([fromMs, toMs]) => atMs >= fromMs && atMs < toMs);
    const slow = atMs > 21_000 && atMs < 23_500 ? 60 * random() : 0;
    const tookMs = Math.round((1.2 + 6 * random() ** 6 * 4 + slow) * 100) / 100;
    if (gap !== undefined && gap[1] - atMs > 900) {
      events.push({ type: 'info', op, process, atMs: atMs + 1000, value: null, error: `timed out${text}` });
      busyUntilMs[process] = Number.POSITIVE_INFINITY;
    } else if (gap !== undefined && op % 3 === 0) {
      events.push({ type: 'fail', op, process, atMs: atMs + 3, value: null, error: `no leader${text}` });
      busyUntilMs[process] = atMs + 3;
    } else {
      const doneMs = gap === undefined ? atMs + tookMs : gap[1] + tookMs;
      if (f !== 'read') registers.set(key, op);
      const result = f === 'read' ? now : f === 'cas' ? true : null;
      events.push({ type: 'ok', op, process, atMs: doneMs, value: text === '' ? result : text });
      busyUntilMs[process] = doneMs;
    }
    op += 1;
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}

function applies(): LabEvent[] {
  const events: LabEvent[] = [];
  for (const [position, node] of nodes.entries()) {
    let index = 0;
    for (let atMs = 40 + position; atMs < loadMs; atMs += 40) {
      const silent = leaderless.some(([fromMs, toMs]) => atMs >= fromMs && atMs < toMs);
      const away = (node === 'n1' && atMs > 4000 && atMs < 7100) || (node === 'n3' && atMs > 12_000 && atMs < 16_050);
      if (!silent) index += 2;
      if (!silent && !away) events.push({ atMs, type: 'apply', node, index, hash: index * 17 });
    }
  }
  return events;
}

function faultEvents(text: string): LabEvent[] {
  const isolated = nodes.filter((node) => node !== 'n3').map((to) => ({ from: 'n3', to }));
  const slowed = nodes.filter((node) => node !== 'n4').map((to) => ({ from: 'n4', to }));
  const struck = (strike: string, atMs: number, node: string, links: typeof isolated): LabEvent => {
    const planned = strikes.find((each) => each.id === strike);
    const fault = `${planned?.fault ?? ''}${text}`;
    return { atMs, type: 'strike', strike, fault, target: text === '' ? 'leader' : text, nodes: [node], links };
  };
  // A link is observed once for each strike: when it first drops or delays a message.
  const drops = isolated.map(({ from, to }, i): LabEvent => {
    return { atMs: 12_030 + i * 310, type: 'link-dropped', from, to, strike: 's2' };
  });
  const delays = slowed.map(({ from, to }, i): LabEvent => {
    return { atMs: 21_020 + i * 60, type: 'link-delayed', from, to, strike: 's3' };
  });
  return [
    struck('s1', 4000, 'n1', []),
    { atMs: 4018, type: 'node-down', node: 'n1' },
    { atMs: 4020, type: 'struck', strike: 's1' },
    { atMs: 7000, type: 'heal', strike: 's1' },
    { atMs: 7050, type: 'node-up', node: 'n1' },
    { atMs: 7052, type: 'healed', strike: 's1' },
    struck('s2', 12_000, 'n3', isolated),
    { atMs: 12_004, type: 'struck', strike: 's2' },
    ...drops,
    { atMs: 16_000, type: 'heal', strike: 's2' },
    { atMs: 16_003, type: 'healed', strike: 's2' },
    struck('s3', 21_000, 'n4', slowed),
    { atMs: 21_002, type: 'struck', strike: 's3' },
    ...delays,
    { atMs: 23_500, type: 'heal', strike: 's3' },
    { atMs: 23_502, type: 'healed', strike: 's3' },
  ];
}

function sampleEvents(text: string): LabEvent[] {
  const role = (atMs: number, node: string, name: string, epoch: number): LabEvent => {
    return { atMs, type: 'role', node, role: name, epoch };
  };
  const events: LabEvent[] = [
    { atMs: -900, type: 'phase', phase: 'boot' },
    ...nodes.map((node): LabEvent => ({ atMs: -880, type: 'node-up', node })),
    ...nodes.map((node) => role(-870, node, 'follower', 0)),
    role(-420, 'n1', 'candidate', 1),
    role(-400, 'n1', 'leader', 1),
    { atMs: 0, type: 'phase', phase: 'load' },
    ...faultEvents(text),
    role(4820, 'n4', 'candidate', 2),
    role(5200, 'n3', 'candidate', 3),
    role(5210, 'n4', 'follower', 3),
    role(5240, 'n3', 'leader', 3),
    role(7060, 'n1', 'follower', 3),
    role(12_800, 'n2', 'candidate', 4),
    role(13_110, 'n2', 'leader', 4),
    role(16_040, 'n3', 'follower', 4),
    ...applies(),
    { atMs: 30_000, type: 'phase', phase: 'heal' },
    { atMs: 30_010, type: 'phase', phase: 'settle' },
    { atMs: 31_200, type: 'settled', tookMs: 1190 },
    { atMs: 31_200, type: 'phase', phase: 'read-back' },
    { atMs: 31_400, type: 'phase', phase: 'done' },
  ];
  if (text !== '') events.push({ atMs: 31_300, type: 'strike-failed', strike: 's3', error: text });
  return events.sort((a, b) => a.atMs - b.atMs);
}

/** A run without a blemish; with `text`, that text stands wherever a run may carry text from outside. */
export function sampleRecording(text = ''): Recording {
  return { plan: plan(text), history: sampleHistory(text), events: sampleEvents(text) };
}

/** The same run, in which the isolated leader answered a read from its own past. */
export function staleRecording(text = ''): Recording {
  const recording = sampleRecording(text);
  const extra: HistoryEvent[] = [
    { type: 'invoke', op: 90_001, process: 900, atMs: 13_205.2, f: 'write', key: `k1${text}`, value: 7001 },
    { type: 'ok', op: 90_001, process: 900, atMs: 13_209.8, value: null },
    { type: 'invoke', op: 90_004, process: 903, atMs: 13_207.0, f: 'cas', key: `k1${text}`, value: [7001, 7002] },
    { type: 'info', op: 90_004, process: 903, atMs: 14_207.0, value: null, error: `timed out${text}` },
    { type: 'invoke', op: 90_002, process: 901, atMs: 13_212.1, f: 'read', key: `k1${text}`, value: null },
    { type: 'ok', op: 90_002, process: 901, atMs: 13_214.9, value: 7001 },
    { type: 'invoke', op: 90_003, process: 902, atMs: 13_216.4, f: 'read', key: `k1${text}`, value: null },
    { type: 'ok', op: 90_003, process: 902, atMs: 13_219.0, value: text === '' ? 411 : text },
  ];
  return { ...recording, history: [...recording.history, ...extra].sort((a, b) => a.atMs - b.atMs) };
}

function checks(text: string): CheckResult[] {
  const check = (name: string, kind: CheckResult['kind'], summary: string, figures: object = {}): CheckResult => {
    return { check: name, kind, verdict: 'valid', summary: `${summary}${text}`, evidence: [], ...figures };
  };
  return [
    check('agreement', 'safety', 'All replicas that reached index 1,200 hold the same state.'),
    check('availability', 'liveness', 'The longest outage was 1.2 s.', { value: 1213, limit: 5000, unit: 'ms' }),
    check('durable', 'safety', 'Every acknowledged write was there at the end.'),
    check('linearizable', 'safety', 'All 4 keys behave like a single copy.'),
    check('recovery', 'liveness', 'Writes came back 0.1 s after the slowest heal.', {
      value: 104,
      limit: 3000,
      unit: 'ms',
    }),
    check('vacuity', 'coverage', 'Every fault was seen to bite, and every kind of operation succeeded under fault.'),
  ];
}

function violatedChecks(text: string): CheckResult[] {
  return checks(text).map((check) =>
    check.check !== 'linearizable'
      ? check
      : {
          ...check,
          verdict: 'invalid',
          summary: `Key k1${text} does not behave like a single copy.`,
          evidence: [
            {
              sentences: [
                `Process 900 wrote 7001 to k1${text}, and was told that it was done.`,
                'Process 901 then read 7001: the write had taken effect.',
                'Process 902 read after that, and saw 411, a value that 7001 had replaced.',
              ],
              fromMs: 13_205.2,
              toMs: 13_219,
              ops: [90_001, 90_002, 90_003],
            },
          ],
        },
  );
}

const sentences: Readonly<Record<Outcome, string>> = {
  PASS: 'No acknowledged write was lost. Striking leaders in turn stopped writes for 1.2 s at worst (limit 5 s).',
  'FAIL (safety)': 'A read returned a value that an acknowledged write had replaced.',
  'FAIL (liveness)': 'Writes did not come back within 3 s of a heal.',
  INCONCLUSIVE: 'The fault "isolate" was not seen to bite, so the run proves nothing.',
  'OUTSIDE FAULT MODEL':
    'Outside the fault model: raft stands replicas that crash, and none that is malicious, and there was 1. Malicious: n2 (lie).',
  'LAB ERROR': 'The lab could not carry out strike s2, so there is no verdict on the protocol.',
};

const exitCodes: Readonly<Record<Outcome, number>> = {
  PASS: 0,
  'FAIL (safety)': 1,
  INCONCLUSIVE: 2,
  'FAIL (liveness)': 3,
  'OUTSIDE FAULT MODEL': 2,
  'LAB ERROR': 5,
};

/** What a reporter is given after a run that ended so; with `text`, text from outside stands wherever it may stand. */
export function sampleInput(outcome: Outcome, text = ''): ReportInput {
  const recording = outcome === 'FAIL (safety)' ? staleRecording(text) : sampleRecording(text);
  const judged = outcome === 'FAIL (safety)' ? violatedChecks(text) : checks(text);
  const amended = judged.map((check): CheckResult => {
    if (outcome === 'FAIL (liveness)' && check.check === 'recovery') {
      return { ...check, verdict: 'invalid', value: 4210, summary: `It took 4.2 s after the heal of s2.${text}` };
    }
    if (outcome === 'INCONCLUSIVE' && check.check === 'vacuity') {
      return { ...check, verdict: 'unknown', summary: `Strike s2 was not seen to bite.${text}` };
    }
    return check;
  });
  return {
    recording,
    verdict: {
      outcome,
      sentence: `${sentences[outcome]}${text}`,
      checks: outcome === 'LAB ERROR' ? [] : amended,
      statistics: runStatistics(recording),
      withoutQuorum: [],
      exitCode: exitCodes[outcome],
    },
    provenance: {
      splitbrainVersion: '0.1.0',
      commit: text === '' ? '463bde3' : text,
      nodeVersion: 'v20.20.2',
      platform: text === '' ? 'linux x64' : text,
      startedAt: '2025-01-01T00:00:00.000Z',
      wallMs: 4200,
    },
    commands: {
      replay: `splitbrain replay 20250101T000000Z-rolling-failures-raft-42${text}`,
      run: `splitbrain run rolling-failures --protocol raft --seed 42${text}`,
    },
  };
}
