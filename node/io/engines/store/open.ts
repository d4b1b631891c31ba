/** Opens a log over a store: what was found there is checked before anyone acts on it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SettingsError } from '../../settings.ts';
import { damageAdvice, damageIn, WalDamaged } from '../../wal/damage.ts';
import { nodeFiles } from '../../wal/files.ts';
import type { EngineOptions, OpenedLog } from '../engine.ts';
import { DurableMark } from './durable-mark.ts';
import { decodeFirst, type Entry, encodeFirst, payloadOf } from './entry.ts';
import type { StoreKind } from './record-store.ts';
import { rootOf, tellsOfDamage } from './store-errors.ts';
import { StoredLog } from './stored-log.ts';

interface Found {
  readonly firstPosition: number;
  readonly recovered: readonly Uint8Array[];
}

/** @throws WalDamaged where the store does not hold what it was given */
function check(file: string, folder: string, [head, ...records]: readonly Entry[], leastDurable: number): Found {
  const damaged = (what: string) => damageIn(folder, `${what} in the log in ${file}`);
  const firstPosition = head === undefined ? 1 : head.position === 0 ? decodeFirst(head) : null;
  if (firstPosition === null) throw damaged('where it begins is not to be read');
  let next = firstPosition;
  const recovered = records.map((entry) => {
    if (entry.position !== next) throw damaged(`record ${entry.position} stands in the place of record ${next}`);
    const payload = payloadOf(entry);
    if (payload === null) throw damaged(`record ${next} is damaged`);
    next += 1;
    return payload;
  });
  if (next <= leastDurable) {
    throw damaged(`the records from ${next} to ${leastDurable} are missing, and they were durable,`);
  }
  return { firstPosition, recovered };
}

/** Says of what an error of the store tells; one that says so itself is as it is. */
function explained(error: Error, { name, files, damageCodes }: StoreKind, folder: string): Error {
  if (error instanceof WalDamaged || error instanceof SettingsError) return error;
  const { message } = rootOf(error);
  if (tellsOfDamage(error, damageCodes)) {
    return damageIn(folder, `the storage engine "${name}" cannot read ${join(folder, files[0])}: ${message}`);
  }
  // Not each error of an engine says whether the disk refuses it, or gives it something else than was written.
  const what = `the storage engine "${name}" cannot open its log in ${folder}: ${message}`;
  const advice = `Where the disk has room and may be written, this is damage. ${damageAdvice(folder)}`;
  return new Error(`${what}. ${advice}`, { cause: error });
}

/** Removes what the making of a store has left that the power has cut short: nobody was told of anything in it. */
async function removeUnfinished(folder: string, { files }: StoreKind): Promise<void> {
  for (const name of files) await rm(join(folder, name), { recursive: true, force: true });
}

/** @throws as `Engine.open` does */
export async function openStoredLog(
  kind: StoreKind,
  folder: string,
  { onSync = () => {} }: EngineOptions,
): Promise<OpenedLog> {
  await nodeFiles.makeFolder(folder);
  const unlock = await nodeFiles.lock(folder);
  const undo = [unlock];
  try {
    const mark = await DurableMark.open(folder, kind);
    undo.unshift(() => mark.close());
    if (mark.isStoreUnfinished) await removeUnfinished(folder, kind);
    const { store, entries } = await kind.open(folder);
    undo.unshift(() => store.close());
    const { firstPosition, recovered } = check(join(folder, kind.files[0]), folder, entries, mark.position);
    // A process that was killed may have left what it wrote in the page cache alone: nobody acts on it before a commit has
    // synced it, and the names of the files too.
    await store.commit({ entries: [encodeFirst(firstPosition)], remove: { from: firstPosition, to: firstPosition } });
    await nodeFiles.syncFolder(folder);
    await mark.finishStore();
    const isDamage = (error: Error) => tellsOfDamage(error, kind.damageCodes);
    const parts = { folder, store, mark, onSync, unlock, isDamage };
    const log = new StoredLog(parts, firstPosition, recovered.length);
    mark.raise(firstPosition + recovered.length - 1);
    return { log, firstPosition, recovered };
  } catch (error) {
    for (const step of undo) await step().catch(() => {});
    throw explained(error as Error, kind, folder);
  }
}
