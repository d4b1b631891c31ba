import { describe, expect, test } from 'vitest';
import { applying, handedOn, inView, leftFor, ofKind, preparing, Replica, sharing, toOthers } from './fixture.ts';
import type { PbftMessage, Vote } from './messages.ts';
import {
  bytes,
  certificate,
  change,
  choice,
  commit,
  decided,
  digest,
  first,
  newViewWith,
  propose,
  share,
} from './signed-fixture.ts';

/** A backup of four that has shared what the primary put into slot 1: x. */
function backupThatShared(): Replica {
  const backup = new Replica({ id: 'n2' });
  backup.hearSigned(propose(1, 'x'));
  return backup;
}

/** One that has prepared it besides. */
function backupThatPrepared(): Replica {
  const backup = backupThatShared();
  backup.hearSigned(share('n3', 1, 'x'));
  return backup;
}

// Section 4.2.
describe('the normal case', () => {
  test('PRE-PREPARE: the primary puts a batch into the next slot, and writes down its share first', () => {
    const primary = new Replica();
    expect(primary.write(1, 'x')).toEqual([sharing(choice(1, 'x'), 'x'), ...toOthers(primary, propose(1, 'x'))]);
    expect(primary.write(2, 'y')).toEqual([sharing(choice(2, 'y'), 'y'), ...toOthers(primary, propose(2, 'y'))]);
    expect(primary.view()).toEqual({ role: 'primary', epoch: 0, leader: 'n1', commitIndex: 0, lastIndex: 2 });
  });

  test('PREPARE: a backup shares what was proposed, once that is written down', () => {
    const backup = new Replica({ id: 'n2' });
    expect(backup.hearSigned(propose(1, 'x'))).toEqual([
      sharing(choice(1, 'x'), 'x'),
      ...toOthers(backup, share('n2', 1, 'x')),
    ]);
    expect(backup.view()).toEqual({ role: 'backup', epoch: 0, leader: 'n1', commitIndex: 0, lastIndex: 1 });
  });

  test('COMMIT: what a quorum has shared is prepared, and committed once the certificate is written down', () => {
    const backup = backupThatShared();
    expect(backup.hearSigned(share('n3', 1, 'x'))).toEqual([
      preparing(certificate('prepared', 1, 'x', 0, ['n1', 'n2', 'n3'])),
      ...toOthers(backup, commit('n2', 1, 'x')),
    ]);
    expect(backup.hearSigned(share('n4', 1, 'x'))).toEqual([]);
    expect(backup.view().commitIndex).toBe(0);
  });

  test('what a quorum has committed is decided and applied', () => {
    const backup = backupThatPrepared();
    expect(backup.hearSigned(commit('n4', 1, 'x'))).toEqual([]);
    expect(backup.hearSigned(commit('n1', 1, 'x'))).toEqual(
      applying(certificate('slow', 1, 'x', 0, ['n2', 'n4', 'n1']), 'x'),
    );
    expect(backup.hearSigned(commit('n3', 1, 'x'))).toEqual([]);
    expect(backup.view()).toMatchObject({ commitIndex: 1, lastIndex: 1 });
  });

  test('the primary shares, commits and applies as the others do', () => {
    const primary = new Replica();
    primary.write(1, 'x');
    expect(primary.hearSigned(share('n3', 1, 'x'), share('n4', 1, 'x'))).toEqual([
      preparing(certificate('prepared', 1, 'x', 0, ['n1', 'n3', 'n4'])),
      ...toOthers(primary, commit('n1', 1, 'x')),
    ]);
    expect(primary.hearSigned(commit('n3', 1, 'x'), commit('n4', 1, 'x'))).toEqual(
      applying(certificate('slow', 1, 'x', 0, ['n1', 'n3', 'n4']), 'x'),
    );
  });

  test('a traced replica says what it has decided, and in which way', () => {
    const backup = new Replica({ id: 'n2', trace: true });
    backup.hearSigned(propose(1, 'x'), share('n3', 1, 'x'), commit('n1', 1, 'x'));
    expect(ofKind('note', backup.hearSigned(commit('n3', 1, 'x'))).map(({ fact }) => fact)).toEqual([
      { type: 'decided', index: 1, path: 'slow' },
    ]);
    expect(ofKind('note', backup.hearSigned(commit('n4', 1, 'x')))).toEqual([]);
  });

  test('one that only catches up says nothing of that', () => {
    expect(ofKind('note', new Replica({ trace: true }).hear('n3', decided(1, ['x'])))).toEqual([]);
  });

  test('a traced replica says what it has prepared', () => {
    const backup = new Replica({ id: 'n2', trace: true });
    const effects = backup.hearSigned(propose(1, 'x'), share('n3', 1, 'x'));
    const facts = effects.flatMap((effect) => (effect.kind === 'note' ? [effect.fact] : []));
    expect(facts).toEqual([{ type: 'append', index: 1, epoch: 0, prevEpoch: 0, hash: expect.any(Number) }]);
  });
});

