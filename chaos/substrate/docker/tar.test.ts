import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { tarOfEmptyFile } from './tar.ts';

test.each(['wipe-at-start', 'n'.repeat(99), 'größer'])('tar itself finds the file and nothing else: %s', (name) => {
  const { stdout, stderr } = spawnSync('tar', ['--utc', '--quoting-style=literal', '--full-time', '-tvf', '-'], {
    input: tarOfEmptyFile(name),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout.trim().split(/\s+/)).toEqual(['-rw-r--r--', '0/0', '0', '1970-01-01', '00:00:00', name]);
});

test('a name that has no room is refused', () => {
  expect(() => tarOfEmptyFile('n'.repeat(100))).toThrow(RangeError);
  expect(() => tarOfEmptyFile('ö'.repeat(50))).toThrow(RangeError);
});
