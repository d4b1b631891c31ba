import { describe, expect, test } from 'vitest';
import { encodeGroup } from './group-codec.ts';
import { window } from './groups.ts';
import { Reads } from './reads.ts';
import { ballot, effectsOf, type Roles, rolesOf, type Setup, sendNow, value } from './replica-fixture.ts';
import { correctRules } from './rules.ts';
import { noOp, type Value } from './value.ts';

type Reading = Roles & { readonly reads: Reads };

function reading(setup: Setup = {}): Reading {
  const roles = rolesOf(setup);
  const { config, rules, out, learner, acceptor, decisions } = roles;
  return { ...roles, reads: new Reads(config, rules, out, { learner, acceptor, decisions }) };
}

/** What its questions say of the life in which it asks; 0 where it asks nothing. */
function lifeOf(roles: Reading): number {
  const [probe] = effectsOf(roles, () => roles.reads.onBeat());
  return probe?.kind === 'send' && probe.msg.type === 'probe' ? probe.msg.life : 0;
}

function answered(roles: Reading, from: string, round: number, acceptedTo: number, lastChosen = 0) {
  const life = lifeOf(roles);
  return effectsOf(roles, () => {
    roles.reads.onProbed(from, { type: 'probed', life, round, acceptedTo, lastChosen });
    roles.reads.onProgress();
  });
}

const choose = ({ learner }: Reading, ...values: Value[]) => learner.learn(values);

const read = (id: number, index: number) => ({ kind: 'read', id, index, eager: true });

