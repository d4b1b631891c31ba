import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LabEvent, Recording } from './contracts/events.ts';
import type { HistoryEvent } from './contracts/operations.ts';
import type { Plan, PlannedStrike } from './contracts/plan.ts';
import { UsageError } from './errors.ts';
import { parsePlan, parseRecording, recordingFileNames, recordingFiles } from './recording-files.ts';
import { samplePlan, sampleStrike } from './sample-plan.ts';

const time = fc.integer({ min: -60_000_000, max: 60_000_000 }).map((us) => us / 1000 + 0);
const whole = fc.nat();
const text = fc.string({ unit: 'grapheme' });
const value = fc.jsonValue().map((drawn) => JSON.parse(JSON.stringify(drawn)) as unknown);
const node = fc.constantFrom('n1', 'n2', 'n3');
const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/);
const record = fc.dictionary(fc.stringMatching(/^[a-zA-Z]{1,8}$/), value);

/** Operations one after the other in each process; some never complete. */
const history = fc
  .array(
    fc.record({
      process: fc.nat(5),
      f: fc.constantFrom('read', 'write', 'cas'),
      key: text,
      value,
      result: value,
      atMs: time,
    }),
    { maxLength: 20 },
  )
  .chain((operations) =>
    fc.array(fc.constantFrom('ok', 'fail', 'info', 'never'), { minLength: 20, maxLength: 20 }).map((endings) => {
      const events: HistoryEvent[] = [];
      const open = new Set<number>();
      // Time goes on, and a process ends with an outcome that it does not know.
      let atMs = Number.NEGATIVE_INFINITY;
      for (const [op, { process, f, key, value: argument, result, atMs: drawnMs }] of operations.entries()) {
        if (open.has(process)) continue;
        open.add(process);
        atMs = Math.max(atMs, drawnMs);
        events.push({ type: 'invoke', op, process, atMs, f, key, value: argument });
        const type = endings[op] ?? 'never';
        if (type === 'never') continue;
        if (type !== 'info') open.delete(process);
        const completion = { op, process, atMs, value: result };
        events.push(type === 'ok' ? { type, ...completion } : { type, ...completion, error: key });
      }
      return events;
    }),
  );

const strikeName = fc.constantFrom('s1.1', 's2.10');
const links = fc.array(fc.record({ from: node, to: node }), { maxLength: 3 });
const signedText = fc.record({ text, signature: text });
const view = fc.record(
  { role: text, epoch: whole, leader: node, commitIndex: whole, lastIndex: whole },
  { requiredKeys: ['role', 'epoch', 'commitIndex', 'lastIndex'] },
);

