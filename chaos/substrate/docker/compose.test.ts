import { expect, test } from 'vitest';
import { composeError, isTooOld } from './compose.ts';

test.each([
  ['1.29.2', true],
  ['2.5.0', true],
  ['2.23.0', true],
  ['2.23.1', false],
  ['2.23.1-desktop.1', false],
  ['2.32.4', false],
  ['5.0.0', false],
  ['dev', false],
])('whether Compose %s is too old: %s', (version, old) => {
  expect(isTooOld(version)).toBe(old);
});

test.each([
  ['Error response from daemon: write /var/lib/docker/x: no space left on device', /Make room on the disk/],
  ['Bind for 127.0.0.1:80 failed: port is already allocated', /Another program has the port/],
  ['permission denied while trying to connect to unix:///var/run/docker.sock', /group docker/],
  ["docker: 'compose' is not a docker command.", /Install Docker Compose/],
  ["validating x.yml: configs.links additional properties 'content' not allowed", /2\.23\.1 or newer/],
  ['failed to create network: could not find an available, non-overlapping IPv4 address pool', /docker network prune/],
  ['something new', /npx splitbrain doctor/],
])('what mends "%s"', (output, mend) => {
  const error = composeError(`${output}\n`);
  expect(error.message).toContain(output);
  expect(error.advice).toMatch(mend);
  expect(error.exitCode).toBe(5);
});
