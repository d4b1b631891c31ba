/** Schedules and malicious replicas that have broken a version of this protocol; each is the smallest that was found. */
import { describe, expect, test } from 'vitest';
import { pbftCodec } from './codec.ts';
import { Group, type Letter, Signer } from './group-fixture.ts';
import { bytes } from './signed-fixture.ts';
import { windowSlots } from './state.ts';
import { checkpointStatement } from './statements.ts';

const nothingStable = { slot: 0, digest: new Signer('n1').digest('pbft history'), signatures: [] };

// n1 leaves view 0, and its disk is slow. n2 says that it follows view 0; what n1 answers must not outrun the disk: after
// the loss of power n1 would share in view 0 again, and its word that it never will was out.
test('nobody is told that a view was left before that is durable', () => {
  const group = new Group();
  const n1 = group.actor('n1');
  n1.syncsAtOnce = false;
  for (const id of ['n3', 'n4']) {
    const change = new Signer(id).change({ view: 1, slots: [], stable: nothingStable });
    group.hear('n1', id, change);
  }
  expect(n1.view()?.role).toBe('changing');
  group.hear('n1', 'n2', { type: 'status', view: 0, changing: false, applied: 0, stable: 0 });
  expect(group.letters.filter(({ msg }) => msg.type === 'view-change')).toEqual([]);
});

// 2^53 - 1 is the largest number that a message may carry, and one past it cannot be counted on.
test('a malicious status does not keep a replica counting for ever', () => {
  const group = new Group({ absent: ['n4'] });
  const applied = Number.MAX_SAFE_INTEGER;
  for (let time = 0; time < 2; time += 1) {
    group.hear('n1', 'n4', { type: 'status', view: 0, changing: false, applied, stable: 0 });
  }
  group.write('a');
  group.deliver();
  expect(group.applied.get('n1')).toEqual(['a']);
});

// The window is full, and none of the checkpoints in it came to a quorum.
test.each(['alive', 'restarted'])('checkpoints that were lost are said again: all are %s', (then) => {
  const group = new Group();
  for (let slot = 1; slot <= windowSlots; slot += 1) group.write(`b${slot}`);
  group.deliver(({ msg }) => msg.type !== 'checkpoint');
  expect(group.applied.get('n2')?.length).toBe(windowSlots);
  if (then === 'restarted') {
    for (const { id } of group.actors) group.crash(id);
    for (const { id } of group.actors) group.start(id);
  }
  group.beat(4);
  group.write('behind the window');
  group.beat(4);
  expect(group.applied.get('n2')?.at(-1)).toBe('behind the window');
});

// The malicious primary lets n2 have all votes and no batch, so that n2 knows what is decided and can apply nothing of it.
describe('a replica that is kept in the dark', () => {
  const count = 1100;

  function keptInTheDark(maxEntriesPerMessage = 64): Group {
    const group = new Group({ absent: ['n1'], maxEntriesPerMessage });
    const evil = new Signer('n1');
    const checkpointsToo = ({ from, msg }: Letter): boolean => {
      if (from !== 'n3' || msg.type !== 'checkpoint') return true;
      const signature = evil.sign(checkpointStatement(msg.slot, msg.digest));
      for (const { id } of group.actors) group.hear(id, 'n1', { ...msg, signature });
      return true;
    };
    for (let slot = 1; slot <= count; slot += 1) {
      const text = `b${slot}`;
      for (const id of ['n3', 'n4']) group.hear(id, 'n1', evil.propose(0, slot, text));
      group.hear('n2', 'n1', evil.vote('share', 0, slot, text));
      for (const { id } of group.actors) group.hear(id, 'n1', evil.vote('commit', 0, slot, text));
      group.deliver(checkpointsToo);
    }
    return group;
  }

  test('asks for no more than a message carries, and catches up', () => {
    const group = keptInTheDark();
    expect(group.applied.get('n2')).toEqual([]);
    expect(group.applied.get('n3')?.length).toBe(count);
    group.actor('n2').fire('beat');
    const asked = group.letters.flatMap(({ msg }) => (msg.type === 'ask-bodies' ? [msg] : []));
    expect(asked.length).toBe(3);
    for (const msg of asked) expect(pbftCodec.decodeMessage(pbftCodec.encodeMessage(msg))).toEqual(msg);
    group.beat(4);
    expect(group.applied.get('n2')?.length).toBe(count);
  });

  test('is told no more at a time than a message carries, whatever the settings say', () => {
    const group = keptInTheDark(65_536);
    group.hear('n3', 'n2', { type: 'fetch', from: 1 });
    const told = group.letters.flatMap(({ msg }) => (msg.type === 'decided' ? [msg] : []));
    expect(told.length).toBe(1);
    for (const msg of told) expect(pbftCodec.decodeMessage(pbftCodec.encodeMessage(msg))).not.toBe(null);
  });
});