// Seven replicas tell f + 1 = 3, 2f = 4 and 2f + 1 = 5 apart.
describe('among seven', () => {
  const five = first(5);

  test('five shares prepare, and not four', () => {
    const backup = new Replica({ id: 'n2', nodes: 7 });
    backup.hearSigned(propose(1, 'x'));
    expect(backup.hearSigned(share('n3', 1, 'x'), share('n4', 1, 'x'))).toEqual([]);
    expect(backup.hearSigned(share('n5', 1, 'x'))).toEqual([
      preparing(certificate('prepared', 1, 'x', 0, five)),
      ...toOthers(backup, commit('n2', 1, 'x')),
    ]);
  });

  test('five commits decide, and not four', () => {
    const backup = new Replica({ id: 'n2', nodes: 7 });
    backup.hearSigned(propose(1, 'x'));
    expect(backup.hearSigned(...['n3', 'n4', 'n5', 'n6'].map((by) => commit(by, 1, 'x')))).toEqual([]);
    expect(backup.hearSigned(commit('n7', 1, 'x'))).toEqual(
      applying(certificate('slow', 1, 'x', 0, ['n3', 'n4', 'n5', 'n6', 'n7']), 'x'),
    );
  });
});

describe('whose votes count', () => {
  // A vote that could be lost with the disk may be part of no certificate.
  test('its own share and commit, once they are durable', () => {
    const backup = new Replica({ id: 'n2' });
    backup.isDiskSlow = true;
    backup.hearSigned(propose(1, 'x'));
    expect(backup.hearSigned(share('n3', 1, 'x'))).toEqual([]);
    expect(backup.sync()).toEqual([
      preparing(certificate('prepared', 1, 'x', 0, ['n1', 'n3', 'n2'])),
      ...toOthers(backup, commit('n2', 1, 'x')),
    ]);
  });

  test('those of a quorum without its own', () => {
    const backup = backupThatShared();
    backup.isDiskSlow = true;
    const effects = backup.hearSigned(...['n1', 'n3', 'n4'].map((by) => commit(by, 1, 'x')));
    expect(effects).toEqual(applying(certificate('slow', 1, 'x', 0, ['n1', 'n3', 'n4']), 'x'));
  });

  // Planted bug P4.
  test('each replica once, whoever hands its vote on', () => {
    const backup = backupThatShared();
    const again = share('n1', 1, 'x');
    for (const from of ['n1', 'n3', 'n4']) expect(backup.hear(from, again)).toEqual([]);
    backup.hearSigned(share('n3', 1, 'x'));
    for (const from of ['n1', 'n3', 'n4']) expect(backup.hear(from, commit('n4', 1, 'x'))).toEqual([]);
  });

  test('the first of each replica alone: who changes its mind has voted', () => {
    const backup = backupThatShared();
    const [other, one] = [share('n3', 1, 'y'), share('n3', 1, 'x')];
    expect(backup.hearSigned(other, one)).toEqual(handedOn(backup, other, share('n1', 1, 'x')));
    expect(backup.hearSigned(share('n4', 1, 'x'))).toContainEqual(
      preparing(certificate('prepared', 1, 'x', 0, ['n1', 'n2', 'n4'])),
    );
  });

  const signedByOther = (vote: Vote): Vote => ({ ...vote, signature: { ...vote.signature, signer: 'n4' } });
  test.each<[string, Vote]>([
    ['in another slot', share('n3', 2, 'x')],
    ['of a later view', share('n3', 1, 'x', 1)],
    ['of one who is no member', share('n5', 1, 'x')],
    ['signed by another one', signedByOther(share('n3', 1, 'x'))],
    ['signed as a commit', { ...commit('n3', 1, 'x'), phase: 'share' }],
    ['signed for another view', { ...share('n3', 1, 'x', 1), view: 0 }],
    ['signed for another batch', { ...share('n3', 1, 'y'), digest: digest('x') }],
  ])('not a share %s', (_, vote) => {
    const backup = backupThatShared();
    expect(backup.hear('n3', vote)).toEqual([]);
    expect(backup.hearSigned(share('n4', 1, 'x'))).toEqual([
      preparing(certificate('prepared', 1, 'x', 0, ['n1', 'n2', 'n4'])),
      ...toOthers(backup, commit('n2', 1, 'x')),
    ]);
  });

  test('not one for another batch', () => {
    const backup = backupThatPrepared();
    const odd = commit('n3', 1, 'y');
    expect(backup.hearSigned(odd)).toEqual(handedOn(backup, odd, share('n1', 1, 'x')));
    expect(backup.hearSigned(commit('n4', 1, 'x'))).toEqual([]);
    expect(backup.hearSigned(commit('n1', 1, 'x'))).toEqual(
      applying(certificate('slow', 1, 'x', 0, ['n2', 'n4', 'n1']), 'x'),
    );
  });

  test.each<[string, Vote]>([
    ['of a later view', commit('n3', 1, 'x', 1)],
    ['of one who is no member', commit('n5', 1, 'x')],
    ['signed by another one', signedByOther(commit('n3', 1, 'x'))],
    ['signed as a share', { ...share('n3', 1, 'x'), phase: 'commit' }],
  ])('not a commit %s', (_, vote) => {
    const backup = backupThatPrepared();
    expect(backup.hear('n3', vote)).toEqual([]);
    expect(backup.hearSigned(commit('n4', 1, 'x'))).toEqual([]);
    expect(backup.hearSigned(commit('n1', 1, 'x'))).toEqual(
      applying(certificate('slow', 1, 'x', 0, ['n2', 'n4', 'n1']), 'x'),
    );
  });

  test('none of a view before the present one', () => {
    const backup = inView(1, { id: 'n3' });
    backup.hearSigned(propose(1, 'x', 1));
    expect(backup.hearSigned(share('n1', 1, 'x'), share('n4', 1, 'x'))).toEqual([]);
    expect(backup.hearSigned(share('n4', 1, 'x', 1))).toContainEqual(
      preparing(certificate('prepared', 1, 'x', 1, ['n2', 'n3', 'n4'])),
    );
  });
});

