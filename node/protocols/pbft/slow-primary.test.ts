import { describe, expect, test } from 'vitest';
import { leaving, ofKind, type PbftEffect, Replica, type Setup, timer } from './fixture.ts';
import { checkpointInterval } from './history.ts';
import { batches, checkpoint, commit, decided, newViewWith, propose, share } from './signed-fixture.ts';

// Clement and others, "Making Byzantine Fault Tolerant Systems Tolerate Byzantine Faults" (NSDI 2009); planted bug unmeasured-primary.
describe('a primary that does much less than it did', () => {
  const stretchBeats = (2 * 300) / 50;

  /** One stretch; behind each of its beats so many batches are decided in view 0, one after the other. */
  function stretch(backup: Replica, batchesABeat: number): PbftEffect[] {
    const effects: PbftEffect[] = [];
    for (let beat = 1; beat <= stretchBeats; beat += 1) {
      effects.push(...backup.timeout('beat'));
      if (backup.view().epoch > 0) break;
      for (let batch = 1; batch <= batchesABeat; batch += 1) decideNext(backup);
    }
    return effects;
  }

  function decideNext(backup: Replica): void {
    const slot = backup.view().commitIndex + 1;
    const text = `b${slot}`;
    const votes = ['n1', 'n2', 'n4'].flatMap((by) => [share(by, slot, text), commit(by, slot, text)]);
    backup.hearSigned(propose(slot, text), ...votes);
    if (slot % checkpointInterval === 0) backup.hearSigned(...['n1', 'n2', 'n4'].map((by) => checkpoint(by, slot)));
    backup.settle(slot);
    backup.write(slot + 1, `b${slot + 1}`);
  }

  /** A backup of four, one of whose clients waits at each beat, under a primary that was fast for one stretch. */
  function busyBackup(rules: Setup['rules'] = {}): Replica {
    const backup = new Replica({ id: 'n3', rules });
    backup.write(1, 'b1');
    stretch(backup, 6);
    return backup;
  }

  test('loses its place, and the next one has as much time for a batch', () => {
    const backup = busyBackup();
    expect(ofKind('persist', stretch(backup, 2))).toEqual([leaving(1)]);
    const effects = backup.hearSigned(newViewWith(1, []));
    expect(backup.view()).toMatchObject({ role: 'backup', epoch: 1 });
    expect(effects.at(-1)).toEqual(timer('progress', 150));
  });

  test.each([
    ['where nothing is asked of that', { asksForPace: false }, 2],
    ['as long as it does half', {}, 3],
  ])('keeps it %s', (_, rules, batchesABeat) => {
    const backup = busyBackup(rules);
    for (const _again of [1, 2]) stretch(backup, batchesABeat);
    expect(backup.view()).toMatchObject({ role: 'backup', epoch: 0 });
  });
});

/** Decides one request of many each so many beats, as its primary hands them on: after how many beats this replica leaves. */
function beatsUnder(handOn: (backup: Replica, slot: number) => void): number | undefined {
  const backup = new Replica({ id: 'n2' });
  const texts = batches(20);
  texts.forEach((text, at) => void backup.write(at + 1, text));
  for (let beat = 1; beat <= 60; beat += 1) {
    if (beat % 4 === 1) {
      const slot = (beat + 3) / 4;
      handOn(backup, slot);
      backup.settle(slot);
    }
    if (ofKind('persist', backup.timeout('beat')).some(({ record }) => record.kind === 'leave')) return beat;
  }
  return undefined;
}

describe('a primary that is too slow', () => {
  test.each<[string, (backup: Replica, slot: number) => void]>([
    [
      'that votes',
      (backup, slot) => {
        const votes = ['n1', 'n3'].flatMap((by) => [share(by, slot, `b${slot}`), commit(by, slot, `b${slot}`)]);
        backup.hearSigned(propose(slot, `b${slot}`), ...votes);
      },
    ],
    ['that hands on what is decided', (backup, slot) => void backup.hear('n1', decided(slot, [`b${slot}`]))],
  ])('is left, also one %s', (_, handOn) => {
    expect(beatsUnder(handOn)).toBe(12);
  });
});