/** A generator for each kind of event; the compiler refuses to leave one out. */
const facts: Readonly<Record<LabEvent['type'], fc.Arbitrary<object>>> = {
  phase: fc.record({ phase: fc.constantFrom('boot', 'load', 'heal', 'settle', 'read-back', 'done') }),
  booting: fc.record({ engine: text, images: fc.dictionary(name, text, { maxKeys: 3 }) }),
  resources: fc.record({ node, cpuPercent: whole, memoryBytes: whole, receivedBytes: whole, sentBytes: whole }),
  footprint: fc.record({
    ...{ node, logRecords: whole, logBytes: whole, snapshotBytes: whole },
    ...{ heldBytes: whole, stateBytes: whole, keys: whole, sessions: whole },
  }),
  work: fc.record({
    ...{ node, messages: fc.dictionary(name, whole, { maxKeys: 3 }), bytes: whole },
    ...{ signatures: whole, verifications: whole, syncs: whole },
  }),
  strike: fc.record({ strike: strikeName, fault: name, target: name, nodes: fc.array(node), links }),
  struck: fc.record({ strike: strikeName }),
  heal: fc.record({ strike: strikeName }),
  healed: fc.record({ strike: strikeName }),
  'strike-skipped': fc.record({ strike: strikeName, why: text }),
  'strike-failed': fc.record({ strike: strikeName, error: text }),
  'node-up': fc.record({ node }),
  'node-down': fc.record({ node }),
  'node-paused': fc.record({ node }),
  'node-resumed': fc.record({ node }),
  'link-dropped': fc.record(
    { from: node, to: node, strike: strikeName, lastedMs: whole },
    { requiredKeys: ['from', 'to', 'strike'] },
  ),
  'link-delayed': fc.record(
    { from: node, to: node, strike: strikeName, lastedMs: whole },
    { requiredKeys: ['from', 'to', 'strike'] },
  ),
  role: fc.record({ node, role: text, epoch: whole }),
  append: fc.record({ node, index: whole, epoch: whole, prevEpoch: whole, hash: whole }),
  apply: fc.record({ node, index: whole, hash: whole }),
  'disk-wiped': fc.record({ node }),
  'disk-slow': fc.record({ node }),
  'disk-fast': fc.record({ node }),
  keys: fc.record({
    keys: fc.oneof(
      fc.record({ scheme: fc.constant('ed25519'), publicKeys: fc.dictionary(name, text, { maxKeys: 3 }) }),
      fc.record({ scheme: fc.constant('keyed-hash'), seed: whole, members: fc.array(node) }),
    ),
  }),
  evidence: fc.record({ node, culprit: node, statements: fc.tuple(signedText, signedText) }),
  turned: fc.record({ node, behaviour: fc.option(name) }),
  deceived: fc.record({ node, behaviour: name }),
  configuration: fc.record({
    ...{ node, index: whole },
    ...{ voters: fc.array(node), outgoing: fc.array(node), learners: fc.array(node) },
  }),
  snapshot: fc.record({ node, index: whole, bytes: whole }),
  restore: fc.record({ node, index: whole, from: fc.constantFrom('disk', 'replica') }),
  compact: fc.record({ node, index: whole, entries: whole, bytes: whole }),
  overtaken: fc.record({ node, index: whole, epoch: whole, by: whole }),
  decided: fc.record({ node, index: whole, path: fc.constantFrom('fast', 'slow') }),
  stopped: fc.record({ node, reason: text }),
  settled: fc.record({ tookMs: time }),
  stalled: fc.record({ why: text }),
  interrupted: fc.record({}),
  'lab-error': fc.record({ error: fc.string() }),
  final: fc.record({ node, view: fc.option(view), appliedIndex: whole, stateHash: fc.option(text) }),
};

const event = fc
  .constantFrom(...(Object.keys(facts) as LabEvent['type'][]))
  .chain((type) => fc.tuple(time, facts[type]).map(([atMs, fields]) => ({ atMs, type, ...fields }) as LabEvent));

const strike: fc.Arbitrary<PlannedStrike> = fc.record({
  id: fc.constantFrom('s1.1', 's1.2', 's2.1'),
  trigger: fc.oneof(
    fc.record({ atMs: time }),
    fc.record({ on: fc.constantFrom('election-started', 'leader-elected'), notBeforeMs: time, afterMs: time }),
  ),
  durationMs: whole,
  fault: name,
  params: record,
  target: name,
  outage: fc.boolean(),
});

const plan = fc
  .record({
    question: fc.string({ minLength: 1 }),
    seed: whole,
    durationMs: fc.integer({ min: 1 }),
    bug: fc.option(name),
    members: fc.option(fc.subarray(['n1', 'n2', 'n3'], { minLength: 1 })),
    strikes: fc.array(strike),
  })
  .map(({ question, seed, durationMs, bug, members, strikes }): Plan => {
    const optional = { ...(bug === null ? {} : { bug }), ...(members === null ? {} : { members }) };
    return samplePlan({ question }, { seed, durationMs, strikes, ...optional });
  });

const recording: fc.Arbitrary<Recording> = fc.record({ plan, history, events: fc.array(event, { maxLength: 30 }) });

