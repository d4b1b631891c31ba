import { describe, expect, test } from 'vitest';
import type { Group } from '../../contract/view.ts';
import { encodeGroup } from './group-codec.ts';
import { window } from './groups.ts';
import { applied, apply, bytes, firstGroups, Part, persist, snapshotOf, values } from './learner-fixture.ts';
import type { LearnerRecord, SnapshotRecord } from './learner-messages.ts';
import type { Value } from './value.ts';

const group: Group = { voters: ['n2', 'n3', 'n4'], learners: [] };
const groupValue: Value = { payload: encodeGroup(group), kind: 'group' };

/** Starts a new life from the records of the ones before, the first of them at a position, and what a snapshot describes. */
function restarted(records: readonly LearnerRecord[], snapshot?: SnapshotRecord, firstPosition = 1) {
  const part = new Part();
  part.out.position = firstPosition - 1;
  for (const record of records) {
    part.out.position += 1;
    part.learner.replay(record, part.out.position);
  }
  const described = snapshot && { index: snapshot.index, record: snapshot, bytes: 10 };
  const effects = part.effects(({ learner }) =>
    learner.restore(described === undefined ? {} : { snapshot: described }, snapshot),
  );
  return { part, effects };
}

const chosen = (from: number, ...texts: readonly string[]): LearnerRecord => ({
  kind: 'chosen',
  from,
  values: values(...texts),
});

describe('what is chosen', () => {
  test('is handed to the machine in order, and waits for no disk', () => {
    const part = new Part();
    const effects = part.effects(({ learner }) => {
      learner.choose({ payload: bytes('a') }, 1);
      learner.choose({ payload: bytes('b') }, 1);
      learner.settle();
    });
    expect(effects).toEqual([apply(1, 'a'), apply(2, 'b')]);
    expect(part.learner.chosenTo).toBe(2);
    expect(part.chosen).toEqual([2]);
  });

  test('by the word of others is written down', () => {
    const part = new Part().knowing('a');
    expect(part.effects(({ learner }) => learner.learn(values('b', 'c')))).toEqual([
      persist(chosen(2, 'b', 'c')),
      apply(2, 'b'),
      apply(3, 'c'),
    ]);
    expect([1, 2, 3].map((slot) => part.learner.log.position(slot))).toEqual([1, 2, 2]);
  });

  // Paxos Made Simple, section 3: the group of a slot is known as soon as what was chosen a window before is.
  test('may be a group, which decides from a window later on, and is nothing to the machine', () => {
    const part = new Part({ trace: true });
    const effects = part.effects(({ learner }) => learner.learn([groupValue]));
    expect(applied(effects)).toEqual(['']);
    expect(part.learner.groups.newest).toEqual({ from: 1 + window, group });
    const notes = part.effects(({ learner }) => {
      for (let slot = 2; slot <= window; slot += 1) learner.choose({ payload: bytes('') }, 2);
    });
    const fact = { type: 'configuration', index: 1 + window, ...group, outgoing: [] };
    expect(notes.filter(({ kind }) => kind === 'note')).toEqual([{ kind: 'note', fact }]);
  });

  test('and claims to be a group, and is none, means that something is broken', () => {
    expect(() => new Part().learner.learn([{ payload: bytes('x'), kind: 'group' }])).toThrow('is to be a group');
  });

  test('leaves memory where that is more than it is to hold, and stays in the log', () => {
    const part = new Part({ logCacheBytes: 2 }).knowing('a', 'b', 'c');
    expect([1, 2, 3].map((slot) => part.learner.log.holds(slot))).toEqual([false, true, true]);
    expect(part.learner.log.position(1)).toBe(1);
  });
});

