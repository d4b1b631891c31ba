import { describe, expect, test } from 'vitest';
import { encodeGroup } from '../paxos/group-codec.ts';
import type { ChosenGroup } from '../paxos/groups.ts';
import type { Value } from '../paxos/value.ts';
import {
  accept,
  ballot,
  leaderWith,
  ofKind,
  own,
  persist,
  prepare,
  promise,
  Replica,
  read,
  sent,
  sentTo,
  upTo,
  value,
  values,
} from './fixture.ts';
import type { LostRecord, MultiPaxosRecord } from './messages.ts';

const leaders = ballot(3, 'n2');
const lostRecord: LostRecord = { kind: 'lost', loss: 7 };

const groupValue = (group: ChosenGroup): Value => ({ payload: encodeGroup(group), kind: 'group' });
const admitting = (id: string, loss: number): Value =>
  groupValue({ voters: ['n1', 'n2', 'n3'], learners: [], admitted: [{ id, loss }] });

/** As one that has lost its disk, and heard of nobody since; or as a later life of it. */
const forgetful = (records: readonly MultiPaxosRecord[] = []): Replica =>
  new Replica({ durable: { records, firstPosition: 1, ...(records.length === 0 ? { lost: 7 } : {}) } });

/** The leader tells it that so many slots are chosen, the first of them with this value. */
function learns(replica: Replica, first: Value, to: number): void {
  const filled = Array.from({ length: to - 1 }, () => value(''));
  replica.hear('n2', accept(leaders, { values: [first, ...filled] }));
  replica.hear('n2', accept(leaders, { from: to + 1, chosenTo: to }));
}

/** A leader that has put a group in force which admits n2 after its loss 7; 128 slots are chosen. */
function leaderThatAdmitted(): Replica {
  const leader = leaderWith();
  leader.hear('n3', promise(own));
  leader.hear('n2', upTo(0, { loss: 7 }));
  for (const to of [1, 128]) leader.hear('n3', upTo(to));
  return leader;
}

// Paxos Made Live, section 5.1.
describe('a replica that lost its disk', () => {
  test('writes that down before anything else, and knows it in later lives', () => {
    const [[, answer] = []] = sent(forgetful().hear('n2', accept(leaders)));
    expect(answer).toMatchObject({ loss: 7 });
    const [[, again] = []] = sent(forgetful([lostRecord]).hear('n2', accept(leaders)));
    expect(again).toMatchObject({ loss: 7 });
  });

  test('says of whatever it promises and accepts that it does so since that loss', () => {
    const part = forgetful();
    const [[, promised] = []] = sent(part.hear('n3', prepare(ballot(2, 'n3'))));
    expect(promised).toEqual({ ...promise(ballot(2, 'n3')), loss: 7 });
    const [[, accepted] = []] = sent(part.hear('n2', accept(leaders, { values: values('a') })));
    expect(accepted).toMatchObject({ type: 'accepted', to: 1, loss: 7 });
  });

  test('stands for election only where a group was chosen that counts it since then', () => {
    const part = forgetful();
    expect(ofKind('note', part.timeout('election'))).toEqual([]);
    expect(part.view().role).toBe('follower');
    learns(part, admitting('n1', 6), 128);
    part.timeout('election');
    expect(part.view().role, 'an earlier loss').toBe('follower');
    const admitted = forgetful();
    learns(admitted, admitting('n1', 7), 128);
    admitted.timeout('election');
    expect(admitted.view().role).toBe('candidate');
  });

  test('keeps its loss where the records go that tell of it', () => {
    const part = new Replica({ durable: { records: [], firstPosition: 1, lost: 7 }, snapshotAfterBytes: 1 });
    part.hear('n2', accept(leaders, { values: values('a', 'b') }));
    const saving = part.hear('n2', accept(leaders, { from: 3, chosenTo: 1 }));
    // A snapshot may become durable before any record does.
    expect(ofKind('snapshot', saving)[0]?.record).toMatchObject({ loss: 7 });
    const effects = part.step({ kind: 'snapshotted', index: 1, bytes: 1 });
    const [compact] = ofKind('compact', effects);
    expect(compact?.position).toBeGreaterThan(1);
    expect(effects).toContainEqual(persist(lostRecord));
  });

  test('knows its loss from a snapshot where the record of it did not become durable', () => {
    const groups = [{ from: 1, group: { voters: ['n1', 'n2', 'n3'], learners: [] } }];
    const record = { kind: 'snapshot', index: 4, groups, loss: 7 } as const;
    const part = new Replica({ durable: { records: [], firstPosition: 1, snapshot: { index: 4, record, bytes: 1 } } });
    const [[, answer] = []] = sent(part.hear('n2', accept(leaders, { base: 5 })));
    expect(answer).toMatchObject({ loss: 7 });
  });
});

describe('a leader', () => {
  test('counts no acceptance, no echo and no promise of one that forgot, before a group counts it again', () => {
    const leader = leaderWith();
    leader.write(1, 'a');
    leader.hear('n2', upTo(1, { loss: 7 }));
    expect(leader.view().commitIndex).toBe(0);
    expect(ofKind('read', leader.read(2))).toEqual([]);
    expect(ofKind('read', leader.hear('n2', upTo(1, { loss: 7, round: 1 })))).toEqual([]);
    expect(leader.hear('n3', upTo(1, { round: 1 }))).toContainEqual(read(2, 0));
  });

  test('has a group count a voter again as soon as that has caught up', () => {
    const leader = leaderWith();
    leader.hear('n3', promise(own));
    const effects = leader.hear('n2', upTo(0, { loss: 7 }));
    expect(sentTo('n3', effects)).toEqual([accept(own, { values: [admitting('n2', 7)] })]);
  });

  test('counts it from the slot on that this group decides, and only what it says since its loss', () => {
    const leader = leaderThatAdmitted();
    leader.hear('n2', { ...promise(own, 128), loss: 7 });
    leader.write(1, 'a');
    leader.hear('n2', upTo(129));
    expect(leader.view().commitIndex, 'an acceptance that came late').toBe(128);
    leader.hear('n2', upTo(129, { loss: 7, chosenTo: 128 }));
    expect(leader.view().commitIndex).toBe(129);
  });

  test('needs another promise of it there: the one of before was forgotten', () => {
    const few = leaderWith();
    few.hear('n2', upTo(0, { loss: 7 }));
    few.hear('n3', upTo(1));
    few.hear('n3', upTo(128));
    few.write(1, 'a');
    // n1 has promised, n2 has forgotten it, and n3 was not heard of.
    expect(sentTo('n3', few.timeout('heartbeat'))[0]).toMatchObject({ type: 'accept', values: [] });
    few.hear('n2', { ...promise(own, 128), loss: 6 });
    expect(sentTo('n3', few.timeout('heartbeat'))[0], 'another loss').toMatchObject({ values: [] });
    const effects = few.hear('n2', { ...promise(own, 128), loss: 7 });
    expect(sentTo('n3', effects)).toMatchObject([{ type: 'accept', values: values('a') }]);
  });
});
