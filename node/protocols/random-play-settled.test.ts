import { expect, test } from 'vitest';
import type { Effect } from '../contract/effects.ts';
import type { Input } from '../contract/inputs.ts';
import raft from './raft/index.ts';
import { type AnyProtocol, RandomPlay, type Wrap } from './random-play.ts';

interface Life {
  readonly inputs: Input<unknown, unknown>[];
  readonly effects: Effect<unknown, unknown>[];
}

/** Notes what becomes of each life of each replica. What is settled is no business of raft. */
function noting(lives: Life[]): Wrap {
  return (honest) => {
    const life: Life = { inputs: [], effects: [] };
    lives.push(life);
    return {
      start: (durable) => honest.start(durable),
      step: (input) => {
        life.inputs.push(input);
        const effects = input.kind === 'settled' ? [] : honest.step(input);
        life.effects.push(...effects);
        return effects;
      },
      view: () => honest.view(),
    };
  };
}

/** The lives of all replicas in a storm and the calm after it. */
function livesOf(signs: boolean, seed: number): Life[] {
  const lives: Life[] = [];
  const definition = { ...raft, signs } as AnyProtocol;
  const play = new RandomPlay(definition, seed, noting(lives));
  play.storm(1500);
  play.calm(400);
  return lives;
}

const seeds = [1, 2, 3, 4];
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const settledIn = ({ inputs }: Life) => inputs.flatMap((input) => (input.kind === 'settled' ? [input.id] : []));
const writesIn = ({ inputs }: Life) =>
  inputs.flatMap((input) => (input.kind === 'request' && input.access === 'write' ? [input] : []));

test.each(seeds)('seed %i: what a replica was asked and has applied is settled, once, in the same life', (seed) => {
  const lives = livesOf(true, seed);
  let count = 0;
  for (const life of lives) {
    const settled = settledIn(life);
    count += settled.length;
    expect(new Set(settled).size).toBe(settled.length);
    const asked = new Map(writesIn(life).map(({ id, payload }) => [id, textOf(payload)]));
    const took = life.effects.some(({ kind }) => kind === 'install');
    const applied = new Set(
      life.effects.flatMap((effect) => (effect.kind === 'apply' ? [textOf(effect.payload)] : [])),
    );
    for (const id of settled) {
      const text = asked.get(id) ?? 'was never asked for';
      expect(took || applied.has(text), text).toBe(true);
    }
  }
  expect(count).toBeGreaterThan(5);
});

test.each(seeds)('seed %i: what waits at a replica is asked for once', (seed) => {
  for (const life of livesOf(true, seed)) {
    const waiting = new Map<number, string>();
    for (const input of life.inputs) {
      if (input.kind === 'settled') waiting.delete(input.id);
      if (input.kind !== 'request' || input.access !== 'write') continue;
      const text = textOf(input.payload);
      const rejected = life.effects.flatMap((effect) => (effect.kind === 'reject' ? [effect.id] : []));
      for (const id of rejected) waiting.delete(id);
      expect([...waiting.values()]).not.toContain(text);
      waiting.set(input.id, text);
    }
  }
});

test.each(seeds)('seed %i: nothing is settled where clients do not sign', (seed) => {
  expect(livesOf(false, seed).flatMap(settledIn)).toEqual([]);
});
