import { describe, expect, test } from 'vitest';
import {
  applying,
  handedOn,
  leftFor,
  ofKind,
  preparing,
  Replica,
  type Setup,
  sendNow,
  sharing,
  timer,
  toOthers,
} from './fixture.ts';
import { Group, type Letter } from './group-fixture.ts';
import type { Certificate, Certified, PbftMessage } from './messages.ts';
import {
  bytes,
  certificate,
  change,
  choice,
  commit,
  digest,
  first,
  newView,
  newViewWith,
  propose,
  share,
  stable,
  status,
} from './signed-fixture.ts';

const certified = (of: Certificate): Certified => ({ type: 'certified', certificate: of });
/** A quarter of a heartbeat interval. */
const ticking = timer('fast', 12.5);

/** A backup of four that has shared x in slot 1 with the primary. */
function backupThatShared(setup: Setup = {}): Replica {
  const backup = new Replica({ id: 'n2', mode: 'fast', ...setup });
  backup.hearSigned(propose(1, 'x'));
  return backup;
}

/** One that has decided it by the shares of all. */
function backupThatDecided(): Replica {
  const backup = backupThatShared();
  backup.hearSigned(share('n3', 1, 'x'), share('n4', 1, 'x'));
  return backup;
}

/** One to whom n4 is so slow that it has decided so many slots in three phases. */
function backupThatDoubts(slots: number): Replica {
  const backup = new Replica({ id: 'n2', mode: 'fast' });
  for (let slot = 1; slot <= slots; slot += 1) decideSlowly(backup, slot);
  return backup;
}

function decideSlowly(backup: Replica, slot: number): void {
  backup.hearSigned(propose(slot, 'x'), share('n3', slot, 'x'), commit('n1', slot, 'x'), commit('n3', slot, 'x'));
}

describe('the shares of all', () => {
  test('decide without a second phase', () => {
    const backup = backupThatShared();
    expect(backup.hearSigned(share('n3', 1, 'x'))).toEqual([ticking]);
    expect(backup.hearSigned(share('n4', 1, 'x'))).toEqual(
      applying(certificate('fast', 1, 'x', 0, ['n1', 'n2', 'n3', 'n4']), 'x'),
    );
  });

  test('are told to observers, as what a quorum has shared and as what all have decided', () => {
    const backup = backupThatShared({ trace: true });
    const effects = backup.hearSigned(share('n3', 1, 'x'), share('n4', 1, 'x'));
    expect(ofKind('note', effects).map(({ fact }) => fact)).toEqual([
      { type: 'append', index: 1, epoch: 0, prevEpoch: 0, hash: expect.any(Number) },
      { type: 'decided', index: 1, path: 'fast' },
    ]);
  });

  test('decide at the primary too, whose proposal is its share', () => {
    const primary = new Replica({ mode: 'fast' });
    primary.write(1, 'x');
    expect(primary.hearSigned(share('n2', 1, 'x'), share('n3', 1, 'x'), share('n4', 1, 'x'))).toEqual([
      ticking,
      ...applying(certificate('fast', 1, 'x'), 'x'),
    ]);
  });

  test('are those of seven among seven', () => {
    const backup = new Replica({ id: 'n2', nodes: 7, mode: 'fast' });
    backup.hearSigned(propose(1, 'x'), ...['n3', 'n4', 'n5', 'n6'].map((by) => share(by, 1, 'x')));
    expect(backup.view().commitIndex).toBe(0);
    expect(backup.hearSigned(share('n7', 1, 'x'))).toEqual(applying(certificate('fast', 1, 'x', 0, first(7)), 'x'));
  });

  test('decide nothing where one was for another batch, or came twice', () => {
    const backup = backupThatShared();
    backup.hearSigned(share('n3', 1, 'x'), share('n4', 1, 'y'), share('n4', 1, 'x'), share('n3', 1, 'x'));
    expect(backup.view().commitIndex).toBe(0);
  });

  test('decide nothing in the mode that has no fast path', () => {
    const backup = backupThatShared({ mode: 'all-to-all' });
    backup.hearSigned(share('n3', 1, 'x'), share('n4', 1, 'x'));
    expect(backup.view().commitIndex).toBe(0);
  });

  test('decide also where they are there after the replica has committed', () => {
    const backup = backupThatShared();
    backup.hearSigned(share('n3', 1, 'x'));
    backup.timeout('fast');
    backup.timeout('fast');
    expect(backup.hearSigned(share('n4', 1, 'x'))).toEqual(
      applying(certificate('fast', 1, 'x', 0, ['n1', 'n2', 'n3', 'n4']), 'x'),
    );
  });

  // Its own share, too, may be lost with the disk.
  test('count once they are durable', () => {
    const backup = new Replica({ id: 'n2', mode: 'fast' });
    backup.isDiskSlow = true;
    backup.hearSigned(propose(1, 'x'), share('n3', 1, 'x'), share('n4', 1, 'x'));
    expect(backup.view().commitIndex).toBe(0);
    backup.sync();
    expect(backup.view().commitIndex).toBe(1);
  });
});

