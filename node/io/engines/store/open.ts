/** Opens a log over a store: what was found there is checked before anyone acts on it. */
import { SettingsError } from '../../settings.ts';
import { damageIn, WalDamaged } from '../../wal/damage.ts';
import { nodeFiles } from '../../wal/files.ts';
import type { EngineOptions, OpenedLog } from '../engine.ts';
import { DurableMark } from './durable-mark.ts';
import { decodeFirst, type Entry, encodeFirst, payloadOf } from './entry.ts';
import type { OpenedStore } from './record-store.ts';
import { StoredLog } from './stored-log.ts';

interface Found {
  readonly firstPosition: number;
  readonly recovered: readonly Uint8Array[];
}

/** @throws WalDamaged where the store does not hold what it was given */
function check(folder: string, [head, ...records]: readonly Entry[], leastDurable: number): Found {
  const damaged = (what: string) => damageIn(folder, `${what} in the log in ${folder}`);
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
function explained(error: Error, what: string): Error {
  if (error instanceof WalDamaged || error instanceof SettingsError) return error;
  const reason = error.cause instanceof Error ? error.cause.message : error.message;
  return new Error(`${what}: ${reason}`, { cause: error });
}

/**
 * @param engine - its name
 * @param openStore - opens its files in a folder that exists and is locked
 * @throws as `Engine.open` does
 */
export async function openStoredLog(
  engine: string,
  folder: string,
  { onSync = () => {} }: EngineOptions,
  openStore: (folder: string) => Promise<OpenedStore>,
): Promise<OpenedLog> {
  await nodeFiles.makeFolder(folder);
  const unlock = await nodeFiles.lock(folder);
  const undo = [unlock];
  try {
    const mark = await DurableMark.open(folder, engine);
    undo.unshift(() => mark.close());
    const { store, entries } = await openStore(folder);
    undo.unshift(() => store.close());
    const { firstPosition, recovered } = check(folder, entries, mark.position);
    // A process that was killed may have left what it wrote in the page cache alone: nobody acts on it before a commit has
    // synced it, and the names of the files too.
    await store.commit({ entries: [encodeFirst(firstPosition)], remove: { from: firstPosition, to: firstPosition } });
    await nodeFiles.syncFolder(folder);
    const log = new StoredLog({ folder, store, mark, onSync, unlock }, firstPosition, recovered.length);
    mark.raise(firstPosition + recovered.length - 1);
    return { log, firstPosition, recovered };
  } catch (error) {
    for (const step of undo) await step().catch(() => {});
    throw explained(error as Error, `the storage engine "${engine}" cannot open its log in ${folder}`);
  }
}
