/** Packages with a part in machine code, which may be missing on a machine. */
import { SettingsError } from '../../settings.ts';

/**
 * Loads the package of an engine when it is first needed: the other engines do without.
 *
 * @throws SettingsError where it cannot be loaded
 */
export async function loadNative<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new SettingsError(
      `The package ${name}, which this storage engine is made of, cannot be loaded (${reason}). Install the dependencies ` +
        'on this very machine, with npm ci and without leaving out the optional ones, or choose the engine "wal".',
    );
  }
}
