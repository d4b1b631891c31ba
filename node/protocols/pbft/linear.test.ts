import { describe, expect, test } from 'vitest';
import {
  applying,
  inView,
  leftFor,
  ofKind,
  preparing,
  Replica,
  send,
  sendNow,
  sharing,
  timer,
  toOthers,
  toOthersNow,
} from './fixture.ts';
import { Group, type Letter, Signer } from './group-fixture.ts';
import type { Certificate, Certified } from './messages.ts';
import {
  bytes,
  certificate,
  change,
  choice,
  commit,
  digest,
  first,
  newViewWith,
  propose,
  share,
  status,
} from './signed-fixture.ts';

const certified = (of: Certificate): Certified => ({ type: 'certified', certificate: of });
/** A quarter of a heartbeat interval. */
const ticking = timer('fast', 12.5);

/** The collector of view 0, after it has proposed x in slot 1. */
function collectorThatProposed(nodes = 4): Replica {
  const collector = new Replica({ mode: 'linear', nodes });
  collector.write(1, 'x');
  return collector;
}

/** One that has given n4 up. */
function collectorThatFellBack(): Replica {
  const collector = collectorThatProposed();
  collector.hearSigned(share('n2', 1, 'x'), share('n3', 1, 'x'));
  collector.timeout('fast');
  collector.timeout('fast');
  return collector;
}

function backupThatShared(): Replica {
  const backup = new Replica({ id: 'n2', mode: 'linear' });
  backup.hearSigned(propose(1, 'x'));
  return backup;
}

describe('the collector', () => {
  test('proposes to all', () => {
    const collector = new Replica({ mode: 'linear' });
    expect(collector.write(1, 'x')).toEqual([sharing(choice(1, 'x'), 'x'), ...toOthers(collector, propose(1, 'x'))]);
  });

  test('tells all that the shares of all have decided, and need not wait for its disk with that', () => {
    const collector = collectorThatProposed();
    expect(collector.hearSigned(share('n2', 1, 'x'), share('n3', 1, 'x'))).toEqual([ticking]);
    const proof = certificate('fast', 1, 'x');
    expect(collector.hearSigned(share('n4', 1, 'x'))).toEqual([
      ...toOthersNow(collector, certified(proof)),
      ...applying(proof, 'x'),
    ]);
  });

  test('goes on with what a quorum has shared when it has waited long enough', () => {
    const collector = collectorThatProposed();
    collector.hearSigned(share('n2', 1, 'x'), share('n3', 1, 'x'));
    expect(collector.timeout('fast')).toEqual([ticking]);
    const prepared = certificate('prepared', 1, 'x');
    expect(collector.timeout('fast')).toEqual([...toOthersNow(collector, certified(prepared)), preparing(prepared)]);
  });

  test('tells all that the commits of a quorum have decided', () => {
    const collector = collectorThatFellBack();
    expect(collector.hearSigned(commit('n2', 1, 'x'))).toEqual([]);
    const proof = certificate('slow', 1, 'x');
    expect(collector.hearSigned(commit('n3', 1, 'x'))).toEqual([
      ...toOthersNow(collector, certified(proof)),
      ...applying(proof, 'x'),
    ]);
  });

  test('decides by the shares of all also after it has given one up', () => {
    const collector = collectorThatFellBack();
    const proof = certificate('fast', 1, 'x');
    expect(collector.hearSigned(share('n4', 1, 'x'))).toEqual([
      ...toOthersNow(collector, certified(proof)),
      ...applying(proof, 'x'),
    ]);
  });

  test('needs five shares and five commits among seven, or seven shares', () => {
    const collector = collectorThatProposed(7);
    collector.hearSigned(...['n2', 'n3', 'n4'].map((by) => share(by, 1, 'x')));
    for (let tick = 0; tick < 3; tick += 1) expect(ofKind('send', collector.timeout('fast'))).toEqual([]);
    collector.hearSigned(share('n5', 1, 'x'));
    collector.timeout('fast');
    expect(ofKind('send', collector.timeout('fast'))).toHaveLength(6);
    expect(collector.hearSigned(share('n6', 1, 'x'), ...['n2', 'n3', 'n4'].map((by) => commit(by, 1, 'x')))).toEqual(
      [],
    );
    expect(ofKind('apply', collector.hearSigned(share('n7', 1, 'x')))).toHaveLength(1);
  });

  // Its own votes, too, may be lost with the disk.
  test('counts its own votes once they are durable', () => {
    const collector = new Replica({ mode: 'linear' });
    collector.isDiskSlow = true;
    collector.write(1, 'x');
    expect(collector.hearSigned(...['n2', 'n3', 'n4'].map((by) => share(by, 1, 'x')))).toEqual([ticking]);
    expect(ofKind('apply', collector.sync())).toHaveLength(1);
  });

  test('is the primary of each view, and gathers for it what comes before', () => {
    const next = leftFor(1, { id: 'n2', mode: 'linear' });
    expect(ofKind('send', next.hearSigned(share('n3', 1, 'x', 1), share('n1', 1, 'x', 1)))).toEqual([]);
    expect(inView(1, { id: 'n3', mode: 'linear' }).hearSigned(propose(1, 'x', 1))).toEqual([
      sharing(choice(1, 'x', 1), 'x'),
      send('n2', share('n3', 1, 'x', 1)),
    ]);
  });
});