const committing = (backup: Replica, slot: number, signers: readonly string[]) => [
  preparing(certificate('prepared', slot, 'x', 0, signers)),
  ...toOthers(backup, commit('n2', slot, 'x')),
];

describe('where one is slow', () => {
  test('the second phase begins at the second tick after a quorum has shared', () => {
    const backup = backupThatShared();
    backup.hearSigned(share('n3', 1, 'x'));
    expect(backup.timeout('fast')).toEqual([ticking]);
    expect(backup.timeout('fast')).toEqual(committing(backup, 1, ['n1', 'n2', 'n3']));
    expect(backup.hearSigned(commit('n1', 1, 'x'), commit('n3', 1, 'x'))).toEqual(
      applying(certificate('slow', 1, 'x', 0, ['n2', 'n1', 'n3']), 'x'),
    );
  });

  test('nothing is committed of which no quorum has shared', () => {
    const backup = backupThatShared();
    expect(backup.timeout('fast')).toEqual([]);
    expect(backup.timeout('fast')).toEqual([]);
  });

  test('one timer ticks for all slots, as long as one waits', () => {
    const backup = new Replica({ id: 'n2', mode: 'fast' });
    expect(ofKind('timer', backup.hearSigned(propose(1, 'x'), share('n3', 1, 'x')))).toEqual([ticking]);
    expect(ofKind('timer', backup.hearSigned(propose(2, 'x'), share('n3', 2, 'x')))).toEqual([]);
    backup.timeout('fast');
    expect(ofKind('timer', backup.hearSigned(propose(3, 'x'), share('n3', 3, 'x')))).toEqual([]);
    expect(backup.timeout('fast')).toEqual([
      ticking,
      ...committing(backup, 1, ['n1', 'n2', 'n3']),
      ...committing(backup, 2, ['n1', 'n2', 'n3']),
    ]);
    expect(backup.timeout('fast')).toEqual(committing(backup, 3, ['n1', 'n2', 'n3']));
    expect(ofKind('timer', backup.hearSigned(propose(4, 'x'), share('n3', 4, 'x')))).toEqual([ticking]);
  });

  // One honest replica at least has given the fast path up, and may have all but the commit of this one.
  test.each([
    [4, 2],
    [7, 3],
  ])('among %i the commits of %i others begin it at once', (nodes, needed) => {
    const backup = new Replica({ id: 'n2', nodes, mode: 'fast' });
    backup.hearSigned(
      propose(1, 'x'),
      ...first(nodes - 1)
        .slice(2)
        .map((by) => share(by, 1, 'x')),
    );
    const commits = first(nodes)
      .slice(2)
      .map((by) => commit(by, 1, 'x'));
    expect(ofKind('persist', backup.hearSigned(...commits.slice(0, needed - 1)))).toEqual([]);
    expect(ofKind('persist', backup.hearSigned(...commits.slice(needed - 1, needed)))[0]?.record.kind).toBe('prepared');
  });
});

