import { expect, test } from 'vitest';
import { InvariantViolation } from '../../contract/invariant.ts';
import definition from './index.ts';
import { modeOf, modes } from './modes.ts';

test('the modes are those of the definition, and the first is that where none is chosen', () => {
  expect(definition.modes).toBe(modes);
  for (const mode of Object.keys(modes)) expect(modeOf(mode)).toBe(mode);
  expect(modeOf(undefined)).toBe(Object.keys(modes)[0]);
});

test.each(['', 'lin', 'toString'])('%j is none', (mode) => {
  expect(() => modeOf(mode)).toThrow(InvariantViolation);
});
