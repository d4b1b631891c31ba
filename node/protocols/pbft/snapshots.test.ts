import { expect, test } from 'vitest';
import { configOf, Group, Signer } from './group-fixture.ts';
import { checkpointInterval, windowSlots } from './history.ts';
import { correctRules } from './rules.ts';
import { onSaved, saveIfDue } from './snapshots.ts';
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

/** How long a log leads to each state that a replica saves which knows of a proven one of so many pieces, over 2,000 slots. */
function savedAfter(pieces: number, snapshotAfterBytes = 100, snapshotChunkBytes = 50): number[] {
  const settings = { snapshotAfterBytes, snapshotChunkBytes };
  const state = new PbftState({ ...configOf('n1'), ...settings }, correctRules);
  const snapshot = { slot: 0, history: state.history.origin, total: 0, pieces: Array(pieces).fill(state.nullDigest) };
  state.snapshots.proven = { snapshot, signatures: [] };
  const saved: number[] = [];
  for (let slot = 1; slot <= 2000; slot += 1) {
    const certificate = { kind: 'slow', view: 0, slot, digest: state.nullDigest, signatures: [] } as const;
    state.history.append({ payload: new Uint8Array(100), certificate }, { body: slot, certificate: slot });
    if (slot % checkpointInterval !== 0) continue;
    saveIfDue(state);
    if (state.snapshots.saving !== undefined) saved.push(state.snapshots.saving.total);
    state.snapshots.saving = undefined;
  }
  return saved;
}

// Else whoever is sent it would find it gone before all of it is there.
test('a large state is saved after four times as much, and of slots of which those who know a smaller one save it, too', () => {
  const [small, large, largest] = [1, 201, 1001].map((pieces) => savedAfter(pieces)) as [number[], number[], number[]];
  expect(small).toHaveLength(2000 / checkpointInterval);
  expect(small).toEqual(expect.arrayContaining(large));
  expect(large).toEqual(expect.arrayContaining(largest));
  const [first = 0, second = 0] = small;
  const meanOf = (saved: readonly number[]) => (saved.at(-1) ?? 0) / saved.length;
  expect(meanOf(large)).toBeGreaterThan(4 * 200 * 50);
  expect(meanOf(largest)).toBeGreaterThan(4 * 1000 * 50);
  // Twice as much at most, and what is decided up to a checkpoint.
  expect(meanOf(largest)).toBeLessThan(8 * 1000 * 50 + second - first);
});

test('a state of a single piece is saved as often as is asked for, however long a piece may be', () => {
  const often = savedAfter(1, 10_000, 5);
  expect(savedAfter(1, 10_000, 1e5)).toEqual(often);
  expect(savedAfter(2, 10_000, 1e5).length).toBeLessThan(often.length);
});
