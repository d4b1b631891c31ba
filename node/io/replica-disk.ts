/** The disk of a replica: its log and its snapshots, in one folder. */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { Codec } from '../contract/codec.ts';
import type { Durable } from '../contract/durable.ts';
import { afterWipe } from '../lost-disk.ts';
import type { Snapshots, Storage } from '../ports.ts';
import { loadEngine } from './engines.ts';
import type { NodeSettings } from './settings.ts';
import { snapshotsOf } from './snapshots/port.ts';
import { openSnapshots } from './snapshots/snapshots.ts';
import { storageOf } from './wal/storage.ts';
import { wasEmptied } from './wipe-mark.ts';

/** In the folder of the log, which leaves what is not its own alone. */
const snapshotFolder = 'snapshots';

/** Where the log says how long its syncs took, in seconds: it is opened before there is anyone to tell. */
interface SyncTimes {
  took: (seconds: number) => void;
}

/** What a replica keeps on its disk, opened. */
export interface Disk {
  readonly storage: Storage<unknown>;
  readonly snapshots: Snapshots<unknown>;
  readonly syncs: SyncTimes;
  /** Makes durable what was written, and lets go of the folder. */
  readonly close: () => Promise<void>;
}

/** With what of earlier lives it holds, which only the start needs: nothing keeps it. */
export interface OpenedDisk {
  readonly disk: Disk;
  readonly durable: Durable<unknown>;
}

/**
 * Opens what is in the data folder of a replica.
 *
 * @throws SettingsError where there is no such engine; the errors of the log and of the snapshots as they are
 */
export async function openDisk(
  { dataFolder: folder, engine }: Pick<NodeSettings, 'dataFolder' | 'engine'>,
  codec: Codec<unknown, unknown>,
): Promise<OpenedDisk> {
  const syncs: SyncTimes = { took: () => {} };
  const { log, ...found } = await (await loadEngine(engine)).open(folder, { onSync: (seconds) => syncs.took(seconds) });
  try {
    const { storage, records, firstPosition } = storageOf({ wal: log, ...found }, codec);
    const kept = await openSnapshots(join(folder, snapshotFolder));
    const close = async () => {
      await Promise.all([log.close(), kept.snapshots.close()]);
    };
    try {
      const { snapshots, newest } = snapshotsOf(kept, codec);
      const durable = { records, firstPosition, ...(newest && { snapshot: newest }) };
      const wiped = await wasEmptied(folder);
      return {
        disk: { storage, snapshots, syncs, close },
        durable: wiped ? afterWipe(durable, randomInt(1, 2 ** 47)) : durable,
      };
    } catch (error) {
      await kept.snapshots.close();
      throw error;
    }
  } catch (error) {
    await log.close();
    throw error;
  }
}
