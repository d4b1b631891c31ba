import { describe, expect, test } from 'vitest';
import type { ProtocolAbility } from '../node/protocol.ts';
import { refuseUnable } from './abilities.ts';
import { IncapableError } from './errors.ts';

/** Why it is refused, with the advice; null where it is not. */
function refusalOf(able: readonly ProtocolAbility[], asked: readonly ProtocolAbility[]): IncapableError | null {
  try {
    refuseUnable({ name: 'paxos', abilities: new Set(able) }, asked, 'the fault "transfer"');
    return null;
  } catch (error) {
    if (error instanceof IncapableError) return error;
    throw error;
  }
}

describe('what an experiment asks of a protocol', () => {
  test('is granted where it can do all of it, and where nothing is asked', () => {
    expect(refusalOf([], [])).toBeNull();
    expect(refusalOf(['transfer', 'reconfigure'], ['transfer'])).toBeNull();
    expect(refusalOf(['transfer', 'disk-loss'], ['disk-loss', 'transfer'])).toBeNull();
  });

  test('is refused in a sentence that names what it lacks, and nothing else', () => {
    const refused = refusalOf(['reconfigure'], ['reconfigure', 'transfer']);
    expect(refused?.message).toBe(
      'the fault "transfer" needs a protocol that can hand over the lead, and "paxos" cannot',
    );
    expect(refused?.advice).toContain('--protocol');
    expect(refused?.exitCode).toBe(4);
    expect(refusalOf([], ['reconfigure', 'disk-loss'])?.message).toContain(
      'can change the members of its group and take back a replica that lost its disk, and "paxos" cannot',
    );
  });
});
