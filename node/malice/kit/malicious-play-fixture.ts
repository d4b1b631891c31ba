/** Plays by chance in which some replicas are malicious, each in its own way: for tests. */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import { InvariantViolation } from '../../contract/invariant.ts';
import type { Protocol } from '../../contract/protocol.ts';
import { type AnyProtocol, RandomPlay } from '../../protocols/random-play.ts';
import { lackingForgeries } from './abilities.ts';
import { MaliciousReplica, type NamedBehaviour } from './malicious-replica.ts';

export interface MaliciousPlay {
  readonly play: RandomPlay;
  /** The behaviours by which anybody has deceived so far. */
  readonly deceived: ReadonlySet<string>;
}

/** Whether a behaviour can be shown under a protocol. */
export function canBehave({ behaviour }: NamedBehaviour, definition: AnyProtocol): boolean {
  return lackingForgeries(behaviour, definition).length === 0;
}

/** @param malicious - how each behaves of those that are malicious */
export function maliciousPlay(
  definition: AnyProtocol,
  seed: number,
  malicious: ReadonlyMap<NodeId, NamedBehaviour>,
  nodes = definition.defaultNodeCount,
): MaliciousPlay {
  const deceived = new Set<string>();
  const turned = (config: ReplicaConfig, named: NamedBehaviour) => {
    const accomplices = [...malicious.keys()].filter((id) => id !== config.id);
    const another = () => definition.create(config);
    const replica = new MaliciousReplica({ config, definition, accomplices, another });
    replica.behave(named);
    return watched(replica, deceived);
  };
  const play = new RandomPlay(
    definition,
    seed,
    (honest, config) => {
      const named = malicious.get(config.id);
      return named === undefined ? honest : turned(config, named);
    },
    { nodes, untrusted: new Set(malicious.keys()) },
  );
  return { play, deceived };
}

/** Notes what it tells of itself. One that finds its own state broken, which its lies may do, does nothing any more. */
function watched(replica: Protocol<unknown, unknown>, deceived: Set<string>): Protocol<unknown, unknown> {
  let hasEnded = false;
  return {
    start: (durable) => replica.start(durable),
    step: (input) => {
      if (hasEnded) return [];
      try {
        const effects = replica.step(input);
        for (const effect of effects) {
          if (effect.kind === 'note' && effect.fact.type === 'deceived') deceived.add(effect.fact.behaviour);
        }
        return effects;
      } catch (error) {
        if (!(error instanceof InvariantViolation)) throw error;
        hasEnded = true;
        return [];
      }
    },
    view: () => replica.view(),
  };
}
