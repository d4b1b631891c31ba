import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from './errors.ts';
import { parseDuration, parseExperiment } from './experiment.ts';

const parse = (rest = '') => parseExperiment(`question: Does it hold?\nwhy: To see.\n${rest}`, 'dir/x.yml');

/** The message of the refusal. */
function refusal(text: string): string {
  try {
    parseExperiment(text, 'dir/x.yml');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(error.advice).not.toBe('');
    return error.message;
  }
  throw new Error('it was accepted');
}

const refusalOf = (rest: string) => refusal(`question: Does it hold?\nwhy: To see.\n${rest}`);

describe('durations', () => {
  test.each([
    ['30s', 30_000],
    ['250ms', 250],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    [' 5 s ', 5000],
    ['0s', 0],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '5', 's', '-1s', '1e3s', '5 sec', '1s2s', '.5s', 'NaNs', '5S', '1,5s'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  test('any text gives milliseconds that are not negative, or nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ms = parseDuration(text);
        expect(ms === null || ms >= 0).toBe(true);
      }),
    );
  });
});

describe('an experiment', () => {
  test('needs a question and a reason, and has a default for everything else', () => {
    expect(parse()).toMatchObject({
      protocol: 'raft',
      duration: 30_000,
      strikes: [],
      expect: 'pass',
      load: { workload: 'register', clients: 8, rate: 100, timeout: 1000, params: {} },
      settings: { electionTimeout: [300, 600], heartbeatInterval: 50, maxEntriesPerMessage: 64 },
      network: { delay: [0.2, 1], unruly: true },
      limits: { recovery: 3000, outage: 5000, settle: 10_000 },
    });
    expect(refusal('question: Q?\n')).toContain('why');
  });

  test('a part that is given leaves the defaults of its neighbours', () => {
    expect(parse('load: { rate: 7 }\nlimits: { outage: 1m }')).toMatchObject({
      load: { rate: 7, clients: 8, timeout: 1000 },
      limits: { outage: 60_000, recovery: 3000 },
    });
  });

  test('a time is a range of one, a range stays one, and a number is milliseconds', () => {
    const text = 'strikes:\n  - { fault: crash, target: n1, at: [1s, 1500], for: 250ms, every: 3000 }\n';
    expect(parse(text).strikes[0]).toEqual({
      fault: 'crash',
      target: 'n1',
      params: {},
      at: [1000, 1500],
      for: [250, 250],
      every: [3000, 3000],
      after: [0, 0],
      outage: false,
    });
  });
});

describe('refused, with file, place and reason', () => {
  test.each([
    ['duration: soon', /dir\/x\.yml is not a valid experiment: duration: wants a duration such as 30s.*"soon"/],
    ['duration: -1', /duration: wants a duration/],
    ['duration: 49h', /duration: .*up to 48h/],
    ['nodes: many', /nodes: .*expected number, received string/],
    ['nodes: 0', /nodes: /],
    ['nodes: 2.5', /nodes: /],
    ['members: 0', /members: /],
    ['members: 1.5', /members: /],
    ['settings: { quorums: { phase1: 0, phase2: 5 } }', /settings\.quorums\.phase1: /],
    ['settings: { quorums: { phase1: 5, phase2: 201 } }', /settings\.quorums\.phase2: /],
    ['settings: { quorums: { phase1: 3 } }', /settings\.quorums\.phase2: /],
    ['settings: { quorums: { phase1: 3, phase2: 3, phase3: 3 } }', /settings\.quorums: .*"phase3"/],
    ['load: { rate: 0 }', /load\.rate: /],
    ['load: { clients: 10001 }', /load\.clients: /],
    ['expect: maybe', /expect: .*"pass"\|"violated"/],
    ['extra: 1', /"extra"/],
    ['load: { speed: 1 }', /load: .*"speed"/],
    ['strikes: 5', /strikes: .*expected array/],
    ['strikes: [{ fault: crash, target: n1, at: [3s, 2s], for: 1s }]', /strikes\.0\.at: .*min not above max/],
    ['strikes: [{ fault: crash, target: n1, at: 1s }]', /strikes\.0\.for: /],
    ['strikes: [{ target: n1, at: 1s, for: 1s }]', /strikes\.0\.fault: /],
    ['strikes: [{ fault: crash, target: n1, on: tuesday, for: 1s }]', /strikes\.0\.on: .*"election-started"/],
    ['strikes: [{ fault: crash, target: n1, for: 1s }]', /dir\/x\.yml: strikes\.0 has neither "at" nor "on"/],
  ])('%s', (rest, why) => {
    expect(refusalOf(rest)).toMatch(why);
  });

  test('every place that is wrong is named', () => {
    const message = refusalOf('nodes: many\nduration: soon\n');
    expect(message).toContain('nodes: ');
    expect(message).toContain('; duration: ');
  });

  test.each([
    ['question: [\n', /dir\/x\.yml is not valid YAML: .*line 2/],
    ['question: Q?\nquestion: R?\nwhy: w\n', /not valid YAML: .*unique.*line 2/],
    ['question: Q?\n---\nwhy: w\n', /not valid YAML: .*multiple documents/],
    ['', /not a valid experiment/],
    ['- 1\n', /not a valid experiment: .*received array/],
  ])('%j', (text, why) => {
    expect(refusal(text)).toMatch(why);
    expect(refusal(text)).not.toContain('\n');
  });
});
