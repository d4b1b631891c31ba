/** Finds malicious behaviours by name, which are the names of their files. */
import { readdirSync } from 'node:fs';
import type { Behaviour } from '../malice/kit/behaviour.ts';
import type { NamedBehaviour } from '../malice/kit/malicious-replica.ts';
import { SettingsError } from './settings.ts';

const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const folder = new URL('../malice/', import.meta.url);

/** The names of all behaviours, in alphabetical order. */
export function behaviourNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(extension) && !file.includes('.test.') && !file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -extension.length))
    .sort();
}

/** @throws SettingsError where there is no such behaviour */
export async function loadBehaviour(name: string): Promise<NamedBehaviour> {
  const known = behaviourNames();
  if (!known.includes(name)) {
    throw new SettingsError(`There is no malicious behaviour "${name}". There are: ${known.join(', ')}.`);
  }
  const url = new URL(`${name}${extension}`, folder).href;
  return { name, behaviour: ((await import(url)) as { readonly default: Behaviour }).default };
}
