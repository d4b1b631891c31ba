import { describe, expect, test } from 'vitest';
import { encodeGroup } from '../paxos/group-codec.ts';
import type { ChosenGroup } from '../paxos/groups.ts';
import type { Value } from '../paxos/value.ts';
import { never } from './acceptor.ts';
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
const lost = { loss: 7, votesFrom: never };
const lostRecord: LostRecord = { kind: 'lost', ...lost };

const groupValue = (group: ChosenGroup): Value => ({ payload: encodeGroup(group), kind: 'group' });
const admitting = (loss: number): Value =>
  groupValue({ voters: ['n1', 'n2', 'n3'], learners: [], admitted: [{ id: 'n1', loss }] });

/** As one that has lost its disk, and heard of nobody since. */
const forgetful = (records: readonly MultiPaxosRecord[] = []): Replica =>
  new Replica({ durable: { records, firstPosition: 1, ...(records.length === 0 ? { lost: 7 } : {}) } });

/** The leader tells it that so many slots are chosen, the first of them with this value. */
function learns(replica: Replica, first: Value, to: number): void {
  const filled = Array.from({ length: to - 1 }, () => value(''));
  replica.hear('n2', accept(leaders, { values: [first, ...filled] }));
  replica.hear('n2', accept(leaders, { from: to + 1, chosenTo: to }));
}

// Paxos Made Live, section 5.1.
describe('a replica that lost its disk', () => {
  test('writes that down before anything else', () => {
    const part = forgetful();
    const effects = part.hear('n2', accept(leaders, { values: values('a') }));
    expect(ofKind('persist', effects).map(({ record }) => record.kind)).toEqual(['promise', 'accept']);
    const again = forgetful([lostRecord]);
    const [[, answer] = []] = sent(again.hear('n2', accept(leaders)));
    expect(answer, 'a later life knows it from its records').toMatchObject({ lost });
  });

  test('promises nothing, and says of what it accepts that it has no vote', () => {
    const part = forgetful();
    expect(part.hear('n3', prepare(ballot(2, 'n3')))).toEqual([]);
    const [[, answer] = []] = sent(part.hear('n2', accept(leaders, { values: values('a') })));
    expect(answer).toMatchObject({ type: 'accepted', to: 1, lost });
  });

  test('does not stand for election', () => {
    const part = forgetful();
    expect(sent(part.timeout('election'))).toEqual([]);
    expect(part.view().role).toBe('follower');
  });

  test('votes again where a group was chosen that admits it after that loss, once that is in force', () => {
    const part = forgetful();
    learns(part, admitting(7), 128);
    const [[, answer] = []] = sent(part.hear('n2', accept(leaders, { from: 129, chosenTo: 128 })));
    expect(answer).toMatchObject({ lost: { loss: 7, votesFrom: 129 } });
    part.timeout('hold');
    expect(sentTo('n3', part.hear('n3', prepare(ballot(4, 'n3'), 129)))).toEqual([promise(ballot(4, 'n3'), 128)]);
  });

  test('does not vote before that group is in force', () => {
    const part = forgetful();
    learns(part, admitting(7), 127);
    part.timeout('hold');
    expect(part.hear('n3', prepare(ballot(4, 'n3'), 129))).toEqual([]);
  });

  test('takes no admission after an earlier loss for one after this', () => {
    const part = forgetful();
    learns(part, admitting(6), 128);
    part.timeout('hold');
    expect(part.hear('n3', prepare(ballot(4, 'n3'), 129))).toEqual([]);
  });

  test('keeps its loss where the records go that tell of it', () => {
    const part = new Replica({ durable: { records: [], firstPosition: 1, lost: 7 }, snapshotAfterBytes: 1 });
    part.hear('n2', accept(leaders, { values: values('a', 'b') }));
    part.hear('n2', accept(leaders, { from: 3, chosenTo: 1 }));
    const effects = part.step({ kind: 'snapshotted', index: 1, bytes: 1 });
    const [compact] = ofKind('compact', effects);
    expect(compact?.position).toBeGreaterThan(1);
    expect(effects).toContainEqual(persist(lostRecord));
  });
});

describe('a leader', () => {
  test('counts no acceptance, no echo and no promise of who has no vote', () => {
    const leader = leaderWith();
    leader.write(1, 'a');
    leader.hear('n2', upTo(1, { lost }));
    expect(leader.view().commitIndex).toBe(0);
    expect(ofKind('read', leader.read(2))).toEqual([]);
    expect(ofKind('read', leader.hear('n2', upTo(1, { lost, round: 1 })))).toEqual([]);
    // With the promise of n2 goes the quorum of phase 1: nothing is proposed before another has promised.
    expect(sentTo('n3', leader.write(3, 'b'))).toEqual([]);
    leader.hear('n3', promise(own));
    expect(leader.hear('n3', upTo(1, { round: 1 }))).toContainEqual(read(2, 0));
  });

  test('admits a voter that lost its disk as soon as that has caught up', () => {
    const leader = leaderWith();
    leader.hear('n3', promise(own));
    const effects = leader.hear('n2', upTo(0, { lost }));
    const wanted = groupValue({ voters: ['n1', 'n2', 'n3'], learners: [], admitted: [{ id: 'n2', loss: 7 }] });
    expect(sentTo('n3', effects)).toEqual([accept(own, { values: [wanted] })]);
  });

  test('counts an acceptance of who was admitted from the slot on that its group decides', () => {
    const leader = leaderWith();
    leader.write(1, 'a');
    leader.hear('n2', upTo(1, { lost: { loss: 7, votesFrom: 2 } }));
    expect(leader.view().commitIndex).toBe(0);
  });
});