/** Writes a recording and reads it back. */
function reread(written: Recording): Recording {
  const files = new Map(recordingFiles(written).map((file) => [file.name, file.content]));
  return parseRecording((file) => ({ file, text: files.get(file) ?? '' }));
}

describe('a recording', () => {
  test('comes back from its files as it was', () => {
    fc.assert(
      fc.property(recording, (written) => {
        expect(reread(written)).toEqual(written);
      }),
    );
  });

  test('is the same bytes, written again', () => {
    fc.assert(
      fc.property(recording, (written) => {
        const [, ...raw] = recordingFiles(written);
        expect(recordingFiles(reread(written)).slice(1)).toEqual(raw);
      }),
    );
  });

  test('is three files', () => {
    const files = recordingFiles({ plan: samplePlan(), history: [], events: [] });
    expect(files.map((file) => file.name)).toEqual([...recordingFileNames]);
    expect(files[0]?.content.endsWith('}\n')).toBe(true);
  });
});

/** The message of the refusal of a plan. */
function refusal(content: unknown): string {
  try {
    parsePlan(typeof content === 'string' ? content : JSON.stringify(content), 'dir/schedule.json');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.message;
  }
  throw new Error('it was accepted');
}

describe('a schedule is refused, with the place', () => {
  const good = samplePlan({}, { strikes: [sampleStrike()] });
  const withStrike = (change: object) => ({ ...good, strikes: [{ ...sampleStrike(), ...change }] });

  test.each<[string, unknown, RegExp]>([
    ['not JSON', '{', /^dir\/schedule\.json is damaged: /],
    ['empty', '', /^dir\/schedule\.json is damaged: /],
    ['not a plan', [1], /^dir\/schedule\.json is not the schedule of a run: /],
    ['another version', { ...good, schemaVersion: 2 }, /schemaVersion: /],
    ['a field too many', { ...good, extra: 1 }, /"extra"/],
    ['no seed', { ...good, seed: undefined }, /seed: /],
    ['a path for a name', { ...good, experimentName: '../x' }, /experimentName: /],
    ['a path for a protocol', { ...good, protocol: '../raft' }, /protocol: /],
    ['no replicas', { ...good, nodes: [] }, /nodes: /],
    ['a replica twice', { ...good, nodes: ['n1', 'n1'] }, /nodes: names a replica twice/],
    ['no members', { ...good, members: [] }, /members: /],
    ['a member twice', { ...good, members: ['n1', 'n1'] }, /members: names a replica twice, or one that is not/],
    ['a member that is not there', { ...good, members: ['n1', 'n4'] }, /members: names a replica twice, or one that/],
    ['no time', { ...good, durationMs: 0 }, /durationMs: /],
    ['a path for a fault', withStrike({ fault: '../crash' }), /strikes\.0\.fault: /],
    ['no trigger', withStrike({ trigger: {} }), /strikes\.0\.trigger/],
    ['a wrong trigger', withStrike({ trigger: { on: 'x', notBeforeMs: 0, afterMs: 0 } }), /strikes\.0\.trigger/],
    ['a negative length', withStrike({ durationMs: -1 }), /strikes\.0\.durationMs: /],
    ['no experiment', { ...good, experiment: { why: 'w' } }, /experiment\.question: /],
  ])('%s', (_, content, why) => {
    expect(refusal(content)).toMatch(why);
  });

  test('and the good one is taken', () => {
    expect(parsePlan(JSON.stringify(good), 'x')).toEqual(good);
  });

  test('no change of one character makes anything but a plan or a refusal', () => {
    const content = JSON.stringify(good);
    fc.assert(
      fc.property(fc.nat(content.length - 1), fc.constantFrom('', '0', '"', '{', ']', 'x', '-'), (at, character) => {
        const damaged = content.slice(0, at) + character + content.slice(at + 1);
        try {
          expect(parsePlan(damaged, 'x')).toHaveProperty('schemaVersion', 1);
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
          expect(error.message).toMatch(/^x is (damaged|not the schedule of a run): /);
        }
      }),
    );
  });
});