describe('a backup', () => {
  test('shares with the collector alone', () => {
    const backup = new Replica({ id: 'n2', mode: 'linear' });
    expect(backup.hearSigned(propose(1, 'x'))).toEqual([sharing(choice(1, 'x'), 'x'), send('n1', share('n2', 1, 'x'))]);
  });

  test('counts nothing, whoever tells it', () => {
    const backup = backupThatShared();
    const votes = ['n1', 'n3', 'n4'].flatMap((by) => [share(by, 1, 'x'), commit(by, 1, 'x')]);
    expect(backup.hearSigned(...votes)).toEqual([]);
  });

  test('commits on the certificate of a quorum, once it has written that down, and once', () => {
    const backup = backupThatShared();
    const prepared = certificate('prepared', 1, 'x', 0, ['n1', 'n3', 'n4']);
    expect(backup.hear('n1', certified(prepared))).toEqual([preparing(prepared), send('n1', commit('n2', 1, 'x'))]);
    expect(backup.hear('n1', certified(certificate('prepared', 1, 'x')))).toEqual([]);
  });

  test('commits also without the batch, and asks for it', () => {
    const backup = new Replica({ id: 'n2', mode: 'linear' });
    const prepared = certificate('prepared', 1, 'x', 0, ['n1', 'n3', 'n4']);
    expect(backup.hear('n1', certified(prepared))).toEqual([preparing(prepared), send('n1', commit('n2', 1, 'x'))]);
    const asked = ofKind('send', backup.timeout('beat')).flatMap(({ msg }) => (msg.type === 'ask-bodies' ? [msg] : []));
    expect(asked[0]?.digests).toEqual([digest('x')]);
  });

  test.each<Certificate['kind']>(['fast', 'slow'])('applies what a %s certificate decides', (kind) => {
    const proof = certificate(kind, 1, 'x');
    expect(backupThatShared().hear('n1', certified(proof))).toEqual(applying(proof, 'x'));
  });

  test.each(['fast', 'slow'] as const)('tells observers of what a %s certificate decides', (kind) => {
    const backup = new Replica({ id: 'n2', mode: 'linear', trace: true });
    backup.hearSigned(propose(1, 'x'));
    const facts = ofKind('note', backup.hear('n1', certified(certificate(kind, 1, 'x')))).map(({ fact }) => fact);
    expect(facts).toContainEqual({ type: 'decided', index: 1, path: kind });
  });

  const prepared = certificate('prepared', 1, 'x');
  test.each<[string, Certificate]>([
    ['of too few', certificate('prepared', 1, 'x', 0, ['n1', 'n2'])],
    ['with one who comes twice', certificate('prepared', 1, 'x', 0, ['n1', 'n2', 'n2'])],
    ['with one more who comes twice', certificate('prepared', 1, 'x', 0, ['n1', 'n2', 'n3', 'n3'])],
    ['with a stranger', certificate('prepared', 1, 'x', 0, ['n1', 'n2', 'n5'])],
    [
      'that is forged',
      { ...prepared, signatures: prepared.signatures.map((each) => ({ ...each, bytes: bytes('x'.repeat(64)) })) },
    ],
    ['for another batch', { ...prepared, digest: digest('y') }],
    ['of commits', { ...certificate('slow', 1, 'x'), kind: 'prepared' }],
    ['of another view', certificate('prepared', 1, 'x', 1)],
    ['behind the window', certificate('prepared', 65, 'x')],
    ['in slot 0', certificate('prepared', 0, 'x')],
    ['that decides, of shares of 3f', certificate('fast', 1, 'x', 0, first(3))],
    ['that decides, of shares that are called commits', { ...prepared, kind: 'slow' }],
  ])('does not go on with a certificate %s', (_, proof) => {
    const backup = backupThatShared();
    expect(backup.hear('n1', certified(proof))).toEqual([]);
    expect(backup.view().commitIndex).toBe(0);
  });

  test('commits nothing in a view that it has left, nor in one that has not begun', () => {
    // Without the next primary, which has asked for its view as if it had shared nothing.
    const ofLeft = certificate('prepared', 1, 'x', 0, ['n1', 'n3', 'n4']);
    const backup = leftFor(1, { id: 'n3', mode: 'linear' });
    expect(backup.hear('n1', certified(ofLeft))).toEqual([]);
    expect(backup.hear('n2', certified(certificate('prepared', 1, 'x', 1)))).toEqual([]);
    backup.hearSigned(newViewWith(1, []));
    expect(backup.hear('n1', certified(ofLeft))).toEqual([]);
    const next = certificate('prepared', 1, 'x', 1);
    expect(backup.hear('n2', certified(next))).toEqual([preparing(next), send('n2', commit('n3', 1, 'x', 1))]);
  });

  test('applies what is decided also after it has left the view', () => {
    const backup = new Replica({ id: 'n3', mode: 'linear' });
    backup.hearSigned(propose(1, 'x'), change('n1', 1), change('n4', 1));
    expect(backup.view().role).toBe('changing');
    expect(ofKind('apply', backup.hear('n1', certified(certificate('fast', 1, 'x'))))).toHaveLength(1);
  });
});