describe('where the fast path comes to nothing time and again', () => {
  const sharesOf = (slot: number) => [propose(slot, 'x'), share('n3', slot, 'x')];

  test('it is waited for in the first three slots', () => {
    for (const [slots, waits] of [
      [2, true],
      [3, false],
    ] as const) {
      const effects = backupThatDoubts(slots).hearSigned(...sharesOf(slots + 1));
      expect(effects.some((effect) => effect.kind === 'persist' && effect.record.kind === 'prepared')).toBe(!waits);
    }
  });

  test('it is tried all the same, and waited for again when it has been of use as often', () => {
    const backup = backupThatDoubts(9);
    // Nine were three too many, and no more than six are remembered: four make up for them.
    for (let slot = 10; slot <= 13; slot += 1) {
      expect(ofKind('timer', backup.hearSigned(...sharesOf(slot)))).toEqual([]);
      expect(ofKind('apply', backup.hearSigned(share('n4', slot, 'x')))).toHaveLength(1);
    }
    backup.timeout('fast');
    expect(ofKind('timer', backup.hearSigned(...sharesOf(14)))).toEqual([ticking]);
  });
});

describe('a certificate of another replica', () => {
  const fast = certificate('fast', 1, 'x');

  test.each<[string, Certificate]>([
    ['fast', fast],
    ['slow', certificate('slow', 1, 'x')],
    ['of an earlier or later view', certificate('fast', 1, 'x', 7)],
  ])('decides: one that is %s', (_, proof) => {
    expect(backupThatShared().hear('n4', certified(proof))).toEqual(applying(proof, 'x'));
  });

  const forged = { ...fast, signatures: fast.signatures.map((each) => ({ ...each, bytes: bytes('x'.repeat(64)) })) };
  test.each<[string, Certificate]>([
    ['of all but one', certificate('fast', 1, 'x', 0, first(3))],
    ['with one who comes twice', certificate('fast', 1, 'x', 0, ['n1', 'n2', 'n3', 'n3'])],
    ['with one more who comes twice', certificate('fast', 1, 'x', 0, ['n1', 'n2', 'n3', 'n4', 'n4'])],
    ['with a stranger', certificate('fast', 1, 'x', 0, ['n1', 'n2', 'n3', 'n5'])],
    ['that is forged', forged],
    ['for another batch', { ...fast, digest: digest('y') }],
    ['in another slot', { ...fast, slot: 2 }],
    ['of another view', { ...fast, view: 1 }],
    ['made of commits', { ...certificate('slow', 1, 'x', 0, first(4)), kind: 'fast' }],
    ['of shares that are called commits', { ...fast, kind: 'slow' }],
    ['that only prepares', certificate('prepared', 1, 'x')],
  ])('decides nothing: %s', (_, proof) => {
    const backup = backupThatShared();
    expect(backup.hear('n4', certified(proof))).toEqual([]);
    expect(backup.view().commitIndex).toBe(0);
  });

  test('is applied when the batch comes', () => {
    const backup = new Replica({ id: 'n2', mode: 'fast' });
    expect(backup.hear('n4', certified(fast))).toEqual([]);
    expect(backup.hearSigned(propose(1, 'x'))).toEqual([
      sharing(choice(1, 'x'), 'x'),
      ...toOthers(backup, share('n2', 1, 'x')),
      ...applying(fast, 'x'),
    ]);
  });

  test('is no news twice, nor where all shares were here', () => {
    const backup = backupThatDecided();
    expect(backup.hear('n4', certified(fast))).toEqual([]);
    backup.hear('n4', certified(certificate('fast', 2, 'x')));
    expect(backup.hear('n4', certified(certificate('fast', 2, 'x')))).toEqual([]);
  });

  test.each([0, 65])('is forgotten in slot %i, out of the window', (slot) => {
    const backup = new Replica({ id: 'n2', mode: 'fast' });
    expect(backup.hear('n4', certified(certificate('fast', slot, 'x')))).toEqual([]);
    expect(backup.view().lastIndex).toBe(0);
  });

  // The others were quicker with their checkpoint than with what this replica lacks.
  test('decides also behind what this replica has applied, where a checkpoint is stable already', () => {
    const backup = backupThatShared();
    backup.hear('n3', { type: 'stable', checkpoint: stable(8) });
    expect(ofKind('apply', backup.hear('n4', certified(fast)))).toHaveLength(1);
  });

  test('decides also after the replica has left the view', () => {
    const backup = leftFor(1, { id: 'n3', mode: 'fast' });
    backup.hear('n4', certified(fast));
    expect(ofKind('apply', backup.hear('n4', { type: 'bodies', payloads: [bytes('x')] }))).toHaveLength(1);
  });
});

