import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProtocolDefinition } from '../../contract/definition.ts';
import { decodeGroup } from '../paxos/group-codec.ts';
import type { Value } from '../paxos/value.ts';
import { playScenario } from '../scenario.ts';
import { groupInWords } from '../scenario-lines.ts';
import multiPaxos from './index.ts';

const folder = join(import.meta.dirname, 'scenarios');
/** `UPDATE_GOLDEN=1 npx vitest run node/protocols` writes down what happens now. Explain every line that changed. */
const update = process.env['UPDATE_GOLDEN'] === '1';
const definition = multiPaxos as ProtocolDefinition<unknown, unknown>;

/** Messages and records whose values say who belongs to the group, where those are bytes, and how many no-ops there are. */
function inWords(told: unknown): unknown {
  if (has('runs', told)) return { ...told, runs: told.runs.map(inWords) };
  return has('values', told) ? { ...told, values: valuesInWords(told.values as readonly Value[]) } : told;
}

function has<K extends string>(list: K, told: unknown): told is { readonly [N in K]: readonly unknown[] } {
  return typeof told === 'object' && told !== null && list in told && Array.isArray((told as Record<K, unknown>)[list]);
}

function valuesInWords(values: readonly Value[]): readonly object[] {
  const words: object[] = [];
  let noOps = 0;
  const endNoOps = (): void => {
    if (noOps > 0) words.push({ noOps });
    noOps = 0;
  };
  for (const value of values) {
    const group = value.kind === 'group' ? decodeGroup(value.payload) : null;
    if (value.payload.length === 0) {
      noOps += 1;
      continue;
    }
    endNoOps();
    words.push(group === null ? value : { group: groupInWords({ ...group, outgoing: [] }) });
  }
  endNoOps();
  return words;
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
