/**
 * Plays by chance in every mode of a protocol that stands malicious replicas: as many of them as may be, each in a way of its own,
 * in a storm of loss, crashes and power cuts and in the calm after it. Honest replicas agree at each step, or the play stops.
 *
 * `PLAY_SEEDS=1-10000 PLAY_MODE=fast npx vitest run node/malice/plays.test.ts` plays these seeds; a second is enough for a few.
 */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../contract/ids.ts';
import { behaviourNames, loadBehaviour } from '../io/behaviours.ts';
import pbft from '../protocols/pbft/index.ts';
import type { AnyProtocol } from '../protocols/random-play.ts';
import { canBehave, maliciousPlay } from './kit/malicious-play-fixture.ts';
import type { NamedBehaviour } from './kit/malicious-replica.ts';

const definition = pbft as AnyProtocol;
const [firstSeed = 1, lastSeed = 12] = (process.env['PLAY_SEEDS'] ?? '').split('-').filter(Boolean).map(Number);
const modes = Object.keys(definition.modes ?? {}).filter((mode) =>
  [undefined, mode].includes(process.env['PLAY_MODE']),
);
const limitMs = 60_000 + (lastSeed - firstSeed) * 2000;

const events = 600;
/** How many timers may run out in a calm network before a write must have been applied by all honest replicas. */
const calm = 1500;

/** Batches of plays are texts, in which no sessions are to be told apart; and one of 8 MiB takes its time. */
const elsewhere = new Set(['censor', 'oversize']);
const behaviours = (await Promise.all(behaviourNames().map(loadBehaviour))).filter(
  (named) => !elsewhere.has(named.name) && canBehave(named, definition),
);

/** Four replicas with one of them malicious, and seven with two, by turns; nobody is in one play of eight. */
function cast(seed: number): { readonly nodes: number; readonly malicious: ReadonlyMap<NodeId, NamedBehaviour> } {
  const [nodes, f] = seed % 2 === 0 ? [4, 1] : [7, 2];
  const count = seed % 8 === 0 ? 0 : f;
  const malicious = new Map<NodeId, NamedBehaviour>();
  for (let place = 0; place < count; place += 1) {
    const named = behaviours[(seed + 11 * place + Math.floor(seed / behaviours.length)) % behaviours.length];
    if (named !== undefined) malicious.set(`n${((seed + 3 * place) % nodes) + 1}`, named);
  }
  return { nodes, malicious };
}

function played(mode: string, seed: number): string {
  const { nodes, malicious } = cast(seed);
  const inMode: AnyProtocol = {
    ...definition,
    create: (config, defect) => definition.create({ ...config, mode }, defect),
  };
  const { play } = maliciousPlay(inMode, seed, malicious, nodes);
  try {
    play.storm(events);
    return play.calm(calm) < calm ? 'well' : 'nothing new was applied in the calm';
  } catch (error) {
    return (error as Error).message;
  }
}

describe.each(modes)('in the mode %s', (mode) => {
  test(
    `seeds ${firstSeed} to ${lastSeed}: honest replicas agree, and get on in the calm`,
    () => {
      const bad: string[] = [];
      for (let seed = firstSeed; seed <= lastSeed; seed += 1) {
        const end = played(mode, seed);
        if (end !== 'well')
          bad.push(`seed ${seed}, ${[...cast(seed).malicious].map(([id, { name }]) => `${id}=${name}`)}: ${end}`);
      }
      expect(bad).toEqual([]);
    },
    limitMs,
  );
});