describe('who has decided by the shares of all', () => {
  const proof = certificate('fast', 1, 'x', 0, ['n1', 'n2', 'n3', 'n4']);

  test('proves it to whoever commits, once', () => {
    const backup = backupThatDecided();
    expect(backup.hearSigned(commit('n4', 1, 'x'))).toEqual([sendNow('n4', certified(proof))]);
    expect(backup.hearSigned(commit('n4', 1, 'x'))).toEqual([]);
    expect(backup.hear('n3', { ...commit('n3', 1, 'x'), view: 1 })).toEqual([]);
    expect(backup.hear('n3', { ...commit('n4', 1, 'x'), signature: commit('n3', 1, 'y').signature })).toEqual([]);
  });

  test('proves it to those who have committed before', () => {
    const backup = backupThatShared();
    backup.hearSigned(commit('n4', 1, 'x'), share('n3', 1, 'x'));
    expect(backup.hearSigned(share('n4', 1, 'x'))).toContainEqual(sendNow('n4', certified(proof)));
  });

  test('proves it again to whoever stays behind', () => {
    const backup = backupThatDecided();
    backup.hear('n4', status());
    const told = ofKind('send', backup.hear('n4', status())).map(({ msg }) => msg);
    expect(told).toEqual<PbftMessage[]>([share('n2', 1, 'x'), certified(proof)]);
  });
});

// n1 and n2 have the shares of all, and have no reason to commit: two commits decide nothing.
test('two that cannot reach each other decide with the help of the others, as soon as they have given up', () => {
  const group = new Group({ mode: 'fast' });
  const cut = ['n3', 'n4'];
  const passes = ({ from, to }: Letter) => !(cut.includes(from) && cut.includes(to));
  group.write('a', ['n1']);
  group.deliver(passes);
  expect(group.actors.map(({ id }) => group.applied.get(id))).toEqual([['a'], ['a'], [], []]);
  for (let tick = 0; tick < 2; tick += 1) group.fire('fast', passes);
  for (const { id } of group.actors) expect(group.applied.get(id)).toEqual(['a']);
});

describe('a view change', () => {
  test('is told of what was shared and not decided, prepared or not', () => {
    const backup = new Replica({ id: 'n3', mode: 'fast' });
    backup.hearSigned(propose(1, 'x'), share('n2', 1, 'x'));
    const said = ofKind('send', backup.hearSigned(change('n1', 1), change('n4', 1))).map(({ msg }) => msg);
    expect(said[0]).toEqual(change('n3', 1, [{ slot: 1, share: { view: 0, digest: digest('x') } }]));
  });

  test('is told of what all have shared, with the proof', () => {
    const backup = new Replica({ id: 'n3', mode: 'fast' });
    backup.hearSigned(propose(1, 'x'), share('n2', 1, 'x'), share('n4', 1, 'x'));
    const said = ofKind('send', backup.hearSigned(change('n1', 1), change('n4', 1))).map(({ msg }) => msg);
    expect(said[0]).toEqual(
      change('n3', 1, [{ slot: 1, decided: certificate('fast', 1, 'x', 0, ['n1', 'n3', 'n2', 'n4']) }]),
    );
  });

  test('ends all that waits: nothing is shared, decided or committed by votes of a view that was left', () => {
    const backup = new Replica({ id: 'n3', mode: 'fast' });
    backup.hearSigned(propose(1, 'x'), share('n2', 1, 'x'), change('n1', 1), change('n4', 1));
    for (const effects of [
      backup.timeout('fast'),
      backup.timeout('fast'),
      backup.hearSigned(share('n4', 1, 'x'), propose(2, 'y'), commit('n1', 1, 'x'), commit('n2', 1, 'x')),
    ]) {
      expect(effects).toEqual([]);
    }
  });

  test('begins with what one may have decided alone, and all decide it by their shares again', () => {
    const next = new Replica({ id: 'n3', mode: 'fast' });
    const reported = [{ slot: 1, share: { view: 0, digest: digest('x') } }];
    const changes = [change('n1', 1, reported), change('n2', 1, reported), change('n4', 1)];
    next.hearSigned(propose(1, 'x'), newView(1, changes));
    const shares = ['n1', 'n2', 'n4'].map((by) => share(by, 1, 'x', 1));
    expect(ofKind('apply', next.hearSigned(...shares))).toEqual([
      { kind: 'apply', index: 1, payload: bytes('x'), eager: true },
    ]);
  });
});

