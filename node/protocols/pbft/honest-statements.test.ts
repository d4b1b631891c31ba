/** What honest replicas sign convicts nobody, whatever becomes of them, and whatever a malicious one tells them. */
import { expect, test } from 'vitest';
import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Protocol } from '../../contract/protocol.ts';
import doubleVote from '../../malice/double-vote.ts';
import equivocate from '../../malice/equivocate.ts';
import type { Behaviour } from '../../malice/kit/behaviour.ts';
import { MaliciousReplica } from '../../malice/kit/malicious-replica.ts';
import misnumber from '../../malice/misnumber.ts';
import spamViews from '../../malice/spam-views.ts';
import { type AnyProtocol, RandomPlay } from '../random-play.ts';
import { Audit } from './audit-fixture.ts';
import pbft from './index.ts';
import type { PbftMessage } from './messages.ts';

interface Heard {
  readonly audit: Audit;
  /** Who was accused by an honest replica. */
  readonly accused: Set<NodeId>;
}

const culprit = 'n4';

/** A storm of chance and the calm after it, as somebody hears it who forgets nothing. */
function heardIn(mode: string, seed: number, behaviour?: Behaviour): Heard {
  const heard: Heard = { audit: new Audit(), accused: new Set() };
  const known = pbft as AnyProtocol;
  const create = (config: ReplicaConfig) => known.create({ ...config, mode });
  const play = new RandomPlay({ ...known, create }, seed, (honest, config) => {
    if (behaviour === undefined || config.id !== culprit) return listening(honest, heard);
    const malicious = new MaliciousReplica({ config, definition: known, another: () => create(config) });
    malicious.behave({ name: 'malicious', behaviour });
    return malicious;
  });
  play.storm(2500);
  if (behaviour === undefined) play.calm(400);
  return heard;
}

function listening(honest: Protocol<unknown, unknown>, { audit, accused }: Heard): Protocol<unknown, unknown> {
  const noted = (effects: ReturnType<typeof honest.start>) => {
    for (const effect of effects) {
      if (effect.kind === 'note' && effect.fact.type === 'evidence') accused.add(effect.fact.culprit);
    }
    return effects;
  };
  return {
    start: (durable) => noted(honest.start(durable)),
    step: (input) => {
      if (input.kind === 'message') audit.hear(input.msg as PbftMessage);
      return noted(honest.step(input));
    },
    view: () => honest.view(),
  };
}

const seeds = (count: number) => Array.from({ length: count }, (_, offset) => offset + 1);
const modes = Object.keys(pbft.modes ?? {});
const ways = modes.flatMap((mode) => seeds(24).map((seed) => [mode, seed] as const));

test.each(ways)('%s, seed %i: no honest replica signs what convicts it, and nobody is accused', (mode, seed) => {
  const { audit, accused } = heardIn(mode, seed);
  expect(audit.findings).toEqual([]);
  expect(accused).toEqual(new Set());
  expect(audit.count).toBeGreaterThan(20);
});

test.each([
  ['equivocates', equivocate],
  ['votes twice', doubleVote],
  ['votes in wrong slots', misnumber],
  ['asks for later views', spamViews],
])('where one %s, nobody else signs what convicts it, and nobody else is accused', (_, behaviour) => {
  for (const mode of modes) {
    for (const seed of seeds(4)) {
      const { audit, accused } = heardIn(mode, seed, behaviour);
      // What it says in the names of others it has not signed for them: none of these behaviours does.
      expect(audit.findings.filter((finding) => finding.culprit !== culprit)).toEqual([]);
      expect([...accused].filter((id) => id !== culprit)).toEqual([]);
      // There backups tell the collector alone, and so one story: nobody hears another.
      if (mode !== 'linear') expect(accused).toContain(culprit);
    }
  }
});
