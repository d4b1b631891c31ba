import { expect, test } from 'vitest';
import { configOf, Group, Signer } from './group-fixture.ts';
import { checkpointInterval, windowSlots } from './history.ts';
import { correctRules } from './rules.ts';
import { onSaved } from './snapshots.ts';
import { PbftState } from './state.ts';
import { savedStatement } from './statements.ts';

/** All four go on to decide while their snapshots of the first checkpoint are being made durable. */
test.each([windowSlots, 3 * windowSlots])(
  'one that is durable only %i slots later is proven, and the log goes',
  (late) => {
    const group = new Group({ snapshotAfterBytes: 1 });
    for (const actor of group.actors) actor.errandsAtOnce = false;
    for (let slot = 1; slot <= checkpointInterval + late; slot += 1) {
      group.write(`b${slot}`);
      group.deliver();
    }
    expect(group.actors.map(({ appliedIndex }) => appliedIndex)).toEqual(Array(4).fill(checkpointInterval + late));
    expect(group.actors.map(({ errandsUnderWay }) => errandsUnderWay)).toEqual([1, 1, 1, 1]);
    for (const actor of group.actors) actor.finishErrand();
    group.beat(3);
    for (const { id } of group.actors) group.hear(id, id === 'n1' ? 'n2' : 'n1', { type: 'fetch', from: 1 });
    // Who still had the log would send that.
    expect(group.letters.map(({ from, msg }) => [from, msg.type])).toEqual(
      group.actors.map(({ id }) => [id, 'manifest']),
    );
  },
);

test('a malicious replica that vouches for whatever is near is not remembered for ever', () => {
  const state = new PbftState(configOf('n1'), correctRules);
  const malicious = new Signer('n4');
  const digest = malicious.digest('anything');
  let taken = 0;
  for (let stable = 0; stable <= 100 * windowSlots; stable += checkpointInterval) {
    state.stable = { ...state.stable, slot: stable };
    for (const slot of [stable - 2 * windowSlots, stable, stable + 2 * windowSlots, stable + 3 * windowSlots]) {
      if (slot > 0) {
        state.refusals.begin();
        onSaved(state, 'n4', { type: 'saved', slot, digest, signature: malicious.sign(savedStatement(slot, digest)) });
      }
    }
    taken = Math.max(taken, state.snapshots.votes.size);
  }
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThanOrEqual((4 * windowSlots) / checkpointInterval + 1);
});
