import { expect, test } from 'vitest';
import type { ProtocolView } from '../contract/view.ts';
import { RandomPlay, type Wrap } from './random-play.ts';
import { isSaying, signingProtocol } from './signing-fixture.ts';

/** What all lives of all replicas heard, and how much of it was good, after a storm. */
function sayingsIn(seed: number, wrap: Wrap) {
  const views: (() => ProtocolView)[] = [];
  const play = new RandomPlay(signingProtocol, seed, (honest, config) => {
    views.push(() => honest.view());
    return wrap(honest, config);
  });
  play.storm(2000);
  const sum = (of: (view: ProtocolView) => number) => views.reduce((total, view) => total + of(view()), 0);
  return { heard: sum(({ lastIndex }) => lastIndex), good: sum(({ commitIndex }) => commitIndex) };
}

test('replicas of a protocol that signs know each other by what they sign, through crashes too', () => {
  for (const seed of [1, 2, 3]) {
    const { heard, good } = sayingsIn(seed, (honest) => honest);
    expect(heard).toBeGreaterThan(100);
    expect(good).toBe(heard);
  }
});

test('what one replica signed is never good for another', () => {
  const asAnother: Wrap = (honest, { id }) => ({
    start: (durable) => honest.start(durable),
    step: (input) =>
      honest.step(input).map((effect) => {
        if (effect.kind !== 'send' || !isSaying(effect.msg)) return effect;
        return { ...effect, msg: { ...effect.msg, signer: id === 'n1' ? 'n2' : 'n1' } };
      }),
    view: () => honest.view(),
  });
  const { heard, good } = sayingsIn(1, asAnother);
  expect(heard).toBeGreaterThan(100);
  expect(good).toBe(0);
});

test('a protocol that does not sign is given nothing to sign with', () => {
  const given: boolean[] = [];
  new RandomPlay(
    {
      ...signingProtocol,
      signs: false,
      create: (config) => {
        given.push('crypto' in config);
        return {
          start: () => [],
          step: () => [],
          view: () => ({ role: 'silent', epoch: 0, commitIndex: 0, lastIndex: 0 }),
        };
      },
    },
    1,
  );
  expect(given).toEqual([false, false, false, false]);
});
