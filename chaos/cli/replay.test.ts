import { cpSync, existsSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../contracts/plan.ts';
import { parseEvents, parseHistory } from '../history.ts';
import { type Ended, onlyRun, runsIn, Scratch, splitbrain, textOf } from './spawned.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

/** A results folder with one run in it, which no test changes. */
const results = scratch.fresh();
let made: Ended;

beforeAll(async () => {
  const args = ['run', 'leader-isolated', '--seed', '1', '--duration', '8s', '--rate', '60', '--out', results];
  made = await splitbrain(args);
  expect(made.code, made.stderr).toBe(0);
});

/** A copy of the folder of the run alone, elsewhere, with one of its files changed. */
function copyOfRun(file?: string, change: (text: string) => string = (text) => text): string {
  const copy = scratch.fresh();
  cpSync(onlyRun(results), copy, { recursive: true });
  if (file !== undefined) writeFileSync(join(copy, file), change(textOf(copy, file)));
  return copy;
}

/** A copy of the run whose plan was changed. */
const copyWithPlan = (change: (plan: Plan) => unknown): string =>
  copyOfRun('schedule.json', (text) => JSON.stringify(change(JSON.parse(text))));

const onLine = (number: number, change: (line: string) => string) => (text: string) =>
  text
    .split('\n')
    .map((line, at) => (at === number - 1 ? change(line) : line))
    .join('\n');

/** A refusal is a sentence and an advice, without a stack trace. */
function expectRefusal({ code, stderr }: Ended, expected: number, ...parts: (string | RegExp)[]): void {
  expect(code, stderr).toBe(expected);
  expect(stderr).not.toMatch(/^\s+at /m);
  const lines = stderr.trimEnd().split('\n');
  const [sentence = '', advice = ''] = lines.slice(-2);
  expect(sentence).toMatch(/^error: \S.*\S$/);
  expect(advice).toMatch(/^[A-Z].*[.?]$|npx splitbrain /);
  for (const part of parts) expect(sentence).toMatch(part);
}

describe.concurrent('replay', () => {
  test('comes to the same, byte for byte, from a copy of the folder alone', async () => {
    const copy = copyOfRun();
    for (const extra of ['result.json', 'report.html', 'junit.xml', 'summary.md']) rmSync(join(copy, extra));
    const out = scratch.fresh();
    const { code, stderr } = await splitbrain(['replay', copy, '--out', out], { cwd: scratch.path });
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^seed 1\n/);
    expect(stderr).toMatch(/history\.jsonl: identical, \d+ bytes/);
    expect(stderr).toMatch(/events\.jsonl: identical, \d+ bytes/);
    for (const file of ['history.jsonl', 'events.jsonl', 'schedule.json']) {
      expect(textOf(onlyRun(out), file)).toBe(textOf(onlyRun(results), file));
    }
  });

  test('`latest` is the last run, and the replay becomes the latest', async () => {
    const moved = scratch.fresh();
    cpSync(results, moved, { recursive: true, verbatimSymlinks: true });
    const { code, stderr } = await splitbrain(['replay', 'latest', '--out', moved]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('history.jsonl: identical');
    expect(runsIn(moved)).toHaveLength(2);
    expect(existsSync(join(moved, 'latest', 'history.jsonl'))).toBe(true);
    expect(readlinkSync(join(moved, 'latest'))).not.toBe(readlinkSync(join(results, 'latest')));
  });

  test('a history that was tampered with: names the line, with what it was and what it is', async () => {
    const written = onLine(3, (line) => line.replace(/"atMs":[\d.]+/, '"atMs":0.125'));
    const copy = copyOfRun('history.jsonl', written);
    const ended = await splitbrain(['replay', copy, '--out', scratch.fresh()]);
    expectRefusal(ended, 5, 'history.jsonl, line 3: it was ', '"atMs":0.125');
    expect(ended.stderr).toContain(textOf(onlyRun(results), 'history.jsonl').split('\n')[2]);
  });

  test('events that go on after the end: names the first line that is too many', async () => {
    const copy = copyOfRun('events.jsonl', (text) => `${text}{"atMs":9,"type":"phase","phase":"done"}\n`);
    const lines = textOf(onlyRun(results), 'events.jsonl').trimEnd().split('\n').length;
    const ended = await splitbrain(['replay', copy, '--out', scratch.fresh()]);
    expectRefusal(ended, 5, `events.jsonl, line ${lines + 1}: it was {"atMs":9`);
  });

  test('--until ends the load early; up to there it is the same run', async () => {
    const out = scratch.fresh();
    const { code, stderr } = await splitbrain(['replay', onlyRun(results), '--until', '5s', '--out', out]);
    expect([0, 2], stderr).toContain(code);
    expect(stderr).not.toContain('identical');
    const [whole, part] = [results, out].map((from) => parseHistory(textOf(onlyRun(from), 'history.jsonl'), 'h'));
    const early = (events: typeof whole) => events?.filter(({ atMs }) => atMs < 5000);
    expect(early(part)).toEqual(early(whole));
    expect(early(part)?.length).toBeGreaterThan(100);
    const heal = parseEvents(textOf(onlyRun(out), 'events.jsonl'), 'e').find(
      (event) => event.type === 'phase' && event.phase === 'heal',
    );
    expect(heal?.atMs).toBeGreaterThanOrEqual(5000);
    expect(heal?.atMs).toBeLessThan(6500);
  });

  test.each<[string, () => string, RegExp]>([
    ['is not JSON', () => copyOfRun('schedule.json', (text) => text.slice(0, 100)), /schedule\.json is damaged: /],
    ['of another version', () => copyWithPlan((plan) => ({ ...plan, schemaVersion: 9 })), /schemaVersion: /],
    [
      'names a replica twice',
      () => copyWithPlan((plan) => ({ ...plan, nodes: ['n1', 'n1'] })),
      /names a replica twice/,
    ],
    ['names no such protocol', () => copyWithPlan((plan) => ({ ...plan, protocol: 'rafd' })), /Did you mean "raft"\?/],
    [
      'wrong parameters of a strike',
      () => copyWithPlan((plan) => ({ ...plan, strikes: plan.strikes.map((each) => ({ ...each, params: { x: 1 } })) })),
      /the params of cut are wrong: Unrecognized key: "x"/,
    ],
    [
      'a time-out of nothing',
      () =>
        copyWithPlan(({ experiment, ...plan }) => ({
          ...plan,
          experiment: { ...experiment, settings: { ...experiment.settings, electionTimeout: [0, 0] } },
        })),
      /settings\.electionTimeout is 0 ms/,
    ],
  ])('a schedule that is damaged is refused before anything runs: %s', async (_, copy, why) => {
    const out = scratch.fresh();
    const ended = await splitbrain(['replay', copy(), '--out', out]);
    expectRefusal(ended, 4, why);
    expect(ended.stderr).not.toContain('phase:');
    expect(runsIn(out)).toEqual([]);
  });

  test('without the history there is nothing to compare with: refused before anything runs', async () => {
    const copy = copyOfRun();
    rmSync(join(copy, 'history.jsonl'));
    const out = scratch.fresh();
    const ended = await splitbrain(['replay', copy, '--out', out]);
    expectRefusal(ended, 4, /history\.jsonl cannot be read: ENOENT/);
    expect(existsSync(out)).toBe(false);
  });
});

describe.concurrent('check', () => {
  test('comes to the same verdict from the raw record alone, and writes nothing', async () => {
    const copy = copyOfRun();
    rmSync(join(copy, 'result.json'));
    const before = readdirSync(copy);
    const { code, stdout, stderr } = await splitbrain(['check', copy, '--json', '--out', scratch.fresh()]);
    expect(code, stderr).toBe(0);
    const { outcome, sentence, checks } = JSON.parse(stdout);
    const stored = JSON.parse(textOf(onlyRun(results), 'result.json'));
    expect({ outcome, sentence }).toEqual({ outcome: stored.outcome, sentence: stored.sentence });
    const brief = (all: { check: string; verdict: string; summary: string }[]) =>
      all.map(({ check, verdict, summary }) => [check, verdict, summary]);
    expect(brief(checks)).toEqual(brief(stored.checks));
    expect(readdirSync(copy)).toEqual(before);
  });

  test('for people: one line a check', async () => {
    const { code, stdout } = await splitbrain(['check', basename(onlyRun(results)), '--out', results]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^valid +linearizable: /m);
    for (const line of stdout.trimEnd().split('\n')) expect(line).toMatch(/^(valid|invalid|unknown) +[a-z-]+: \S/);
  });

  test('a stale read that was put into the history is found', async () => {
    const copy = copyOfRun('history.jsonl', (text) => {
      const lines = [
        '{"atMs":7990,"type":"invoke","op":900001,"process":900001,"f":"read","key":"k1","value":null}',
        '{"atMs":7991,"type":"ok","op":900001,"process":900001,"value":null}',
      ];
      const at = text.split('\n').findIndex((line) => line !== '' && JSON.parse(line).atMs > 7990);
      return text
        .split('\n')
        .toSpliced(at, 0, ...lines)
        .join('\n');
    });
    const { code, stdout, stderr } = await splitbrain(['check', copy]);
    expect(code, stderr).toBe(1);
    expect(stdout).toMatch(/^invalid +linearizable: .*k1/m);
    expect(stderr).toContain('✖ FAIL (safety)');
    expect(stderr).toMatch(/read k1/);
  });

  test.each<[string, () => string, RegExp]>([
    [
      'a truncated last line',
      () => copyOfRun('history.jsonl', (t) => t.slice(0, -5)),
      /line \d+: the line is truncated/,
    ],
    [
      'a line that is not JSON',
      () =>
        copyOfRun(
          'history.jsonl',
          onLine(3, (l) => l.slice(2)),
        ),
      /line 3: the line is not/,
    ],
    [
      'a completion without its invocation',
      () => copyOfRun('history.jsonl', (text) => text.slice(text.indexOf('\n') + 1)),
      /line \d+: operation \d+ completes before it was invoked/,
    ],
    [
      'an unknown field',
      () =>
        copyOfRun(
          'history.jsonl',
          onLine(2, (l) => l.replace('{', '{"x":1,')),
        ),
      /line 2: .*"x"/,
    ],
  ])('a damaged history is refused with file and line: %s', async (_, copy, why) => {
    const folder = copy();
    const ended = await splitbrain(['check', folder]);
    expectRefusal(ended, 4, why, `${folder}/history.jsonl, line `.replaceAll('\\', '/'));
    expect(ended.stdout).toBe('');
  });

  test.each([
    ['events.jsonl', /events\.jsonl cannot be read: ENOENT/],
    ['history.jsonl', /history\.jsonl cannot be read: ENOENT/],
  ])('without %s', async (file, why) => {
    const copy = copyOfRun();
    rmSync(join(copy, file));
    expectRefusal(await splitbrain(['check', copy]), 4, why);
  });

  test('an event that does not exist', async () => {
    const copy = copyOfRun(
      'events.jsonl',
      onLine(4, (line) => line.replace(/"type":"[^"]+"/, '"type":"tea"')),
    );
    expectRefusal(await splitbrain(['check', copy]), 4, /events\.jsonl, line 4: .*"tea"/);
  });

  test('a run that does not exist: with the one that was probably meant', async () => {
    const name = basename(onlyRun(results));
    const ended = await splitbrain(['check', `${name}0`, '--out', results]);
    expectRefusal(ended, 4, `there is no run "${name}0". Did you mean "${name}"?`);
  });

  test('`latest` where there is no run', async () => {
    const ended = await splitbrain(['check', 'latest', '--out', scratch.fresh()]);
    expectRefusal(ended, 4, /there is no run in /);
  });

  test('a results folder that is a file', async () => {
    const file = scratch.write('a-file', '');
    expectRefusal(
      await splitbrain(['check', 'latest', '--out', file]),
      5,
      /the results folder .*a-file cannot be read/,
    );
  });

  test('where `latest` is a folder, the newest run counts', async () => {
    const moved = scratch.fresh();
    cpSync(onlyRun(results), join(moved, basename(onlyRun(results))), { recursive: true });
    cpSync(onlyRun(results), join(moved, 'latest', 'something'), { recursive: true });
    const { code, stdout, stderr } = await splitbrain(['check', 'latest', '--out', moved]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^valid /);
  });
});

describe.concurrent('report', () => {
  test('renders again what was deleted, and prints where', async () => {
    const copy = copyOfRun();
    const files = ['report.html', 'summary.md', 'junit.xml', 'result.json'];
    for (const file of files) rmSync(join(copy, file));
    const { code, stdout, stderr } = await splitbrain(['report', copy]);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(`${join(copy, 'report.html')}\n`);
    for (const file of files) expect(existsSync(join(copy, file)), file).toBe(true);
    const [again, stored] = [copy, onlyRun(results)].map((folder) => JSON.parse(textOf(folder, 'result.json')));
    expect(again.checks).toEqual(stored.checks);
    expect(again.statistics).toEqual(stored.statistics);
  });

  test('a report that cannot be written leaves no half of it', async () => {
    const copy = copyOfRun();
    rmSync(join(copy, 'summary.md'));
    // A folder where the file should be.
    cpSync(onlyRun(results), join(copy, 'summary.md'), { recursive: true });
    expectRefusal(await splitbrain(['report', copy]), 5, /summary\.md could not be written: /);
    expect(readdirSync(copy).filter((name) => name.includes('.part'))).toEqual([]);
  });
});