describe('who stays behind', () => {
  /** What a replica is sent that says where it stands, for the second time. */
  const toldAgain = (by: Replica, to: string) => {
    by.hear(to, status());
    return by.hear(to, status());
  };

  test('is told again by the collector what was proposed, prepared and decided', () => {
    expect(toldAgain(collectorThatProposed(), 'n4')).toEqual([send('n4', propose(1, 'x'))]);
    const collector = collectorThatFellBack();
    expect(toldAgain(collector, 'n4')).toEqual([
      send('n4', propose(1, 'x')),
      send('n4', certified(certificate('prepared', 1, 'x'))),
    ]);
    collector.hearSigned(commit('n2', 1, 'x'), commit('n3', 1, 'x'));
    expect(toldAgain(collector, 'n3')).toEqual([
      send('n3', propose(1, 'x')),
      send('n3', certified(certificate('slow', 1, 'x'))),
    ]);
  });

  test('is told nothing by a backup, unless it collects', () => {
    const backup = backupThatShared();
    backup.hear('n1', certified(certificate('prepared', 1, 'x')));
    expect(toldAgain(backup, 'n3')).toEqual([]);
    expect(toldAgain(backup, 'n1')).toEqual([send('n1', share('n2', 1, 'x')), send('n1', commit('n2', 1, 'x'))]);
  });

  test('may be the collector itself, after a restart', () => {
    const again = collectorThatFellBack().restarted();
    expect(toldAgain(again, 'n4')).toContainEqual(send('n4', certified(certificate('prepared', 1, 'x'))));
    expect(ofKind('apply', again.hearSigned(commit('n2', 1, 'x'), commit('n4', 1, 'x')))).toHaveLength(1);
    const proposed = collectorThatProposed().restarted();
    const shares = ['n2', 'n3', 'n4'].map((by) => share(by, 1, 'x'));
    expect(proposed.hearSigned(...shares)).toContainEqual(
      sendNow('n2', certified(certificate('fast', 1, 'x', 0, first(4)))),
    );
  });
});

