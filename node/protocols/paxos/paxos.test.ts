import { describe, expect, test } from 'vitest';
import type { Durable } from '../../contract/durable.ts';
import type { Input } from '../../contract/inputs.ts';
import { encodeGroup } from './group-codec.ts';
import { window } from './groups.ts';
import type { PaxosMessage, PaxosRecord } from './messages.ts';
import { Paxos } from './paxos.ts';
import { ballot, bytes, configOf, type PaxosEffect, sentOf, timer, value } from './replica-fixture.ts';
import { correctRules } from './rules.ts';
import { noOp } from './value.ts';

const nothing: Durable<PaxosRecord> = { records: [], firstPosition: 1 };

/** The replica n1 of three, with what it wanted when it began; messages to itself are delivered at once. */
function begun(durable = nothing, config = configOf({ trace: true })) {
  const replica = new Paxos(config, correctRules);
  const deliver = (effects: readonly PaxosEffect[]): readonly PaxosEffect[] =>
    effects.flatMap((effect) =>
      effect.kind === 'send' && effect.to === 'n1' ? step({ kind: 'message', from: 'n1', msg: effect.msg }) : [effect],
    );
  const step = (input: Input<PaxosMessage, PaxosRecord>) => deliver(replica.step(input));
  const hear = (from: string, msg: PaxosMessage) => step({ kind: 'message', from, msg });
  const request = (id: number, access: 'write' | 'read' = 'write') =>
    step({ kind: 'request', id, access, payload: bytes(`w${id}`) });
  return { replica, started: deliver(replica.start(durable)), step, hear, request };
}

const roles = (effects: readonly PaxosEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'note' && effect.fact.type === 'role' ? [effect.fact] : []));

/** Has the write `id` of n1 chosen in a slot, by n1 and n2; what was wanted on the way. */
function chooseOwn({ replica, hear, request }: ReturnType<typeof begun>, id: number): readonly PaxosEffect[] {
  const effects = [...request(id)];
  const prepare = sentOf(effects).find(([, { type }]) => type === 'prepare')?.[1];
  if (prepare?.type !== 'prepare') throw new Error(`nothing is prepared: ${replica.view().role}`);
  effects.push(...hear('n2', { ...prepare, type: 'promise' }));
  effects.push(...hear('n2', { ...prepare, type: 'accepted' }));
  return effects;
}

describe('roles', () => {
  test('are noted where they change, and not with each slot', () => {
    const play = begun();
    expect(roles(chooseOwn(play, 1)).map(({ role, epoch }) => [role, epoch])).toEqual([
      ['candidate', 1001],
      ['leader', 1001],
    ]);
    expect(roles(chooseOwn(play, 3))).toEqual([]);
    expect(play.replica.view()).toMatchObject({ role: 'leader', leader: 'n1', epoch: 2001, commitIndex: 2 });
    const another = { slot: 3, ballot: ballot(9, 'n3') };
    play.hear('n3', { type: 'accept', ...another, value: value('x') });
    expect(roles(play.hear('n3', { type: 'chosen', ...another }))).toEqual([
      { type: 'role', role: 'follower', epoch: 9003 },
    ]);
    expect(play.replica.view()).toMatchObject({ role: 'follower', leader: 'n3', lastIndex: 3 });
  });

  test('heartbeats tell who proposed last, so that all agree when nothing is written', () => {
    const { replica, hear } = begun();
    hear('n2', { type: 'heartbeat', chosenTo: 7, last: { slot: 7, ballot: ballot(8, 'n3') } });
    expect(replica.view()).toMatchObject({ leader: 'n3', epoch: 8003, commitIndex: 0 });
  });
});

describe('the news that a value was chosen', () => {
  test('goes to all that are known, members or not', () => {
    const play = begun();
    play.hear('n7', { type: 'heartbeat', chosenTo: 0, last: { slot: 0, ballot: ballot(0, '') } });
    const told = sentOf(chooseOwn(play, 1)).flatMap(([to, { type }]) => (type === 'chosen' ? [to] : []));
    expect(told).toEqual(['n2', 'n3', 'n7']);
  });

  test('is asked for where a replica came no further from one heartbeat to the next, and others did', () => {
    const { step, hear } = begun();
    hear('n2', { type: 'heartbeat', chosenTo: 3, last: { slot: 3, ballot: ballot(3, 'n2') } });
    expect(sentOf(step({ kind: 'timeout', timer: 'heartbeat' }))).toContainEqual(['n2', { type: 'learn', from: 1 }]);
  });
});

