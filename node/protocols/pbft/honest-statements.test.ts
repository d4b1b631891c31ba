import { expect, test } from 'vitest';
import { type AnyProtocol, RandomPlay, type Wrap } from '../random-play.ts';
import { Audit } from './audit-fixture.ts';
import pbft from './index.ts';
import type { PbftMessage } from './messages.ts';

/** Hears all that is delivered anywhere, and what each replica reports of others. */
function listening(audit: Audit, accusations: unknown[]): Wrap {
  return (honest) => {
    const note = (effects: ReturnType<typeof honest.start>) => {
      for (const effect of effects)
        if (effect.kind === 'note' && effect.fact.type === 'evidence') accusations.push(effect.fact);
      return effects;
    };
    return {
      start: (durable) => note(honest.start(durable)),
      step: (input) => {
        if (input.kind === 'message') audit.hear(input.msg as PbftMessage);
        return note(honest.step(input));
      },
      view: () => honest.view(),
    };
  };
}

const seeds = Array.from({ length: 40 }, (_, offset) => offset + 1);

/** A part of what is said is not heard, and some of it late or twice. Replicas crash, forget what was not durable, and go on. */
test.each(seeds)('seed %i: no honest replica signs what convicts it, and nobody is accused', (seed) => {
  const audit = new Audit();
  const accusations: unknown[] = [];
  const play = new RandomPlay(pbft as AnyProtocol, seed, listening(audit, accusations));
  play.storm(3000);
  play.calm(400);
  expect(audit.findings).toEqual([]);
  expect(accusations).toEqual([]);
  expect(audit.count).toBeGreaterThan(20);
});
