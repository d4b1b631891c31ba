import { describe, expect, test } from 'vitest';
import type { Effect } from '../../contract/effects.ts';
import { InvariantViolation } from '../../contract/invariant.ts';
import type { Protocol } from '../../contract/protocol.ts';
import { configOf, Signer } from '../../protocols/pbft/group-fixture.ts';
import type { PbftMessage, PbftRecord } from '../../protocols/pbft/messages.ts';
import { Pbft } from '../../protocols/pbft/pbft.ts';
import { correctRules } from '../../protocols/pbft/rules.ts';
import { bytes } from '../../protocols/pbft/signed-fixture.ts';
import { Twin } from './twin.ts';

const prefix = 'twin/';

function twinOf(id: string) {
  return new Twin<PbftMessage, PbftRecord>(new Pbft(configOf(id), correctRules), id, prefix);
}

const sent = (effects: readonly Effect<PbftMessage, PbftRecord>[]) =>
  effects.flatMap((effect) => (effect.kind === 'send' ? [effect] : []));

describe('a twin of PBFT', () => {
  test('has timers of its own names', () => {
    const timers = twinOf('n1')
      .start()
      .flatMap((effect) => (effect.kind === 'timer' ? [effect.timer] : []));
    expect(timers).toEqual([`${prefix}beat`]);
  });

  test('goes on when they run out', () => {
    const twin = twinOf('n1');
    twin.start();
    const said = sent(twin.step({ kind: 'timeout', timer: `${prefix}beat` })).map(({ msg }) => msg.type);
    expect(said).toEqual(['status', 'status', 'status']);
  });

  test('proposes as a primary, counts itself, and takes part to the end without a disk of its own', () => {
    const twin = twinOf('n1');
    twin.start();
    const proposed = sent(twin.step({ kind: 'request', id: 1, access: 'write', payload: bytes('a') }));
    expect(proposed.map(({ to, msg }) => [to, msg.type])).toEqual([
      ['n2', 'propose'],
      ['n3', 'propose'],
      ['n4', 'propose'],
    ]);
    const vote = (id: string, phase: 'share' | 'commit') =>
      twin.step({ kind: 'message', from: id, msg: new Signer(id).vote(phase, 0, 1, 'a') });
    expect(
      sent([...vote('n2', 'share'), ...vote('n3', 'share')]).map(({ msg }) => 'phase' in msg && msg.phase),
    ).toEqual(['commit', 'commit', 'commit']);
    for (const effect of [...vote('n2', 'commit'), ...vote('n3', 'commit')]) {
      expect(['send', 'timer', 'cancel']).toContain(effect.kind);
    }
    // It has applied the slot, which it tells at its next beat.
    const [status] = sent(twin.step({ kind: 'timeout', timer: `${prefix}beat` }));
    expect(status?.msg).toMatchObject({ type: 'status', applied: 1 });
  });
});

test('one that finds its own state broken does nothing any more', () => {
  let steps = 0;
  const broken: Protocol<never, never> = {
    start: () => [],
    step: () => {
      steps += 1;
      throw new InvariantViolation('broken');
    },
    view: () => ({ role: 'broken', epoch: 0, commitIndex: 0, lastIndex: 0 }),
  };
  const twin = new Twin(broken, 'n1', prefix);
  expect(twin.step({ kind: 'suspected', node: 'n2' })).toEqual([]);
  expect(twin.step({ kind: 'suspected', node: 'n2' })).toEqual([]);
  expect(steps).toBe(1);
});
