/** A snapshot says who belongs to the group: the entry that did may be gone. Dissertation, sections 4.1 and 5.1. */
import { describe, expect, test } from 'vitest';
import { type Configuration, initialConfiguration } from './configuration.ts';
import { encodeConfiguration } from './configuration-codec.ts';
import * as fixture from './fixture.ts';
import type { RaftRecord } from './messages.ts';
import { appendAsLeader, appendConfiguration, onAppendReply } from './replication.ts';
import { correctRules } from './rules.ts';
import {
  compactedLeader,
  finishSaving,
  followerOfTerm2,
  hearPiece,
  load,
  pieceAt,
  save,
  snapshotOf,
} from './snapshot-fixture.ts';
import { onInstall, onInstalled, onLoaded } from './snapshots.ts';
import { RaftState } from './state.ts';

const three = initialConfiguration(['n1', 'n2', 'n3']);
const withLearner: Configuration = { ...three, learners: ['n4'] };
const four = initialConfiguration(['n1', 'n2', 'n3', 'n4']);
const configured = (from: number, term: number, configuration: Configuration): RaftRecord => ({
  kind: 'entries',
  from,
  entries: [{ term, payload: encodeConfiguration(configuration), kind: 'configuration' }],
});

describe('a snapshot', () => {
  test('that is saved is of the configuration at its index, and not of one behind it', () => {
    const state = fixture.settledLeaderWith({ snapshotAfterBytes: 34 });
    appendAsLeader(state, fixture.bytes('e2'));
    appendConfiguration(state, withLearner);
    const commit = (index: number) => {
      for (const member of ['n1', 'n2']) fixture.acknowledge(state, member, index);
      return state.takeEffects();
    };
    expect(commit(2)).toContainEqual(save(2, 1, three));
    expect(state.configuration).toEqual(withLearner);
    finishSaving(state, 1);
    expect(commit(3)).toContainEqual(save(3, 1, withLearner));
  });

  test('that is sent says it with every piece', () => {
    const state = compactedLeader();
    appendConfiguration(state, withLearner);
    onAppendReply(state, 'n3', fixture.refused({ term: 2, prevIndex: 3, hintIndex: 1 }));
    expect(state.takeEffects()).toContainEqual(load(6, 0));
    onLoaded(state, { kind: 'loaded', index: 6, offset: 0, bytes: fixture.bytes('snapshot'), last: false });
    expect(state.takeEffects()).toEqual([fixture.sendNow('n3', pieceAt(0, 2, three))]);
  });

  test('that is installed puts its configuration in force, and those of the void log out of it', () => {
    const state = followerOfTerm2({ log: [1, 1] });
    state.writeEntries(3, [{ term: 2, payload: encodeConfiguration(four), kind: 'configuration' }]);
    expect(state.configuration).toEqual(four);
    for (const offset of [0, 8, 16]) onInstall(state, 'n2', pieceAt(offset, 2, withLearner));
    expect(state.configuration).toEqual(four);
    onInstalled(state, 6, 20);
    expect(state.configuration).toEqual(withLearner);
    expect(state.peers).toEqual(['n2', 'n3', 'n4']);
    expect(state.takeEffects()).toContainEqual(fixture.persist(snapshotOf(6, 2, withLearner)));
  });

  test("whose pieces are of another leader is of that one's configuration", () => {
    const state = followerOfTerm2();
    hearPiece(state, 0);
    for (const offset of [0, 8, 16]) onInstall(state, 'n3', pieceAt(offset, 3, withLearner));
    onInstalled(state, 6, 20);
    expect(state.configuration).toEqual(withLearner);
  });
});

describe('a start from a snapshot', () => {
  const restarted = (...records: readonly RaftRecord[]) => {
    const state = new RaftState(fixture.configOf(), correctRules);
    state.restore({
      records,
      firstPosition: 1,
      snapshot: { index: 6, record: snapshotOf(6, 2, withLearner), bytes: 20 },
    });
    return state;
  };
  const entries = (from: number, terms: readonly number[]): RaftRecord => ({
    kind: 'entries',
    from,
    entries: fixture.entries(terms, from),
  });

  test.each<[string, readonly RaftRecord[], Configuration]>([
    ['is that of the snapshot where the log is void', [entries(1, [1, 1]), configured(3, 1, four)], withLearner],
    ['is that of the snapshot where the log begins late', [entries(5, [2, 2, 2])], withLearner],
    [
      'is that of the snapshot, though an older one is in the log',
      [configured(4, 1, four), entries(5, [2, 2])],
      withLearner,
    ],
    ['is a later one of the log that follows it', [entries(5, [2, 2]), configured(7, 2, four)], four],
    [
      'is that of the snapshot where the later one was replaced',
      [entries(5, [2, 2]), configured(7, 2, four), entries(7, [3])],
      withLearner,
    ],
    [
      'is a later one behind a marker',
      [configured(1, 1, three), snapshotOf(6, 2, withLearner), configured(7, 2, four)],
      four,
    ],
  ])('the configuration %s', (_what, records, configuration) => {
    const state = restarted(...records);
    expect(state.configuration).toEqual(configuration);
    expect(state.peers).toEqual(['n2', 'n3', 'n4']);
  });
});
