import { describe, expect, test } from 'vitest';
import { nothingDurable } from '../../contract/durable.ts';
import * as fixture from './fixture.ts';
import { accepted, appendOf, apply, bytes, entries, leaderHeardTimers, persistVote, reject, send } from './fixture.ts';
import type { RaftMessage, RaftRecord } from './messages.ts';
import { Raft } from './raft.ts';
import { correctRules, type RaftRules } from './rules.ts';
import type { RaftEffect } from './state.ts';

const electionTimer = fixture.timer('election', 150, 300);
const written = (from: number, terms: readonly number[]): RaftRecord => ({
  kind: 'entries',
  from,
  entries: entries(terms, from),
});
const voted = (term: number, votedFor: string | null): RaftRecord => ({ kind: 'vote', term, votedFor });

function restarted(records: readonly RaftRecord[], rules: RaftRules = correctRules): Raft {
  const raft = new Raft(fixture.configOf(), rules);
  expect(raft.start({ records, firstPosition: 1 })).toEqual([electionTimer]);
  return raft;
}

const hear = (raft: Raft, from: string, msg: RaftMessage) => raft.step({ kind: 'message', from, msg });

const recordsOf = (effects: readonly RaftEffect[]): RaftRecord[] =>
  effects.flatMap((effect) => (effect.kind === 'persist' ? [effect.record] : []));

describe('a start', () => {
  test('from nothing is a follower of nobody, in term 0', () => {
    expect(restarted([]).view()).toMatchObject({ role: 'follower', epoch: 0, commitIndex: 0, lastIndex: 0 });
  });

  // Figure 2: currentTerm, votedFor and log[] are persistent; commitIndex begins at 0 and is learned again.
  test('from records has the last term and the whole log, and knows of no commit', () => {
    const raft = restarted([voted(1, 'n2'), written(1, [1, 1]), voted(3, null), written(3, [3])]);
    expect(raft.view()).toMatchObject({ role: 'follower', epoch: 3, commitIndex: 0, lastIndex: 3 });
  });

  // Section 5.2: the vote is remembered over a crash, for it is one vote a term and not one a life.
  test.each([
    ['the one that it voted for hears yes again', 'n2', true],
    ['another candidate of that term hears no', 'n3', false],
  ])('keeps the vote: %s', (_what, from, granted) => {
    const raft = restarted([voted(4, null), voted(4, 'n2')]);
    expect(hear(raft, from, { type: 'vote', term: 4, lastIndex: 0, lastTerm: 0 })).toEqual([
      ...(granted ? [electionTimer] : []),
      send(from, { type: 'vote-reply', term: 4, granted }),
    ]);
  });

  test('the planted bug "volatile-vote" votes twice in one term', () => {
    const forgetful: RaftRules = { ...correctRules, voteRecord: (term) => ({ kind: 'vote', term, votedFor: null }) };
    const before = new Raft(fixture.configOf(), forgetful);
    before.start(nothingDurable);
    const records = recordsOf(hear(before, 'n2', { type: 'vote', term: 4, lastIndex: 0, lastTerm: 0 }));
    const again = hear(restarted(records, forgetful), 'n3', { type: 'vote', term: 4, lastIndex: 0, lastTerm: 0 });
    expect(again.at(-1)).toEqual(send('n3', { type: 'vote-reply', term: 4, granted: true }));
  });

  // Section 5.3: an `entries` record voids all that was written at its index or later.
  test('replays truncations: the last record that covers an index decides', () => {
    const raft = restarted([voted(3, null), written(1, [1, 1, 1, 1]), written(2, [2]), written(3, [3])]);
    expect(raft.view()).toMatchObject({ lastIndex: 3 });
    const heartbeat = appendOf({ term: 3, prevIndex: 3, prevTerm: 3, commitIndex: 3 });
    expect(hear(raft, 'n2', heartbeat)).toEqual([
      ...leaderHeardTimers,
      apply(1, 'e1'),
      apply(2, 'e2'),
      apply(3, 'e3'),
      send('n2', accepted({ term: 3, prevIndex: 3, matchIndex: 3 })),
    ]);
    const wrongTerm = appendOf({ term: 3, prevIndex: 2, prevTerm: 1 });
    expect(hear(raft, 'n2', wrongTerm).at(-1)).toEqual(
      send('n2', fixture.refused({ term: 3, prevIndex: 2, hintIndex: 4 })),
    );
  });

  test('a log with a gap is a violation', () => {
    expect(() => restarted([written(1, [1]), written(3, [1])])).toThrow('entries at 3 would leave a gap after 1');
  });

  // Section 5.2: a leader that crashed has no leadership any more, and does not vote again in the term that it led.
  test('a former leader is a follower, and stands by its own vote', () => {
    const raft = restarted([voted(2, 'n1'), written(1, [2])]);
    expect(raft.view()).toMatchObject({ role: 'follower', epoch: 2 });
    expect(hear(raft, 'n2', { type: 'vote', term: 2, lastIndex: 1, lastTerm: 2 })).toEqual([
      send('n2', { type: 'vote-reply', term: 2, granted: false }),
    ]);
    // An acknowledgement that was meant for the former leadership finds nobody.
    expect(hear(raft, 'n2', accepted({ term: 2, matchIndex: 1 }))).toEqual([]);
  });
});

describe('what a replica persists is what it starts from', () => {
  test('a log that was overwritten comes back as it was', () => {
    const records: RaftRecord[] = [];
    const first = restarted([]);
    const take = (effects: readonly RaftEffect[]) => records.push(...recordsOf(effects));
    take(hear(first, 'n2', appendOf({ term: 1, entries: entries([1, 1, 1]) })));
    take(hear(first, 'n3', appendOf({ term: 2, prevIndex: 1, prevTerm: 1, entries: entries([2], 2) })));
    take(hear(first, 'n3', appendOf({ term: 2, prevIndex: 2, prevTerm: 2, entries: entries([2], 3) })));
    expect(records).toEqual([voted(1, null), written(1, [1, 1, 1]), voted(2, null), written(2, [2]), written(3, [2])]);
    const { epoch, lastIndex } = restarted(records).view();
    expect({ epoch, lastIndex }).toEqual({ epoch: first.view().epoch, lastIndex: first.view().lastIndex });
    expect(
      hear(restarted(records), 'n2', { type: 'vote', term: 3, lastIndex: 3, lastTerm: 1 }),
      'the last term decides whose log is newer, so it has survived as well',
    ).toEqual([persistVote(3, null), send('n2', { type: 'vote-reply', term: 3, granted: false })]);
  });

  // Section 5.3: a client's request goes to the leader; others say who that is, as far as they know.
  test('requests are refused until a leader is heard of', () => {
    const raft = restarted([voted(1, 'n2')]);
    const request = { kind: 'request', id: 5, access: 'write', payload: bytes('x') } as const;
    expect(raft.step(request)).toEqual([reject(5)]);
    hear(raft, 'n2', appendOf({ term: 1 }));
    expect(raft.step(request)).toEqual([reject(5, 'n2')]);
    expect(raft.step({ ...request, access: 'read' })).toEqual([reject(5, 'n2')]);
    expect(raft.step({ kind: 'answer', id: 1, payload: bytes('unasked') })).toEqual([]);
  });
});