describe('a snapshot', () => {
  // A value costs 32 bytes besides its payload.
  test('is saved when the log has become long enough, and one at a time', () => {
    const part = new Part({ snapshotAfterBytes: 66 });
    const [first, second] = [values('a'), values('b')];
    expect(part.effects(({ learner }) => learner.learn(first)).map(({ kind }) => kind)).not.toContain('snapshot');
    const effects = part.effects(({ learner }) => learner.learn(second));
    expect(effects.at(-1)).toEqual({ kind: 'snapshot', index: 2, record: snapshotOf(2), eager: true });
    part.knowing('c', 'd');
    expect(part.finishSaving(2, 5).map(({ kind }) => kind)).toEqual(['compact']);
    const later = part.effects(({ learner }) => learner.learn(values('e')));
    expect(later.at(-1)).toMatchObject({ kind: 'snapshot', index: 5 });
  });

  test('that is long itself is not followed before the log is several times as long', () => {
    const part = new Part({ snapshotAfterBytes: 1 }).knowing('a');
    part.finishSaving(1, 20);
    const last = ['b', 'c', 'd'].map((text) => part.effects(({ learner }) => learner.learn(values(text))).at(-1)?.kind);
    expect(last).toEqual(['apply', 'apply', 'snapshot']);
  });

  test('lets go of the log before the one before it, so that who lags a little needs none', () => {
    const part = new Part({ snapshotAfterBytes: 1 }).knowing('a', 'b');
    expect(part.finishSaving(1, 0)).toEqual([{ kind: 'compact', position: 1, index: 0 }]);
    expect(part.learner.log.base).toBe(0);
    part.knowing('c');
    expect(part.finishSaving(3, 0)).toEqual([{ kind: 'compact', position: 2, index: 1 }]);
    expect(part.learner.log).toMatchObject({ base: 1, lastIndex: 3 });
  });

  test('says who decides behind it', () => {
    const part = new Part({ snapshotAfterBytes: 1 });
    const effects = part.effects(({ learner }) => learner.learn([groupValue]));
    const groups = [...firstGroups, { from: 1 + window, group }];
    expect(effects.at(-1)).toEqual({ kind: 'snapshot', index: 1, record: snapshotOf(1, groups), eager: true });
  });

  test('of another replica takes the place of the log, and what was being saved is void', () => {
    const part = new Part({ snapshotAfterBytes: 1 }).knowing('a');
    const groups = [{ from: 1 + window, group }];
    const record = snapshotOf(200, groups);
    expect(part.effects(({ learner }) => learner.install(record, 30))).toEqual([
      persist(record),
      { kind: 'compact', position: Number.POSITIVE_INFINITY, index: 200 },
    ]);
    expect(part.learner.log).toMatchObject({ base: 200, lastIndex: 200 });
    expect(part.learner.groups.at(201)).toEqual(group);
    expect(part.chosen.at(-1)).toBe(200);
    expect(part.finishSaving(1, 10)).toEqual([]);
    expect(part.learner.snapshot).toEqual({ record, bytes: 30 });
    expect(() => part.learner.install(snapshotOf(200), 30)).toThrow('snapshot 200 is older');
  });

  test('that is being installed lets nothing be chosen meanwhile', () => {
    const part = new Part();
    part.learner.installing = true;
    expect(() => part.learner.choose({ payload: bytes('a') }, 1)).toThrow('while a snapshot is being installed');
  });
});

describe('a restart', () => {
  test('hands the machine all that the records say was chosen', () => {
    const { part, effects } = restarted([chosen(1, 'a', 'b'), chosen(3, 'c')]);
    expect(effects).toEqual([apply(1, 'a'), apply(2, 'b'), apply(3, 'c')]);
    expect([1, 2, 3].map((slot) => part.learner.log.position(slot))).toEqual([1, 1, 2]);
    expect(part.chosen).toEqual([3]);
  });

  test('hands it only what its snapshot lacks, and keeps the log before that for others', () => {
    const { part, effects } = restarted([chosen(4, 'd', 'e'), chosen(6, 'f')], snapshotOf(5), 40);
    expect(effects).toEqual([apply(6, 'f')]);
    expect(part.learner.log).toMatchObject({ base: 3, lastIndex: 6 });
    expect(part.learner.log.position(5)).toBe(40);
    expect(part.learner.snapshot).toEqual({ record: snapshotOf(5), bytes: 10 });
  });

  test('of what was accepted takes no more than what was known to be chosen, and of a slot the last record', () => {
    const part = new Part();
    for (const [slot, text] of [
      [1, 'old'],
      [1, 'new'],
      [2, 'open'],
    ] as const) {
      part.learner.replayValue(slot, { payload: bytes(text) }, slot);
    }
    part.learner.replayChosenTo(1);
    expect(applied(part.effects(({ learner }) => learner.restore({}, undefined)))).toEqual(['new']);
    expect(part.learner.chosenTo).toBe(1);
  });

  // The machine has applied what was chosen before it was flushed: what is written of those slots may be something else.
  test('from a snapshot that is ahead of the records goes by the snapshot, and writes that down', () => {
    const { part, effects } = restarted([chosen(1, 'a', 'b')], snapshotOf(5));
    expect(effects).toEqual([persist(snapshotOf(5))]);
    expect(part.learner.log).toMatchObject({ base: 5, lastIndex: 5 });
    expect(part.chosen).toEqual([5]);
    const again = restarted([chosen(4, 'void', 'void'), snapshotOf(5), chosen(6, 'f')], snapshotOf(5));
    expect(again.effects).toEqual([apply(6, 'f')]);
    expect(again.part.learner.log).toMatchObject({ base: 5, lastIndex: 6 });
  });

  test('from a snapshot knows the groups behind it, and of groups in later records', () => {
    const groups = [{ from: 3, group: { voters: ['n1'], learners: [] } }];
    const { part } = restarted([{ kind: 'chosen', from: 6, values: [groupValue] }], snapshotOf(5, groups), 9);
    expect(part.learner.groups.at(6).voters).toEqual(['n1']);
    expect(part.learner.groups.newest).toEqual({ from: 6 + window, group });
  });

  test('finds it broken where slots are missing between the snapshot and the records', () => {
    expect(() => restarted([chosen(7, 'g')], snapshotOf(5), 9)).toThrow('what was chosen in slot 6 is not on the disk');
  });
});
