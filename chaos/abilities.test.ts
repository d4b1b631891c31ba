import { describe, expect, test } from 'vitest';
import type { ProtocolAbility } from '../node/contract/definition.ts';
import { refuseChosenMode, refuseSettings, refuseUnable } from './abilities.ts';
import { IncapableError } from './errors.ts';
import { samplePlan } from './sample-plan.ts';

/** What it throws; null where that is nothing. */
function thrownBy(refuse: () => void): IncapableError | null {
  try {
    refuse();
    return null;
  } catch (error) {
    if (error instanceof IncapableError) return error;
    throw error;
  }
}

const refusalOf = (able: readonly ProtocolAbility[], asked: readonly ProtocolAbility[]) =>
  thrownBy(() => refuseUnable({ name: 'paxos', abilities: new Set(able) }, asked, 'the fault "transfer"'));

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

describe('a mode', () => {
  const able = (modes?: Record<string, string>) => ({ name: 'paxos', abilities: new Set<never>(), modes });
  const two = able({ plain: 'as it is', fancy: 'as it may be' });
  const inFile = (mode: string, protocol: ReturnType<typeof able>) =>
    thrownBy(() => refuseSettings(samplePlan({ settings: { mode } }).experiment, ['n1'], protocol));

  test('is one that the protocol has', () => {
    for (const mode of ['plain', 'fancy']) {
      expect(inFile(mode, two)).toBeNull();
      refuseChosenMode(mode, two);
    }
    refuseChosenMode(undefined, able());
  });

  test.each([
    ['fany', two, 'has no mode "fany"; it has plain, fancy'],
    ['toString', two, 'has no mode "toString"; it has plain, fancy'],
    ['fancy', able(), 'has one way to run, and no mode "fancy"'],
  ])('is refused where it is %s', (mode, protocol, why) => {
    expect(inFile(mode, protocol)?.message).toBe(`settings.mode cannot be had: the protocol "paxos" ${why}`);
    expect(() => refuseChosenMode(mode, protocol)).toThrow(`the protocol "paxos" ${why}`);
  });

  // Of all experiments, one whose file asks for a mode is left out; a mode that a person names is a mistake.
  test('that a person chose is refused for whatever is run', () => {
    try {
      refuseChosenMode('fany', two);
    } catch (error) {
      expect(error).not.toBeInstanceOf(IncapableError);
    }
    expect.assertions(1);
  });
});

describe('the sizes of quorums', () => {
  const five = ['n1', 'n2', 'n3', 'n4', 'n5'];
  const refusedOf = (
    phase1: number,
    phase2: number,
    members?: number,
    able: readonly ProtocolAbility[] = ['flexible-quorums'],
  ) => {
    const { experiment } = samplePlan({ settings: { quorums: { phase1, phase2 } }, ...(members && { members }) });
    return thrownBy(() => refuseSettings(experiment, five, { name: 'paxos', abilities: new Set(able) }));
  };

  test('may be any of which two of different phases have somebody in common', () => {
    for (const [phase1, phase2] of [
      [3, 3],
      [4, 2],
      [2, 4],
      [5, 1],
      [5, 5],
    ] as const) {
      expect(refusedOf(phase1, phase2)).toBeNull();
    }
  });

  test('are refused where they fit no group of so many', () => {
    expect(refusedOf(3, 2)?.message).toBe(
      'settings.quorums must be more than 5 in sum: quorums of 3 and of 2 in a group of 5 may have nobody in common',
    );
    expect(refusedOf(6, 1)?.message).toMatch(/^settings\.quorums must not be larger than the group/);
    expect(refusedOf(3, 2)?.advice).toContain('--nodes');
  });

  test('are those of the group as it begins', () => {
    expect(refusedOf(2, 2, 3)).toBeNull();
    expect(refusedOf(4, 2, 3)?.message).toContain('no quorum of 4 in a group of 3');
  });

  test('are refused with a protocol that has its own, whatever they are', () => {
    expect(refusedOf(3, 3, undefined, ['reconfigure'])?.message).toBe(
      'settings.quorums needs a protocol that can choose the sizes of its quorums, and "paxos" cannot',
    );
  });
});
