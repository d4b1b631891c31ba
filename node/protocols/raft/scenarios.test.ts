import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProtocolDefinition } from '../../contract/definition.ts';
import { playScenario } from '../scenario.ts';
import { groupInWords } from '../scenario-lines.ts';
import { decodeConfiguration } from './configuration-codec.ts';
import raft from './index.ts';
import type { Entry } from './messages.ts';

const folder = join(import.meta.dirname, 'scenarios');
/** `UPDATE_GOLDEN=1 npx vitest run node/protocols` writes down what happens now. Explain every line that changed. */
const update = process.env['UPDATE_GOLDEN'] === '1';
const definition = raft as ProtocolDefinition<unknown, unknown>;

/** Messages and records whose entries say who belongs to the group, where those are bytes. */
function inWords(value: unknown): unknown {
  return hasEntries(value) ? { ...value, entries: value.entries.map(entryInWords) } : value;
}

function hasEntries(value: unknown): value is { readonly entries: readonly Entry[] } {
  return typeof value === 'object' && value !== null && 'entries' in value && Array.isArray(value.entries);
}

function entryInWords(entry: Entry): object {
  const configuration = entry.kind === 'configuration' ? decodeConfiguration(entry.payload) : null;
  if (configuration === null) return entry;
  const { learnersNext } = configuration;
  const later = learnersNext.length > 0 ? { learnersNext } : {};
  return { term: entry.term, configuration: groupInWords(configuration), ...later };
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
