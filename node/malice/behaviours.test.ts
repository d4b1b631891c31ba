/** Every behaviour under every protocol of which it can forge what it needs: in storms, and in the calm after them. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../contract/ids.ts';
import { behaviourNames, loadBehaviour } from '../io/behaviours.ts';
import multiPaxos from '../protocols/multi-paxos/index.ts';
import paxos from '../protocols/paxos/index.ts';
import pbft from '../protocols/pbft/index.ts';
import raft from '../protocols/raft/index.ts';
import type { AnyProtocol } from '../protocols/random-play.ts';
import { canBehave, maliciousPlay } from './kit/malicious-play-fixture.ts';
import type { NamedBehaviour } from './kit/malicious-replica.ts';

const protocols: Readonly<Record<string, AnyProtocol>> = {
  raft: raft as AnyProtocol,
  paxos: paxos as AnyProtocol,
  'multi-paxos': multiPaxos as AnyProtocol,
  pbft: pbft as AnyProtocol,
};

const storm = 1500;
/** How many timers may run out in a calm network before a write must have been applied by all honest replicas. */
const calm = 1500;
const seeds = [1, 2, 3, 4];
/** Until it was seen once. */
const moreSeeds = Array.from({ length: 24 }, (_, offset) => offset + 1);
/** Batches of plays are texts, in which no sessions are to be told apart; and one of 8 MiB takes its time. Both have scenes of their own. */
const elsewhere = new Set(['censor', 'oversize']);

const behaviours: NamedBehaviour[] = await Promise.all(
  behaviourNames()
    .filter((name) => !elsewhere.has(name))
    .map(loadBehaviour),
);

/** One replica for each behaviour, another one in each seed. */
function casting(seed: number, nodes: number, roles: readonly NamedBehaviour[]): ReadonlyMap<NodeId, NamedBehaviour> {
  return new Map(roles.map((named, place) => [`n${((seed + 3 * place) % nodes) + 1}`, named]));
}

describe.each(Object.entries(protocols).filter(([, { faultModel }]) => faultModel === 'byzantine'))(
  '%s, which stands malicious replicas',
  (_, definition) => {
    const able = behaviours.filter((named) => canBehave(named, definition));

    test.each(able)('$name: the honest agree, get on in the calm, and were deceived at least once', (named) => {
      const deceived = new Set<string>();
      for (const seed of seeds) {
        const malicious = casting(seed, definition.defaultNodeCount, [named]);
        const scene = maliciousPlay(definition, seed, malicious);
        scene.play.storm(storm);
        expect(scene.play.calm(calm), `seed ${seed}`).toBeLessThan(calm);
        for (const name of scene.deceived) deceived.add(name);
      }
      expect(deceived).toEqual(new Set([named.name]));
    });

    test.each(able)('$name with an accomplice of another mind, of seven', (named) => {
      const seed = able.indexOf(named);
      const other = able[(seed * 5 + 7) % able.length] ?? named;
      const { play } = maliciousPlay(definition, seed, casting(seed, 7, [named, other]), 7);
      play.storm(storm);
      expect(play.calm(calm)).toBeLessThan(calm);
    });
  },
);

describe.each(Object.entries(protocols).filter(([, { faultModel }]) => faultModel === 'crash'))(
  '%s, which promises nothing under them',
  (_, definition) => {
    test.each(behaviours.filter((named) => canBehave(named, definition)))('$name deceives', (named) => {
      const found = moreSeeds.some((seed) => {
        const scene = maliciousPlay(definition, seed, casting(seed, definition.defaultNodeCount, [named]));
        try {
          scene.play.storm(storm);
        } catch (error) {
          // The honest replicas disagree, or find their own state broken.
          expect(error).toBeInstanceOf(Error);
        }
        return scene.deceived.has(named.name);
      });
      expect(found).toBe(true);
    });
  },
);

test('one equivocator too many: they split the honest replicas of PBFT', async () => {
  const named = await loadBehaviour('equivocate');
  const malicious = new Map([
    ['n1', named],
    ['n2', named],
  ]);
  const broken = seeds.filter((seed) => {
    const { play } = maliciousPlay(pbft as AnyProtocol, seed, malicious);
    try {
      for (let round = 0; round < 3; round += 1) {
        play.calm(100);
        play.storm(500);
      }
      return false;
    } catch (error) {
      return /had been applied before|took over|is not what a quorum has applied/.test((error as Error).message);
    }
  });
  expect(broken.length).toBeGreaterThan(seeds.length / 2);
});
