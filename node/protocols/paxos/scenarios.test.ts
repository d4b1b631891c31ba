import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProtocolDefinition } from '../../contract/definition.ts';
import { playScenario } from '../scenario.ts';
import paxos from './index.ts';

const folder = join(import.meta.dirname, 'scenarios');
/** `UPDATE_GOLDEN=1 npx vitest run node/protocols` writes down what happens now. Explain every line that changed. */
const update = process.env['UPDATE_GOLDEN'] === '1';
const definition = paxos as ProtocolDefinition<unknown, unknown>;

describe('scenarios', () => {
  test.each(readdirSync(folder))('%s', (name) => {
    const file = join(folder, name);
    const recorded = readFileSync(file, 'utf8');
    const played = playScenario(recorded, definition);
    if (update) writeFileSync(file, played);
    else expect(played).toBe(recorded);
  });
});