// One that is left out of the quorum would else be needed for commits that it has no reason to give any more.
test('what a view change proves to be decided is decided by all who begin the view', () => {
  const proof = certificate('fast', 1, 'x');
  const next = new Replica({ id: 'n3', mode: 'fast' });
  const effects = next.hearSigned(propose(1, 'x'), newViewWith(1, [{ slot: 1, decided: proof }]));
  expect(effects).toEqual(expect.arrayContaining(applying(proof, 'x')));
  const late = new Replica({ id: 'n3', mode: 'fast' });
  late.hearSigned(newViewWith(1, [{ slot: 1, decided: proof }]));
  expect(ofKind('apply', late.hear('n1', { type: 'bodies', payloads: [bytes('x')] }))).toHaveLength(1);
});

describe('a restart', () => {
  test('keeps the share that was sent, and what is decided without a second phase', () => {
    const shared = backupThatShared().restarted();
    const odd = ['n1', 'n3', 'n4'].map((by) => share(by, 1, 'y'));
    expect(shared.hearSigned(propose(1, 'y'), share('n3', 1, 'y'), share('n4', 1, 'y'))).toEqual(
      odd.flatMap((vote) => handedOn(shared, vote)),
    );
    expect(shared.hearSigned(share('n1', 1, 'x'))).toEqual([]);
    const decided = backupThatDecided().restarted();
    expect(ofKind('apply', decided.begun)).toHaveLength(1);
    expect(decided.hear('n4', { type: 'fetch', from: 1 })).toEqual([
      {
        kind: 'send',
        to: 'n4',
        msg: {
          type: 'decided',
          decisions: [{ payload: bytes('x'), certificate: certificate('fast', 1, 'x', 0, first(4)) }],
        },
      },
    ]);
  });
});

// What planted bugs override.
describe('the rules', () => {
  test('say how many shares decide', () => {
    const backup = backupThatShared({ rules: { fastQuorum: ({ all }) => all - 1 } });
    expect(ofKind('apply', backup.hearSigned(share('n3', 1, 'x')))).toHaveLength(1);
  });

  test('say whether a replica votes on in the view that it has left, until the next begins', () => {
    const backup = new Replica({ id: 'n3', mode: 'fast', rules: { votesInLeftViews: true } });
    backup.hearSigned(propose(1, 'x'), change('n1', 1), change('n4', 1));
    expect(backup.view()).toMatchObject({ role: 'changing', epoch: 1 });
    expect(backup.hearSigned(propose(2, 'y'))).toContainEqual(sharing(choice(2, 'y'), 'y'));
    expect(ofKind('apply', backup.hearSigned(share('n2', 1, 'x'), share('n4', 1, 'x')))).toHaveLength(1);
    backup.hearSigned(newViewWith(1, []));
    expect(backup.hearSigned(propose(3, 'z'))).toEqual([]);
    expect(backup.hearSigned(propose(3, 'z', 1))).toContainEqual(sharing(choice(3, 'z', 1), 'z'));
  });
});
