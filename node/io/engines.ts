/** Finds storage engines by name, which are the names of their files. */
import { readdirSync } from 'node:fs';
import type { Engine } from './engines/engine.ts';
import { SettingsError } from './settings.ts';

const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const folder = new URL('./engines/', import.meta.url);
/** The one file of the folder that is no engine: it says what an engine is. */
const contract = 'engine';

/** The names of all engines, in alphabetical order. */
export function engineNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(extension) && !file.includes('.test.') && !file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -extension.length))
    .filter((name) => name !== contract)
    .sort();
}

/** @throws SettingsError where there is no such engine */
export async function loadEngine(name: string): Promise<Engine> {
  const known = engineNames();
  if (!known.includes(name)) {
    throw new SettingsError(`There is no storage engine "${name}". There are: ${known.join(', ')}.`);
  }
  const url = new URL(`${name}${extension}`, folder).href;
  return ((await import(url)) as { readonly default: Engine }).default;
}