describe('votes out of the window', () => {
  test.each<[string, readonly PbftMessage[]]>([
    ['behind it', ['n1', 'n3', 'n4'].map((by) => share(by, 129, 'x'))],
    ['in slot 0', ['n1', 'n3', 'n4'].map((by) => share(by, 0, 'x'))],
  ])('are forgotten: %s', (_, votes) => {
    const backup = new Replica({ id: 'n2' });
    for (const vote of votes) expect(backup.hear('n3', vote)).toEqual([]);
    expect(backup.view().lastIndex).toBe(0);
  });
});

describe('out of order', () => {
  test('votes that come before the proposal count when it comes', () => {
    const backup = new Replica({ id: 'n2' });
    const early = [share('n3', 1, 'x'), commit('n1', 1, 'x'), commit('n3', 1, 'x')];
    expect(backup.hearSigned(...early)).toEqual([]);
    expect(backup.hearSigned(propose(1, 'x'))).toEqual([
      sharing(choice(1, 'x'), 'x'),
      ...toOthers(backup, share('n2', 1, 'x')),
      preparing(certificate('prepared', 1, 'x', 0, ['n3', 'n1', 'n2'])),
      ...toOthers(backup, commit('n2', 1, 'x')),
      ...applying(certificate('slow', 1, 'x', 0, ['n1', 'n3', 'n2']), 'x'),
    ]);
  });

  // A quorum of shares is of f + 1 honest replicas at least, which had the batch.
  test('what a quorum has shared is prepared without the proposal, and decided; it is applied when the batch comes', () => {
    const backup = new Replica({ id: 'n2' });
    expect(backup.hearSigned(share('n1', 1, 'x'), share('n3', 1, 'x'), share('n4', 1, 'x'))).toEqual([
      preparing(certificate('prepared', 1, 'x', 0, ['n1', 'n3', 'n4'])),
      ...toOthers(backup, commit('n2', 1, 'x')),
    ]);
    expect(backup.hearSigned(commit('n3', 1, 'x'), commit('n4', 1, 'x'))).toEqual([]);
    expect(backup.hearSigned(propose(1, 'x'))).toEqual([
      sharing(choice(1, 'x'), 'x'),
      ...toOthers(backup, share('n2', 1, 'x')),
      ...applying(certificate('slow', 1, 'x', 0, ['n2', 'n3', 'n4']), 'x'),
    ]);
  });

  test('a slot is applied when all before it are', () => {
    const backup = new Replica({ id: 'n2' });
    const texts = ['a', 'b', 'c'];
    backup.hearSigned(...texts.map((text, at) => propose(at + 1, text)));
    const decide = (slot: number, text: string) =>
      backup.hearSigned(...['n1', 'n3', 'n4'].map((by) => commit(by, slot, text)));
    const proof = (slot: number, text: string) => certificate('slow', slot, text, 0, ['n1', 'n3', 'n4']);
    expect(decide(3, 'c')).toEqual([]);
    expect(decide(2, 'b')).toEqual([]);
    expect(backup.view()).toMatchObject({ commitIndex: 0, lastIndex: 3 });
    expect(decide(1, 'a')).toEqual([
      ...applying(proof(1, 'a'), 'a'),
      ...applying(proof(2, 'b'), 'b'),
      ...applying(proof(3, 'c'), 'c'),
    ]);
    expect(backup.view().commitIndex).toBe(3);
  });

  test('a decision without the batch holds up what is behind it', () => {
    const backup = new Replica({ id: 'n2' });
    backup.hearSigned(propose(2, 'b'));
    backup.hearSigned(...['n1', 'n3', 'n4'].flatMap((by) => [commit(by, 1, 'a'), commit(by, 2, 'b')]));
    expect(backup.view().commitIndex).toBe(0);
    const effects = backup.hear('n3', { type: 'bodies', payloads: [bytes('a')] });
    expect(effects).toEqual([
      ...applying(certificate('slow', 1, 'a', 0, ['n1', 'n3', 'n4']), 'a', 'written'),
      ...applying(certificate('slow', 2, 'b', 0, ['n1', 'n3', 'n4']), 'b'),
    ]);
  });
});

