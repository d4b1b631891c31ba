import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EnvironmentError, UsageError } from '../errors.ts';
import { recordingFiles } from '../recording-files.ts';
import { samplePlan } from '../sample-plan.ts';
import { findRun, makeRunFolder, markLatest, readRun, requireWritable, runNames, writeFiles } from './results.ts';
import { Scratch } from './spawned.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const startedAt = new Date('2025-03-04T05:06:07.890Z');

function results(): string {
  const folder = scratch.fresh();
  mkdirSync(folder);
  return folder;
}

/** A run of nothing, written. */
function runIn(folder: string, seed: number, at = startedAt): string {
  const plan = samplePlan({}, { seed });
  const run = makeRunFolder(folder, plan, at);
  writeFiles(run, recordingFiles({ plan, history: [], events: [] }));
  return run;
}

describe('the results folder', () => {
  test('is made with all above it, and left empty', () => {
    const folder = join(scratch.fresh(), 'a', 'b');
    requireWritable(folder);
    requireWritable(folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a file in its place or above it is refused', () => {
    const file = scratch.write('file', 'kept');
    for (const folder of [file, join(file, 'below'), join(file, 'far', 'below')]) {
      expect(() => requireWritable(folder)).toThrow(EnvironmentError);
      expect(() => requireWritable(folder)).toThrow(/^the results folder .* cannot be written: /);
    }
    expect(readFileSync(file, 'utf8')).toBe('kept');
  });

  test('a link to nowhere is refused', () => {
    const link = join(results(), 'link');
    symlinkSync(join(scratch.path, 'nowhere'), link);
    expect(() => requireWritable(link)).toThrow(EnvironmentError);
  });
});

describe('the folder of a run', () => {
  test('is named by time, experiment, protocol and seed; a second one of that name is kept apart', () => {
    const folder = results();
    const names = [runIn(folder, 7), runIn(folder, 7), runIn(folder, 8)];
    expect(names).toEqual(
      ['sample-raft-7', 'sample-raft-7-2', 'sample-raft-8'].map((name) => join(folder, `20250304T050607Z-${name}`)),
    );
  });

  test('where it cannot be made, says so', () => {
    expect(() => makeRunFolder(join(scratch.path, 'not-there'), samplePlan(), startedAt)).toThrow(EnvironmentError);
  });
});

describe('writing', () => {
  test('a file that cannot be written leaves what was there, and no part of itself', () => {
    const folder = results();
    mkdirSync(join(folder, 'b.txt', 'in-the-way'), { recursive: true });
    writeFileSync(join(folder, 'a.txt'), 'old');
    const files = ['a.txt', 'b.txt', 'c.txt'].map((name) => ({ name, content: 'new' }));
    expect(() => writeFiles(folder, files)).toThrow(EnvironmentError);
    expect(() => writeFiles(folder, files)).toThrow(/b\.txt could not be written: /);
    expect(readdirSync(folder).sort()).toEqual(['a.txt', 'b.txt']);
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('new');
  });
});

describe('finding a run', () => {
  test('by its name, by its path, or as the latest', () => {
    const folder = results();
    const [first, second] = [runIn(folder, 1), runIn(folder, 2)];
    markLatest(folder, first);
    expect(findRun(folder, '20250304T050607Z-sample-raft-2')).toBe(second);
    expect(findRun('/nowhere', second)).toBe(second);
    expect(findRun(folder, 'latest')).toBe(first);
    markLatest(folder, second);
    expect(findRun(folder, 'latest')).toBe(second);
    expect(readlinkSync(join(folder, 'latest'))).toBe('20250304T050607Z-sample-raft-2');
    expect(readRun(second).plan.seed).toBe(2);
  });

  test('without a link that leads anywhere, the latest is the newest by its name', () => {
    const folder = results();
    runIn(folder, 9);
    const newest = runIn(folder, 1, new Date('2025-03-05T00:00:00Z'));
    expect(findRun(folder, 'latest')).toBe(newest);
    symlinkSync('gone', join(folder, 'latest'));
    expect(findRun(folder, 'latest')).toBe(newest);
  });

  test('`latest` may be a folder that somebody made: it is left alone', () => {
    const folder = results();
    mkdirSync(join(folder, 'latest', 'mine'), { recursive: true });
    const run = runIn(folder, 1);
    markLatest(folder, run);
    expect(existsSync(join(folder, 'latest', 'mine'))).toBe(true);
    expect(findRun(folder, 'latest')).toBe(run);
  });

  test('what is no run is not listed', () => {
    const folder = results();
    const run = runIn(folder, 1);
    markLatest(folder, run);
    mkdirSync(join(folder, 'something-else'));
    writeFileSync(join(folder, 'README.md'), '');
    expect(runNames(folder)).toEqual(['20250304T050607Z-sample-raft-1']);
    expect(runNames(join(folder, 'not-there'))).toEqual([]);
    expect(() => runNames(join(folder, 'README.md'))).toThrow(EnvironmentError);
  });

  test('what does not exist is refused, with what was probably meant', () => {
    const folder = results();
    expect(() => findRun(folder, 'latest')).toThrow(/there is no run in /);
    runIn(folder, 1);
    expect(() => findRun(folder, '20250304T050607Z-sample-raft-11')).toThrow(
      /Did you mean "20250304T050607Z-sample-raft-1"\?/,
    );
    for (const name of ['', '.', '..', '../..', 'README.md']) expect(() => findRun(folder, name)).toThrow(UsageError);
  });
});