// Its messages come through in between, so that it does not seem to have ended for long.
test('a malicious primary does not put off the end of its view by ending its stream time and again', () => {
  const group = new Group({ absent: ['n1'] });
  const n2 = group.actor('n2');
  group.write('a', ['n2']);
  const set: boolean[] = [];
  for (let time = 0; time < 3; time += 1) {
    n2.step({ kind: 'suspected', node: 'n1' });
    group.hear('n2', 'n1', { type: 'status', view: 0, changing: false, applied: 0, stable: 0 });
    set.push(n2.timers.delete('progress'));
  }
  expect(set).toEqual([true, false, false]);
});

// n1 proposed the batch to n2 alone. One report of that is not enough for view 1 to propose it again.
test('a batch that is handed to the next primary is proposed also where that knows it from a view that has ended', () => {
  const group = new Group({ absent: ['n1'] });
  group.hear('n2', 'n1', new Signer('n1').propose(0, 1, 'a'));
  for (const id of ['n1', 'n3']) {
    group.hear('n2', id, new Signer(id).change({ view: 1, slots: [], stable: nothingStable }));
  }
  group.deliver();
  expect(group.applied.get('n2')).toEqual([]);
  group.hear('n2', 'n3', { type: 'forward', payload: bytes('a') });
  group.deliver();
  expect(group.applied.get('n2')).toEqual(['a']);
});

// With n1 gone all three that are left have to share: also n2, whose shares followed upon each other before its NEW-VIEW.
test('a view change loses none of the shares that follow it', () => {
  const group = new Group();
  for (let slot = 1; slot <= 40; slot += 1) group.write(`b${slot}`);
  group.deliver(({ msg }) => msg.type !== 'vote' || msg.phase === 'share');
  group.crash('n1');
  for (const { id } of group.actors) group.actor(id).step({ kind: 'suspected', node: 'n1' });
  group.beat();
  group.fire('progress');
  expect(group.applied.get('n3')?.length).toBeGreaterThanOrEqual(40);
});

// n4 is gone. n1's word that it left view 0 is lost; it has that of n2 and n3, waits for view 1 in vain, and goes on to view 2.
// n2 and n3 are two in view 1, and know of one that has gone on: too few to begin a view, and to follow to the next.
test('replicas that wait for different views come together', () => {
  const group = new Group({ absent: ['n4'] });
  const others = ['n2', 'n3'].map((id) => group.actor(id));
  group.write('a');
  group.deliver(() => false);
  group.beat(1, ({ msg }) => msg.type === 'status');
  for (let time = 0; time < 2; time += 1) for (const actor of others) actor.fire('progress');
  group.deliver(({ from, msg }) => msg.type === 'view-change' && from !== 'n1');
  group.actor('n1').fire('view');
  expect(group.actors.map((actor) => actor.view()?.epoch)).toEqual([2, 1, 1]);
  for (let time = 0; time < 4; time += 1) {
    group.beat(3);
    group.fire('view');
  }
  expect(group.actors.map((actor) => actor.view()?.role)).toEqual(['backup', 'backup', 'primary']);
  expect(group.applied.get('n2')).toContain('a');
});

// All but n2 shared, and none has committed. In a group of 7 they may share something else in a view of which n2 is no part,
// and forget the batch; n2 would have a later view propose what nobody has.
test('a replica asks for the batch of what it has prepared', () => {
  const group = new Group();
  for (const id of ['n1', 'n3', 'n4']) group.hear('n2', id, new Signer(id).vote('share', 0, 1, 'a'));
  group.actor('n2').fire('beat');
  const asked = group.letters.flatMap(({ msg }) => (msg.type === 'ask-bodies' ? msg.digests : []));
  expect(new Set(asked)).toEqual(new Set([new Signer('n1').digest('a')]));
});