describe('a read', () => {
  test('asks all others in which slots they have accepted anything', () => {
    const roles = reading();
    // The first of a life behind the record that tells this life from others, and all once that is durable.
    expect(effectsOf(roles, () => roles.reads.onRead(5))).toEqual([
      { kind: 'persist', record: { kind: 'chosen', from: 1, values: [] } },
      ...['n2', 'n3'].map((to) => ({ kind: 'send', to, msg: { type: 'probe', life: 1, round: 1 } })),
    ]);
    answered(roles, 'n2', 1, 0);
    expect(effectsOf(roles, () => roles.reads.onRead(6))).toEqual(
      ['n2', 'n3'].map((to) => sendNow(to, { type: 'probe', life: 1, round: 2 })),
    );
  });

  test('is served by no answer to what was asked in an earlier life, under the same number', () => {
    const roles = reading();
    choose(roles, value('x'));
    roles.reads.onRead(5);
    const early = { type: 'probed', life: 1, round: 1, acceptedTo: 1, lastChosen: 0 } as const;
    const effects = effectsOf(roles, () => {
      roles.reads.onProbed('n2', early);
      roles.reads.onProgress();
    });
    expect(effects).toEqual([]);
    expect(answered(roles, 'n2', 1, 1)).toEqual([read(5, 1)]);
  });

  test('is answered when a quorum has accepted nothing behind what is known to be chosen', () => {
    const roles = reading({ members: 5 });
    choose(roles, value('x'));
    roles.reads.onRead(5);
    expect(answered(roles, 'n2', 1, 1)).toEqual([]);
    expect(answered(roles, 'n2', 1, 1)).toEqual([]);
    expect(answered(roles, 'n3', 1, 1)).toEqual([read(5, 1)]);
  });

  // CASSANDRA-12126: what one acceptor has accepted may be chosen later, and may have been seen by an earlier read.
  test('waits for every slot in which any of them has accepted anything', () => {
    const roles = reading();
    roles.reads.onRead(5);
    expect(answered(roles, 'n2', 1, 2)).toEqual([]);
    expect(roles.reads.target).toBe(2);
    choose(roles, value('x'));
    expect(effectsOf(roles, () => roles.reads.onProgress())).toEqual([]);
    choose(roles, value('y'));
    expect(effectsOf(roles, () => roles.reads.onProgress())).toEqual([read(5, 2)]);
    expect(roles.reads.target).toBe(0);
  });

  test('also for what its own acceptor has accepted, and for what is known to be chosen behind a gap', () => {
    const roles = reading();
    roles.acceptor.onAccept('n2', { type: 'accept', slot: 3, ballot: ballot(1, 'n2'), value: value('x') });
    roles.reads.onRead(5);
    expect(roles.reads.target).toBe(3);
    roles.decisions.note(4, ballot(2, 'n2'));
    roles.reads.onRead(6);
    expect(roles.reads.target).toBe(4);
    answered(roles, 'n2', 2, 0, 6);
    expect(roles.reads.target).toBe(6);
  });

  test('with the rule switched off it looks at what is known to be chosen only', () => {
    const roles = reading({ rules: { finishesPending: false } });
    roles.reads.onRead(5);
    expect(answered(roles, 'n2', 1, 2)).toEqual([read(5, 0)]);
    expect(correctRules.finishesPending).toBe(true);
  });

  test('is not served by an answer to an earlier one, and may be by one to a later', () => {
    const roles = reading();
    roles.reads.onRead(5);
    roles.reads.onRead(6);
    expect(answered(roles, 'n2', 1, 0)).toEqual([read(5, 0)]);
    roles.reads.onRead(7);
    expect(answered(roles, 'n2', 3, 0)).toEqual([read(6, 0), read(7, 0)]);
  });

  // A group that was chosen meanwhile may have decided more than the one before knows of.
  test('asks for a quorum of every group that decides from then on', () => {
    const roles = reading();
    const group: Value = { payload: encodeGroup({ voters: ['n4', 'n5', 'n6'], learners: [] }), kind: 'group' };
    choose(roles, group);
    roles.reads.onRead(5);
    answered(roles, 'n2', 1, 1);
    expect(answered(roles, 'n4', 1, 1)).toEqual([]);
    expect(answered(roles, 'n5', 1, 1)).toEqual([read(5, 1)]);
  });

  test('has nobody to ask any more whose group decides no later slot', () => {
    const roles = reading();
    const group: Value = { payload: encodeGroup({ voters: ['n4', 'n5', 'n6'], learners: [] }), kind: 'group' };
    roles.reads.onRead(5);
    choose(roles, group, ...Array.from({ length: window - 1 }, () => noOp));
    expect(answered(roles, 'n2', 1, 1)).toEqual([]);
    expect(effectsOf(roles, () => roles.reads.onBeat()).map((effect) => 'to' in effect && effect.to)).toEqual([
      'n4',
      'n5',
      'n6',
    ]);
    answered(roles, 'n4', 1, 1);
    expect(answered(roles, 'n6', 1, 1)).toEqual([read(5, window)]);
  });

  test('is turned away where too many wait', () => {
    const roles = reading();
    for (let id = 0; id < 1024; id += 1) expect(roles.reads.onRead(id)).toBe(true);
    expect(roles.reads.onRead(1024)).toBe(false);
    expect(roles.reads.takePending()).toHaveLength(1024);
    expect(roles.reads.onRead(1025)).toBe(true);
  });
});

describe('who is asked', () => {
  test('counts what it has accepted at once, before that is durable', () => {
    const roles = reading();
    roles.acceptor.onAccept('n2', { type: 'accept', slot: 3, ballot: ballot(1, 'n2'), value: value('x') });
    const probe = { type: 'probe', life: 4, round: 9 } as const;
    expect(effectsOf(roles, () => roles.reads.onProbe('n2', probe))).toEqual([
      sendNow('n2', { type: 'probed', life: 4, round: 9, acceptedTo: 3, lastChosen: 0 }),
    ]);
  });
});

describe('loss', () => {
  test('it asks again with each heartbeat for as long as reads wait, and never otherwise', () => {
    const roles = reading();
    expect(effectsOf(roles, () => roles.reads.onBeat())).toEqual([]);
    roles.reads.onRead(5);
    expect(effectsOf(roles, () => roles.reads.onBeat())).toHaveLength(2);
    answered(roles, 'n2', 1, 0);
    expect(effectsOf(roles, () => roles.reads.onBeat())).toEqual([]);
  });
});