describe('who has no vote', () => {
  test('takes nothing up, and gives up what waits and was not proposed', () => {
    const { hear, request } = begun();
    request(1);
    const group = { payload: encodeGroup({ voters: ['n2', 'n3'], learners: [] }), kind: 'group' } as const;
    const values = [group, ...Array.from({ length: window - 1 }, () => noOp)];
    hear('n2', { type: 'known', chosenTo: window });
    expect(hear('n2', { type: 'learned', from: 1, values, chosenTo: window })).toContainEqual({
      kind: 'reject',
      id: 1,
    });
    hear('n2', { type: 'heartbeat', chosenTo: window, last: { slot: window, ballot: ballot(500, 'n2') } });
    expect(request(3)).toEqual([{ kind: 'reject', id: 3, leader: 'n2' }]);
    expect(request(4, 'read')).toEqual([{ kind: 'reject', id: 4, leader: 'n2' }]);
  });
});

describe('an open slot', () => {
  test('is watched, and less long where whoever was promised it has most likely ended', () => {
    const { hear, step } = begun();
    expect(hear('n2', { type: 'prepare', slot: 1, ballot: ballot(1, 'n2') })).toContainEqual(timer('watch', 150, 300));
    expect(step({ kind: 'suspected', node: 'n3' })).toEqual([]);
    expect(step({ kind: 'suspected', node: 'n2' })).toEqual([timer('watch', 0, 150)]);
  });

  test('is left to others for as long as they prepare for it, and not because they prepare for later ones', () => {
    const { hear } = begun();
    const prepare = (slot: number, round: number) =>
      hear('n2', { type: 'prepare', slot, ballot: ballot(round, 'n2') }).filter(({ kind }) => kind === 'timer');
    expect(prepare(1, 1)).toEqual([timer('watch', 150, 300)]);
    expect(prepare(2, 2)).toEqual([]);
    expect(prepare(1, 3)).toEqual([timer('watch', 150, 300)]);
  });

  test('is finished when the time is up', () => {
    const { hear, step } = begun();
    hear('n2', { type: 'prepare', slot: 2, ballot: ballot(4, 'n2') });
    const effects = step({ kind: 'timeout', timer: 'watch' });
    expect(sentOf(effects).filter(([to]) => to === 'n2')).toEqual([
      ['n2', { type: 'prepare', slot: 1, ballot: ballot(5, 'n1') }],
    ]);
  });
});

describe('another life', () => {
  const records: readonly PaxosRecord[] = [
    { kind: 'accept', slot: 1, ballot: ballot(1, 'n2'), value: value('x'), chosenTo: 0 },
    { kind: 'promise', slot: 3, ballot: ballot(7, 'n1'), chosenTo: 0 },
    { kind: 'accept', slot: 2, ballot: ballot(2, 'n3'), value: value('y'), chosenTo: 1 },
  ];

  test('applies what was known to be chosen, and knows who proposed that', () => {
    const { replica, started } = begun({ records, firstPosition: 1 });
    expect(started.filter(({ kind }) => kind === 'apply')).toEqual([
      { kind: 'apply', index: 1, payload: bytes('x'), eager: true },
    ]);
    expect(replica.view()).toMatchObject({ leader: 'n2', commitIndex: 1, lastIndex: 3 });
  });

  // Section 2.5; planted bug M1.
  test('keeps its promises, and takes no ballot twice', () => {
    const { hear, step } = begun({ records, firstPosition: 1 });
    expect(sentOf(hear('n2', { type: 'prepare', slot: 3, ballot: ballot(6, 'n2') }))).toEqual([
      ['n2', { type: 'refuse', slot: 3, ballot: ballot(6, 'n2'), promised: ballot(7, 'n1') }],
    ]);
    const effects = step({ kind: 'timeout', timer: 'watch' });
    expect(sentOf(effects)[0]).toEqual(['n2', { type: 'prepare', slot: 2, ballot: ballot(8, 'n1') }]);
  });

  test('gives up no record that it needs, nor the last one', () => {
    const { step } = begun({ records, firstPosition: 1 }, { ...configOf(), snapshotAfterBytes: 1 });
    const fetched = (index: number) => {
      const groups = [{ from: 1, group: { voters: ['n1', 'n2', 'n3'], learners: [] } }];
      step({ kind: 'message', from: 'n2', msg: { type: 'known', chosenTo: index } });
      const piece = { type: 'piece', index, groups, offset: 0, bytes: bytes('state'), last: true } as const;
      step({ kind: 'message', from: 'n2', msg: piece });
      return step({ kind: 'installed', index, bytes: 5 });
    };
    expect(fetched(2)).toEqual(
      expect.arrayContaining([
        { kind: 'persist', record: { kind: 'promise', slot: 3, ballot: ballot(7, 'n1'), chosenTo: 2 } },
        { kind: 'compact', position: 4, index: 2 },
      ]),
    );
    expect(fetched(9)).toContainEqual({ kind: 'compact', position: 6, index: 9 });
  });
});
