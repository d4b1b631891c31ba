import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProtocolDefinition } from '../../contract/definition.ts';
import { playScenario } from '../scenario.ts';
import pbft from './index.ts';

const folder = join(import.meta.dirname, 'scenarios');
/** `UPDATE_GOLDEN=1 npx vitest run node/protocols` writes down what happens now. Explain every line that changed. */
const update = process.env['UPDATE_GOLDEN'] === '1';
const definition = pbft as ProtocolDefinition<unknown, unknown>;

/** Messages and records with signatures as the names of who signed, and digests by how they begin. */
function inWords(told: unknown): unknown {
  if (typeof told === 'string') return /^[0-9a-f]{64}$/.test(told) ? `sha-${told.slice(0, 8)}` : told;
  if (Array.isArray(told)) return told.map(inWords);
  if (typeof told !== 'object' || told === null || told instanceof Uint8Array) return told;
  if ('signer' in told) return told.signer;
  return Object.fromEntries(Object.entries(told).map(([name, field]) => [name, inWords(field)]));
}

describe('scenarios', () => {
  test.each(readdirSync(folder))('%s', (name) => {
    const file = join(folder, name);
    const recorded = readFileSync(file, 'utf8');
    const played = playScenario(recorded, definition, inWords);
    if (update) writeFileSync(file, played);
    else expect(played).toBe(recorded);
  });
});