// n3 lost its power between the record that view 1 has begun and that of its share. Nobody would ask it for that share.
test('a replica shares after a restart what its view began with', () => {
  const reported = { slot: 1, share: { view: 0, digest: new Signer('n1').digest('a') } };
  const group = new Group({ absent: ['n1'] });
  for (const { id } of group.actors) group.hear(id, 'n1', new Signer('n1').propose(0, 1, 'a'));
  group.deliver(() => false);
  const n3 = group.actor('n3');
  n3.syncsAtOnce = false;
  for (const { id } of group.actors) {
    for (const by of ['n1', 'n4'])
      group.hear(id, by, new Signer(by).change({ view: 1, slots: [reported], stable: nothingStable }));
  }
  group.deliver();
  expect([n3.view()?.role, n3.unsyncedCount]).toEqual(['backup', 3]);
  n3.crash(2);
  n3.start();
  n3.sync();
  expect(group.letters).toContainEqual({ from: 'n3', to: 'n2', msg: new Signer('n3').vote('share', 1, 1, 'a') });
});

// n3 has heard of the checkpoint only. Its word that it leaves would be all that a malicious replica needs to end the view.
test('a replica that has yet to catch up with a stable checkpoint does not blame the primary', () => {
  const group = new Group();
  for (let slot = 1; slot <= 32; slot += 1) group.write(`b${slot}`);
  group.deliver(({ to, msg }) => to !== 'n3' || msg.type === 'checkpoint');
  const statusOnly = ({ msg }: Letter): boolean => msg.type === 'status';
  for (let time = 0; time < 4; time += 1) {
    group.beat(1, statusOnly);
    group.fire('progress', statusOnly);
  }
  expect(group.actor('n3').view()).toMatchObject({ role: 'backup', epoch: 0, commitIndex: 0 });
  group.beat(3);
  expect(group.applied.get('n3')?.length).toBe(32);
});

test('who asks again and again is answered so often and no more, until the next beat', () => {
  const group = new Group();
  group.write('a');
  group.deliver(({ msg }) => msg.type !== 'vote');
  const ask = () => {
    for (let time = 0; time < 1000; time += 1) {
      group.hear('n1', 'n4', { type: 'status', view: 0, changing: false, applied: 0, stable: 0 });
    }
    return group.letters.splice(0).filter(({ to }) => to === 'n4').length;
  };
  const answered = ask();
  expect(answered).toBeGreaterThan(1);
  expect(answered).toBeLessThanOrEqual(64);
  expect(ask()).toBe(0);
  group.actor('n1').fire('beat');
  group.letters.splice(0);
  expect(ask()).toBeGreaterThan(1);
});

// One report of the last slot in the window, which no other replica bears out.
test('a malicious report of the last slot fills no window with null requests', () => {
  const group = new Group({ absent: ['n1'] });
  const share = { view: 0, digest: new Signer('n1').digest('a') };
  const report = { slot: windowSlots, share };
  group.hear('n2', 'n1', new Signer('n1').change({ view: 1, slots: [report], stable: nothingStable }));
  group.hear('n2', 'n3', new Signer('n3').change({ view: 1, slots: [], stable: nothingStable }));
  group.deliver();
  expect(group.actor('n2').view()).toMatchObject({ role: 'primary', epoch: 1 });
  group.write('b');
  group.deliver();
  expect(group.applied.get('n2')).toEqual(['b']);
});

// Votes in a slot ahead, one of them garbled on its way: a run would wait in vain for the group to come to rest there.
test('a vote for what nobody has proposed is nothing that others have yet to apply', () => {
  const group = new Group({ absent: ['n1'] });
  const evil = new Signer('n1');
  const vote = evil.vote('share', 0, 3, 'a');
  for (const msg of [vote, { ...vote, slot: 5 }, evil.vote('commit', 0, 4, 'a')]) group.hear('n2', 'n1', msg);
  expect(group.actor('n2').view()).toMatchObject({ commitIndex: 0, lastIndex: 0 });
});