describe('before a view begins', () => {
  test('its votes are counted, and nothing follows from them until it has', () => {
    const backup = leftFor(1, { id: 'n3' });
    const votes = ['n1', 'n2', 'n4'].flatMap((by) => [share(by, 1, 'x', 1), commit(by, 1, 'x', 1)]);
    expect(backup.hearSigned(...votes)).toEqual([]);
    const effects = backup.hearSigned(newViewWith(1, []));
    const proof = certificate('prepared', 1, 'x', 1, ['n1', 'n2', 'n4']);
    expect(effects.slice(1, 5)).toEqual([preparing(proof), ...toOthers(backup, commit('n3', 1, 'x', 1))]);
    expect(backup.view().commitIndex).toBe(0);
    expect(backup.hearSigned(propose(1, 'x', 1))).toEqual([
      sharing(choice(1, 'x', 1), 'x'),
      ...toOthers(backup, share('n3', 1, 'x', 1)),
      ...applying(certificate('slow', 1, 'x', 1, ['n1', 'n2', 'n4']), 'x'),
    ]);
  });

  test('the votes of the view before are counted no more', () => {
    const backup = new Replica({ id: 'n3' });
    backup.hearSigned(propose(1, 'x'), commit('n4', 1, 'x'));
    backup.hearSigned(change('n1', 1), change('n4', 1));
    expect(backup.hearSigned(share('n4', 1, 'x'), commit('n1', 1, 'x'), commit('n2', 1, 'x'))).toEqual([]);
    expect(backup.view()).toMatchObject({ role: 'changing', commitIndex: 0 });
  });
});