describe('a group', () => {
  const between = ({ from, to }: Letter, ...ids: readonly string[]) => ids.includes(from) || ids.includes(to);

  test('sends 3(n - 1) messages a batch while all are quick, and 5(n - 1) where one is slow', () => {
    for (const nodes of [4, 7]) {
      const group = new Group({ nodes, mode: 'linear' });
      let sent = 0;
      const counted = ({ msg }: Letter) => {
        if (msg.type !== 'status') sent += 1;
        return true;
      };
      group.write('a', ['n1']);
      group.deliver(counted);
      expect(sent).toBe(3 * (nodes - 1));
      sent = 0;
      group.write('b', ['n1']);
      const withoutLast = (letter: Letter) => counted(letter) && !between(letter, `n${nodes}`);
      group.deliver(withoutLast);
      group.fire('fast', withoutLast);
      group.fire('fast', withoutLast);
      // Of the last one neither its share nor its commit.
      expect(sent).toBe(5 * (nodes - 1) - 2);
      for (const { id } of group.actors.slice(0, -1)) expect(group.applied.get(id)).toEqual(['a', 'b']);
    }
  });

  // What it knows it keeps to itself: nobody else can decide, and clients wait.
  test('leaves the view of a collector that proposes and then is silent', () => {
    const group = new Group({ absent: ['n1'], mode: 'linear' });
    const evil = new Signer('n1');
    group.write('a');
    for (const { id } of group.actors) group.hear(id, 'n1', evil.propose(0, 1, 'a'));
    for (let time = 0; time < 3; time += 1) {
      group.beat();
      group.fire('progress');
    }
    for (const { id } of group.actors) {
      expect(group.actor(id).view()).toMatchObject({ epoch: 1, leader: 'n2' });
    }
    for (let time = 0; time < 2; time += 1) group.fire('fast');
    for (const { id } of group.actors) expect(new Set(group.applied.get(id))).toEqual(new Set(['a']));
  });

  // It shows the certificate to n2 alone, and counts the commits of none.
  test('leaves the view of a collector that goes on with one of them, and decides nothing else', () => {
    const group = new Group({ absent: ['n1'], mode: 'linear' });
    const evil = new Signer('n1');
    group.write('a');
    for (const { id } of group.actors) group.hear(id, 'n1', evil.propose(0, 1, 'a'));
    const shares = ['n1', 'n2', 'n3'].map((id) => new Signer(id).vote('share', 0, 1, 'a').signature);
    const proof: Certificate = { kind: 'prepared', ...evil.choice(0, 1, 'a'), signatures: shares };
    group.hear('n2', 'n1', certified(proof));
    for (let time = 0; time < 3; time += 1) {
      group.beat();
      group.fire('progress');
    }
    for (let time = 0; time < 2; time += 1) group.fire('fast');
    for (const { id } of group.actors) {
      expect(group.actor(id).view()?.epoch).toBe(1);
      expect(new Set(group.applied.get(id))).toEqual(new Set(['a']));
    }
  });

  // It tells n3 alone what the shares of all have decided; the others learn it of n3.
  test('applies what a lying collector has told to one', () => {
    const group = new Group({ absent: ['n1'], mode: 'linear' });
    const evil = new Signer('n1');
    for (const { id } of group.actors) group.hear(id, 'n1', evil.propose(0, 1, 'a'));
    const shares = first(4).map((id) => new Signer(id).vote('share', 0, 1, 'a').signature);
    group.hear('n3', 'n1', certified({ kind: 'fast', ...evil.choice(0, 1, 'a'), signatures: shares }));
    group.beat(3);
    for (const { id } of group.actors) expect(group.applied.get(id)).toEqual(['a']);
  });
});
