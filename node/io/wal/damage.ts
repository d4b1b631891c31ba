/** What is said where the log is not what was written. */
import { join } from 'node:path';

/** The log cannot be trusted. The message says where, what is wrong and what to do. */
export class WalDamaged extends Error {
  override readonly name = 'WalDamaged';
}

/** @param what - what is wrong at this offset of the file, as a clause */
export function damage(folder: string, name: string, offset: number, what: string): WalDamaged {
  return damageIn(folder, `${join(folder, name)}, offset ${offset}: ${what}`);
}

/** @param what - where it is and what is wrong, as a sentence without its full stop */
export function damageIn(folder: string, what: string): WalDamaged {
  return new WalDamaged(`${what}. This is damage, not an interrupted write. ${damageAdvice(folder)}`);
}

/** What to do about it. */
export function damageAdvice(folder: string): string {
  return (
    `Do not repair the log: stop the replica, wipe its folder ${folder} ` +
    'and let it rejoin without a vote until it has caught up.'
  );
}
