/** Finds protocols and their planted bugs by name, which are the names of their folders and files. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Defect } from '../contract/defect.ts';
import type { ProtocolDefinition } from '../contract/definition.ts';
import { SettingsError } from './settings.ts';

const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** The URL of a file of a protocol, by its path without an ending; it need not exist. */
export function protocolFile(protocol: string, path: string): string {
  return new URL(`../protocols/${protocol}/${path}${extension}`, import.meta.url).href;
}

async function load<T>(what: string, url: string): Promise<T> {
  if (!existsSync(fileURLToPath(url))) throw new SettingsError(`There is no ${what}.`);
  return ((await import(url)) as { readonly default: T }).default;
}

/** @throws SettingsError where there is no such protocol */
export function loadProtocol(name: string): Promise<ProtocolDefinition<unknown, unknown>> {
  return load(`protocol "${name}"`, protocolFile(name, 'index'));
}

/** @throws SettingsError where the protocol has no such planted bug */
export function loadDefect(protocol: string, bug: string): Promise<Defect> {
  return load(`planted bug "${bug}" of ${protocol}`, protocolFile(protocol, `defects/${bug}`));
}
