import { describe, expect, test } from 'vitest';
import type { Effect } from '../../contract/effects.ts';
import type { ProtocolFact } from '../../contract/facts.ts';
import { loadBehaviour } from '../../io/behaviours.ts';
import { encodeBatch, encodeCommand } from '../../machine/command.ts';
import { SessionMachine } from '../../machine/sessions.ts';
import { configOf } from '../../protocols/pbft/group-fixture.ts';
import pbft from '../../protocols/pbft/index.ts';
import { type AnyProtocol, RandomPlay } from '../../protocols/random-play.ts';
import { tell } from '../../protocols/tell.ts';
import { timerPrefix } from './behaviour.ts';
import { MaliciousReplica, type NamedBehaviour } from './malicious-replica.ts';

const definition = pbft as AnyProtocol;

/** A group in a storm, with a second, honest replica beside each, which hears the same. Gives all that both wanted. */
function besideHonest(seed: number, turn: (replica: MaliciousReplica<unknown, unknown>, step: number) => void) {
  const found: { step: number; wanted: string; honest: string }[] = [];
  const play = new RandomPlay(definition, seed, (_, config) => {
    const beside = definition.create(config);
    const another = () => definition.create(config);
    const replica = new MaliciousReplica({ config, definition, another });
    let step = 0;
    return {
      start: (durable) => {
        const wanted = replica.start(durable);
        found.push({ step, wanted: tell(wanted), honest: tell(beside.start(durable)) });
        return wanted;
      },
      step: (input) => {
        step += 1;
        turn(replica, step);
        const wanted = replica.step(input);
        found.push({ step, wanted: tell(wanted), honest: tell(beside.step(input)) });
        return wanted;
      },
      view: () => replica.view(),
    };
  });
  play.storm(1500);
  return found;
}

test('without a behaviour it is honest, effect by effect', () => {
  for (const seed of [1, 2, 3]) {
    const found = besideHonest(seed, () => {});
    expect(found.length).toBeGreaterThan(500);
    for (const { wanted, honest } of found) expect(wanted).toBe(honest);
  }
});

// Behaviours that change what the honest replica hears leave it in another state, as they should.
test.each(['mute', 'forge', 'double-vote', 'delay'])('after %s was taken off it is honest again', async (name) => {
  const named = await loadBehaviour(name);
  const last = 30;
  const found = besideHonest(1, (replica, step) => {
    if (step === 1) replica.behave(named);
    if (step === last + 1) replica.behave();
  });
  expect(found.some(({ wanted, honest }) => wanted !== honest)).toBe(true);
  const after = found.filter(({ step, wanted }) => step > last && !wanted.includes(timerPrefix));
  expect(after.length).toBeGreaterThan(80);
  for (const { wanted, honest } of after) expect(wanted).toBe(honest);
});

/** One replica of four, and what it wants. */
function replicaOf(id: string, named?: NamedBehaviour) {
  const config = { ...configOf(id), trace: true };
  const replica = new MaliciousReplica({ config, definition, another: () => definition.create(config) });
  replica.behave(named);
  replica.start({ records: [], firstPosition: 1 });
  return replica;
}

const facts = (effects: readonly Effect<unknown, unknown>[]): ProtocolFact[] =>
  effects.flatMap((effect) => (effect.kind === 'note' ? [effect.fact] : []));

const command = (session: number, a: string) =>
  encodeCommand({ op: 'put', session, sequence: 1, key: 'k', a, b: null });

describe('that it has deceived', () => {
  const beat = { kind: 'timeout', timer: 'beat' } as const;

  test('is told once, when it does it for the first time', async () => {
    const replica = replicaOf('n1', await loadBehaviour('mute'));
    expect(facts(replica.step({ kind: 'suspected', node: 'n2' }))).toEqual([]);
    expect(facts(replica.step(beat))).toEqual([{ type: 'deceived', behaviour: 'mute' }]);
    expect(facts(replica.step(beat))).toEqual([]);
  });

  test('is told again where it is told to behave otherwise', async () => {
    const replica = replicaOf('n1', await loadBehaviour('mute'));
    replica.step(beat);
    replica.behave(await loadBehaviour('flood'));
    expect(facts(replica.step(beat))).toEqual([{ type: 'deceived', behaviour: 'flood' }]);
  });

  test('is not told of one that had no occasion', async () => {
    const replica = replicaOf('n2', await loadBehaviour('wrong-digest'));
    expect(facts(replica.step(beat))).toEqual([]);
  });
});

test("a timer of a behaviour that was taken off is not the honest replica's", () => {
  expect(replicaOf('n1').step({ kind: 'timeout', timer: `${timerPrefix}delay` })).toEqual([]);
});

test('a censor leaves out what every second client asks for, and nothing else', async () => {
  const replica = replicaOf('n1', await loadBehaviour('censor'));
  const proposedOf = (payload: Uint8Array, id: number) =>
    replica
      .step({ kind: 'request', id, access: 'write', payload })
      .flatMap((effect) =>
        effect.kind === 'send' && effect.to === 'n2' ? [definition.forgery?.valueIn?.(effect.msg)] : [],
      );
  expect(proposedOf(encodeBatch([command(1, 'a')]), 1)).toEqual([]);
  const [rest] = proposedOf(encodeBatch([command(1, 'a'), command(2, 'b')]), 3);
  expect(rest).toEqual(encodeBatch([command(2, 'b')]));
});

test('twins propose two different batches for one slot, each to its own part of the others', async () => {
  const replica = replicaOf('n1', await loadBehaviour('twins'));
  const proposed = [1, 3].flatMap((id) =>
    replica.step({ kind: 'request', id, access: 'write', payload: encodeBatch([command(id, 'a')]) }),
  );
  const first = proposed.flatMap((effect) => {
    const value = effect.kind === 'send' ? definition.forgery?.valueIn?.(effect.msg) : undefined;
    return effect.kind === 'send' && effect.to !== 'n1' && value !== undefined
      ? [[effect.to, Buffer.from(value).toString('hex')]]
      : [];
  });
  const batch = (session: number) => Buffer.from(encodeBatch([command(session, 'a')])).toString('hex');
  expect(first).toEqual([
    ['n2', batch(1)],
    ['n4', batch(1)],
    ['n2', batch(3)],
    ['n4', batch(3)],
    ['n3', batch(3)],
    ['n3', batch(1)],
  ]);
});

test('two liars tell the same lie', async () => {
  const lie = await loadBehaviour('lie');
  const batch = encodeBatch([
    encodeCommand({ op: 'register', session: 7, sequence: 0, key: '', a: null, b: null }),
    encodeCommand({ op: 'put', session: 1, sequence: 1, key: 'k', a: '5', b: null }),
    encodeCommand({ op: 'get', session: 1, sequence: 2, key: 'k', a: null, b: null }),
  ]);
  const answersOf = (named: NamedBehaviour | undefined) => {
    const answers: string[] = [];
    const machine = new SessionMachine({}, true);
    const { act } = named?.behaviour.deceive({ ...Object.create(null), config: configOf('n1') }) ?? {};
    for (const effect of act?.({ kind: 'apply', index: 1, payload: batch }) ?? []) {
      if (effect.kind === 'apply')
        machine.apply(effect.payload, (_r, _s, _q, bytes) => answers.push(Buffer.from(bytes).toString('hex')));
    }
    if (named === undefined)
      machine.apply(batch, (_r, _s, _q, bytes) => answers.push(Buffer.from(bytes).toString('hex')));
    return answers;
  };
  expect(answersOf(lie)).toEqual(answersOf(lie));
  expect(answersOf(lie)).not.toEqual(answersOf(undefined));
});
